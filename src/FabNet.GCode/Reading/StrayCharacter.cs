// Characters that begin no word: why each refuses the line it stands in.

namespace FabNet.GCode.Reading;

/// <summary>Says what is wrong with a character, and shows lines in messages.</summary>
internal static class StrayCharacter
{
    /// <summary>Notes the reason to refuse a line for a character.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="line">The line.</param>
    /// <param name="c">The character.</param>
    /// <param name="isGrbl">True where realtime bytes exist.</param>
    /// <param name="isFirst">True if no word came before it.</param>
    public static void Refuse(ViolationLog log, ReadOnlySpan<byte> line, byte c, bool isGrbl, bool isFirst)
    {
        switch (c)
        {
            case (byte)'*':
                log.Refuse(ViolationCode.ChecksumSmuggled, $"'{Show(line)}' has a '*' where no checksum belongs. Remove it: checksums are added when the program is sent.");
                break;
            case (byte)')':
                log.Refuse(ViolationCode.UnbalancedComment, $"'{Show(line)}' closes a comment that is not open (comments don't nest). Correct the line.");
                break;
            case (byte)'#' or (byte)'[' or (byte)']' or (byte)'=' or (byte)'<' or (byte)'>' or (byte)'{' or (byte)'}' or (byte)'&' or (byte)'|':
                log.Refuse(ViolationCode.Macro, $"'{Show(line)}' uses a variable or an expression, whose value can't be checked. Export the program with plain numbers.");
                break;
            case (byte)'!' or (byte)'~' or (byte)'?' or 0x18 when isGrbl:
            case >= 0x80 when isGrbl:
                log.Refuse(ViolationCode.RealtimeByte, $"the line holds the byte 0x{c:X2}, which GRBL obeys at once as a realtime command. Remove it.");
                break;
            case (byte)'/':
                log.Refuse(ViolationCode.MalformedWord, $"'{Show(line)}' uses block delete (/), which firmwares ignore: they would run the line. Remove the line or the '/'.");
                break;
            case > 0x7E:
                log.Refuse(ViolationCode.NonAscii, $"'{Show(line)}' holds the byte 0x{c:X2}, which is not ASCII. Export the program as plain text.");
                break;
            case < 0x20:
                log.Refuse(ViolationCode.BinaryData, $"the line holds the control byte 0x{c:X2}: the file is not plain text. Export it as text G-code.");
                break;
            default:
                log.Refuse(isFirst ? ViolationCode.NotGCode : ViolationCode.MalformedWord, $"'{Show(line)}' has '{(char)c}' where a word belongs. Correct the line.");
                break;
        }
    }

    /// <summary>The line for a message: short and printable.</summary>
    public static string Show(ReadOnlySpan<byte> line)
    {
        const int longest = 48;
        var part = line.Trim(" \t"u8);
        var isCut = part.Length > longest;
        if (isCut)
            part = part[..longest];
        return string.Create(part.Length + (isCut ? 1 : 0), part, static (text, bytes) =>
        {
            for (var i = 0; i < bytes.Length; i++)
                text[i] = bytes[i] is >= 0x20 and <= 0x7E ? (char)bytes[i] : '·';
            if (text.Length > bytes.Length)
                text[^1] = '…';
        });
    }
}
