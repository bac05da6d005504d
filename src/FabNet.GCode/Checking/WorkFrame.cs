// Where the axes stand: program coordinates, work offsets, and machine coordinates as far as they are known.

using System.Runtime.Intrinsics;
using FabNet.Model.Machines;

namespace FabNet.GCode.Checking;

/// <summary>
/// Positions in the frame in force. Frame 0 is the machine's own (printers, and work offsets that the caller knows); frames 1 to 9 are G54 to G59.3 with
/// an offset that nobody told. Within an unknown frame only sizes can be checked.
/// </summary>
internal sealed class WorkFrame
{
    /// <summary>How many frames there are.</summary>
    public const int Count = 10;

    private readonly AdmissionOptions _options;
    private readonly bool _isGrbl;
    private readonly double[] _workOffset = new double[3];
    private readonly double[] _g92 = new double[3];
    private uint _known;
    private double _toolLength;
    private int _offsetCode;

    public WorkFrame(MachineProfile profile, AdmissionOptions options)
    {
        _options = options;
        _isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        SelectOffset(54);
        if (options.StartPositionMm is { } start)
        {
            Place(0, start.X);
            Place(1, start.Y);
            Place(2, start.Z);
        }

        void Place(int axis, double value)
        {
            MoveTo(axis, value + _workOffset[axis]);
        }
    }

    /// <summary>The frame in force.</summary>
    public int Frame { get; private set; }

    /// <summary>What is in force of G92, a tool's length and offsets other than G54.</summary>
    public CoordinateShifts Shifts =>
        (_g92.AsSpan().ContainsAnyExcept(0) ? CoordinateShifts.Renamed : CoordinateShifts.None)
        | (_toolLength != 0 ? CoordinateShifts.ToolLength : CoordinateShifts.None)
        | (_isGrbl && _offsetCode != 54 ? CoordinateShifts.WorkOffset : CoordinateShifts.None);

    /// <summary>The position, in the frame; the fourth place is 0.</summary>
    public Vector256<double> Position { get; private set; }

    /// <summary>What is added to coordinates of the program to give those of the frame; the fourth place is 0.</summary>
    public Vector256<double> Shift { get; private set; }

    /// <summary>The position on an axis, in the frame.</summary>
    public double this[int axis] => Position[axis];

    /// <summary>True if the position on the axis follows from the program (or from homing).</summary>
    public bool IsKnown(int axis) => (_known & (1u << axis)) != 0;

    /// <summary>The tool reached a position, named on some axes (X in bit 0).</summary>
    public void MoveTo(Vector256<double> place, uint axes)
    {
        Position = place;
        _known |= axes;
    }

    /// <summary>The tool reached a position on an axis.</summary>
    public void MoveTo(int axis, double value) => MoveTo(Position.WithElement(axis, value), 1u << axis);

    /// <summary>Nobody knows where the tool is on this axis; the last position stands in.</summary>
    public void Forget(int axis) => _known &= ~(1u << axis);

    /// <summary>Homing put the axis here and dropped its G92 shift.</summary>
    public void Home(int axis, double value)
    {
        _g92[axis] = 0;
        Sum();
        MoveTo(axis, value);
    }

    /// <summary>G92: the tool's place is called by another coordinate.</summary>
    public void Rename(int axis, double coordinate)
    {
        _g92[axis] = 0;
        Sum();
        _g92[axis] = Position[axis] - coordinate - Shift[axis];
        Sum();
        _known |= 1u << axis;
    }

    /// <summary>G92.1: coordinates as before any G92.</summary>
    public void ClearRenaming()
    {
        Array.Clear(_g92);
        Sum();
    }

    /// <summary>G43.1 and G49: the tool's length moves Z coordinates.</summary>
    public void SetToolLength(double length)
    {
        _toolLength = length;
        Sum();
    }

    /// <summary>G54 to G59.3, given as 54 to 59 and 591 to 593.</summary>
    public void SelectOffset(int code)
    {
        _offsetCode = code;
        if (!_isGrbl)
        {
            Frame = 0;
            return;
        }

        var isOffsetKnown = _options.WorkOffsetsMm.TryGetValue(code, out var offset);
        var frame = isOffsetKnown ? 0 : code < 60 ? code - 53 : code - 584;
        if (frame == Frame && !isOffsetKnown)
            return;

        // From one unknown frame to another nothing is known of where the tool is; between known offsets it is.
        if (frame != 0 || Frame != 0)
            _known = 0;
        Frame = frame;
        (_workOffset[0], _workOffset[1], _workOffset[2]) = isOffsetKnown ? (offset.X, offset.Y, offset.Z) : (0, 0, 0);
        Sum();
    }

    private void Sum() =>
        Shift = Vector256.Create(_workOffset[0] + _g92[0], _workOffset[1] + _g92[1], _workOffset[2] + _g92[2] + _toolLength, 0);
}
