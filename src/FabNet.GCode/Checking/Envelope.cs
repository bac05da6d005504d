// The machine's envelope, and what a program has reached of it.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>Checks positions: in machine coordinates by place, in a work frame that nobody told by size.</summary>
internal sealed class Envelope
{
    private const double ToleranceMm = 0.001;
    private static readonly char[] AxisNames = ['X', 'Y', 'Z'];

    private readonly string _machine;
    private readonly ViolationLog _log;
    private readonly AxisRange[] _ranges;
    private readonly Extent[] _reached = new Extent[WorkFrame.Count];
    private readonly bool[] _isTooLarge = new bool[3 * WorkFrame.Count];

    // Once anything was outside, what was reached is no longer a proof that a place is inside.
    private bool _isOutside;

    public Envelope(MachineProfile profile, ViolationLog log)
    {
        _machine = profile.Name;
        _log = log;
        _ranges = [profile.X.RangeMm ?? default, profile.Y.RangeMm ?? default, profile.Z.RangeMm ?? default];
        for (var i = 0; i < _reached.Length; i++)
            _reached[i] = new Extent();
    }

    /// <summary>True if everything that moved is known in machine coordinates.</summary>
    public bool IsInMachineCoordinates => _reached[1..].All(extent => extent.IsEmpty);

    /// <summary>The extent of all motion, in whatever frames it was.</summary>
    public Box3? Reached
    {
        get
        {
            var all = new Extent();
            foreach (var extent in _reached)
                all.Add(extent);
            return all.ToBox();
        }
    }

    /// <summary>The machine's range on an axis.</summary>
    public AxisRange Range(int axis) => _ranges[axis];

    /// <summary>Adds the position of a frame on some axes (X in bit 0) to what was reached, and checks it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reach(int frame, Vector256<double> place, uint axes)
    {
        if (!_isOutside && _reached[frame].Holds(place))
            return;
        for (var axis = 0; axis < 3; axis++)
        {
            if ((axes & (1u << axis)) != 0)
                Reach(frame, axis, place[axis]);
        }
    }

    /// <summary>Adds a position of a frame on an axis to what was reached, and checks it.</summary>
    public void Reach(int frame, int axis, double value)
    {
        if (_isOutside || !_reached[frame].Holds(axis, value))
            Grow(frame, axis, value);
    }

    private void Grow(int frame, int axis, double value)
    {
        var reached = _reached[frame];
        reached.Add(axis, value);
        var range = _ranges[axis];
        if (frame == 0)
        {
            if (value < range.Min - ToleranceMm || value > range.Max + ToleranceMm)
            {
                _isOutside = true;
                _log.Refuse(ViolationCode.OutsideEnvelope, $"{AxisNames[axis]} reaches {value:0.###} mm; {_machine} goes from {range.Min:0.###} to {range.Max:0.###} mm. Move the part, or choose a larger machine.");
            }
        }
        else if (reached.Length(axis) > range.Length + ToleranceMm && !_isTooLarge[(3 * frame) + axis])
        {
            _isTooLarge[(3 * frame) + axis] = true;
            _log.Refuse(ViolationCode.ProgramTooLarge, $"the program spans {reached.Length(axis):0.###} mm in {AxisNames[axis]} by this line; {_machine} has {range.Length:0.###} mm, wherever work zero is. Choose a larger machine.");
        }
    }

    /// <summary>Checks a machine coordinate (G53) while the frame in force is not known.</summary>
    public void CheckMachine(int axis, double value)
    {
        var range = _ranges[axis];
        if (!range.Contains(value))
            _log.Refuse(ViolationCode.OutsideEnvelope, $"{AxisNames[axis]} goes to machine position {value:0.###} mm (G53); {_machine} goes from {range.Min:0.###} to {range.Max:0.###} mm. Correct the position.");
    }
}
