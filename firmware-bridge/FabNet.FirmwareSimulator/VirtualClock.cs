// Machine time: the time that the simulated machine lives in, a multiple of real time.

namespace FabNet.FirmwareSimulator;

/// <summary>Machine time in seconds since the machine was switched on. Owned by the machine's loop.</summary>
internal sealed class VirtualClock
{
    /// <summary>The greatest wait handed to the operating system, in real seconds; a longer one is simply waited again.</summary>
    private const double LongestWaitS = 3600;

    private readonly TimeProvider _time;
    private readonly double _speed;
    private readonly long _start;
    private double _skipped;

    public VirtualClock(TimeProvider time, double speed)
    {
        _time = time;
        JumpsAhead = double.IsPositiveInfinity(speed);
        _speed = JumpsAhead ? 1 : speed;
        _start = time.GetTimestamp();
    }

    /// <summary>True if the machine never waits for time to pass (speed <c>max</c>): work that only needs time is done at once.</summary>
    public bool JumpsAhead { get; }

    /// <summary>Seconds of machine time since the start.</summary>
    public double Now => (_time.GetElapsedTime(_start).TotalSeconds * _speed) + _skipped;

    /// <summary>Moves the clock ahead to <paramref name="time"/> if it is not there yet.</summary>
    public void JumpTo(double time) => _skipped += Math.Max(0, time - Now);

    /// <summary>The real time until <paramref name="time"/>, not negative; null if that never comes.</summary>
    public TimeSpan? RealTimeUntil(double time) =>
        double.IsPositiveInfinity(time) ? null : TimeSpan.FromSeconds(Math.Clamp((time - Now) / _speed, 0, LongestWaitS));
}
