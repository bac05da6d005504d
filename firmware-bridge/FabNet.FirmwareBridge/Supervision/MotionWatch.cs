// Watches a machine that reports its position: whoever says that it moves must move.

namespace FabNet.FirmwareBridge.Supervision;

/// <summary>
/// Finds a controller that reports motion while its position stays the same. The slowest feed that a controller knows still changes the third decimal in a minute,
/// and a dwell is not reported as motion (Grbl motion_control.c, mc_dwell: the buffer is synchronised first).
/// </summary>
internal sealed class MotionWatch
{
    private const long StuckMs = 60_000;

    private readonly double[] _atMm = new double[3];
    private long _movedMs;

    /// <summary>Takes a report.</summary>
    /// <returns>What is wrong, for a person; null while nothing is.</returns>
    public string? Take(ReadOnlySpan<double> machineMm, bool isMoving, long nowMs)
    {
        if (!isMoving || !machineMm.SequenceEqual(_atMm))
        {
            machineMm.CopyTo(_atMm);
            _movedMs = nowMs;
            return null;
        }

        return nowMs - _movedMs > StuckMs ? $"the controller says that it moves, but its position has not changed for {StuckMs / 1000} s. Check it and its drivers, then home the machine" : null;
    }
}
