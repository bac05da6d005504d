// What is said against motions. Texts are made in methods of their own: their buffers on the stack would have to be cleared at every move.

using System.Runtime.CompilerServices;

namespace FabNet.GCode.Checking;

internal sealed partial class MotionTracker
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RefuseFeed(double feed) =>
        _log.Refuse(ViolationCode.FeedAbsurd, $"F{feed:0.##} is no feed rate for {_profile.Name}, whose axes move at {_maxFeed.Max():0} mm/min at most. Correct the feed.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RefuseMissingNumber() =>
        _log.Refuse(ViolationCode.MissingValue, $"a motion has an axis letter without a number, which firmwares take for 0 or for nothing. Write the number.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RefuseExtrusion(double amount)
    {
        if (!_extrudes)
        {
            _log.Refuse(ViolationCode.NoExtruder, $"the program extrudes (E), and {_profile.Name} has no extruder. Export the program for this machine.");
            return;
        }

        if (amount > 0 && !_heat.MayExtrude)
            _log.Refuse(ViolationCode.ColdExtrusion, $"{amount:0.##} mm of filament are pushed while hot end {_heat.Tool} is not set to an extruding temperature. Set it with M104 or M109 before.");
        if (Math.Abs(amount) > LongestExtrusionMm)
            _log.Refuse(ViolationCode.ExcessiveExtrusion, $"one line moves {amount:0.#} mm of filament; more than {LongestExtrusionMm:0} mm is a mistake, such as a missing G92 E0 or M83. Export the program again.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private double RefuseWithoutFeed()
    {
        _log.Refuse(ViolationCode.FeedMissing, $"a cutting motion comes before any feed rate. Set F on this line or before.");
        return _maxFeed[0];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CheckHomed(uint axes)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if ((axes & (1u << axis)) != 0 && !_isHomed[axis])
                WarnOfHoming(axis);
        }
    }

    private void WarnOfHoming(int axis)
    {
        if (_log.IsFirst(ViolationCode.MotionBeforeHoming))
            _log.Warn(ViolationCode.MotionBeforeHoming, $"{AxisNames[axis]} moves before it was homed, or after its motor was let go (M84): the firmware goes by where it believes to be. Put G28 before.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WarnFeed(double feed, int axis) =>
        _log.Warn(ViolationCode.FeedAboveLimit, $"the feed of {feed:0} mm/min is above the {_maxFeed[axis]:0} mm/min of {AxisNames[axis]}; the firmware will slow it down.");
}
