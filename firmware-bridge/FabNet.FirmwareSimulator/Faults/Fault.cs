// What can go wrong with a simulated machine, as data: kind, moment, share, and the text form of the command line.

using System.Globalization;

namespace FabNet.FirmwareSimulator.Faults;

/// <summary>Kinds of faults. "Rx" is what the machine receives, "Tx" what it transmits.</summary>
public enum FaultKind
{
    /// <summary>Bits of received bytes flip.</summary>
    CorruptRx,

    /// <summary>Bits of transmitted bytes flip.</summary>
    CorruptTx,

    /// <summary>Received bytes are lost.</summary>
    DropRx,

    /// <summary>Transmitted bytes are lost.</summary>
    DropTx,

    /// <summary>Received bytes, and all behind them, come late.</summary>
    DelayRx,

    /// <summary>Transmitted bytes, and all behind them, come late.</summary>
    DelayTx,

    /// <summary>An <c>ok</c> line is lost.</summary>
    LoseOk,

    /// <summary>An <c>ok</c> line comes twice.</summary>
    DoubleOk,

    /// <summary>The processor resets: numbering, queues and position are gone.</summary>
    Reset,

    /// <summary>The link carries nothing either way for a time, then goes on.</summary>
    Stall,

    /// <summary>What the machine transmits is lost for a time.</summary>
    Mute,

    /// <summary>The cable is pulled, and plugged in again after a time if one is given.</summary>
    Unplug,

    /// <summary>A hot end's heater comes loose from its sensor: the firmware's protection halts the machine in time.</summary>
    ThermalRunaway,

    /// <summary>An endstop is pressed.</summary>
    Endstop,
}

/// <summary>
/// One fault. It happens with a probability for each byte or <c>ok</c>, or once: at the n-th <c>ok</c>, at a moment, or once so many commands were executed.
/// </summary>
public sealed record Fault
{
    /// <summary>What happens.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>The probability for each byte or <c>ok</c>, 0 to 1; null for a fault that happens once.</summary>
    public double? Probability { get; init; }

    /// <summary>The <c>ok</c> that is lost or doubled, counted from 1.</summary>
    public long? Nth { get; init; }

    /// <summary>The moment, in seconds of machine time since the machine was switched on.</summary>
    public double? AtS { get; init; }

    /// <summary>Happens once this many commands were executed (<see cref="Recording.ExecutionLog.Count"/>).</summary>
    public long? AtLine { get; init; }

    /// <summary>How long it lasts, in seconds of machine time; for delays, how late; null: for good.</summary>
    public double? DurationS { get; init; }

    /// <summary>The axis of an endstop: 0 X, 1 Y, 2 Z.</summary>
    public int Axis { get; init; }

    /// <summary>The forms that <see cref="Parse"/> reads, one to a line, for help texts.</summary>
    public static string Forms =>
        """
        corrupt-rx=P corrupt-tx=P drop-rx=P drop-tx=P   each byte with probability P (0.001)
        delay-rx=P:TIME delay-tx=P:TIME                 each byte with probability P, by TIME (20ms)
        lose-ok=N|P double-ok=N|P                       the N-th ok (17), or each with probability P (0.01)
        reset-at=TIME reset-at-line=N                   the processor resets
        stall-at=TIME:TIME stall-at-line=N:TIME         the link stands still
        mute-at=TIME:TIME mute-at-line=N:TIME           replies are lost
        unplug-at=TIME[:TIME] unplug-at-line=N[:TIME]   the cable is pulled, and plugged in again after the second time
        thermal-runaway-at=TIME (or -at-line=N)         the heater comes loose
        endstop-at=TIME[:AXIS] (or -at-line=N[:AXIS])   an endstop is pressed
        """;

    /// <summary>Reads the text form, such as <c>corrupt-rx=0.001</c>, <c>lose-ok=17</c>, <c>unplug-at=30s:5s</c>.</summary>
    /// <exception cref="FormatException">It is none of <see cref="Forms"/>; the message says what is wrong.</exception>
    public static Fault Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var split = text.IndexOf('=');
        if (split < 0)
        {
            throw new FormatException($"'{text}' is no fault: write NAME=VALUE, such as lose-ok=17.");
        }

