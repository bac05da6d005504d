// Marlin's moves: coordinates, soft endstops, cold extrusion, homing, arcs, dwell.

using FabNet.FirmwareSimulator.Motion;
using FabNet.Model;

namespace FabNet.FirmwareSimulator.Marlin;

internal sealed partial class MarlinFirmware
{
    /// <summary>EXTRUDE_MAXLENGTH: a single move may not extrude more.</summary>
    private const double LongestExtrusionMm = 200;

    /// <summary>HOMING_FEEDRATE for X and Y, and for Z, in mm/s.</summary>
    private const double HomingSpeedXy = 50;
    private const double HomingSpeedZ = 4;
    private const double HomingBumpMm = 5;

    private static readonly double[] DefaultStepsPerMm = [80, 80, 400, 93];

    private readonly bool[] _homed = new bool[3];
    private readonly bool[] _endstops = new bool[3];
    private readonly double[] _stepsPerMm = [.. DefaultStepsPerMm];
    private MotionLimits _limits;
    private MotionQueue _motion;

    /// <summary>Where the last move leads in the program's coordinates; E as the program counts it.</summary>
    private Axes _logical;

    /// <summary>Program coordinates minus machine coordinates, for X, Y and Z (G92).</summary>
    private Axes _shift;

    private bool _relative;
    private bool _relativeE;
    private double _feedMmPerS;
    private double _feedPercent;
    private double _flowPercent;
    private bool _coldExtrusionAllowed;
    private bool _softEndstops;
    private int _tool;

    private MotionQueue NewMotion() => new(_limits, _build.PlannerBlocks - 1) { FirstMoveDelayS = 0.1 };

    private void ResetMotion()
    {
        _limits = MotionLimits.Of(_profile);
        _motion.Abort(Now);
        _motion = NewMotion();
        Array.Clear(_homed);
        DefaultStepsPerMm.CopyTo(_stepsPerMm, 0);
        _logical = default;
        _shift = default;
        _relative = false;
        _relativeE = false;
        _feedMmPerS = _profile.DefaultFeedMmPerMin / 60;
        _feedPercent = 100;
        _flowPercent = 100;
        _coldExtrusionAllowed = false;
        _softEndstops = true;
        _tool = 0;
    }

    public override void SetEndstop(int axis, bool pressed) => _endstops[axis] = pressed;

    /// <summary>M410: every move stops where it is; the position stays known.</summary>
    private void QuickStop()
    {
        var stopped = _motion.Abort(Now);
        _logical = (stopped + _shift) with { E = _logical.E };
    }

    /// <summary>G0 and G1. Moves at once if the planner has room.</summary>
    private IEnumerator<Wait>? Move(MarlinCommand command)
    {
        var target = ReadTarget(command);
        if (_motion.Free > 0)
        {
            QueueMove(target);
            return null;
        }

        return MoveWhenRoom(target);
    }

    private IEnumerator<Wait> MoveWhenRoom(Axes target)
    {
        yield return Wait.ForRoom;
        QueueMove(target);
    }

    private Axes ReadTarget(MarlinCommand command)
    {
        var target = _logical;
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            if (command.Value("XYZE"[axis]) is { } value)
            {
                var isRelative = axis == 3 ? _relativeE : _relative;
                target = target.With(axis, isRelative ? _logical[axis] + value : value);
            }
        }

        if (command.Value('F') is > 0 and var feed)
        {
            _feedMmPerS = feed / 60;
        }

