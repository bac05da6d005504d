// The words of Marlin and kin (RepRap, Prusa, Repetier). Source: Marlin gcode/queue.cpp, gcode/host/M115.cpp, module/temperature.cpp.

using System.Buffers.Text;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Numbered, checksummed lines; answers in plain words.</summary>
internal sealed class MarlinDialect : IFirmwareDialect
{
    /// <summary>The most bytes of a line without its end (MAX_CMD_SIZE 96, less its NUL): a longer one is cut, loses its checksum, and is asked for again for ever.</summary>
    public const int MaxContentBytes = 95;

    /// <summary>The most bytes that a line's number and checksum add: N, nine digits, a blank, and * with three digits.</summary>
    public const int FrameBytes = 15;

    /// <summary>The one instance.</summary>
    public static MarlinDialect Instance { get; } = new();

    /// <inheritdoc />
    public FirmwareDialect Kind => FirmwareDialect.Marlin;

    /// <inheritdoc />
    public int MaxLineBytes => MaxContentBytes + 1;

    /// <inheritdoc />
    public FirmwareMessage Parse(ReadOnlySpan<byte> line)
    {
        var text = TrimNoise(line);
        if (text.IsEmpty)
            return new FirmwareMessage(FirmwareMessageKind.Empty, line);
        return text[0] switch
        {
            (byte)'o' when text.StartsWith("ok"u8) && (text.Length == 2 || text[2] == (byte)' ') => ParseOk(line, text[2..]),
            (byte)'R' when text.StartsWith("Resend"u8) => ParseResend(line, text[6..]),
            (byte)'r' when text.StartsWith("rs "u8) => ParseResend(line, text[3..]),
            (byte)'E' when text.StartsWith("Error:"u8) => ParseError(line, text[6..]),
            (byte)'e' when text.StartsWith("error:"u8) => ParseError(line, text[6..]),
            (byte)'!' when text.StartsWith("!!"u8) => ParseError(line, text[2..]),
            (byte)'e' when text.StartsWith("echo:busy:"u8) => ParseBusy(line, text[10..]),
            (byte)'b' when text.StartsWith("busy:"u8) => ParseBusy(line, text[5..]),
            (byte)'e' when text.StartsWith("echo:"u8) => new FirmwareMessage(FirmwareMessageKind.Echo, line) { Detail = text[5..] },
            (byte)'w' when text.SequenceEqual("wait"u8) => new FirmwareMessage(FirmwareMessageKind.Wait, line),
            (byte)'s' when text.SequenceEqual("start"u8) => new FirmwareMessage(FirmwareMessageKind.Start, line),
            (byte)'T' when IsTemperature(text) => new FirmwareMessage(FirmwareMessageKind.Temperature, line) { Detail = text },
            (byte)'B' when text.StartsWith("B:"u8) => new FirmwareMessage(FirmwareMessageKind.Temperature, line) { Detail = text },
            (byte)'X' when text.StartsWith("X:"u8) => new FirmwareMessage(FirmwareMessageKind.Position, line) { Detail = text },
            (byte)'C' when text.StartsWith("Cap:"u8) => new FirmwareMessage(FirmwareMessageKind.Capability, line) { Detail = text[4..] },
            (byte)'F' when text.StartsWith("FIRMWARE_NAME:"u8) => new FirmwareMessage(FirmwareMessageKind.Version, line) { Detail = text[14..] },
            (byte)'/' when text.StartsWith("//action:"u8) => new FirmwareMessage(FirmwareMessageKind.HostAction, line) { Detail = text[9..].Trim((byte)' ') },
            (byte)'/' when text.StartsWith("//"u8) => new FirmwareMessage(FirmwareMessageKind.Echo, line) { Detail = text[2..] },
            _ => new FirmwareMessage(FirmwareMessageKind.Unknown, line),
        };
    }

