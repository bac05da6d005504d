// Motion: where each line leads, whether it stays in the envelope, how long it takes, what it extrudes.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FabNet.GCode.Commands;
using FabNet.GCode.Motion;
using FabNet.GCode.Reading;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Follows the tool. The envelope is checked with the true extent of every move and arc.</summary>
internal sealed partial class MotionTracker
{
    // Marlin refuses to push more than this in one move (PREVENT_LENGTHY_EXTRUDE), in mm of filament.
    private const double LongestExtrusionMm = 200;

    // A feed this many times the fastest axis is a mistake, not a wish to go as fast as possible.
    private const double AbsurdFeedRatio = 100;

    // Homing as Marlin does it by default (HOMING_FEEDRATE_MM_M, two bumps), and what a procedure such as bed levelling takes.
    private const double HomingMmPerS = 50;
    private const double HomingZMmPerS = 4;
    private const double HomingBumpSeconds = 2;
    private const double ProcedureSeconds = 45;

    // Marlin's own figures for G10 and G11 (Configuration_adv.h, RETRACT_LENGTH, RETRACT_FEEDRATE, RETRACT_RECOVER_FEEDRATE); a program can't change them (M207 and M208 are refused).
    private const double RetractMm = 3;
    private const double RetractMmPerS = 45;
    private const double RecoverMmPerS = 8;
    private static readonly char[] AxisNames = ['X', 'Y', 'Z'];

    // Which axes a line names, X in bit 0, as a mask of a position.
    private static readonly Vector256<double>[] Masks = [.. Enumerable.Range(0, 8).Select(axes => Vector256.Create(-(axes & 1L), -((axes >> 1) & 1L), -((axes >> 2) & 1L), 0).AsDouble())];

    private readonly MachineProfile _profile;
    private readonly ViolationLog _log;
    private readonly Timeline _time;
    private readonly ModalState _modes;
    private readonly HeatTracker _heat;
    private readonly SpindleTracker _spindle;
    private readonly LayerTracker _layers;
    private readonly FeatureTracker _features;
    private readonly WorkFrame _frame;
    private readonly ArcPath _arcs;
    private readonly double[] _home;
    private readonly double[] _maxFeed;
    private readonly Envelope _envelope;
    private readonly Extent _cut = new();
    private readonly bool[] _isHomed = new bool[3];
    private readonly Vector256<double> _maxPlaneFeed;
    private readonly bool _isGrbl;
    private readonly bool _isKlipper;
    private readonly bool _extrudes;
    private readonly double _absurdFeed;

    // Where G53 led on each axis, in machine coordinates, while the frame in force is not known; NaN where that is over.
    private readonly double[] _machinePlace = [double.NaN, double.NaN, double.NaN];
    private bool _knowsMachinePlace;
    private bool _needsHoming;
    private bool _isRetracted;
    private double _e;
    private int _line;

    public MotionTracker(
        MachineProfile profile, AdmissionOptions options, ViolationLog log, Timeline time, ModalState modes, HeatTracker heat, SpindleTracker spindle, LayerTracker layers, FeatureTracker features)
    {
        _profile = profile;
        _log = log;
        _time = time;
        _modes = modes;
        _heat = heat;
        _spindle = spindle;
        _layers = layers;
        _features = features;
        _isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        _isKlipper = profile.Dialect == FirmwareDialect.Klipper;
        _extrudes = profile.E is not null;
        _needsHoming = !_isGrbl;
        _frame = new WorkFrame(profile, options);
        _arcs = new ArcPath(time, _isGrbl);
        _envelope = new Envelope(profile, log);
        _home =
        [
            profile.X.HomeMm ?? _envelope.Range(0).Min,
            profile.Y.HomeMm ?? _envelope.Range(1).Min,
            profile.Z.HomeMm ?? Math.Clamp(0, _envelope.Range(2).Min, Math.Max(_envelope.Range(2).Min, _envelope.Range(2).Max)),
        ];
        _maxFeed = [profile.X.MaxFeedMmPerMin, profile.Y.MaxFeedMmPerMin, profile.Z.MaxFeedMmPerMin];
        _maxPlaneFeed = Vector256.Create(_maxFeed[0], _maxFeed[1], double.PositiveInfinity, double.PositiveInfinity);
        _absurdFeed = AbsurdFeedRatio * Math.Max(_maxFeed.Max(), profile.E?.MaxFeedMmPerMin ?? 0);
    }

