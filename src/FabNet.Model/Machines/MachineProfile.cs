// What one model of machine is and what it may be asked to do: the limits that admission, planning and simulation share.

namespace FabNet.Model.Machines;

/// <summary>The words a machine's firmware speaks.</summary>
public enum FirmwareDialect
{
    /// <summary>Marlin 2.x and kin (RepRap, Prusa, Repetier): line numbers, checksums, <c>ok</c>.</summary>
    Marlin,

    /// <summary>GRBL 1.1 and kin (grblHAL, FluidNC): character counting, realtime bytes.</summary>
    Grbl,

    /// <summary>Klipper, through Moonraker.</summary>
    Klipper,

    /// <summary>Bambu Lab's LAN mode: JSON over MQTT, whole files.</summary>
    Bambu,
}

/// <summary>How a part is made, with Open Know-How's technology codes (TSDC).</summary>
public enum FabricationProcess
{
    /// <summary>No process is stated.</summary>
    Unknown,

    /// <summary>3D printing (3DP).</summary>
    Printing,

    /// <summary>Computer-controlled milling and routing (CNC).</summary>
    Milling,

    /// <summary>Laser cutting (LAS).</summary>
    LaserCutting,

    /// <summary>Making and populating circuit boards (PCB). No machine of FabNet's does it.</summary>
    CircuitBoard,

    /// <summary>Joining mechanically (MEC). No machine of FabNet's does it.</summary>
    MechanicalAssembly,

    /// <summary>Assembling (ASM). No machine of FabNet's does it.</summary>
    Assembly,

    /// <summary>Welding (WEL). No machine of FabNet's does it.</summary>
    Welding,

    /// <summary>Wiring circuits (CIR). No machine of FabNet's does it.</summary>
    Circuitry,
}

/// <summary>What can be told of a process.</summary>
public static class FabricationProcesses
{
    /// <summary>True if a machine of FabNet's can do it, so that a part made so can be ordered.</summary>
    public static bool IsMachineMade(this FabricationProcess process) =>
        process is FabricationProcess.Printing or FabricationProcess.Milling or FabricationProcess.LaserCutting;
}

/// <summary>The limits of one linear axis.</summary>
public sealed record AxisLimits
{
    /// <summary>The reachable range in machine coordinates after homing, in mm. The extruder has none.</summary>
    public AxisRange? RangeMm { get; init; }

    /// <summary>Where homing leaves the axis, in machine coordinates, in mm. Null: at the lower end of the range (0, if the range holds it, for Z).</summary>
    public double? HomeMm { get; init; }

    /// <summary>The greatest feed rate, in mm/min; above 0.</summary>
    public required double MaxFeedMmPerMin { get; init; }

    /// <summary>The greatest acceleration, in mm/s²; above 0.</summary>
    public required double AccelerationMmPerS2 { get; init; }

    /// <summary>The speed step allowed without a ramp (Marlin's classic jerk), in mm/s. Ignored where a junction deviation is set.</summary>
    public double JerkMmPerS { get; init; }
}

/// <summary>A hot end: the part that melts filament.</summary>
public sealed record HotEnd
{
    /// <summary>The nozzle's bore in mm as fitted now; 0.4 is usual.</summary>
    public required double NozzleMm { get; init; }

    /// <summary>The highest temperature that a program may set, in °C.</summary>
    public required double MaxTemperatureC { get; init; }

    /// <summary>Below this temperature extrusion is refused (cold extrusion), in °C. Default 170, as in Marlin.</summary>
    public double MinExtrusionTemperatureC { get; init; } = 170;

    /// <summary>Filament diameter in mm: 1.75 or 2.85.</summary>
    public double FilamentDiameterMm { get; init; } = 1.75;
}

/// <summary>A spindle or a laser, driven by S.</summary>
public sealed record Spindle
{
    /// <summary>The lowest speed above zero that a program may set, in rev/min (or in the controller's power units for a laser).</summary>
    public double MinRpm { get; init; }

    /// <summary>The highest S that a program may set.</summary>
    public required double MaxRpm { get; init; }

    /// <summary>True if S drives a laser: then motion without M3 or M4 must carry no power.</summary>
    public bool IsLaser { get; init; }
}

/// <summary>What a program's command that the profile does not know leads to.</summary>
public enum UnknownCommandPolicy
{
    /// <summary>The program is refused. The default.</summary>
    Refuse,

    /// <summary>The program is admitted with a warning, and the command is sent.</summary>
    Warn,
}

/// <summary>Times and waste of changing the set-up of a machine, for the planner.</summary>
public sealed record SetUpCosts
{
    /// <summary>Labour to clear the machine and make it ready for the next run, in minutes, at every run.</summary>
    public double ClearMinutes { get; init; } = 3;

    /// <summary>Time to change the loaded material (or the stock), in minutes.</summary>
    public double MaterialChangeMinutes { get; init; } = 6;

    /// <summary>Time to change the colour of the same material, in minutes.</summary>
    public double ColorChangeMinutes { get; init; } = 4;

    /// <summary>Time to change the nozzle or the tool, in minutes.</summary>
    public double ToolChangeMinutes { get; init; } = 15;

    /// <summary>Material purged at a change to another colour or material, in grams.</summary>
    public double PurgeGrams { get; init; } = 8;

