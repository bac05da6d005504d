// Lines that are text from some point on: messages, and commands with names of their own (Klipper).

namespace FabNet.GCode.Reading;

internal sealed partial class LineParser
{
    /// <summary>Takes the rest of a line as text: up to a comment, ASCII, without what a firmware might take for a checksum or a line number.</summary>
    private LineContent ParseText(ReadOnlySpan<byte> line, int i)
    {
        var text = line[i..];
        var comment = text.IndexOf((byte)';');
        if (comment >= 0)
            text = text[..comment];
        text = text.Trim(" \t"u8);
        TextStart = _length;
        if (text.IsEmpty)
            return LineContent.Text;
        if (text.Contains((byte)'*') || text.IndexOf("M110"u8) >= 0)
        {
            _log.Refuse(ViolationCode.ChecksumSmuggled, $"'{StrayCharacter.Show(line)}' has a '*' or M110 in its text, which the firmware's line reader would obey. Remove it.");
            return LineContent.Bad;
        }

        if (_length + text.Length + 1 > _maxBytes)
            return TooLong();
        _output[_length++] = (byte)' ';
        TextStart = _length;
        var isChanged = false;
        foreach (var c in text)
        {
            if (c < 0x20)
            {
                _log.Refuse(ViolationCode.BinaryData, $"the line holds the control byte 0x{c:X2}. Export the program again as text.");
                return LineContent.Bad;
            }

            isChanged |= c > 0x7E;

            // A backslash is dropped by Marlin's line reader, and with PAREN_COMMENTS so are parentheses: the checksum would then never fit (gcode/queue.cpp).
            _output[_length++] = c switch
            {
                > 0x7E => (byte)'?',
                (byte)'\\' => (byte)'/',
                (byte)'(' => (byte)'[',
                (byte)')' => (byte)']',
                _ => c,
            };
        }

        if (isChanged)
            _log.Warn(ViolationCode.NonAscii, $"'{StrayCharacter.Show(line)}' has letters that are not ASCII in its text; they are sent as '?'.");
        return LineContent.Text;
    }

    private bool IsName(ReadOnlySpan<byte> line, int i) =>
        _hasNames && i + 1 < line.Length && (line[i + 1] == (byte)'_' || char.IsAsciiLetter((char)line[i + 1])) && i + 2 < line.Length
        && (line[i + 2] == (byte)'_' || char.IsAsciiLetter((char)line[i + 2]));

    private LineContent ParseName(ReadOnlySpan<byte> line, int i)
    {
        var outcome = ParseText(line, i);
        if (outcome != LineContent.Text)
            return outcome;

        // ParseText put a blank before the text; a name begins the line.
        _output.AsSpan(TextStart, _length - TextStart).CopyTo(_output);
        _length -= TextStart;
        TextStart = 0;
        return LineContent.Named;
    }
}
