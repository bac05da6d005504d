// What a program does: time, extent, material, layers, heat.

using FabNet.Model;

namespace FabNet.GCode;

/// <summary>Ways in which a program may leave coordinates other than it found them.</summary>
[Flags]
public enum CoordinateShifts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>G92.</summary>
    Renamed = 1,

    /// <summary>G43.1.</summary>
    ToolLength = 2,

    /// <summary>A work offset other than G54 (GRBL).</summary>
    WorkOffset = 4,
}

/// <summary>One layer of a print.</summary>
/// <param name="Index">From 0, upwards in the order of the program.</param>
/// <param name="ZMm">Its height over the bed, in mm.</param>
/// <param name="HeightMm">How thick it is, in mm: what the slicer says, or else the distance from the layer below (0 if that is above it).</param>
/// <param name="FirstLine">The first program line (not source line) that belongs to it, from 1.</param>
/// <param name="Seconds">Machine time spent on it.</param>
/// <param name="FilamentMm">Filament pushed in it, in mm of filament.</param>
public readonly record struct LayerSummary(int Index, double ZMm, double HeightMm, int FirstLine, double Seconds, double FilamentMm);

/// <summary>One kind of path, as the slicer's comments name it (<c>;TYPE:Perimeter</c>).</summary>
/// <param name="Name">The slicer's name; empty for what comes before the first.</param>
/// <param name="Seconds">Machine time spent on it, its travel included.</param>
/// <param name="FilamentMm">Filament pushed in it, in mm of filament.</param>
public readonly record struct FeatureSummary(string Name, double Seconds, double FilamentMm);

/// <summary>What a program does, as computed while it was read.</summary>
public sealed record ProgramSummary
{
    /// <summary>Machine time in seconds by the motion model, without <see cref="HeatUpSeconds"/>: from the moment the machine is hot.</summary>
    public double TimeSeconds { get; init; }

    /// <summary>Time spent waiting for temperatures, in seconds, by a rough model of the heaters' power. The spread between machines is wide.</summary>
    public double HeatUpSeconds { get; init; }

    /// <summary>The extent of every motion, in mm; null if nothing moves.</summary>
    public Box3? MotionBoundsMm { get; init; }

    /// <summary>The extent of what is made, in mm: extruding motion on a printer, motion with the spindle or laser on elsewhere. Null if there is none.</summary>
    public Box3? CuttingBoundsMm { get; init; }

    /// <summary>True if the bounds are machine coordinates; false if they are the program's own because the work offset is not known.</summary>
    public bool BoundsAreMachineCoordinates { get; init; }

    /// <summary>Filament used, in mm of filament; retractions come off.</summary>
    public double FilamentMm { get; init; }

    /// <summary>Filament used, in grams, by the filament's diameter and density (1.24 g/cm³ unless the program's comments name the material).</summary>
    public double FilamentGrams { get; init; }

    /// <summary>How many layers there are; 0 where the program prints nothing.</summary>
    public int LayerCount { get; init; }

    /// <summary>The layers, at most the first 65,536.</summary>
    public IReadOnlyList<LayerSummary> Layers { get; init; } = [];

    /// <summary>The kinds of path in the order of their first use, at most 64; empty where no comment names any.</summary>
    public IReadOnlyList<FeatureSummary> Features { get; init; } = [];

    /// <summary>The highest hot-end target in °C; 0 if none is set.</summary>
    public double MaxHotEndC { get; init; }

    /// <summary>The highest bed target in °C; 0 if none is set.</summary>
    public double MaxBedC { get; init; }

    /// <summary>The highest chamber target in °C; 0 if none is set.</summary>
    public double MaxChamberC { get; init; }

    /// <summary>The highest spindle speed in rev/min, or laser power in the controller's units; 0 if it is never on.</summary>
    public double MaxSpindleRpm { get; init; }

    /// <summary>The fastest feed rate that a motion asks for, in mm/min.</summary>
    public double MaxFeedMmPerMin { get; init; }

    /// <summary>How many commands there are.</summary>
    public int CommandCount { get; init; }

    /// <summary>How many of them move the machine.</summary>
    public int MotionCount { get; init; }

    /// <summary>What the program leaves shifted at its end.</summary>
    public CoordinateShifts ShiftsCoordinates { get; init; }

    /// <summary>Commands of the program that set limits which outlast it, each once: of M201, M203, M204, M205 and M900 (Marlin and kin).</summary>
    public IReadOnlyList<string> LimitCommands { get; init; } = [];

    /// <summary>How many changes of tool there are.</summary>
    public int ToolChangeCount { get; init; }

    /// <summary>Path length of all motion in mm, without the extruder's own.</summary>
    public double PathMm { get; init; }

    /// <summary>Lines in the source, comments and blanks included.</summary>
    public int SourceLineCount { get; init; }

    /// <summary>Bytes in the source.</summary>
    public long SourceByteCount { get; init; }
}
