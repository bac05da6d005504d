// The simulated network's clock: it jumps from event to event, and a timer that came due several times on the way fires once.

namespace FabNet.Tests.Network;

/// <summary>A clock for simulations of weeks. Timers fire on the thread that advances it, each at most once for each step, as an overdue periodic timer does on a busy machine.</summary>
internal sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<VirtualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Interlocked.Read(ref _now));

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    /// <summary>When the next timer comes due that fires once; null if none is set.</summary>
    public DateTimeOffset? NextOnce()
    {
        lock (_gate)
        {
            var next = _timers.Where(t => t.DueAt != long.MaxValue && t.Period == Timeout.InfiniteTimeSpan).Select(t => (long?)t.DueAt).Min();
            return next is { } at ? start.AddTicks(at) : null;
        }
    }

    public void AdvanceTo(DateTimeOffset moment)
    {
        List<VirtualTimer> due;
        lock (_gate)
        {
            _now = Math.Max(_now, (moment - start).Ticks);
            due = [.. _timers.Where(t => t.DueAt <= _now)];
            foreach (var timer in due)
            {
                timer.DueAt = timer.Period == Timeout.InfiniteTimeSpan ? long.MaxValue : _now + timer.Period.Ticks;
            }
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, () => callback(state));
        lock (_gate)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class VirtualTimer(VirtualClock clock, Action fire) : ITimer
    {
        public long DueAt { get; set; } = long.MaxValue;

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                Period = period;
                DueAt = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock._now + dueTime.Ticks;
            }

            return true;
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
