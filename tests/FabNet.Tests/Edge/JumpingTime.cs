// The system's clock, which a test sets as a person or NTP does, or lets run ahead.

namespace FabNet.Tests.Edge;

/// <summary>Timers are the system's own. Thread safe.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private long _jumpedTicks;
    private long _skippedTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _jumpedTicks) + Interlocked.Read(ref _skippedTicks));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(new TimeSpan(Interlocked.Read(ref _skippedTicks)).TotalSeconds * TimestampFrequency);

    /// <summary>The wall clock is set; the monotonic one is not.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _jumpedTicks, by.Ticks);

    /// <summary>Time passes.</summary>
    public void Skip(TimeSpan by) => Interlocked.Add(ref _skippedTicks, by.Ticks);
}