    /// <summary>Who is told of each motion, if anybody.</summary>
    public ToolpathReceiver? Toolpath { get; set; }

    public double FilamentMm { get; private set; }

    public double PathMm { get; private set; }

    public double MaxFeedMmPerMin { get; private set; }

    public int MotionCount { get; private set; }

    /// <summary>True if everything that moved is known in machine coordinates.</summary>
    public bool IsInMachineCoordinates => _envelope.IsInMachineCoordinates;

    /// <summary>In what coordinates are others than at the program's start.</summary>
    public CoordinateShifts Shifts => _frame.Shifts;

    /// <summary>The extent of all motion.</summary>
    public Box3? Reached => _envelope.Reached;

    /// <summary>The extent of what is made.</summary>
    public Box3? Cut => _cut.ToBox();

    /// <summary>Takes the F word of a line.</summary>
    public void SetFeed(double feed)
    {
        var mmPerMin = _modes.IsInverseTime ? feed : feed * _modes.UnitMm;
        if (feed <= 0 || mmPerMin > _absurdFeed)
        {
            RefuseFeed(feed);
            return;
        }

        _modes.FeedMmPerMin = mmPerMin;
    }

    /// <summary>G0, G1, G2, G3 and probing, with the words of the line.</summary>
    public void Move(CommandKind kind, in Words words, bool inMachineCoordinates, int line)
    {
        _line = line;
        if (((words.Present & ~words.Valued) & (Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('E') | Words.Bit('F') | Words.Bit('I') | Words.Bit('J') | Words.Bit('R'))) != 0)
        {
            RefuseMissingNumber();
            return;
        }

        if (inMachineCoordinates && _frame.Frame != 0)
        {
            MoveInMachine(words);
            return;
        }

        var axes = words.XyzValued;
        var from = _frame.Position;
        var to = _modes.IsRelative || inMachineCoordinates ? Targets(words, inMachineCoordinates) : Vector256.ConditionalSelect(Masks[(int)axes], (words.Xyz * _modes.UnitMm) + _frame.Shift, from);
        if (_knowsMachinePlace && !_modes.IsRelative && !inMachineCoordinates)
            ForgetMachinePlace(words);
        var extruded = Extruded(words);
        if (kind is CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise)
        {
            MoveAlongArc(kind == CommandKind.ArcClockwise, words, to[0], to[1], to[2], extruded);
            return;
        }

        if (axes == 0 && extruded == 0)
            return;
        MotionCount++;
        var way = to - from;
        var squares = way * way;
        var length = Math.Sqrt(squares[0] + squares[1] + squares[2]);
        var travels = way[0] != 0 || way[1] != 0;
        var isRapid = kind == CommandKind.Rapid && _isGrbl;
        var feed = FeedOf(isRapid, length);
        var isCut = false;
        if (axes != 0)
        {
            isCut = IsCut(extruded, isRapid, travels, to[2]);
            if (isCut)
                _cut.Add(from);
            MoveTo(to, axes);
            if (isCut)
                _cut.Add(to);
            if (!isRapid)
                CheckAxisFeed(feed, way, length);
            PathMm += length;
            if (isRapid)
                _spindle.Idle("a rapid move");
        }

        if (extruded > 0 && travels)
            _layers.Extrude(to[2], isLevel: way[2] == 0, line);
        if (extruded != 0)
        {
            _layers.Filament(extruded);
            _features.Filament(extruded);
        }

        if (Toolpath is not null)
            Tell(to - way, to, isRapid, isCut);
        _time.Add(new Move(way[0], way[1], way[2], extruded, feed / 60, line));
    }

    /// <summary>G28 of a printer.</summary>
    public void Home(in Words words, int line)
    {
        var all = !words.Mentions('X') && !words.Mentions('Y') && !words.Mentions('Z');
        var seconds = 0.0;
        for (var axis = 0; axis < 3; axis++)
        {
            if (!all && !words.Mentions(AxisNames[axis]))
                continue;
            var distance = _frame.IsKnown(axis) ? Math.Abs(_frame[axis] - _home[axis]) : Math.Min(100, _envelope.Range(axis).Length / 2);
            seconds += (distance / (axis == 2 ? HomingZMmPerS : HomingMmPerS)) + HomingBumpSeconds;
            _frame.Home(axis, _home[axis]);
            _isHomed[axis] = true;
        }

        // Where Z is not homed, Marlin may lift it first (Z_HOMING_HEIGHT, or what probing takes), and stays there: 5 mm, as a Marlin 2.0.9.7 counted.
        if (!all && !words.Mentions('Z'))
            Forget(2);
        _needsHoming = _isHomed.Contains(false);
        _time.Wait(seconds, line);
    }

