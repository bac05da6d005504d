// The planner: a queue of straight moves with look-ahead, and the move that is being executed now.

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>
/// Executes queued moves in machine time with trapezoid speeds, corners by junction deviation or classic jerk, and look-ahead over what is queued, as Marlin's
/// <c>planner.cpp</c> and grbl's <c>planner.c</c> do: a queue that runs empty brakes to rest. All times are seconds of machine time and never go back. Owned by its firmware.
/// </summary>
internal sealed class MotionQueue(MotionLimits limits, int usableBlocks)
{
    /// <summary>Marlin's MINIMUM_PLANNER_SPEED, mm/s: no block is slower.</summary>
    internal const double LeastSpeed = 0.05;

    private readonly List<MotionBlock> _blocks = new(usableBlocks);
    private MotionBlock? _previous;
    private VelocityProfile _profile;
    private double _profileStart;
    private double _profileOffset;
    private bool _executing;
    private double _firstMoveAt = double.NegativeInfinity;
    private double _stoppedAt = double.PositiveInfinity;
    private Axes _rest;
    private double _feedOverride = 1;
    private double _rapidOverride = 1;

    /// <summary>How long the first move of an empty queue waits for company, so that look-ahead has something to see. Marlin: 0.1 s. Ends early with three moves.</summary>
    public double FirstMoveDelayS { get; init; }

    /// <summary>Moves queued, with the one that is executed.</summary>
    public int Count => _blocks.Count;

    /// <summary>Moves that still fit.</summary>
    public int Free => usableBlocks - _blocks.Count;

    /// <summary>True if no move is queued.</summary>
    public bool IsEmpty => _blocks.Count == 0;

    /// <summary>Where the last queued move ends.</summary>
    public Axes Target { get; private set; }

    /// <summary>True from <see cref="Hold"/> to <see cref="Release"/>.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>How often the queue ran empty.</summary>
    public long Underruns { get; private set; }

    /// <summary>Moves executed to their end.</summary>
    public long Finished { get; private set; }

    /// <summary>Total path executed, in mm.</summary>
    public double TravelledMm { get; private set; }

    /// <summary>The line number of the move being executed; 0 for none.</summary>
    public long CurrentLine => _blocks.Count > 0 ? _blocks[0].Line : 0;

    /// <summary>When something next happens by itself; positive infinity if nothing will.</summary>
    public double NextEventAt =>
        _executing ? Math.Min(_profileStart + _profile.DurationS, _stoppedAt) : _blocks.Count > 0 && !IsHeld ? _firstMoveAt : double.PositiveInfinity;

    /// <summary>Queues a straight move from <see cref="Target"/>. A move of no length is not queued.</summary>
    /// <param name="target">Where to, mm.</param>
    /// <param name="feedMmPerS">The speed along the path, mm/s; the axes' limits are applied.</param>
    /// <param name="now">The machine time.</param>
    /// <param name="speedOverride">The override that scales it; with <see cref="SpeedOverride.Rapid"/> the feed does not count.</param>
    /// <param name="line">The line number, or 0.</param>
    /// <returns>True if a move was queued.</returns>
    public bool Add(Axes target, double feedMmPerS, double now, SpeedOverride speedOverride = SpeedOverride.Feed, long line = 0)
    {
        var delta = target - Target;
        var distance = delta.PathLength;
        if (distance < 1e-6)
        {
            distance = Math.Abs(delta.E);
            if (distance < 1e-6)
            {
                return false;
            }
        }

        var direction = delta * (1 / distance);
        var travels = delta.PathLength >= 1e-6;
        var speedLimit = double.PositiveInfinity;
        var acceleration = !travels ? limits.RetractAcceleration : delta.E != 0 ? limits.PrintAcceleration : limits.TravelAcceleration;
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            var share = Math.Abs(direction[axis]);
            if (share > 0)
            {
                speedLimit = Math.Min(speedLimit, limits.MaxSpeed[axis] / share);
                acceleration = Math.Min(acceleration, limits.MaxAcceleration[axis] / share);
            }
        }

