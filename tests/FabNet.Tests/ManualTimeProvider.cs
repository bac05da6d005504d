// A clock that stands still until a test moves it.

namespace FabNet.Tests;

/// <summary>
/// A manual clock. <see cref="Advance"/> moves the wall clock and the monotonic one together and fires the timers that come due, in order, on the caller's thread;
/// <see cref="JumpWallClock"/> moves only the wall clock, as a correction by NTP or by a person does.
/// </summary>
internal sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _elapsed;
    private TimeSpan _jumped;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long it is until a timer comes due; null if none is set.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_gate)
            {
                return Next()?.DueAt - _elapsed;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return start + _elapsed + _jumped;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void JumpWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _jumped += by;
        }
    }

    public void Advance(TimeSpan by)
    {
        TimeSpan end;
        lock (_gate)
        {
            end = _elapsed + by;
        }

        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = Next();
                if (next is null || next.DueAt > end)
                {
                    _elapsed = end;
                    return;
                }

                _elapsed = next.DueAt > _elapsed ? next.DueAt : _elapsed;
                next.Reschedule();
            }

            next.Fire();
        }
    }

    private ManualTimer? Next()
    {
        ManualTimer? next = null;
        foreach (var timer in _timers)
        {
            if (next is null || timer.DueAt < next.DueAt)
            {
                next = timer;
            }
        }

        return next;
    }

    private sealed class ManualTimer(ManualTimeProvider clock, Action fire) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan DueAt { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = clock._elapsed + dueTime;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Reschedule()
        {
            if (_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero)
            {
                clock._timers.Remove(this);
            }
            else
            {
                DueAt += _period;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
