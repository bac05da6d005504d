// A reply of an FTP server, and what can be read from it. Sources: RFC 959 section 4.2, RFC 2428 (EPSV), RFC 3659 (SIZE).

using System.Globalization;

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>A reply.</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Text">The last line's text.</param>
internal readonly record struct FtpReply(int Code, string Text)
{
    /// <summary>1xx: it begins, another reply follows.</summary>
    public bool IsPreliminary => Code is >= 100 and < 200;

    /// <summary>2xx: done.</summary>
    public bool IsDone => Code is >= 200 and < 300;

    /// <summary>The server does not know the command (500, 502) or these parameters (501, 504).</summary>
    public bool IsUnknownCommand => Code is 500 or 501 or 502 or 504;

    /// <summary>The code at the start of a reply's line.</summary>
    /// <param name="line">A line without its end.</param>
    /// <param name="isLast">False where more lines of the same reply follow.</param>
    /// <returns>The code; 0 if the line begins with none.</returns>
    public static int ParseCode(ReadOnlySpan<char> line, out bool isLast)
    {
        isLast = line.Length == 3 || (line.Length > 3 && line[3] == ' ');
        return line.Length >= 3 && (isLast || line[3] == '-') && int.TryParse(line[..3], NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 100 and < 600
            ? code
            : 0;
    }

    /// <summary>The port of a passive data connection; the address beside it is ignored. 0 if there is none.</summary>
    public int PassivePort()
    {
        var begin = Text.IndexOf('(', StringComparison.Ordinal);
        if (begin < 0)
            return 0;
        var inner = Text.AsSpan(begin + 1);
        var end = inner.IndexOf(')');
        if (end < 0)
            return 0;
        inner = inner[..end];
        if (Code == 229)
        {
            // (|||port|), with any delimiter.
            return inner.Length > 4 && inner[1] == inner[0] && inner[2] == inner[0] && inner[^1] == inner[0] ? Port(inner[3..^1]) : 0;
        }

        Span<Range> parts = stackalloc Range[7];
        return inner.Split(parts, ',') == 6
            && byte.TryParse(inner[parts[4]].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var high)
            && byte.TryParse(inner[parts[5]].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var low)
            ? (high << 8) | low
            : 0;
    }

    /// <summary>The size in a reply to SIZE; null if there is none.</summary>
    public long? Size() => Code == 213 && long.TryParse(Text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");

    private static int Port(ReadOnlySpan<char> text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;
}
