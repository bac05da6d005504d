// Where a program begins.

namespace FabNet.Machines;

/// <summary>Where a program begins.</summary>
/// <param name="Line">The first line to execute, from 1, as a run counts them.</param>
/// <param name="IsConfirmed">True if a person has confirmed that a line in the middle is safe.</param>
internal sealed record StartAt(int Line, bool IsConfirmed);
