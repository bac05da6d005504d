// The words of GRBL 1.1 and kin (grblHAL, FluidNC). Source: gnea/grbl doc/markdown/interface.md.

using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>Plain lines; exactly one <c>ok</c> or <c>error:N</c> for each, in order.</summary>
internal sealed class GrblDialect : IFirmwareDialect
{
    /// <summary>Soft reset: obeyed at once, whatever else is going on.</summary>
    public const byte Reset = 0x18;

    /// <summary>Status report query.</summary>
    public const byte StatusQuery = (byte)'?';

    /// <summary>Feed hold.</summary>
    public const byte FeedHold = (byte)'!';

    /// <summary>Cycle start, resume.</summary>
    public const byte CycleStart = (byte)'~';

    /// <summary>The one instance.</summary>
    public static GrblDialect Instance { get; } = new();

    /// <inheritdoc />
    public FirmwareDialect Kind => FirmwareDialect.Grbl;

    /// <summary>LINE_BUFFER_SIZE is 80 with its NUL; a longer line is refused with error:14 or, worse, cut.</summary>
    public int MaxLineBytes => 80;

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
