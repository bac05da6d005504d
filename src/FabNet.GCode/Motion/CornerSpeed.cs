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
            LimitByDeviation(moves, from, to);
        else
            LimitByJerk(moves, from, to);
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

    /// <summary>Classic jerk: directions hold each axis' speed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LimitByJerk(MoveColumns moves, int from, int to)
    {
        for (var row = from; row < to; row += Vector<double>.Count)
        {
            var nominal = new Vector<double>(moves.NominalMmPerS, row);
            var scale = nominal / new Vector<double>(moves.LengthMm, row);
            var (x, y, z, e) = (new Vector<double>(moves.X, row) * scale, new Vector<double>(moves.Y, row) * scale, new Vector<double>(moves.Z, row) * scale, new Vector<double>(moves.E, row) * scale);
            x.CopyTo(moves.DirectionX, row);
            y.CopyTo(moves.DirectionY, row);
            z.CopyTo(moves.DirectionZ, row);
            e.CopyTo(moves.DirectionE, row);

            // The speed from which the machine may stop dead.
            var safe = Vector.MinNative(Vector.MinNative(Safe(nominal, _jerk.X, x), Safe(nominal, _jerk.Y, y)), Vector.MinNative(Safe(nominal, _jerk.Z, z), Safe(nominal, _jerk.E, e)));
            safe.CopyTo(moves.SafeMmPerS, row);
        }

        for (var row = from; row < to; row += Vector<double>.Count)
        {
            var corner = ByJerk(moves, row);
            Vector.MaxNative(new Vector<double>(SlowestSquared), corner * corner).CopyTo(moves.MaxEntrySquared, row);
        }
    }

    private Vector<double> ByJerk(MoveColumns moves, int row)
    {
        var (nominal, nominalBefore) = (new Vector<double>(moves.NominalMmPerS, row), new Vector<double>(moves.NominalMmPerS, row - 1));
        var (safe, safeBefore) = (new Vector<double>(moves.SafeMmPerS, row), new Vector<double>(moves.SafeMmPerS, row - 1));

        // Both moves pass the corner at the slower one's speed; each axis may then step by its jerk.
        var shared = Vector.MinNative(nominal, nominalBefore);
        var (before, after) = (shared / nominalBefore, shared / nominal);
        var factor = Vector<double>.One;
        factor = Step(factor, _jerk.X, new Vector<double>(moves.DirectionX, row - 1) * before, new Vector<double>(moves.DirectionX, row) * after);
        factor = Step(factor, _jerk.Y, new Vector<double>(moves.DirectionY, row - 1) * before, new Vector<double>(moves.DirectionY, row) * after);
        factor = Step(factor, _jerk.Z, new Vector<double>(moves.DirectionZ, row - 1) * before, new Vector<double>(moves.DirectionZ, row) * after);
        factor = Step(factor, _jerk.E, new Vector<double>(moves.DirectionE, row - 1) * before, new Vector<double>(moves.DirectionE, row) * after);
        var corner = shared * factor;

        // Stopping and starting at safe speeds may be faster than turning; from a standstill there is nothing else.
        var isSafe = (Vector.GreaterThan(safeBefore, corner * 0.99) & Vector.GreaterThan(safe, corner * 0.99)) | Vector.LessThanOrEqual(nominalBefore, Vector<double>.Zero);
        return Vector.ConditionalSelect(isSafe, safe, corner);
    }

    private static Vector<double> Safe(Vector<double> nominal, double jerk, Vector<double> speed)
    {
        var size = Vector.Abs(speed);
        return Vector.ConditionalSelect(Vector.GreaterThan(size, new Vector<double>(jerk)), nominal * jerk / size, nominal);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Step(Vector<double> factor, double jerk, Vector<double> exit, Vector<double> entry)
    {
        exit *= factor;
        entry *= factor;

        // An axis that turns back comes to a stand on its way.
        var step = Vector.ConditionalSelect(Vector.GreaterThan(exit * entry, Vector<double>.Zero), Vector.Abs(exit - entry), Vector.MaxNative(Vector.Abs(exit), Vector.Abs(entry)));
        return Vector.ConditionalSelect(Vector.GreaterThan(step, new Vector<double>(jerk)), factor * jerk / step, factor);
    }
}
