// The words of GRBL 1.1 and kin (grblHAL, FluidNC). Source: gnea/grbl doc/markdown/interface.md.

using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>Plain lines; exactly one <c>ok</c> or <c>error:N</c> for each, in order.</summary>
internal sealed class GrblDialect(int contentBytes) : IFirmwareDialect
{
    // protocol.h, LINE_BUFFER_SIZE 80 with its NUL: a longer line is refused with error:11.
    private const int StockBytes = 79;

    // FluidNC (Channel.h, maxLine 255) cuts what is longer and says nothing; grblHAL (protocol.h, LINE_BUFFER_SIZE 257) takes two bytes more.
    private const int LongBytes = 254;

    /// <summary>Soft reset: obeyed at once, whatever else is going on.</summary>
    public const byte Reset = 0x18;

    /// <summary>Status report query.</summary>
    public const byte StatusQuery = (byte)'?';

    /// <summary>Feed hold.</summary>
    public const byte FeedHold = (byte)'!';

    /// <summary>Cycle start, resume.</summary>
    public const byte CycleStart = (byte)'~';

    /// <summary>GRBL 1.1 itself, and kin of which nothing else is known.</summary>
    public static GrblDialect Instance { get; } = new(StockBytes);

    /// <summary>grblHAL and FluidNC.</summary>
    public static GrblDialect LongLines { get; } = new(LongBytes);

    /// <inheritdoc />
    public FirmwareDialect Kind => FirmwareDialect.Grbl;

    /// <inheritdoc />
    public int MaxLineBytes => contentBytes + 1;

    /// <summary>The dialect of a firmware by what it says of itself.</summary>
    public static GrblDialect Of(string firmware) => IsGrblHal(firmware) || firmware.Contains("FluidNC", StringComparison.OrdinalIgnoreCase) ? LongLines : Instance;

    /// <summary>True for grblHAL, which answers every line after an error with that same error, until a <c>$</c> command succeeds or it is reset (protocol.c, last_error).</summary>
    public static bool IsGrblHal(string firmware) => firmware.Contains("GrblHAL", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    public FirmwareMessage Parse(ReadOnlySpan<byte> line)
    {
        var text = line.Trim((byte)' ');
        if (text.IsEmpty)
            return new FirmwareMessage(FirmwareMessageKind.Empty, line);
        return text[0] switch
        {
            (byte)'o' when text.SequenceEqual("ok"u8) => new FirmwareMessage(FirmwareMessageKind.Ok, line),
            (byte)'e' when text.StartsWith("error:"u8) => new FirmwareMessage(FirmwareMessageKind.Error, line) { Number = FirmwareText.LeadingNumber(text[6..]), Detail = text[6..] },
            (byte)'A' when text.StartsWith("ALARM:"u8) => new FirmwareMessage(FirmwareMessageKind.Alarm, line) { Number = FirmwareText.LeadingNumber(text[6..]), Detail = text[6..] },
            (byte)'<' when text[^1] == (byte)'>' => new FirmwareMessage(FirmwareMessageKind.Status, line) { Detail = text[1..^1] },
            (byte)'G' when text.StartsWith("Grbl"u8) && text.Length > 5 => new FirmwareMessage(FirmwareMessageKind.Start, line) { Detail = text },
            (byte)'[' when text[^1] == (byte)']' => ParseBracket(line, text[1..^1]),
            (byte)'$' => new FirmwareMessage(FirmwareMessageKind.Echo, line) { Detail = text },
            (byte)'>' => new FirmwareMessage(FirmwareMessageKind.Echo, line) { Detail = text },
            _ => new FirmwareMessage(FirmwareMessageKind.Unknown, line),
        };
    }

    /// <inheritdoc />
    public int Frame(ReadOnlySpan<byte> command, int number, Span<byte> destination)
    {
        if (command.Length + 1 > MaxLineBytes)
            return 0;
        command.CopyTo(destination);
        destination[command.Length] = (byte)'\n';
        return command.Length + 1;
    }

    /// <inheritdoc />
    public byte[] EmergencyStop(int nextNumber) => [Reset];

    private static FirmwareMessage ParseBracket(ReadOnlySpan<byte> line, ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("VER:"u8))
            return new FirmwareMessage(FirmwareMessageKind.Version, line) { Detail = content[4..] };
        if (content.StartsWith("OPT:"u8))
            return new FirmwareMessage(FirmwareMessageKind.BuildOptions, line) { Detail = content[4..] };
        if (content.StartsWith("GC:"u8))
            return new FirmwareMessage(FirmwareMessageKind.ParserState, line) { Detail = content[3..] };
        return new FirmwareMessage(FirmwareMessageKind.Echo, line) { Detail = content };
    }
}
