// How fast the tool may go through the corner between two moves: junction deviation, or classic jerk.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace FabNet.GCode.Motion;

/// <summary>Corner speeds along a path. Sources: Marlin 2.1 module/planner.cpp, GRBL 1.1 planner.c.</summary>
internal sealed class CornerSpeed
{
    private const double AlmostOne = 0.999999;
    private const double HalfSquareRootOfTwo = 0.7071067812;
    private const double SlowestSquared = 0.05 * 0.05;

    private AxisValues _axes;
    private AxisValues _axesSquared;
    private AxisValues _jerk;
    private double _deviationMm;
    private bool _isMarlin;

    /// <summary>Takes the limits for moves to come.</summary>
    public void Adopt(MotionLimits limits)
    {
        (_axes, _jerk, _deviationMm, _isMarlin) = (limits.MaxAccelerationMmPerS2, limits.JerkMmPerS, limits.JunctionDeviationMm, limits.Kind == PlannerKind.Marlin);
        _axesSquared = new AxisValues(_axes.X * _axes.X, _axes.Y * _axes.Y, _axes.Z * _axes.Z, _axes.E * _axes.E);
    }

    /// <summary>Finds the greatest speed at the start of the moves in some rows, each after the move or the standstill in the row before it.</summary>
    public void Limit(MoveColumns moves, int from, int to)
    {
        if (from == 1)
            moves.NominalMmPerS[0] = 0;
        if (_deviationMm > 0)
        {
            LimitByDeviation(moves, from, to);
            return;
        }

        for (var row = from; row < to; row++)
            moves.MaxEntrySquared[row] = Math.Max(SlowestSquared, ByJerk(moves, row));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LimitByDeviation(MoveColumns moves, int from, int to)
    {
        for (var row = from; row < to; row += Vector<double>.Count)
        {
            var length = new Vector<double>(moves.LengthMm, row);
            var inverse = Vector<double>.One / Way(moves, row, length);
            (new Vector<double>(moves.X, row) * inverse).CopyTo(moves.DirectionX, row);
            (new Vector<double>(moves.Y, row) * inverse).CopyTo(moves.DirectionY, row);
            (new Vector<double>(moves.Z, row) * inverse).CopyTo(moves.DirectionZ, row);
            (_isMarlin ? new Vector<double>(moves.E, row) * inverse : Vector<double>.Zero).CopyTo(moves.DirectionE, row);
        }

        for (var row = from; row < to; row += Vector<double>.Count)
            Vector.MaxNative(new Vector<double>(SlowestSquared), ByDeviation(moves, row)).CopyTo(moves.MaxEntrySquared, row);
    }

    /// <summary>The length of the path on which corners are taken: in Marlin the filament counts as a fourth direction while it moves.</summary>
    private Vector<double> Way(MoveColumns moves, int row, Vector<double> length)
    {
        if (!_isMarlin)
            return length;
        var e = new Vector<double>(moves.E, row);
        var travel = Vector.MaxNative(Vector.MaxNative(Vector.Abs(new Vector<double>(moves.X, row)), Vector.Abs(new Vector<double>(moves.Y, row))), Vector.Abs(new Vector<double>(moves.Z, row)));
        return Vector.ConditionalSelect(Vector.GreaterThan(travel, Vector<double>.Zero), Vector.SquareRoot((length * length) + (e * e)), length);
    }

    /// <summary>The squares of the greatest corner speeds, in mm²/s².</summary>
    private Vector<double> ByDeviation(MoveColumns moves, int row)
    {
        var (x, y, z, e) = (new Vector<double>(moves.DirectionX, row), new Vector<double>(moves.DirectionY, row), new Vector<double>(moves.DirectionZ, row), new Vector<double>(moves.DirectionE, row));
        var beforeX = new Vector<double>(moves.DirectionX, row - 1);
        var beforeY = new Vector<double>(moves.DirectionY, row - 1);
        var beforeZ = new Vector<double>(moves.DirectionZ, row - 1);
        var beforeE = new Vector<double>(moves.DirectionE, row - 1);
        var cosine = -((beforeX * x) + (beforeY * y) + (beforeZ * z) + (beforeE * e));
        var bend = Bend(new Vector<double>(moves.Acceleration, row), x - beforeX, y - beforeY, z - beforeZ, e - beforeE);
        var turning = Vector.MaxNative(cosine, new Vector<double>(-AlmostOne));
        var sine = Vector.SquareRoot(0.5 * (Vector<double>.One - turning));
        var squared = bend * _deviationMm * sine / (Vector<double>.One - sine);
        if (_isMarlin)
        {
            // A short segment that bends little is part of an arc: hold the arc's centripetal acceleration.
            var length = new Vector<double>(moves.LengthMm, row);
            var isArc = Vector.LessThan(length, Vector<double>.One) & Vector.LessThan(turning, new Vector<double>(-HalfSquareRootOfTwo));
            if (isArc != Vector<long>.Zero)
                squared = Vector.ConditionalSelect(isArc, Vector.MinNative(squared, length * bend / Turn(turning)), squared);
        }

        // Turning back is a stop.
        squared = Vector.ConditionalSelect(Vector.LessThanOrEqual(cosine, new Vector<double>(AlmostOne)), squared, Vector<double>.Zero);
        var slower = Vector.MinNative(new Vector<double>(moves.NominalMmPerS, row), new Vector<double>(moves.NominalMmPerS, row - 1));
        return Vector.MinNative(squared, slower * slower);
    }

    /// <summary>The acceleration along a corner's bisector that no axis exceeds.</summary>
    private Vector<double> Bend(Vector<double> acceleration, Vector<double> x, Vector<double> y, Vector<double> z, Vector<double> e)
    {
        // Compared as squares: only a corner that an axis holds back needs its length.
        var lengthSquared = (x * x) + (y * y) + (z * z) + (e * e);
        var asked = acceleration * acceleration;
        var isHeldBack = Vector.GreaterThan(asked * x * x, _axesSquared.X * lengthSquared) | Vector.GreaterThan(asked * y * y, _axesSquared.Y * lengthSquared)
            | Vector.GreaterThan(asked * z * z, _axesSquared.Z * lengthSquared) | Vector.GreaterThan(asked * e * e, _axesSquared.E * lengthSquared);
        if (isHeldBack == Vector<long>.Zero)
            return acceleration;
        var span = Vector.SquareRoot(Vector.MaxNative(new Vector<double>(1e-30), lengthSquared));
        var byAxes = Vector.MinNative(
            Vector.MinNative(_axes.X * span / Vector.Abs(x), _axes.Y * span / Vector.Abs(y)), Vector.MinNative(_axes.Z * span / Vector.Abs(z), _axes.E * span / Vector.Abs(e)));
        return Vector.ConditionalSelect(isHeldBack, Vector.MinNative(acceleration, byAxes), acceleration);
    }

    /// <summary>The angles of turns of at most 45°, in radians and not below 0.033, from their negative cosines.</summary>
    private static Vector<double> Turn(Vector<double> cosine)
    {
        // Twice the arcsine of sin(θ/2), whose square is at most 0.147: seven terms of its series are exact to 1e-8.
        var s = 0.5 * (Vector<double>.One + cosine);
        var s2 = s * s;
        var low = Vector<double>.One + (s * (1.0 / 6)) + (s2 * (new Vector<double>(3.0 / 40) + (s * (5.0 / 112))));
        var high = new Vector<double>(35.0 / 1152) + (s * (63.0 / 2816)) + (s2 * (new Vector<double>(231.0 / 13312) + (s * (143.0 / 10240))));
        return Vector.MaxNative(new Vector<double>(0.033), 2 * Vector.SquareRoot(s) * (low + (s2 * s2 * high)));
    }

    /// <summary>The square of the greatest corner speed by classic jerk, in mm²/s².</summary>
    private double ByJerk(MoveColumns moves, int row)
    {
        var (nominal, nominalBefore) = (moves.NominalMmPerS[row], moves.NominalMmPerS[row - 1]);
        var scale = nominal / moves.LengthMm[row];
        var (vx, vy, vz, ve) = (moves.X[row] * scale, moves.Y[row] * scale, moves.Z[row] * scale, moves.E[row] * scale);

        // The speed from which the machine may stop dead.
        var safe = nominal;
        safe = Math.Min(safe, Safe(nominal, _jerk.X, vx));
        safe = Math.Min(safe, Safe(nominal, _jerk.Y, vy));
        safe = Math.Min(safe, Safe(nominal, _jerk.Z, vz));
        safe = Math.Min(safe, Safe(nominal, _jerk.E, ve));

        var corner = safe;
        if (nominalBefore > 0)
        {
            // Both moves pass the corner at the slower one's speed; each axis may then step by its jerk.
            var shared = Math.Min(nominal, nominalBefore);
            var (before, after) = (shared / nominalBefore, shared / nominal);
            var factor = 1.0;
            factor = Step(factor, _jerk.X, moves.DirectionX[row - 1] * before, vx * after);
            factor = Step(factor, _jerk.Y, moves.DirectionY[row - 1] * before, vy * after);
            factor = Step(factor, _jerk.Z, moves.DirectionZ[row - 1] * before, vz * after);
            factor = Step(factor, _jerk.E, moves.DirectionE[row - 1] * before, ve * after);
            corner = shared * factor;

            // Stopping and starting at safe speeds may be faster than turning.
            if (moves.SafeMmPerS[row - 1] > corner * 0.99 && safe > corner * 0.99)
                corner = safe;
        }

        (moves.DirectionX[row], moves.DirectionY[row], moves.DirectionZ[row], moves.DirectionE[row], moves.SafeMmPerS[row]) = (vx, vy, vz, ve, safe);
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
