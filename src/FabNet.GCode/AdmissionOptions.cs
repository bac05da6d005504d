// What the caller of admission knows beyond the program and the profile.

namespace FabNet.GCode;

/// <summary>A position or an offset. Unit: millimetres.</summary>
/// <param name="X">Along X.</param>
/// <param name="Y">Along Y.</param>
/// <param name="Z">Along Z.</param>
public readonly record struct Position(double X, double Y, double Z);

/// <summary>What is known of the machine's set-up when a program is admitted. All of it is optional.</summary>
public sealed record AdmissionOptions
{
    /// <summary>
    /// The work offsets in force, in machine coordinates, keyed by their G-code: 54 to 59, and 591 to 593 for G59.1 to G59.3. Where the
    /// offset in use is not known (the default on a GRBL machine, whose operator sets work zero by hand), a program must fit in the size of the envelope.
    /// </summary>
    public IReadOnlyDictionary<int, Position> WorkOffsetsMm { get; init; } = new Dictionary<int, Position>();

    /// <summary>Where the tool stands when the program starts, in the program's coordinates. Null (the default): not known, taken as 0 with a warning where it counts.</summary>
    public Position? StartPositionMm { get; init; }

    /// <summary>How many violations are kept with their text; all are counted. From 1; default 100.</summary>
    public int MaxViolations { get; init; } = 100;
}
