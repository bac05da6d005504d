// Turns moves into speeds over time as the firmware does: corner speeds, look-ahead over a few moves, ramps.

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
    private Block[] _ring;
    private int _first;
    private int _count;

    // Displacement too small to plan, which the next move takes along.
    private double _restX;
    private double _restY;
    private double _restZ;
    private double _restE;

    /// <summary>A planner at rest.</summary>
    public MotionPlanner(MotionLimits limits)
    {
        _limits = limits;
        _ring = new Block[RingSize(limits)];
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
                _ring = new Block[RingSize(value)];
                _first = 0;
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
        var joined = new Move(move.X + _restX, move.Y + _restY, move.Z + _restZ, move.E + _restE, move.FeedMmPerS, move.Line);
        var steps = StepsOf(joined);
        if (steps < _limits.MinStepsPerMove)
        {
            (_restX, _restY, _restZ, _restE) = (joined.X, joined.Y, joined.Z, joined.E);
            final = default;
            return false;
        }

        (_restX, _restY, _restZ, _restE) = (0, 0, 0, 0);
        var isFinal = false;
        final = default;
        if (_count == _ring.Length)
            isFinal = TryTake(out final);

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

        ref var block = ref _ring[_first];
        var exitSquared = _count > 1 ? At(1).EntrySquared : 0;
        var slowest = block.SlowestMmPerS;
        final = new PlannedMove(
            block.Move, block.LengthMm, Math.Max(slowest, Math.Sqrt(block.EntrySquared)), block.NominalMmPerS, Math.Max(slowest, Math.Sqrt(exitSquared)), block.Acceleration);
        _first = _first + 1 == _ring.Length ? 0 : _first + 1;
        if (--_count == 0)
            _corner.Rest();
        return true;
    }

    /// <summary>Forgets every planned move, as a firmware does at an emergency stop.</summary>
    public void Clear()
    {
        _count = 0;
        (_restX, _restY, _restZ, _restE) = (0, 0, 0, 0);
        _corner.Rest();
    }

    private void Adopt(MotionLimits limits)
    {
        _limits = limits;
        (_feed, _axes, _stepsPerMm) = (limits.MaxFeedMmPerS, limits.MaxAccelerationMmPerS2, limits.StepsPerMm);
        _corner.Adopt(limits);
    }

    private static int RingSize(MotionLimits limits) => Math.Clamp(limits.LookAheadMoves, 2, 1024);

    private double StepsOf(in Move move)
    {
        return Math.Max(
            Math.Max(Math.Abs(move.X) * _stepsPerMm.X, Math.Abs(move.Y) * _stepsPerMm.Y), Math.Max(Math.Abs(move.Z) * _stepsPerMm.Z, Math.Abs(move.E) * _stepsPerMm.E));
    }

    private void Append(in Move move, double steps)
    {
        var (x, y, z, e) = (Math.Abs(move.X), Math.Abs(move.Y), Math.Abs(move.Z), Math.Abs(move.E));
        var travels = x > 0 || y > 0 || z > 0;
        var length = travels ? Math.Sqrt((x * x) + (y * y) + (z * z)) : e;
        var nominal = Math.Max(SlowestMmPerS, move.FeedMmPerS);

        // Each axis' own limit, scaled to the path.
        nominal = Limit(nominal, _feed.X * length, x);
        nominal = Limit(nominal, _feed.Y * length, y);
        nominal = Limit(nominal, _feed.Z * length, z);
        nominal = Limit(nominal, _feed.E * length, e);

        var asked = !travels ? _limits.RetractAccelerationMmPerS2 : e > 0 ? _limits.PrintAccelerationMmPerS2 : _limits.TravelAccelerationMmPerS2;
        var acceleration = asked > 0 ? asked : double.MaxValue;
        if (travels || asked <= 0)
        {
            acceleration = Limit(acceleration, _axes.X * length, x);
            acceleration = Limit(acceleration, _axes.Y * length, y);
            acceleration = Limit(acceleration, _axes.Z * length, z);
            acceleration = Limit(acceleration, _axes.E * length, e);
        }

        // A motor's slowest speed: GRBL has none worth the name.
        var slowest = _limits.Kind == PlannerKind.Marlin ? Math.Min(nominal, SlowestStepsPerS * length / steps) : Math.Min(nominal, SlowestMmPerS);
        var cornerSquared = _corner.Next(move, length, nominal, acceleration, travels, isMoving: _count > 0);

        var index = _first + _count;
        if (index >= _ring.Length)
            index -= _ring.Length;
        ref var block = ref _ring[index];
        block.Move = move;
        block.LengthMm = length;
        block.NominalMmPerS = nominal;
        block.Acceleration = acceleration;
        block.SlowestMmPerS = slowest;
        block.MaxEntrySquared = Math.Max(cornerSquared, SlowestMmPerS * SlowestMmPerS);
        block.EntrySquared = SlowestMmPerS * SlowestMmPerS;
        _count++;
        Replan();
    }

    /// <summary>Raises entry speeds from the last move backwards, then lowers what the moves before can't reach.</summary>
    private void Replan()
    {
        // Backwards, until a move whose entry can't rise: those before it can't either. The oldest move's entry is the past and stays.
        var exitSquared = 0.0;
        var changed = _count;
        for (var i = _count - 1; i > 0; i--)
        {
            ref var block = ref At(i);
            var entrySquared = Math.Min(block.MaxEntrySquared, exitSquared + (2 * block.Acceleration * block.LengthMm));
            if (entrySquared <= block.EntrySquared && i < _count - 1)
                break;
            block.EntrySquared = Math.Max(entrySquared, block.EntrySquared);
            exitSquared = block.EntrySquared;
            changed = i;
        }

        for (var i = Math.Max(1, changed); i < _count; i++)
        {
            ref var before = ref At(i - 1);
            ref var block = ref At(i);
            if (before.EntrySquared >= block.EntrySquared)
                continue;
            var reachable = before.EntrySquared + (2 * before.Acceleration * before.LengthMm);
            if (reachable < block.EntrySquared)
            {
                block.EntrySquared = reachable;
                block.MaxEntrySquared = reachable;
            }
        }
    }

    private ref Block At(int offset)
    {
        var index = _first + offset;
        return ref _ring[index >= _ring.Length ? index - _ring.Length : index];
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
        public double SlowestMmPerS;
    }
}
