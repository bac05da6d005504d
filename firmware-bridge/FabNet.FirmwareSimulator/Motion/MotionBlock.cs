// One straight move in the planner.

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>Which override scales a move.</summary>
internal enum SpeedOverride
{
    /// <summary>The feed override.</summary>
    Feed,

    /// <summary>The rapid override: G0 of GRBL, which runs as fast as the axes allow.</summary>
    Rapid,

    /// <summary>None: jogging and probing of GRBL.</summary>
    None,
}

/// <summary>A planned straight move. Speeds in mm/s along the path; the path is X, Y, Z, or E alone.</summary>
internal sealed class MotionBlock
{
    public required Axes Start { get; init; }

    public required Axes End { get; init; }

    /// <summary>Path length in mm; above 0.</summary>
    public required double Distance { get; init; }

    /// <summary>Change of each axis for one mm of path.</summary>
    public required Axes Direction { get; init; }

    /// <summary>The speed asked for, within the axes' limits, before overrides.</summary>
    public required double ProgrammedSpeed { get; init; }

    /// <summary>The speed that the axes allow at most.</summary>
    public required double SpeedLimit { get; init; }

    public required double Acceleration { get; init; }

    /// <summary>The override that scales it.</summary>
    public required SpeedOverride Override { get; init; }

    /// <summary>The line number it came from; 0 for none.</summary>
    public required long Line { get; init; }

    /// <summary>The speed aimed at, overrides applied.</summary>
    public double Nominal { get; set; }

    /// <summary>What the corner before it allows; 0 after a rest.</summary>
    public double CornerSpeed { get; set; }

    /// <summary>The speed it may have at its beginning even from rest (Marlin's classic jerk); 0 with junction deviation.</summary>
    public double SafeSpeed { get; init; }

    /// <summary>The planned entry speed.</summary>
    public double Entry { get; set; }

    /// <summary>The highest entry speed that its corner and both nominal speeds allow.</summary>
    public double MaxEntry { get; set; }
}
