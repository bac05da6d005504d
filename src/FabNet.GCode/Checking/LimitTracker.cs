// Accelerations, speed limits and overrides that a program sets: they change the time, and may not go far beyond the profile.

using FabNet.GCode.Commands;
using FabNet.GCode.Motion;
using FabNet.GCode.Reading;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Follows M201, M203, M204, M205, M220 and M221. The firmware obeys them as they are, so the time model does too.</summary>
internal sealed class LimitTracker
{
    // Above the profile: a warning. This many times above: a mistake.
    private const double AbsurdRatio = 20;
    private const double HighestOverride = 3;
    private const double HighestFloorMmPerS = 1;
    private const double LongestMoveUs = 100_000;

    private readonly MachineProfile _profile;
    private readonly ViolationLog _log;
    private readonly Timeline _time;
    private readonly ModalState _modes;
    private readonly MotionLimits _initial;

    public LimitTracker(MachineProfile profile, ViolationLog log, Timeline time, ModalState modes)
    {
        _profile = profile;
        _log = log;
        _time = time;
        _modes = modes;
        _initial = time.Limits;
    }

    /// <summary>Obeys one of the commands.</summary>
    public void Obey(CommandKind kind, in Words words, string name)
    {
        var limits = _time.Limits;
        switch (kind)
        {
            case CommandKind.MaxAcceleration:
                _time.Limits = limits with { MaxAccelerationMmPerS2 = Axes(words, limits.MaxAccelerationMmPerS2, _initial.MaxAccelerationMmPerS2, name, "mm/s²") };
                break;
            case CommandKind.MaxFeed:
                _time.Limits = limits with { MaxFeedMmPerS = Axes(words, limits.MaxFeedMmPerS, _initial.MaxFeedMmPerS, name, "mm/s") };
                break;
            case CommandKind.Acceleration:
                var highest = Math.Max(Math.Max(_initial.PrintAccelerationMmPerS2, _initial.TravelAccelerationMmPerS2), Math.Max(_initial.MaxAccelerationMmPerS2.X, _initial.MaxAccelerationMmPerS2.Y));
                var retract = Math.Max(_initial.RetractAccelerationMmPerS2, _initial.MaxAccelerationMmPerS2.E);
                _time.Limits = limits with
                {
                    PrintAccelerationMmPerS2 = One('P', One('S', limits.PrintAccelerationMmPerS2, highest, words, name, "mm/s²"), highest, words, name, "mm/s²"),
                    TravelAccelerationMmPerS2 = One('T', One('S', limits.TravelAccelerationMmPerS2, highest, words, name, "mm/s²"), highest, words, name, "mm/s²"),
                    RetractAccelerationMmPerS2 = One('R', limits.RetractAccelerationMmPerS2, retract, words, name, "mm/s²"),
                };
                break;
            case CommandKind.Corner:
                RefuseFloors(words, name);
                var deviation = words.Or('J', limits.JunctionDeviationMm);
                if (deviation is < 0 or > 1)
                {
                    _log.Refuse(ViolationCode.LimitRaised, $"{name} sets a junction deviation of {deviation:0.###} mm; sensible values are 0.01 to 0.3 mm. Correct it.");
                    return;
                }

                _time.Limits = limits with
                {
                    // Firmware built for junction deviation has no classic jerk, and takes X, Y, Z and E for nothing.
                    JunctionDeviationMm = deviation > 0 ? deviation : limits.JunctionDeviationMm,
                    JerkMmPerS = Axes(words, limits.JerkMmPerS, limits.JunctionDeviationMm > 0 ? default : _initial.JerkMmPerS, name, "mm/s"),
                };
                break;
            case CommandKind.FeedOverride:
                _modes.FeedScale = Override(words, _modes.FeedScale, name);
                break;
            case CommandKind.FlowOverride:
                _modes.FlowScale = Override(words, _modes.FlowScale, name);
                break;
        }
    }

    /// <summary>Marlin takes a slowest speed (S, T: F then counts for nothing below it) and a shortest time for a move (B), which stand against what the program's F asks for.</summary>
    private void RefuseFloors(in Words words, string name)
    {
        if (words.Or('S', 0) > HighestFloorMmPerS || words.Or('T', 0) > HighestFloorMmPerS || words.Or('B', 0) > LongestMoveUs)
            _log.Refuse(ViolationCode.LimitRaised, $"{name} lets the firmware move faster than the program's F (S, T above {HighestFloorMmPerS} mm/s), or hardly at all (B above {LongestMoveUs:0} µs). Remove it.");
    }

    private AxisValues Axes(in Words words, AxisValues now, AxisValues profile, string name, string unit) => new(
        One('X', now.X, profile.X, words, name, unit), One('Y', now.Y, profile.Y, words, name, unit), One('Z', now.Z, profile.Z, words, name, unit), One('E', now.E, profile.E, words, name, unit));

    private double One(char letter, double now, double highest, in Words words, string name, string unit)
    {
        if (!words.Has(letter))
            return now;
        var value = words[letter] * (letter is 'X' or 'Y' or 'Z' ? _modes.UnitMm : 1);
        if (value <= 0 && !(value == 0 && unit == "mm/s"))
        {
            _log.Refuse(ViolationCode.LimitRaised, $"{name} sets {letter} to {value:0.##} {unit}, which stops all motion. Correct it.");
            return now;
        }

        if (highest > 0 && value > highest * AbsurdRatio)
            _log.Refuse(ViolationCode.LimitRaised, $"{name} sets {letter} to {value:0.##} {unit}; {_profile.Name} is made for {highest:0.##}. Remove the command.");
        else if (highest > 0 && value > highest * 1.001)
            _log.Warn(ViolationCode.LimitRaised, $"{name} sets {letter} to {value:0.##} {unit}, above the {highest:0.##} of {_profile.Name}. Steps may be lost.");
        return Math.Max(value, 0.01);
    }

    private double Override(in Words words, double now, string name)
    {
        if (!words.Has('S'))
            return now;
        var scale = words['S'] / 100;
        if (scale is >= 0.1 and <= HighestOverride)
            return scale;
        _log.Refuse(ViolationCode.LimitRaised, $"{name} S{words['S']:0.##} is outside 10 to {100 * HighestOverride:0} %. Correct it.");
        return now;
    }
}
