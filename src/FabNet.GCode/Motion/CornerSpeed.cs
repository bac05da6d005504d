// How fast the tool may go through the corner between two moves: junction deviation, or classic jerk.

namespace FabNet.GCode.Motion;

/// <summary>Corner speeds along a path. Remembers the last move. Sources: Marlin 2.1 module/planner.cpp, GRBL 1.1 planner.c.</summary>
internal sealed class CornerSpeed
{
    private const double AlmostOne = 0.999999;
    private const double HalfSquareRootOfTwo = 0.7071067812;

    private AxisValues _axes;
    private AxisValues _axesSquared;
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
    public void Adopt(MotionLimits limits)
    {
        (_axes, _jerk, _deviationMm, _isMarlin) = (limits.MaxAccelerationMmPerS2, limits.JerkMmPerS, limits.JunctionDeviationMm, limits.Kind == PlannerKind.Marlin);
        _axesSquared = new AxisValues(_axes.X * _axes.X, _axes.Y * _axes.Y, _axes.Z * _axes.Z, _axes.E * _axes.E);
    }

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
        var inverse = 1 / (e != 0 && travels ? Math.Sqrt((length * length) + (e * e)) : length);
        var (ux, uy, uz, ue) = (move.X * inverse, move.Y * inverse, move.Z * inverse, e * inverse);
        var squared = 0.0;
        if (isMoving && _nominal > 0)
        {
            var cosine = -((_x * ux) + (_y * uy) + (_z * uz) + (_e * ue));
            if (cosine <= AlmostOne)
            {
                var bend = Bend(acceleration, ux - _x, uy - _y, uz - _z, ue - _e);
                cosine = double.MaxNative(cosine, -AlmostOne);
                var sine = Math.Sqrt(0.5 * (1 - cosine));
                squared = bend * _deviationMm * sine / (1 - sine);

                // A short segment that bends little is part of an arc: hold the arc's centripetal acceleration.
                if (_isMarlin && length < 1 && cosine < -HalfSquareRootOfTwo)
                    squared = double.MinNative(squared, length * bend / Turn(cosine));
            }

            var slower = double.MinNative(nominal, _nominal);
            squared = double.MinNative(squared, slower * slower);
        }

        (_x, _y, _z, _e, _nominal) = (ux, uy, uz, ue, nominal);
        return squared;
    }

    /// <summary>The acceleration along a corner's bisector that no axis exceeds.</summary>
    private double Bend(double acceleration, double jx, double jy, double jz, double je)
    {
        // Compared as squares: only a corner that an axis holds back needs its length.
        var lengthSquared = (jx * jx) + (jy * jy) + (jz * jz) + (je * je);
        var asked = acceleration * acceleration;
        if (asked * jx * jx <= _axesSquared.X * lengthSquared && asked * jy * jy <= _axesSquared.Y * lengthSquared
            && asked * jz * jz <= _axesSquared.Z * lengthSquared && asked * je * je <= _axesSquared.E * lengthSquared)
            return acceleration;
        var span = Math.Sqrt(double.MaxNative(1e-30, lengthSquared));
        var (x, y, z, e) = (_axes.X * span / Math.Abs(jx), _axes.Y * span / Math.Abs(jy), _axes.Z * span / Math.Abs(jz), _axes.E * span / Math.Abs(je));
        return double.MinNative(acceleration, double.MinNative(double.MinNative(x, y), double.MinNative(z, e)));
    }

    /// <summary>The angle of a turn of at most 45°, in radians and not below 0.033, from its negative cosine.</summary>
    private static double Turn(double cosine)
    {
        // Twice the arcsine of sin(θ/2), whose square is at most 0.147: seven terms of its series are exact to 1e-8, at a fraction of the cost of Math.Acos.
        var s = 0.5 * (1 + cosine);
        var s2 = s * s;
        var low = 1 + (s / 6) + (s2 * ((3.0 / 40) + (s * (5.0 / 112))));
        var high = (35.0 / 1152) + (s * (63.0 / 2816)) + (s2 * ((231.0 / 13312) + (s * (143.0 / 10240))));
        return double.MaxNative(0.033, 2 * Math.Sqrt(s) * (low + (s2 * s2 * high)));
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
