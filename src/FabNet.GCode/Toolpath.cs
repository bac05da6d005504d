// Where a program leads the tool, motion by motion: for pictures.

using FabNet.GCode.Program;
using FabNet.Model.Machines;

namespace FabNet.GCode;

/// <summary>A straight piece of the tool's way; arcs come as several.</summary>
/// <param name="From">Where it starts, in the coordinates of <see cref="ProgramSummary.MotionBoundsMm"/>.</param>
/// <param name="To">Where it ends.</param>
/// <param name="IsRapid">True for GRBL's G0.</param>
/// <param name="IsCut">True if it makes something: extrudes, or moves with the spindle or laser on.</param>
/// <param name="Layer">The layer under way, from 0; -1 before the first.</param>
/// <param name="Feature">What the slicer's comments call it; empty without.</param>
public readonly record struct ToolpathSegment(Position From, Position To, bool IsRapid, bool IsCut, int Layer, string Feature);

/// <summary>Is told of each piece of the tool's way, in order.</summary>
public delegate void ToolpathReceiver(in ToolpathSegment segment);

/// <summary>Follows a program without a machine.</summary>
public static class Toolpath
{
    /// <summary>Reads a program to its end and tells what it does, as <see cref="Admission.Check"/> does, but keeps nothing: <see cref="AdmissionResult.Program"/> is null.</summary>
    /// <param name="source">The program; read from where it stands; not disposed of.</param>
    /// <param name="profile">The machine it is for.</param>
    /// <param name="receiver">Told of each motion; null if only the summary counts. What a refused line would do is told too.</param>
    /// <param name="options">What is known besides.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="IOException">The source failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static AdmissionResult Follow(
        Stream source, MachineProfile profile, ToolpathReceiver? receiver = null, AdmissionOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var writer = new ProgramWriter(sink: null);
        return Admission.Run(source, profile, writer, options ?? new AdmissionOptions(), receiver, cancellationToken).Result;
    }
}
