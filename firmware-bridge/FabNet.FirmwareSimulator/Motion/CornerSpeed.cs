// How fast two moves may meet: junction deviation (Marlin, GRBL) or classic jerk (Marlin).

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>Corner speeds in mm/s along the path (Marlin <c>planner.cpp</c>, grbl <c>planner.c</c>).</summary>
internal static class CornerSpeed
{
    /// <summary>The greatest speed through the corner between two moves, before their own speeds count.</summary>
    public static double Between(MotionBlock before, MotionBlock after, MotionLimits limits)
    {
        if (limits.JunctionDeviationMm <= 0)
        {
            return ByJerk(before, after, limits);
        }

        var beforeTravels = before.Direction.PathLength > 0.5;
        var afterTravels = after.Direction.PathLength > 0.5;
        if (!beforeTravels || !afterTravels)
        {
            return 0;
        }

        var cosine = -before.Direction.PathDot(after.Direction);
        if (cosine > 0.999999)
        {
            return MotionQueue.LeastSpeed;
        }

        if (cosine < -0.999999)
        {
            return double.PositiveInfinity;
        }

        var sine = Math.Sqrt(0.5 * (1 - cosine));
        return Math.Sqrt(Math.Min(before.Acceleration, after.Acceleration) * limits.JunctionDeviationMm * sine / (1 - sine));
    }

    private static double ByJerk(MotionBlock before, MotionBlock after, MotionLimits limits)
    {
        var speed = Math.Min(Math.Min(before.ProgrammedSpeed, before.SpeedLimit), Math.Min(after.ProgrammedSpeed, after.SpeedLimit));
        return Math.Max(after.SafeSpeed, Math.Min(speed, AtJerk(after.Direction, before.Direction, limits)));
    }

    /// <summary>The speed at which the change of direction stays within every axis' jerk; from rest, <paramref name="before"/> is zero.</summary>
    public static double AtJerk(Axes after, Axes before, MotionLimits limits)
    {
        var change = after - before;
        var speed = double.PositiveInfinity;
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            var share = Math.Abs(change[axis]);
            if (share > 0)
            {
                speed = Math.Min(speed, limits.Jerk[axis] / share);
            }
        }

        return speed;
    }
}