        var name = text[..split];
        var values = text[(split + 1)..].Split(':');
        var second = values.Length > 1 ? values[1] : null;
        if (values.Length > 2)
        {
            throw new FormatException($"'{text}': at most two values, separated by a colon.");
        }

        switch (name)
        {
            case "corrupt-rx" or "corrupt-tx" or "drop-rx" or "drop-tx" when second is null:
                return new Fault { Kind = ByteKind(name), Probability = ParseProbability(text, values[0]) };
            case "delay-rx" or "delay-tx" when second is not null:
                return new Fault { Kind = ByteKind(name), Probability = ParseProbability(text, values[0]), DurationS = ParseTime(text, second) };
            case "lose-ok" or "double-ok" when second is null:
                var kind = name == "lose-ok" ? FaultKind.LoseOk : FaultKind.DoubleOk;
                return long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var nth) && nth > 0
                    ? new Fault { Kind = kind, Nth = nth }
                    : new Fault { Kind = kind, Probability = ParseProbability(text, values[0]) };
        }

        var atLine = name.EndsWith("-at-line", StringComparison.Ordinal);
        if (!atLine && !name.EndsWith("-at", StringComparison.Ordinal))
        {
            throw new FormatException($"'{text}' is no fault. The faults are:\n{Forms}");
        }

        FaultKind what = name[..name.LastIndexOf("-at", StringComparison.Ordinal)] switch
        {
            "reset" => FaultKind.Reset,
            "stall" when second is not null => FaultKind.Stall,
            "mute" when second is not null => FaultKind.Mute,
            "unplug" => FaultKind.Unplug,
            "thermal-runaway" => FaultKind.ThermalRunaway,
            "endstop" => FaultKind.Endstop,
            _ => throw new FormatException($"'{text}' is no fault, or lacks its second value. The faults are:\n{Forms}"),
        };
        return new Fault
        {
            Kind = what,
            AtS = atLine ? null : ParseTime(text, values[0]),
            AtLine = atLine ? ParseCount(text, values[0]) : null,
            DurationS = what != FaultKind.Endstop && second is not null ? ParseTime(text, second) : null,
            Axis = what == FaultKind.Endstop && second is not null ? ParseAxis(text, second) : 0,
        };
    }

    /// <summary>Reads an axis: x, y or z.</summary>
    internal static int ParseAxis(string text, string value)
    {
        var axis = value.Length == 1 ? "xyz".IndexOf(char.ToLowerInvariant(value[0])) : -1;
        return axis >= 0 ? axis : throw new FormatException($"'{text}': '{value}' is no axis; write x, y or z.");
    }

    /// <summary>Reads a time such as 30s, 500ms, 2m, 1h; a plain number is seconds.</summary>
    internal static double ParseTime(string text, string value)
    {
        var (number, unit) = value switch
        {
            [.., 'm', 's'] => (value[..^2], 0.001),
            [.., 's'] => (value[..^1], 1),
            [.., 'm'] => (value[..^1], 60),
            [.., 'h'] => (value[..^1], 3600),
            _ => (value, 1.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? amount * unit
            : throw new FormatException($"'{text}': '{value}' is no time; write 30s, 500ms, 2m or 1h.");
    }

    private static FaultKind ByteKind(string name) => name switch
    {
        "corrupt-rx" => FaultKind.CorruptRx,
        "corrupt-tx" => FaultKind.CorruptTx,
        "drop-rx" => FaultKind.DropRx,
        "drop-tx" => FaultKind.DropTx,
        "delay-rx" => FaultKind.DelayRx,
        _ => FaultKind.DelayTx,
    };

    private static double ParseProbability(string text, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share
            : throw new FormatException($"'{text}': '{value}' is no probability; write a number from 0 to 1, such as 0.001.");

    private static long ParseCount(string text, string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException($"'{text}': '{value}' is no count of commands; write a whole number from 1.");
}