    /// <inheritdoc />
    public int Frame(ReadOnlySpan<byte> command, int number, Span<byte> destination)
    {
        destination[0] = (byte)'N';
        Utf8Formatter.TryFormat(number, destination[1..], out var digits);
        var length = 1 + digits;
        // A checksum is at most "*255".
        if (length + 1 + command.Length + 4 > MaxContentBytes)
            return 0;
        destination[length++] = (byte)' ';
        command.CopyTo(destination[length..]);
        length += command.Length;
        byte checksum = 0;
        foreach (var value in destination[..length])
            checksum ^= value;
        destination[length++] = (byte)'*';
        Utf8Formatter.TryFormat(checksum, destination[length..], out digits);
        length += digits;
        destination[length++] = (byte)'\n';
        return length;
    }

    /// <summary>M112 bare, which the emergency parser and the early look at unnumbered lines obey, then numbered, for a queue that takes numbered lines only.</summary>
    public byte[] EmergencyStop(int nextNumber)
    {
        Span<byte> numbered = stackalloc byte[MaxLineBytes];
        var length = Frame("M112"u8, nextNumber, numbered);
        return [.. "\nM112\n"u8, .. numbered[..length]];
    }

    private static bool IsTemperature(ReadOnlySpan<byte> text) =>
        text.StartsWith("T:"u8) || (text.Length > 3 && text[1] is >= (byte)'0' and <= (byte)'9' && text[2] == (byte)':');

    // A board's start and a loose wire leave NUL and 0xFF bytes before a line; blanks precede automatic temperature reports.
    private static ReadOnlySpan<byte> TrimNoise(ReadOnlySpan<byte> line)
    {
        var start = 0;
        while (start < line.Length && line[start] is <= 0x20 or >= 0x7F)
            start++;
        var end = line.Length;
        while (end > start && line[end - 1] <= 0x20)
            end--;
        return line[start..end];
    }

    private static FirmwareMessage ParseOk(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart((byte)' ');
        if (rest.IsEmpty)
            return new FirmwareMessage(FirmwareMessageKind.Ok, line) { Detail = rest };
        if (rest[0] is (byte)'T' or (byte)'B')
            return new FirmwareMessage(FirmwareMessageKind.Ok, line) { Detail = rest, HasTemperatures = true };
        // ADVANCED_OK: "ok N3 P15 B3"; Repetier echoes the number alone: "ok 3".
        var number = rest[0] == (byte)'N' ? FirmwareText.LeadingNumber(rest[1..]) : FirmwareText.LeadingNumber(rest);
        var slots = rest.IndexOf(" B"u8);
        if (slots < 0 && rest[0] == (byte)'P')
            slots = rest.IndexOf((byte)'B') - 1;
        return new FirmwareMessage(FirmwareMessageKind.Ok, line)
        {
            Detail = rest,
            Number = number,
            SlotsFree = slots < 0 ? -1 : FirmwareText.LeadingNumber(rest[(slots + 2)..]),
        };
    }

    private static FirmwareMessage ParseResend(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest) =>
        new(FirmwareMessageKind.Resend, line) { Number = FirmwareText.LeadingNumber(rest.TrimStart(": N"u8)) };

    private static FirmwareMessage ParseError(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest)
    {
        var lastLine = rest.IndexOf("Last Line:"u8);
        return new FirmwareMessage(FirmwareMessageKind.Error, line)
        {
            Detail = rest,
            LastLine = lastLine < 0 ? -1 : FirmwareText.LeadingNumber(rest[(lastLine + 10)..].TrimStart((byte)' ')),
            // A stream error whose number was damaged is still a stream error.
            Number = lastLine >= 0 || IsStreamError(rest) ? 1 : 0,
        };
    }

    private static bool IsStreamError(ReadOnlySpan<byte> text) =>
        text.IndexOf("hecksum"u8) >= 0 || text.IndexOf("ine Number"u8) >= 0 || text.IndexOf("ast Line"u8) >= 0;

    private static FirmwareMessage ParseBusy(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest) =>
        new(FirmwareMessageKind.Busy, line) { Detail = rest.Trim((byte)' '), Number = rest.IndexOf("paused for"u8) >= 0 ? 1 : 0 };
}
