// Turns moves into times as the firmware does: corner speeds, look-ahead over a few moves, ramps.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace FabNet.GCode.Motion;

/// <summary>
/// The firmware's motion planner. Moves are added and, some at a time, settled: planned one after the other, each looking as far ahead as the firmware does.
/// Follows Marlin 2.1 (module/planner.cpp: acceleration and feed limits, junction deviation with small segments taken as arcs, or classic jerk) and GRBL 1.1
/// (planner.c). Not modelled: S-curves, input shaping, linear advance, the slowing down of a starved queue. One owner; not thread safe.
/// </summary>
/// <remarks>
/// What a move needs by itself (length, speed, acceleration, corner) is computed for several moves at once, which takes half the time of one by one: roots and
/// divisions, some ten for each move, are what planning consists of. Such methods are optimised when first called: vectors in code that is not are so slow that a
/// program of 100,000 lines took a fifth longer, start-up included.
/// </remarks>
internal sealed class MotionPlanner
{
    // More at once are no faster, and with the look-ahead all columns must stay in the nearest cache (12 KB).
    private const int MovesAtOnce = 64;
    private const double SlowestMmPerS = 0.05;
    private const double SlowestSquared = SlowestMmPerS * SlowestMmPerS;
    private const double SlowestStepsPerS = 120;

    private readonly CornerSpeed _corner = new();
    private MotionLimits _limits;
    private MoveColumns _moves;
    private int _lookAhead;

    // Rows from 1 to _first are final, from there to _planned planned, from there to _count only added.
    private int _first = 1;
    private int _planned = 1;
    private int _count = 1;

    // Displacement too small to plan, which the next move takes along.
    private (double X, double Y, double Z, double E) _rest;

    /// <summary>A planner at rest.</summary>
    public MotionPlanner(MotionLimits limits)
    {
        _limits = limits;
        _moves = Resize(limits);
        _corner.Adopt(limits);
    }

    /// <summary>The limits for moves to come. Moves added before are settled.</summary>
    /// <exception cref="InvalidOperationException"><see cref="MotionLimits.LookAheadMoves"/> changes while moves are planned, or final ones were not taken.</exception>
    public MotionLimits Limits
    {
        get => _limits;
        set
        {
            if (_count != _planned)
                throw new InvalidOperationException("The limits change only while nothing is waiting: settle the moves first.");
            if (value.LookAheadMoves != _limits.LookAheadMoves)
            {
                if (_count > 1)
                    throw new InvalidOperationException("The look-ahead changes only while nothing is planned: finish and take the planned moves first.");
                _moves = Resize(value);
            }

            _limits = value;
            _corner.Adopt(value);
        }
    }

    /// <summary>True if no move can be added before <see cref="Settle"/>.</summary>
    public bool IsFull => _count == _moves.Rows;

    /// <summary>The moves that became final and were not taken yet, in rows from 1.</summary>
    public MoveColumns Moves => _moves;

    /// <summary>How many moves became final and were not taken yet.</summary>
    public int FinalCount => _first - 1;

    /// <summary>Adds a move at the end of the path, unless <see cref="IsFull"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in Move move)
    {
        var (moves, row) = (_moves, _count);
        moves.X[row] = move.X;
        moves.Y[row] = move.Y;
        moves.Z[row] = move.Z;
        moves.E[row] = move.E;
        moves.FeedMmPerS[row] = move.FeedMmPerS;
        moves.Line[row] = move.Line;
        _count = row + 1;
    }

    /// <summary>Plans what was added. Moves beyond the look-ahead become final.</summary>
    public void Settle()
    {
        if (_count == _planned)
            return;
        MeasureSteps();
        Prepare();
        _corner.Limit(_moves, _planned, _count);
        var firstFinal = _first;
        for (; _planned < _count; _planned++)
        {
            if (_planned - _first == _lookAhead)
                _first++;
            Append(_planned);
        }

        Ramps.Time(_moves, firstFinal, _first);
    }

