// What bounds a machine's motion: the figures that its firmware's planner works with.

using FabNet.Model.Machines;

namespace FabNet.GCode.Motion;

/// <summary>One value for each axis.</summary>
/// <param name="X">X axis.</param>
/// <param name="Y">Y axis.</param>
/// <param name="Z">Z axis.</param>
/// <param name="E">Filament axis.</param>
internal readonly record struct AxisValues(double X, double Y, double Z, double E);

/// <summary>Which firmware's rules the planner follows where they differ.</summary>
internal enum PlannerKind
{
    /// <summary>Marlin 2.1: print, travel and retract accelerations, the extruder counts in corners, short segments are taken as arcs.</summary>
    Marlin,

    /// <summary>GRBL 1.1: only the axes limit acceleration.</summary>
    Grbl,
}

/// <summary>The bounds of motion. Programs change some of them (M201, M203, M204, M205).</summary>
internal sealed record MotionLimits
{
    /// <summary>The rules to follow.</summary>
    public required PlannerKind Kind { get; init; }

    /// <summary>The greatest feed rate of each axis, in mm/s; above 0.</summary>
    public required AxisValues MaxFeedMmPerS { get; init; }

    /// <summary>The greatest acceleration of each axis, in mm/s²; above 0.</summary>
    public required AxisValues MaxAccelerationMmPerS2 { get; init; }

    /// <summary>Each axis' speed step without a ramp, in mm/s; used where <see cref="JunctionDeviationMm"/> is 0.</summary>
    public AxisValues JerkMmPerS { get; init; }

    /// <summary>Acceleration of moves that extrude, in mm/s²; 0 where only the axes limit it.</summary>
    public double PrintAccelerationMmPerS2 { get; init; }

    /// <summary>Acceleration of moves without extrusion, in mm/s²; 0 where only the axes limit it.</summary>
    public double TravelAccelerationMmPerS2 { get; init; }

    /// <summary>Acceleration of moves of the extruder alone, in mm/s²; 0 where only the axis limits it.</summary>
    public double RetractAccelerationMmPerS2 { get; init; }

    /// <summary>Junction deviation in mm; 0 means classic jerk.</summary>
    public double JunctionDeviationMm { get; init; }

    /// <summary>Motor steps per mm of each axis: what decides which moves are too short to plan and the slowest speed.</summary>
    public AxisValues StepsPerMm { get; init; } = new(80, 80, 400, 500);

    /// <summary>Moves with fewer motor steps are joined to the next. 6 in Marlin, 1 in GRBL.</summary>
    public int MinStepsPerMove { get; init; } = 6;

    /// <summary>
    /// How many moves ahead the firmware plans, from 2 to 1024. Marlin and GRBL keep 16 places: one stays free, and one holds the move under way.
    /// </summary>
    public int LookAheadMoves { get; init; } = 14;

    /// <summary>The limits of a machine profile.</summary>
    public static MotionLimits Of(MachineProfile profile)
    {
        var isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        var still = new AxisLimits { MaxFeedMmPerMin = 60, AccelerationMmPerS2 = 1000 };
        var e = profile.E ?? still;
        return new MotionLimits
        {
            Kind = isGrbl ? PlannerKind.Grbl : PlannerKind.Marlin,
            MaxFeedMmPerS = new AxisValues(profile.X.MaxFeedMmPerMin / 60, profile.Y.MaxFeedMmPerMin / 60, profile.Z.MaxFeedMmPerMin / 60, e.MaxFeedMmPerMin / 60),
            MaxAccelerationMmPerS2 = new AxisValues(
                profile.X.AccelerationMmPerS2, profile.Y.AccelerationMmPerS2, profile.Z.AccelerationMmPerS2, e.AccelerationMmPerS2),
            JerkMmPerS = new AxisValues(profile.X.JerkMmPerS, profile.Y.JerkMmPerS, profile.Z.JerkMmPerS, e.JerkMmPerS),
            PrintAccelerationMmPerS2 = profile.PrintAccelerationMmPerS2,
            TravelAccelerationMmPerS2 = profile.TravelAccelerationMmPerS2,
            RetractAccelerationMmPerS2 = profile.RetractAccelerationMmPerS2,
            JunctionDeviationMm = profile.JunctionDeviationMm,
            MinStepsPerMove = isGrbl ? 1 : 6,
        };
    }
}