        var block = new MotionBlock
        {
            Start = Target,
            End = target,
            Distance = distance,
            Direction = direction,
            ProgrammedSpeed = Math.Max(LeastSpeed, speedOverride == SpeedOverride.Rapid ? speedLimit : feedMmPerS),
            SpeedLimit = speedLimit,
            Acceleration = acceleration,
            Override = speedOverride,
            Line = line,
            SafeSpeed = limits.JunctionDeviationMm > 0 ? 0 : CornerSpeed.AtJerk(direction, default, limits),
        };
        block.CornerSpeed = _blocks.Count == 0 || _previous is null ? block.SafeSpeed : CornerSpeed.Between(_previous, block, limits);
        if (_blocks.Count == 0)
        {
            _firstMoveAt = now + FirstMoveDelayS;
        }

        _blocks.Add(block);
        if (_blocks.Count >= 3)
        {
            _firstMoveAt = Math.Min(_firstMoveAt, now);
        }

        _previous = block;
        Target = target;
        Replan(now);
        return true;
    }

    /// <summary>Lets machine time pass: ends and begins moves.</summary>
    public void AdvanceTo(double now)
    {
        while (true)
        {
            if (_executing)
            {
                var end = _profileStart + _profile.DurationS;
                if (_stoppedAt <= now && _stoppedAt <= end)
                {
                    StopInside(_stoppedAt);
                    return;
                }

                if (end > now)
                {
                    return;
                }

                Finish(end);
            }
            else if (_blocks.Count > 0 && !IsHeld && _firstMoveAt <= now)
            {
                Begin(_firstMoveAt, 0, _blocks[0].Entry);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>The real position at <paramref name="now"/>, between the ends of moves too.</summary>
    public Axes PositionAt(double now)
    {
        if (!_executing)
        {
            return _rest;
        }

        var block = _blocks[0];
        return block.Start + (block.Direction * DoneAt(now));
    }

    /// <summary>The speed at <paramref name="now"/>, mm/s along the path.</summary>
    public double SpeedAt(double now) => _executing ? _profile.SpeedAt(now - _profileStart) : 0;

    /// <summary>Slows down to rest along the path and stays there (GRBL's feed hold).</summary>
    public void Hold(double now)
    {
        if (IsHeld)
        {
            return;
        }

        IsHeld = true;
        if (_executing)
        {
            Brake(now);
        }
    }

    /// <summary>True once a hold has come to rest, or if nothing moves.</summary>
    public bool IsAtRest => !_executing;

    /// <summary>Goes on after <see cref="Hold"/>.</summary>
    public void Release(double now)
    {
        if (!IsHeld)
        {
            return;
        }

        IsHeld = false;
        _stoppedAt = double.PositiveInfinity;
        _firstMoveAt = now;
        Replan(now);
    }

    /// <summary>Scales the programmed speeds (1 is 100 %), at once.</summary>
    public void SetOverrides(double feed, double rapid, double now)
    {
        _feedOverride = feed;
        _rapidOverride = rapid;
        Replan(now);
    }

    /// <summary>Drops every move where it is, with no ramp.</summary>
    /// <returns>Where the machine stands.</returns>
    public Axes Abort(double now)
    {
        var position = PositionAt(now);
        _blocks.Clear();
        _previous = null;
        _executing = false;
        IsHeld = false;
        _stoppedAt = double.PositiveInfinity;
        _rest = position;
        Target = position;
        return position;
    }

    /// <summary>Declares where the machine stands (homing, G92, power-up). Only with an empty queue.</summary>
    /// <exception cref="InvalidOperationException">A move is queued.</exception>
    public void SetPosition(Axes position)
    {
        if (_blocks.Count > 0)
        {
            throw new InvalidOperationException("The position can be declared only while no move is queued.");
        }

        _rest = position;
        Target = position;
        _previous = null;
    }

    private void Begin(double at, double offset, double entry)
    {
        var block = _blocks[0];
        _executing = true;
        _profileStart = at;
        _profileOffset = offset;
        _profile = VelocityProfile.Plan(block.Distance - offset, entry, block.Nominal, ExitOf(0), block.Acceleration);
    }

    private void Finish(double at)
    {
        var block = _blocks[0];
        var exit = _profile.ExitSpeed;
        TravelledMm += block.Distance;
        Finished++;
        _blocks.RemoveAt(0);
        _executing = false;
        _rest = block.End;
        if (_blocks.Count == 0)
        {
            Underruns++;
            _previous = null;
            _stoppedAt = double.PositiveInfinity;
            return;
        }

        if (IsHeld)
        {
            // Too fast to stop before the corner: the rest of the braking happens in the next move.
            if (exit > LeastSpeed)
            {
                _executing = true;
                _profileStart = at;
                _profileOffset = 0;
                _profile = VelocityProfile.Brake(_blocks[0].Distance, Math.Min(exit, _blocks[0].MaxEntry), _blocks[0].Acceleration);
                _stoppedAt = _profile.ExitSpeed <= 0 ? at + _profile.DurationS : double.PositiveInfinity;
            }

            return;
        }

        Begin(at, 0, Math.Min(exit, Math.Max(_blocks[0].Entry, LeastSpeed)));
    }

    private void Brake(double now)
    {
        var block = _blocks[0];
        var done = DoneAt(now);
        var speed = SpeedAt(now);
        _profileStart = now;
        _profileOffset = done;
        _profile = VelocityProfile.Brake(block.Distance - done, speed, block.Acceleration);
        _stoppedAt = _profile.ExitSpeed <= 0 ? now + _profile.DurationS : double.PositiveInfinity;
    }

    private void StopInside(double at)
    {
        var block = _blocks[0];
        var done = DoneAt(at);
        var position = block.Start + (block.Direction * done);
        TravelledMm += done;
        _executing = false;
        _stoppedAt = double.PositiveInfinity;
        _rest = position;
        var left = block.Distance - done;
        if (left < 1e-6)
        {
            _blocks.RemoveAt(0);
            return;
        }

        _blocks[0] = new MotionBlock
        {
            Start = position,
            End = block.End,
            Distance = left,
            Direction = block.Direction,
            ProgrammedSpeed = block.ProgrammedSpeed,
            SpeedLimit = block.SpeedLimit,
            Acceleration = block.Acceleration,
            Override = block.Override,
            Line = block.Line,
            SafeSpeed = block.SafeSpeed,
            CornerSpeed = block.SafeSpeed,
        };
        _previous = _blocks.Count == 1 ? _blocks[0] : _previous;
    }

    private double DoneAt(double now) => Math.Min(_profileOffset + _profile.DistanceAt(now - _profileStart), _blocks[0].Distance);

    private double ExitOf(int index) => index + 1 < _blocks.Count ? _blocks[index + 1].Entry : Math.Min(_blocks[index].SafeSpeed, _blocks[index].Nominal);

    private void Replan(double now)
    {
        if (_blocks.Count == 0)
        {
            return;
        }

        for (var i = 0; i < _blocks.Count; i++)
        {
            var block = _blocks[i];
            block.Nominal = Math.Max(LeastSpeed, Math.Min(block.SpeedLimit, block.ProgrammedSpeed * OverrideOf(block)));
            var before = i > 0 ? _blocks[i - 1].Nominal : block.Nominal;
            block.MaxEntry = Math.Min(block.CornerSpeed, Math.Min(block.Nominal, before));
        }

        // Backwards: no block may be entered faster than it can brake for what follows.
        var first = _executing ? 1 : 0;
        var last = _blocks.Count - 1;
        for (var i = last; i >= first; i--)
        {
            var block = _blocks[i];
            var exit = i == last ? Math.Min(block.SafeSpeed, block.Nominal) : _blocks[i + 1].Entry;
            block.Entry = Math.Min(block.MaxEntry, Math.Sqrt((exit * exit) + (2 * block.Acceleration * block.Distance)));
        }

        // Forwards: nor faster than the block before it can reach.
        var reachable = double.PositiveInfinity;
        if (_executing && !IsHeld)
        {
            var block = _blocks[0];
            var done = DoneAt(now);
            var speed = SpeedAt(now);
            reachable = Math.Sqrt((speed * speed) + (2 * block.Acceleration * Math.Max(0, block.Distance - done)));
        }

        for (var i = first; i <= last; i++)
        {
            var block = _blocks[i];
            block.Entry = Math.Min(block.Entry, reachable);
            reachable = Math.Sqrt((block.Entry * block.Entry) + (2 * block.Acceleration * block.Distance));
        }

        if (_executing && !IsHeld)
        {
            var done = DoneAt(now);
            var speed = SpeedAt(now);
            if (_blocks[0].Distance - done > 1e-9)
            {
                Begin(now, done, speed);
            }
        }
    }

    private double OverrideOf(MotionBlock block) => block.Override switch
    {
        SpeedOverride.Feed => _feedOverride,
        SpeedOverride.Rapid => _rapidOverride,
        _ => 1,
    };
}