    /// <summary>M18 and M84: without current, an axis is wherever its weight or a hand leaves it, and the firmware still counts from where it was.</summary>
    public void LetGo(in Words words)
    {
        var all = (words.Present & (Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('E'))) == 0;
        for (var axis = 0; axis < 3; axis++)
            _isHomed[axis] &= !all && !words.Mentions(AxisNames[axis]);
        _needsHoming = _isHomed.Contains(false);
    }

    /// <summary>Bed levelling and the like: it takes its time, and where it ends is the firmware's choice.</summary>
    public void Procedure(int line)
    {
        _time.Wait(ProcedureSeconds, line);
        for (var axis = 0; axis < 3; axis++)
            Forget(axis);
    }

    /// <summary>G10 and G11 of a printer: the firmware draws back or pushes what it was told to remember; a second one in a row does nothing.</summary>
    public void RetractByFirmware(bool isBack, int line)
    {
        if (isBack == _isRetracted)
            return;
        if (!isBack && !_heat.MayExtrude)
            RefuseExtrusion(RetractMm);
        _isRetracted = isBack;
        _time.Add(new Move(0, 0, 0, isBack ? -RetractMm : RetractMm, isBack ? RetractMmPerS : RecoverMmPerS, line));
    }

    /// <summary>GRBL's G28 and G30: by way of a point to a stored position that nobody told.</summary>
    public void GoToStored(in Words words, int line)
    {
        var hasAxes = words.Has('X') || words.Has('Y') || words.Has('Z');
        if (hasAxes)
            Move(CommandKind.Rapid, words, inMachineCoordinates: false, line);
        for (var axis = 0; axis < 3; axis++)
        {
            if (!hasAxes || words.Has(AxisNames[axis]))
                Forget(axis);
        }

        if (_log.IsFirst(ViolationCode.AssumedPosition))
            _log.Warn(ViolationCode.AssumedPosition, $"G28 and G30 lead straight, on all axes at once, to a place stored in the machine, which nobody told. Lift Z first (such as G53 G0 Z0).");
    }

    /// <summary>True if it is known where the axes stand that a line names.</summary>
    public bool IsKnown(in Words words)
    {
        var isKnown = true;
        for (var axis = 0; axis < 3; axis++)
            isKnown &= !words.Has(AxisNames[axis]) || _frame.IsKnown(axis);
        return isKnown;
    }

