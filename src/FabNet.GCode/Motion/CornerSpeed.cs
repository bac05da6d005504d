// How fast the tool may go through the corner between two moves: junction deviation, or classic jerk.

namespace FabNet.GCode.Motion;

/// <summary>Corner speeds along a path. Remembers the last move. Sources: Marlin 2.1 module/planner.cpp, GRBL 1.1 planner.c.</summary>
internal sealed class CornerSpeed
{
    private const double AlmostOne = 0.999999;
    private const double HalfSquareRootOfTwo = 0.7071067812;

    private AxisValues _axes;
    private AxisValues _jerk;
    private double _deviationMm;
    private bool _isMarlin;
    private double _x;
    private double _y;
    private double _z;
    private double _e;
    private double _nominal;
    private double _safe;

    /// <summary>Takes the limits for moves to come.</summary>
    public void Adopt(MotionLimits limits) =>
        (_axes, _jerk, _deviationMm, _isMarlin) = (limits.MaxAccelerationMmPerS2, limits.JerkMmPerS, limits.JunctionDeviationMm, limits.Kind == PlannerKind.Marlin);

    /// <summary>The machine came to rest: the next move starts from standstill.</summary>
    public void Rest() => _nominal = 0;

    /// <summary>The square of the greatest speed at the start of the next move, in mm²/s².</summary>
    public double Next(in Move move, double length, double nominal, double acceleration, bool travels, bool isMoving) =>
        _deviationMm > 0
            ? ByDeviation(move, length, nominal, acceleration, travels, isMoving)
            : ByJerk(move, length, nominal, isMoving);

    private double ByDeviation(in Move move, double length, double nominal, double acceleration, bool travels, bool isMoving)
    {
        // In Marlin the filament counts as a fourth direction while it moves.
        var e = _isMarlin ? move.E : 0;
        var norm = e != 0 && travels ? Math.Sqrt((move.X * move.X) + (move.Y * move.Y) + (move.Z * move.Z) + (e * e)) : length;
        var (ux, uy, uz, ue) = (move.X / norm, move.Y / norm, move.Z / norm, e / norm);
        var squared = 0.0;
        if (isMoving && _nominal > 0)
        {
            var cosine = -((_x * ux) + (_y * uy) + (_z * uz) + (_e * ue));
            if (cosine <= AlmostOne)
            {
                var (jx, jy, jz, je) = (ux - _x, uy - _y, uz - _z, ue - _e);
                var scale = 1 / Math.Sqrt(Math.Max(1e-30, (jx * jx) + (jy * jy) + (jz * jz) + (je * je)));
                var bend = acceleration;
                bend = Limit(bend, _axes.X, Math.Abs(jx * scale));
                bend = Limit(bend, _axes.Y, Math.Abs(jy * scale));
                bend = Limit(bend, _axes.Z, Math.Abs(jz * scale));
                bend = Limit(bend, _axes.E, Math.Abs(je * scale));
                cosine = Math.Max(cosine, -AlmostOne);
                var sine = Math.Sqrt(0.5 * (1 - cosine));
                squared = bend * _deviationMm * sine / (1 - sine);

                // A short segment that bends little is part of an arc: hold the arc's centripetal acceleration.
                if (_isMarlin && length < 1 && cosine < -HalfSquareRootOfTwo)
                    squared = Math.Min(squared, length * bend / Math.Max(0.033, Math.Acos(-cosine)));
            }

            squared = Math.Min(squared, Math.Min(nominal * nominal, _nominal * _nominal));
        }

        (_x, _y, _z, _e, _nominal) = (ux, uy, uz, ue, nominal);
        return squared;
    }

    private double ByJerk(in Move move, double length, double nominal, bool isMoving)
    {
        var scale = nominal / length;
        var (vx, vy, vz, ve) = (move.X * scale, move.Y * scale, move.Z * scale, move.E * scale);

        // The speed from which the machine may stop dead.
        var safe = nominal;
        safe = Math.Min(safe, Safe(nominal, _jerk.X, vx));
        safe = Math.Min(safe, Safe(nominal, _jerk.Y, vy));
        safe = Math.Min(safe, Safe(nominal, _jerk.Z, vz));
        safe = Math.Min(safe, Safe(nominal, _jerk.E, ve));

        var corner = safe;
        if (isMoving && _nominal > 0)
        {
            // Both moves pass the corner at the slower one's speed; each axis may then step by its jerk.
            var shared = Math.Min(nominal, _nominal);
            var (before, after) = (shared / _nominal, shared / nominal);
            var factor = 1.0;
            factor = Step(factor, _jerk.X, _x * before, vx * after);
            factor = Step(factor, _jerk.Y, _y * before, vy * after);
            factor = Step(factor, _jerk.Z, _z * before, vz * after);
            factor = Step(factor, _jerk.E, _e * before, ve * after);
            corner = shared * factor;

            // Stopping and starting at safe speeds may be faster than turning.
            if (_safe > corner * 0.99 && safe > corner * 0.99)
                corner = safe;
        }

        (_x, _y, _z, _e, _nominal, _safe) = (vx, vy, vz, ve, nominal, safe);
        return corner * corner;
    }

    private static double Limit(double value, double limit, double share) => value * share > limit ? limit / share : value;

    private static double Safe(double nominal, double jerk, double speed) => Math.Abs(speed) > jerk ? nominal * jerk / Math.Abs(speed) : nominal;

    private static double Step(double factor, double jerk, double exit, double entry)
    {
        exit *= factor;
        entry *= factor;
        double step;
        if (exit > entry)
            step = entry > 0 || exit < 0 ? exit - entry : Math.Max(exit, -entry);
        else
            step = entry < 0 || exit > 0 ? entry - exit : Math.Max(-exit, entry);
        return step > jerk ? factor * jerk / step : factor;
    }
}