    /// <summary>Further grams purged at a change from a dark colour to a light one.</summary>
    public double DarkToLightPurgeGrams { get; init; } = 12;

    /// <summary>Warm-up before each run, in minutes.</summary>
    public double WarmUpMinutes { get; init; } = 4;
}

/// <summary>Electric power drawn, for energy cost and the carbon account.</summary>
public sealed record PowerDraw
{
    /// <summary>While running, in watts.</summary>
    public double RunningW { get; init; } = 120;

    /// <summary>While warming up, in watts.</summary>
    public double WarmUpW { get; init; } = 250;
}

/// <summary>
/// One model of machine. Profiles are data: <c>hardware/machines/*.yaml</c> ships with the program, and a site may add its own.
/// </summary>
public sealed record MachineProfile
{
    /// <summary>The profile's name, such as <c>prusa-mk3s</c>; also the machine class that proven toolpaths name.</summary>
    public required string Name { get; init; }

    /// <summary>The name that people read.</summary>
    public required string Title { get; init; }

    /// <summary>The process it performs.</summary>
    public required FabricationProcess Process { get; init; }

    /// <summary>What its firmware speaks.</summary>
    public required FirmwareDialect Dialect { get; init; }

    /// <summary>Serial speed in bits per second; 0 for a machine without a serial port.</summary>
    public int Baud { get; init; }

    /// <summary>X axis.</summary>
    public required AxisLimits X { get; init; }

    /// <summary>Y axis.</summary>
    public required AxisLimits Y { get; init; }

    /// <summary>Z axis.</summary>
    public required AxisLimits Z { get; init; }

    /// <summary>The extruder's filament axis; null on a machine that extrudes nothing.</summary>
    public AxisLimits? E { get; init; }

    /// <summary>Acceleration of moves that extrude, in mm/s²; 0 where only the axes limit it (GRBL).</summary>
    public double PrintAccelerationMmPerS2 { get; init; }

    /// <summary>Acceleration of moves without extrusion, in mm/s²; 0 where only the axes limit it.</summary>
    public double TravelAccelerationMmPerS2 { get; init; }

    /// <summary>Acceleration of moves of the extruder alone, in mm/s²; 0 where only the axis limits it.</summary>
    public double RetractAccelerationMmPerS2 { get; init; }

    /// <summary>Junction deviation in mm; 0 means that the axes' jerk rules corners (Marlin's classic jerk).</summary>
    public double JunctionDeviationMm { get; init; }

    /// <summary>Feed rate used before a program sets one, in mm/min.</summary>
    public double DefaultFeedMmPerMin { get; init; } = 1500;

    /// <summary>The hot ends, T0 first; empty on a machine without.</summary>
    public IReadOnlyList<HotEnd> HotEnds { get; init; } = [];

    /// <summary>The highest bed temperature in °C; 0 means no heated bed.</summary>
    public double MaxBedTemperatureC { get; init; }

    /// <summary>The highest chamber temperature in °C; 0 means no heated chamber.</summary>
    public double MaxChamberTemperatureC { get; init; }

    /// <summary>The spindle or laser, if there is one.</summary>
    public Spindle? Spindle { get; init; }

    /// <summary>Commands that no program may hold on this machine, beyond those that admission always refuses, such as <c>M600</c>.</summary>
    public IReadOnlyList<string> ForbiddenCommands { get; init; } = [];

    /// <summary>Commands that this machine knows beyond its dialect's, such as <c>M900</c>.</summary>
    public IReadOnlyList<string> ExtraCommands { get; init; } = [];

    /// <summary>Bytes that a GRBL takes in a line, without its end: 0 (the default) for the 79 of GRBL 1.1; up to 254 on grblHAL and FluidNC. A machine that takes fewer is not started.</summary>
    public int MaxLineBytes { get; init; }

    /// <summary>What an unknown command leads to. Default: refuse.</summary>
    public UnknownCommandPolicy UnknownCommands { get; init; }

    /// <summary>
    /// True if an interrupted print may be gone on with: Z stays where it is without current (screws, not belts), and homing X and Y clears the part. Machines that cut need no leave. Default false.
    /// </summary>
    public bool ResumesPrints { get; init; }

    /// <summary>Materials that it can work, such as PLA, PETG, PLYWOOD; upper case.</summary>
    public IReadOnlyList<string> Materials { get; init; } = [];

    /// <summary>Set-up times and waste.</summary>
    public SetUpCosts SetUp { get; init; } = new();

    /// <summary>Power drawn.</summary>
    public PowerDraw Power { get; init; } = new();

    /// <summary>Settings handed to the slicer as they are (PrusaSlicer's names: <c>bed_shape</c>, <c>nozzle_diameter</c>, <c>start_gcode</c>, …), over which <see cref="SlicerMaterials"/> goes.</summary>
    public IReadOnlyDictionary<string, string> Slicer { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Slicer settings for each material (temperatures, cooling, flow), keyed by material.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> SlicerMaterials { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);

    /// <summary>The working envelope in machine coordinates, in mm.</summary>
    public Box3 EnvelopeMm => new(X.RangeMm ?? default, Y.RangeMm ?? default, Z.RangeMm ?? default);
}
