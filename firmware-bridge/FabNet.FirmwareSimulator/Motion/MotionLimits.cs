// The limits that the planner obeys; firmware commands (M201 to M205, $110 and on) change them while it runs.

using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>Speeds in mm/s, accelerations in mm/s², in the order X, Y, Z, E.</summary>
internal sealed class MotionLimits
{
    public double[] MaxSpeed { get; } = new double[Axes.Count];

    public double[] MaxAcceleration { get; } = new double[Axes.Count];

    public double[] Jerk { get; } = new double[Axes.Count];

    /// <summary>Acceleration of moves that extrude; infinity where only the axes limit it.</summary>
    public double PrintAcceleration { get; set; } = double.PositiveInfinity;

    /// <summary>Acceleration of moves that do not extrude.</summary>
    public double TravelAcceleration { get; set; } = double.PositiveInfinity;

    /// <summary>Acceleration of moves of E alone.</summary>
    public double RetractAcceleration { get; set; } = double.PositiveInfinity;

    /// <summary>Junction deviation in mm; 0: the axes' jerk rules corners.</summary>
    public double JunctionDeviationMm { get; set; }

    /// <summary>The limits of a machine.</summary>
    public static MotionLimits Of(MachineProfile profile)
    {
        var limits = new MotionLimits
        {
            PrintAcceleration = OrUnlimited(profile.PrintAccelerationMmPerS2),
            TravelAcceleration = OrUnlimited(profile.TravelAccelerationMmPerS2),
            RetractAcceleration = OrUnlimited(profile.RetractAccelerationMmPerS2),
            JunctionDeviationMm = profile.JunctionDeviationMm,
        };
        Set(0, profile.X);
        Set(1, profile.Y);
        Set(2, profile.Z);
        Set(3, profile.E ?? new AxisLimits { MaxFeedMmPerMin = 1500, AccelerationMmPerS2 = 1000 });
        return limits;

        void Set(int axis, AxisLimits source)
        {
            limits.MaxSpeed[axis] = source.MaxFeedMmPerMin / 60;
            limits.MaxAcceleration[axis] = source.AccelerationMmPerS2;
            limits.Jerk[axis] = source.JerkMmPerS;
        }

        static double OrUnlimited(double value) => value > 0 ? value : double.PositiveInfinity;
    }
}