    /// <summary>A probe stops where it touches, wherever that is on its way.</summary>
    public void ForgetAxes(in Words words)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has(AxisNames[axis]))
                Forget(axis);
        }
    }

    /// <summary>G92.</summary>
    public void Rename(in Words words)
    {
        var names = words.Present & (Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('E'));
        if ((names & ~words.Valued) != 0)
        {
            _log.Refuse(ViolationCode.MissingValue, $"G92 has an axis letter without a number. Write the number.");
            return;
        }

        for (var axis = 0; axis < 3; axis++)
        {
            if (!words.Has(AxisNames[axis]) && (names != 0 || _isGrbl))
                continue;
            if (!_frame.IsKnown(axis))
                Assume(axis);
            _frame.Rename(axis, words.Or(AxisNames[axis], 0) * _modes.UnitMm);
        }

        if (words.Has('E') || names == 0)
            _e = words.Or('E', 0) * _modes.UnitMm;
    }

    /// <summary>G92.1.</summary>
    public void ClearRenaming() => _frame.ClearRenaming();

    /// <summary>G43.1, and G49 with 0.</summary>
    public void SetToolLength(double length) => _frame.SetToolLength(length * _modes.UnitMm);

    /// <summary>G54 to G59.3.</summary>
    public void SelectOffset(int code) => _frame.SelectOffset(code);

    private Vector256<double> Targets(in Words words, bool inMachineCoordinates) =>
        Vector256.Create(Target(0, words, inMachineCoordinates), Target(1, words, inMachineCoordinates), Target(2, words, inMachineCoordinates), 0);

    private double Target(int axis, in Words words, bool inMachineCoordinates)
    {
        var letter = AxisNames[axis];
        if (!words.Has(letter))
            return _frame[axis];
        var value = words[letter] * _modes.UnitMm;
        if (inMachineCoordinates)
            return value;
        if (!_frame.IsKnown(axis))
            Assume(axis);
        if (_knowsMachinePlace && !double.IsNaN(_machinePlace[axis]))
        {
            _machinePlace[axis] += value;
            _envelope.CheckMachine(axis, _machinePlace[axis]);
        }

        return _frame[axis] + value;
    }

    /// <summary>An absolute move in a frame whose offset nobody told ends what was known from G53.</summary>
    private void ForgetMachinePlace(in Words words)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has(AxisNames[axis]))
                _machinePlace[axis] = double.NaN;
        }
    }

    private void Forget(int axis)
    {
        _frame.Forget(axis);
        _machinePlace[axis] = double.NaN;
    }

    private void Assume(int axis)
    {
        if (_isGrbl || _isHomed[axis])
            _log.Warn(ViolationCode.AssumedPosition, $"{AxisNames[axis]} moves relative to a position that the program does not state; it is taken as {_frame[axis] - _frame.Shift[axis]:0.###} mm. Begin with an absolute move.");
        _frame.MoveTo(axis, _frame[axis]);
        if (_frame.Frame != 0)
            _envelope.Reach(_frame.Frame, axis, _frame[axis]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Extruded(in Words words)
    {
        if (!words.Has('E'))
            return 0;
        var value = words['E'] * _modes.UnitMm;
        var amount = _modes.IsExtruderRelative || (_modes.IsRelative && _isKlipper) ? value : value - _e;
        _e += amount;
        amount *= _modes.FlowScale;
        if (!_extrudes || (amount > 0 && !_heat.MayExtrude) || Math.Abs(amount) > LongestExtrusionMm)
            RefuseExtrusion(amount);
        if (!_extrudes)
            return 0;
        FilamentMm += amount;
        return amount;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double FeedOf(bool isRapid, double length)
    {
        if (isRapid)
            return 1e9;
        if (_modes.FeedMmPerMin <= 0)
            return RefuseWithoutFeed();
        return _modes.IsInverseTime ? _modes.FeedMmPerMin * length : _modes.FeedMmPerMin * _modes.FeedScale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckAxisFeed(double feed, Vector256<double> way, double length)
    {
        if (length <= 0)
            return;
        if (feed > MaxFeedMmPerMin)
            MaxFeedMmPerMin = feed;

        // Slicers lift Z at the travel feed and trust the firmware to hold Z back; only X and Y tell of a wrong machine.
        var tooFast = Vector256.GreaterThan(feed * Vector256.Abs(way), _maxPlaneFeed * length * 1.001).ExtractMostSignificantBits();
        if (tooFast != 0)
            WarnFeed(feed, axis: BitOperations.TrailingZeroCount(tooFast));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tell(Vector256<double> from, Vector256<double> to, bool isRapid, bool isCut) =>
        Toolpath!(new ToolpathSegment(new Position(from[0], from[1], from[2]), new Position(to[0], to[1], to[2]), isRapid, isCut, _layers.Index, _features.Current));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsCut(double extruded, bool isRapid, bool travels, double z)
    {
        if (!_isGrbl)
            return extruded > 0 && travels;
        return !isRapid && (_spindle.IsCutting || z < 0 || _frame[2] < 0);
    }

    private void MoveTo(Vector256<double> place, uint axes)
    {
        _frame.MoveTo(place, axes);
        _envelope.Reach(_frame.Frame, place, axes);
        if (_needsHoming)
            CheckHomed(axes);
    }

    /// <summary>G53 while the work offset is not known: machine coordinates are checked as such, and the place in the work frame is lost.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveInMachine(in Words words)
    {
        MotionCount++;
        for (var axis = 0; axis < 3; axis++)
        {
            if (!words.Has(AxisNames[axis]))
                continue;
            var value = words[AxisNames[axis]] * _modes.UnitMm;
            _envelope.CheckMachine(axis, value);
            _frame.Forget(axis);
            _machinePlace[axis] = value;
            _knowsMachinePlace = true;
        }
    }
}