    /// <summary>Plans what was added, and makes all moves final: the machine comes to rest.</summary>
    public void Finish()
    {
        Settle();
        if (_first == _count)
            return;
        _moves.EntrySquared[_count] = 0;
        Ramps.Time(_moves, _first, _count);
        _first = _count;
    }

    /// <summary>Takes the moves that became final out of <see cref="Moves"/>, when all were settled.</summary>
    public void TakeFinal()
    {
        var kept = _count - _first;
        if (kept > 0 && _first > 1)
            _moves.KeepPlanned(_first, kept);
        _first = 1;
        _planned = _count = kept + 1;
    }

    private MoveColumns Resize(MotionLimits limits)
    {
        _lookAhead = Math.Clamp(limits.LookAheadMoves, 2, 1024);
        return new MoveColumns(_lookAhead + MovesAtOnce);
    }

    /// <summary>Counts motor steps, and joins moves that make too few to the next.</summary>
    private void MeasureSteps()
    {
        if (_rest == default && !CountSteps())
            return;
        var moves = _moves;
        var joined = _planned;
        for (var row = _planned; row < _count; row++)
        {
            var (x, y, z, e) = (moves.X[row] + _rest.X, moves.Y[row] + _rest.Y, moves.Z[row] + _rest.Z, moves.E[row] + _rest.E);
            var perMm = _limits.StepsPerMm;
            var steps = Math.Max(Math.Max(Math.Abs(x) * perMm.X, Math.Abs(y) * perMm.Y), Math.Max(Math.Abs(z) * perMm.Z, Math.Abs(e) * perMm.E));
            if (steps < _limits.MinStepsPerMove)
            {
                _rest = (x, y, z, e);
                continue;
            }

            _rest = default;
            (moves.X[joined], moves.Y[joined], moves.Z[joined], moves.E[joined]) = (x, y, z, e);
            (moves.FeedMmPerS[joined], moves.Line[joined], moves.Steps[joined]) = (moves.FeedMmPerS[row], moves.Line[row], steps);
            joined++;
        }

        _count = joined;
    }

    /// <summary>Counts the steps of the moves added.</summary>
    /// <returns>True if any of them makes too few to be planned.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool CountSteps()
    {
        var moves = _moves;
        var perMm = _limits.StepsPerMm;
        var least = new Vector<double>(double.PositiveInfinity);
        var row = _planned;
        for (; row < _count; row += Vector<double>.Count)
        {
            var steps = Vector.MaxNative(
                Vector.MaxNative(Vector.Abs(new Vector<double>(moves.X, row)) * perMm.X, Vector.Abs(new Vector<double>(moves.Y, row)) * perMm.Y),
                Vector.MaxNative(Vector.Abs(new Vector<double>(moves.Z, row)) * perMm.Z, Vector.Abs(new Vector<double>(moves.E, row)) * perMm.E));
            steps.CopyTo(moves.Steps, row);
            least = Vector.MinNative(least, steps);
        }

        return Vector.LessThanAny(least, new Vector<double>(_limits.MinStepsPerMove));
    }

