// Turns moves into speeds over time as the firmware does: corner speeds, look-ahead over a few moves, ramps.

using System.Numerics;

namespace FabNet.GCode.Motion;

/// <summary>
/// The firmware's motion planner, one move in at a time, one planned move out a few moves later. Follows Marlin 2.1 (module/planner.cpp:
/// acceleration and feed limits, junction deviation with small segments taken as arcs, or classic jerk) and GRBL 1.1 (planner.c).
/// Not modelled: S-curves, input shaping, linear advance, the slowing down of a starved queue. One owner; not thread safe.
/// </summary>
public sealed class MotionPlanner
{
    private const double SlowestMmPerS = 0.05;
    private const double SlowestStepsPerS = 120;

    private readonly CornerSpeed _corner = new();
    private MotionLimits _limits;

    // Copies of the limits' values: a record's struct properties are copied at each use, and Append uses them for every move.
    private AxisValues _feed;
    private AxisValues _axes;
    private AxisValues _stepsPerMm;
    private double _printAcceleration;
    private double _travelAcceleration;
    private double _retractAcceleration;
    private double _minSteps;
    private bool _isMarlin;

    // A power of two long, so that places are found by a mask; _lookAhead of it are used.
    private Block[] _ring;
    private int _lookAhead;
    private int _first;
    private int _count;

    // The root of the oldest move's EntrySquared, which no longer changes.
    private double _entryMmPerS;

    // Displacement too small to plan, which the next move takes along.
    private double _restX;
    private double _restY;
    private double _restZ;
    private double _restE;

    /// <summary>A planner at rest.</summary>
    public MotionPlanner(MotionLimits limits)
    {
        _limits = limits;
        _ring = [];
        Resize(limits);
        Adopt(limits);
    }

    /// <summary>The limits for moves to come. Moves already added keep theirs.</summary>
    /// <exception cref="InvalidOperationException"><see cref="MotionLimits.LookAheadMoves"/> changes while moves are planned.</exception>
    public MotionLimits Limits
    {
        get => _limits;
        set
        {
            if (value.LookAheadMoves != _limits.LookAheadMoves)
            {
                if (_count > 0)
                    throw new InvalidOperationException("The look-ahead changes only while nothing is planned: take the planned moves first.");
                Resize(value);
            }

            Adopt(value);
        }
    }

    /// <summary>How many moves are planned and not final yet.</summary>
    public int Count => _count;

    /// <summary>Adds a move at the end of the path. When the look-ahead is full, the oldest move becomes final.</summary>
    /// <param name="move">The move.</param>
    /// <param name="final">The move that became final.</param>
    /// <returns>True if a move became final.</returns>
    public bool Add(in Move move, out PlannedMove final)
    {
        final = default;
        if (!TryJoin(move, out var joined, out var steps))
            return false;
        var isFinal = _count == _lookAhead && TryTake(out final);
        Append(joined, steps);
        return isFinal;
    }

    /// <summary>Takes the oldest move and makes it final, at the speeds planned so far. Taken to the end, the machine comes to rest.</summary>
    /// <returns>False if no move is left.</returns>
    public bool TryTake(out PlannedMove final)
    {
        if (_count == 0)
        {
            final = default;
            return false;
        }

        ref var block = ref Take(out var entry, out var exit);
        final = new PlannedMove(block.Move, block.LengthMm, entry, block.NominalMmPerS, exit, block.Acceleration);
        return true;
    }

    /// <summary>Like <see cref="Add(in Move, out PlannedMove)"/>, for those who only ask how long moves take.</summary>
    internal bool Add(in Move move, out double seconds, out int line)
    {
        (seconds, line) = (0, 0);
        if (!TryJoin(move, out var joined, out var steps))
            return false;
        var isFinal = _count == _lookAhead && TryTake(out seconds, out line);
        Append(joined, steps);
        return isFinal;
    }

    /// <summary>Like <see cref="TryTake(out PlannedMove)"/>, for those who only ask how long moves take.</summary>
    internal bool TryTake(out double seconds, out int line)
    {
        if (_count == 0)
        {
            (seconds, line) = (0, 0);
            return false;
        }

        ref var block = ref Take(out var entry, out var exit);
        line = block.Move.Line;
        seconds = PlannedMove.SecondsOf(block.LengthMm, entry, block.NominalMmPerS, exit, block.Acceleration);
        return true;
    }

    /// <summary>Forgets every planned move, as a firmware does at an emergency stop.</summary>
    public void Clear()
    {
        _count = 0;
        (_restX, _restY, _restZ, _restE) = (0, 0, 0, 0);
        _corner.Rest();
    }

    /// <summary>Adds what is left of moves too small to plan; false if the move stays too small.</summary>
    private bool TryJoin(in Move move, out Move joined, out double steps)
    {
        joined = new Move(move.X + _restX, move.Y + _restY, move.Z + _restZ, move.E + _restE, move.FeedMmPerS, move.Line);
        steps = StepsOf(joined);
        if (steps < _minSteps)
        {
            (_restX, _restY, _restZ, _restE) = (joined.X, joined.Y, joined.Z, joined.E);
            return false;
        }

        (_restX, _restY, _restZ, _restE) = (0, 0, 0, 0);
        return true;
    }

    private ref Block Take(out double entry, out double exit)
    {
        ref var block = ref _ring[_first];
        var next = (_first + 1) & (_ring.Length - 1);
        var nextEntry = _count > 1 ? Math.Sqrt(_ring[next].EntrySquared) : 0;
        entry = double.MaxNative(block.SlowestMmPerS, _entryMmPerS);
        exit = double.MaxNative(block.SlowestMmPerS, nextEntry);
        _entryMmPerS = nextEntry;
        _first = next;
        if (--_count == 0)
            _corner.Rest();
        return ref block;
    }

