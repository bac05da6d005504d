// Reads GRBL's status report and remembers the parts that only come now and then. Source: gnea/grbl doc/markdown/interface.md, "Real-time Status Reports".

using FabNet.FirmwareBridge.Streaming;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>GRBL's states.</summary>
internal enum GrblState
{
    /// <summary>No report yet, or one that is not known.</summary>
    Unknown,

    /// <summary>Still, ready.</summary>
    Idle,

    /// <summary>Moving.</summary>
    Run,

    /// <summary>Held; sub-state 0 is still, 1 is slowing down.</summary>
    Hold,

    /// <summary>Jogging.</summary>
    Jog,

    /// <summary>Locked: <c>$X</c> or <c>$H</c>.</summary>
    Alarm,

    /// <summary>The safety door is open.</summary>
    Door,

    /// <summary>Check mode.</summary>
    Check,

    /// <summary>Homing.</summary>
    Home,

    /// <summary>Asleep.</summary>
    Sleep,
}

/// <summary>The last status report, with the work offset kept from earlier ones.</summary>
internal sealed class GrblStatus
{
    private readonly double[] _offset = new double[3];

    /// <summary>The state.</summary>
    public GrblState State { get; private set; }

    /// <summary>The sub-state; -1 if none was given.</summary>
    public int SubState { get; private set; } = -1;

    /// <summary>Machine position in mm: X, Y, Z.</summary>
    public double[] MachineMm { get; } = new double[3];

    /// <summary>What is added to work positions, in mm; null before it was told.</summary>
    public double[]? OffsetMm { get; private set; }

    /// <summary>How many reports were read.</summary>
    public int Reports { get; private set; }

    /// <summary>Reads a report, given without its angle brackets. A damaged one changes nothing.</summary>
    /// <returns>False if it was damaged.</returns>
    public bool Read(ReadOnlySpan<byte> report)
    {
        var end = report.IndexOf((byte)'|');
        var head = end < 0 ? report : report[..end];
        var colon = head.IndexOf((byte)':');
        var state = StateOf(colon < 0 ? head : head[..colon]);
        if (state == GrblState.Unknown)
            return false;
        State = state;
        SubState = colon < 0 ? -1 : FirmwareText.LeadingNumber(head[(colon + 1)..]);
        Reports++;
        Span<double> values = stackalloc double[3];
        while (end >= 0)
        {
            report = report[(end + 1)..];
            end = report.IndexOf((byte)'|');
            var field = end < 0 ? report : report[..end];
            if (field.StartsWith("WCO:"u8) && TakeThree(field[4..], values))
            {
                values.CopyTo(_offset);
                OffsetMm = _offset;
            }
            else if (field.StartsWith("MPos:"u8) && TakeThree(field[5..], values))
                values.CopyTo(MachineMm);
            else if (field.StartsWith("WPos:"u8) && TakeThree(field[5..], values))
            {
                for (var axis = 0; axis < 3; axis++)
                    MachineMm[axis] = values[axis] + _offset[axis];
            }
        }

        return true;
    }

    private static bool TakeThree(ReadOnlySpan<byte> text, Span<double> values)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if (!FirmwareText.TryTakeNumber(ref text, out values[axis]))
                return false;
            if (!text.IsEmpty && text[0] == (byte)',')
                text = text[1..];
        }

        return true;
    }

    private static GrblState StateOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("Idle"u8) ? GrblState.Idle
        : name.SequenceEqual("Run"u8) ? GrblState.Run
        : name.SequenceEqual("Hold"u8) ? GrblState.Hold
        : name.SequenceEqual("Jog"u8) ? GrblState.Jog
        : name.SequenceEqual("Alarm"u8) ? GrblState.Alarm
        : name.SequenceEqual("Door"u8) ? GrblState.Door
        : name.SequenceEqual("Check"u8) ? GrblState.Check
        : name.SequenceEqual("Home"u8) ? GrblState.Home
        : name.SequenceEqual("Sleep"u8) ? GrblState.Sleep
        : GrblState.Unknown;
}