    /// <summary>What each move added is by itself: length, speed, acceleration.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Prepare()
    {
        var moves = _moves;
        var (feed, axes) = (_limits.MaxFeedMmPerS, _limits.MaxAccelerationMmPerS2);
        var print = new Vector<double>(_limits.PrintAccelerationMmPerS2);
        var travel = new Vector<double>(_limits.TravelAccelerationMmPerS2);
        var retract = new Vector<double>(_limits.RetractAccelerationMmPerS2);
        var slowest = new Vector<double>(SlowestMmPerS);
        var isMarlin = _limits.Kind == PlannerKind.Marlin;
        for (var row = _planned; row < _count; row += Vector<double>.Count)
        {
            var x = Vector.Abs(new Vector<double>(moves.X, row));
            var y = Vector.Abs(new Vector<double>(moves.Y, row));
            var z = Vector.Abs(new Vector<double>(moves.Z, row));
            var e = Vector.Abs(new Vector<double>(moves.E, row));
            var travels = Vector.GreaterThan(Vector.MaxNative(Vector.MaxNative(x, y), z), Vector<double>.Zero);
            var length = Vector.ConditionalSelect(travels, Vector.SquareRoot((x * x) + (y * y) + (z * z)), e);

            // Each axis' own limit, scaled to the path.
            var nominal = Vector.MaxNative(slowest, new Vector<double>(moves.FeedMmPerS, row));
            nominal = Limit(nominal, feed.X * length, x);
            nominal = Limit(nominal, feed.Y * length, y);
            nominal = Limit(nominal, feed.Z * length, z);
            nominal = Limit(nominal, feed.E * length, e);

            var asked = Vector.ConditionalSelect(travels, Vector.ConditionalSelect(Vector.GreaterThan(e, Vector<double>.Zero), print, travel), retract);
            var (axisX, axisY, axisZ, axisE) = (axes.X * length, axes.Y * length, axes.Z * length, axes.E * length);
            var acceleration = Limit(asked, axisX, x);
            acceleration = Limit(acceleration, axisY, y);
            acceleration = Limit(acceleration, axisZ, z);
            acceleration = Limit(acceleration, axisE, e);
            acceleration = Vector.ConditionalSelect(travels, acceleration, asked);
            if (Vector.LessThanOrEqualAny(asked, Vector<double>.Zero))
            {
                // Where nothing is asked for, only the axes limit it; a division by 0 gives no limit.
                var byAxes = Vector.MinNative(Vector.MinNative(axisX / x, axisY / y), Vector.MinNative(axisZ / z, axisE / e));
                acceleration = Vector.ConditionalSelect(Vector.LessThanOrEqual(asked, Vector<double>.Zero), byAxes, acceleration);
            }

            length.CopyTo(moves.LengthMm, row);
            nominal.CopyTo(moves.NominalMmPerS, row);
            acceleration.CopyTo(moves.Acceleration, row);
            (2 * acceleration * length).CopyTo(moves.GainSquared, row);

            // A motor's slowest speed: GRBL has none worth the name.
            Vector.MinNative(nominal, isMarlin ? SlowestStepsPerS * length / new Vector<double>(moves.Steps, row) : slowest).CopyTo(moves.SlowestMmPerS, row);
            new Vector<double>(SlowestSquared).CopyTo(moves.EntrySquared, row);
        }
    }

    /// <summary>Plans a move after those before it: raises entry speeds from it backwards, then lowers what the moves before can't reach.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Append(int last)
    {
        var first = _first;
        var (entries, limits, gains) = (_moves.EntrySquared, _moves.MaxEntrySquared, _moves.GainSquared);

        // The oldest move's entry is the past and stays.
        if (last == first)
            return;
        var exitSquared = double.MaxNative(entries[last], double.MinNative(limits[last], gains[last]));
        entries[last] = exitSquared;

        // Backwards, until a move whose entry can't rise: those before it can't either.
        var row = last - 1;
        for (; row > first; row--)
        {
            var entrySquared = double.MinNative(limits[row], exitSquared + gains[row]);
            if (entrySquared <= entries[row])
                break;
            entries[row] = exitSquared = entrySquared;
        }

        for (row++; row <= last; row++)
        {
            var before = entries[row - 1];
            if (before < entries[row])
            {
                var reachable = before + gains[row - 1];
                if (reachable < entries[row])
                {
                    entries[row] = reachable;
                    limits[row] = reachable;
                }
            }
        }
    }

    private static Vector<double> Limit(Vector<double> value, Vector<double> scaledLimit, Vector<double> distance)
    {
        var isBeyond = Vector.GreaterThan(value * distance, scaledLimit);
        return isBeyond == Vector<long>.Zero ? value : Vector.ConditionalSelect(isBeyond, scaledLimit / distance, value);
    }
}