    private void Resize(MotionLimits limits)
    {
        _lookAhead = Math.Clamp(limits.LookAheadMoves, 2, 1024);
        _ring = new Block[BitOperations.RoundUpToPowerOf2((uint)_lookAhead)];
        _first = 0;
    }

    private void Adopt(MotionLimits limits)
    {
        _limits = limits;
        (_feed, _axes, _stepsPerMm) = (limits.MaxFeedMmPerS, limits.MaxAccelerationMmPerS2, limits.StepsPerMm);
        (_printAcceleration, _travelAcceleration, _retractAcceleration) = (limits.PrintAccelerationMmPerS2, limits.TravelAccelerationMmPerS2, limits.RetractAccelerationMmPerS2);
        _minSteps = limits.MinStepsPerMove;
        _isMarlin = limits.Kind == PlannerKind.Marlin;
        _corner.Adopt(limits);
    }

    private double StepsOf(in Move move) => double.MaxNative(
        double.MaxNative(Math.Abs(move.X) * _stepsPerMm.X, Math.Abs(move.Y) * _stepsPerMm.Y), double.MaxNative(Math.Abs(move.Z) * _stepsPerMm.Z, Math.Abs(move.E) * _stepsPerMm.E));

    private void Append(in Move move, double steps)
    {
        var (x, y, z, e) = (Math.Abs(move.X), Math.Abs(move.Y), Math.Abs(move.Z), Math.Abs(move.E));
        var travels = x > 0 || y > 0 || z > 0;
        var length = travels ? Math.Sqrt((x * x) + (y * y) + (z * z)) : e;
        var nominal = double.MaxNative(SlowestMmPerS, move.FeedMmPerS);

        // Each axis' own limit, scaled to the path.
        nominal = Limit(nominal, _feed.X * length, x);
        nominal = Limit(nominal, _feed.Y * length, y);
        nominal = Limit(nominal, _feed.Z * length, z);
        nominal = Limit(nominal, _feed.E * length, e);

        var asked = !travels ? _retractAcceleration : e > 0 ? _printAcceleration : _travelAcceleration;
        double acceleration;
        if (asked <= 0)
        {
            // Only the axes limit it; a division by 0 gives no limit.
            acceleration = double.MinNative(
                double.MinNative(_axes.X * length / x, _axes.Y * length / y), double.MinNative(_axes.Z * length / z, _axes.E * length / e));
        }
        else
        {
            acceleration = asked;
            if (travels)
            {
                acceleration = Limit(acceleration, _axes.X * length, x);
                acceleration = Limit(acceleration, _axes.Y * length, y);
                acceleration = Limit(acceleration, _axes.Z * length, z);
                acceleration = Limit(acceleration, _axes.E * length, e);
            }
        }

        // A motor's slowest speed: GRBL has none worth the name.
        var slowest = double.MinNative(nominal, _isMarlin ? SlowestStepsPerS * length / steps : SlowestMmPerS);
        var cornerSquared = _corner.Next(move, length, nominal, acceleration, travels, isMoving: _count > 0);

        ref var block = ref _ring[(_first + _count) & (_ring.Length - 1)];
        block.Move = move;
        block.LengthMm = length;
        block.NominalMmPerS = nominal;
        block.Acceleration = acceleration;
        block.SlowestMmPerS = slowest;
        block.GainSquared = 2 * acceleration * length;
        block.MaxEntrySquared = double.MaxNative(cornerSquared, SlowestMmPerS * SlowestMmPerS);
        block.EntrySquared = SlowestMmPerS * SlowestMmPerS;
        if (_count++ == 0)
            _entryMmPerS = SlowestMmPerS;
        else
            Replan();
    }

    /// <summary>Raises entry speeds from the last move backwards, then lowers what the moves before can't reach.</summary>
    private void Replan()
    {
        // Backwards, until a move whose entry can't rise: those before it can't either. The oldest move's entry is the past and stays.
        var ring = _ring;
        var mask = ring.Length - 1;
        var last = _count - 1;
        var exitSquared = 0.0;
        var changed = _count;
        for (var i = last; i > 0; i--)
        {
            ref var block = ref ring[(_first + i) & mask];
            var entrySquared = double.MinNative(block.MaxEntrySquared, exitSquared + block.GainSquared);
            if (entrySquared <= block.EntrySquared && i < last)
                break;
            exitSquared = double.MaxNative(entrySquared, block.EntrySquared);
            block.EntrySquared = exitSquared;
            changed = i;
        }

        if (changed < 1)
            changed = 1;
        ref var before = ref ring[(_first + changed - 1) & mask];
        for (var i = changed; i <= last; i++)
        {
            ref var block = ref ring[(_first + i) & mask];
            if (before.EntrySquared < block.EntrySquared)
            {
                var reachable = before.EntrySquared + before.GainSquared;
                if (reachable < block.EntrySquared)
                {
                    block.EntrySquared = reachable;
                    block.MaxEntrySquared = reachable;
                }
            }

            before = ref block;
        }
    }

    private static double Limit(double value, double scaledLimit, double distance) => value * distance > scaledLimit ? scaledLimit / distance : value;

    private struct Block
    {
        public Move Move;
        public double LengthMm;
        public double NominalMmPerS;
        public double Acceleration;
        public double EntrySquared;
        public double MaxEntrySquared;

        // What speed squared can gain along the move: 2 × acceleration × length.
        public double GainSquared;
        public double SlowestMmPerS;
    }
}
