// Watches a machine that reports its position: whoever says that it moves must move, and no farther than the machine is long.

using System.Globalization;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Supervision;

/// <summary>
/// Finds a controller that reports motion while its position stays the same. The slowest feed that a controller knows still changes the third decimal in a minute,
/// and a dwell is not reported as motion (Grbl motion_control.c, mc_dwell: the buffer is synchronised first). Finds, too, one that follows a line which a wire without
/// checksums has damaged, once that leads out of the machine.
/// </summary>
internal sealed class MotionWatch
{
    private const long StuckMs = 60_000;
    private const double ToleranceMm = 1;

    private readonly double[] _atMm = new double[3];
    private readonly AxisRange[] _seenMm = new AxisRange[3];
    private readonly double[] _travelMm = new double[3];
    private long _movedMs;

    /// <summary>A watch while no program runs.</summary>
    public MotionWatch() => Begin(null);

    /// <summary>A program begins on a machine, or ends (null).</summary>
    public void Begin(MachineProfile? profile)
    {
        Array.Fill(_seenMm, new AxisRange(double.PositiveInfinity, double.NegativeInfinity));
        for (var axis = 0; axis < 3; axis++)
            _travelMm[axis] = (axis == 0 ? profile?.X : axis == 1 ? profile?.Y : profile?.Z)?.RangeMm is { } range ? range.Length + ToleranceMm : double.PositiveInfinity;
    }

    /// <summary>Takes a report.</summary>
    /// <returns>What is wrong, for a person; null while nothing is.</returns>
    public string? Take(ReadOnlySpan<double> machineMm, bool isMoving, long nowMs)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            _seenMm[axis] = new AxisRange(Math.Min(_seenMm[axis].Min, machineMm[axis]), Math.Max(_seenMm[axis].Max, machineMm[axis]));
            if (_seenMm[axis].Length > _travelMm[axis])
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{"XYZ"[axis]} has moved {_seenMm[axis].Length:0} mm, which is farther than the machine is long: a line was damaged on the wire, or the controller's steps per mm are wrong. Check the cable for noise, then home the machine");
            }
        }

        if (!isMoving || !machineMm.SequenceEqual(_atMm))
        {
            machineMm.CopyTo(_atMm);
            _movedMs = nowMs;
            return null;
        }

        return nowMs - _movedMs > StuckMs ? $"the controller says that it moves, but its position has not changed for {StuckMs / 1000} s. Check it and its drivers, then home the machine" : null;
    }
}