        return target;
    }

    private void QueueMove(Axes target)
    {
        var machine = ToMachine(target);
        var extrusion = target.E - _logical.E;
        if (extrusion != 0 && !_coldExtrusionAllowed && IsTooColdToExtrude())
        {
            Send("echo: cold extrusion prevented\n");
            extrusion = 0;
        }
        else if (Math.Abs(extrusion) > LongestExtrusionMm)
        {
            Send("echo: too long extrusion prevented\n");
            extrusion = 0;
        }

        _motion.Add(machine with { E = _motion.Target.E + (extrusion * _flowPercent / 100) }, _feedMmPerS * _feedPercent / 100, Now);
        _logical = (machine + _shift) with { E = target.E };
    }

    /// <summary>Machine coordinates, kept inside the soft endstops of homed axes (<c>apply_motion_limits</c>).</summary>
    private Axes ToMachine(Axes target)
    {
        var machine = (target - _shift) with { E = 0 };
        if (!_softEndstops)
        {
            return machine;
        }

        for (var axis = 0; axis < 3; axis++)
        {
            if (_homed[axis] && RangeOf(axis) is { } range)
            {
                machine = machine.With(axis, Math.Clamp(machine[axis], range.Min, range.Max));
            }
        }

        return machine;
    }

    private AxisRange? RangeOf(int axis) => (axis switch { 0 => _profile.X, 1 => _profile.Y, _ => _profile.Z }).RangeMm;

    private IEnumerator<Wait>? Arc(MarlinCommand command, bool clockwise)
    {
        var start = _logical;
        var end = ReadTarget(command);
        double? offsetX = null, offsetY = null;
        if (command.Value('R') is { } radius)
        {
            if (ArcPath.CentreByRadius(end.X - start.X, end.Y - start.Y, radius, clockwise) is { } centre)
            {
                (offsetX, offsetY) = (centre.Offset0, centre.Offset1);
            }
        }
        else if (command.Value('I') is not null || command.Value('J') is not null)
        {
            (offsetX, offsetY) = (command.Value('I') ?? 0, command.Value('J') ?? 0);
        }

        if (offsetX is null || offsetY is null || (offsetX == 0 && offsetY == 0))
        {
            Send("Error:G2/G3 bad parameters\n");
            return null;
        }

        return ArcInChords(start, end, start.X + offsetX.Value, start.Y + offsetY.Value, clockwise);
    }

    private IEnumerator<Wait> ArcInChords(Axes start, Axes end, double centreX, double centreY, bool clockwise)
    {
        const double chordMm = 1;
        var sweep = ArcPath.Sweep(start, end, centreX, centreY, 0, 1, clockwise);
        var radius = Math.Sqrt(Math.Pow(start.X - centreX, 2) + Math.Pow(start.Y - centreY, 2));
        var segments = Math.Max(1, (int)Math.Min(Math.Abs(sweep) * radius / chordMm, 100_000));
        foreach (var chord in ArcPath.Chords(start, end, centreX, centreY, 0, 1, sweep, segments))
        {
            if (_motion.Free == 0)
            {
                yield return Wait.ForRoom;
            }

            QueueMove(chord);
        }
    }

    private IEnumerator<Wait> Home(MarlinCommand command)
    {
        yield return Wait.ForStillness;
        var all = !command.Has('X') && !command.Has('Y') && !command.Has('Z');
        for (var axis = 0; axis < 3; axis++)
        {
            if (!all && !command.Has("XYZ"[axis]))
            {
                continue;
            }

            var speed = axis == 2 ? HomingSpeedZ : HomingSpeedXy;
            var range = RangeOf(axis);
            var travel = _homed[axis] ? Math.Abs(_motion.Target[axis] - (range?.Min ?? 0)) : (range is { } r ? r.Max - r.Min : 100) / 2;
            if (_endstops[axis])
            {
                travel = 0;
            }

            var bump = axis == 2 ? HomingBumpMm / 2 : HomingBumpMm;
            yield return Wait.Until(Now + (travel / speed) + (bump / speed) + (2 * bump / speed));
            var home = range?.Min is { } min ? Math.Max(min, 0) : 0;
            _motion.SetPosition(_motion.Target.With(axis, home));
            _shift = _shift.With(axis, 0);
            _logical = _logical.With(axis, home);
            _homed[axis] = true;
        }
    }

    private IEnumerator<Wait> ProbeBed()
    {
        const int pointsPerAxis = 3;
        const double secondsPerPoint = 3;
        yield return Wait.ForStillness;
        for (var point = 0; point < pointsPerAxis * pointsPerAxis; point++)
        {
            yield return Wait.Until(Now + secondsPerPoint);
        }

        Send("Bilinear Leveling Grid:\n      0      1      2\n");
        for (var row = 0; row < pointsPerAxis; row++)
        {
            Send($" {row} +0.000 +0.000 +0.000\n");
        }
    }

    private IEnumerator<Wait> Dwell(MarlinCommand command)
    {
        var seconds = (command.Value('S') ?? 0) + ((command.Value('P') ?? 0) / 1000);
        yield return Wait.ForStillness;
        yield return Wait.Until(Now + Math.Max(0, seconds));
    }

    private static IEnumerator<Wait> FinishMoves()
    {
        yield return Wait.ForStillness;
    }

    private void SetLogicalPosition(MarlinCommand command)
    {
        var any = false;
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            if (command.Value("XYZE"[axis]) is { } value)
            {
                SetLogical(axis, value);
                any = true;
            }
        }

        if (!any)
        {
            for (var axis = 0; axis < Axes.Count; axis++)
            {
                SetLogical(axis, 0);
            }
        }

        void SetLogical(int axis, double value)
        {
            if (axis < 3)
            {
                _shift = _shift.With(axis, value - _motion.Target[axis]);
            }

            _logical = _logical.With(axis, value);
        }
    }

    private static void SetPerAxis(MarlinCommand command, double[] values, double least = double.Epsilon)
    {
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            if (command.Value("XYZE"[axis]) is { } value && value >= least)
            {
                values[axis] = value;
            }
        }
    }

    private void SetAccelerations(MarlinCommand command)
    {
        if (command.Value('S') is { } both)
        {
            _limits.PrintAcceleration = both;
            _limits.TravelAcceleration = both;
        }

        _limits.PrintAcceleration = command.Value('P') ?? _limits.PrintAcceleration;
        _limits.RetractAcceleration = command.Value('R') ?? _limits.RetractAcceleration;
        _limits.TravelAcceleration = command.Value('T') ?? _limits.TravelAcceleration;
    }
}
