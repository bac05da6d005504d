// One line of text to its words, and to the bytes that will be sent for it.

using FabNet.GCode.Commands;
using FabNet.Model.Machines;

namespace FabNet.GCode.Reading;

/// <summary>What a line turned out to be.</summary>
internal enum LineContent
{
    /// <summary>Nothing to send.</summary>
    Blank,

    /// <summary>Nothing but a comment; <see cref="LineParser.CommentStart"/> says where its text begins.</summary>
    Comment,

    /// <summary>A command and its words.</summary>
    Command,

    /// <summary>A command followed by free text.</summary>
    Text,

    /// <summary>A command with a name of its own (Klipper).</summary>
    Named,

    /// <summary>Refused; the reason is in the log.</summary>
    Bad,
}

/// <summary>
/// Parses lines and rewrites them in one form: upper case, no comments, no line number or checksum, words apart by one blank (Marlin and kin, whose
/// number readers may take <c>0X1</c> for hexadecimal) or by none (GRBL). What is checked is what is sent. No allocation per line.
/// </summary>
internal sealed partial class LineParser
{
    // 95 bytes that Marlin's reader takes, less N, 9 digits, a blank, and * with 3 digits that the sender adds (gcode/queue.cpp, MAX_CMD_SIZE 96).
    private const int MarlinBytes = 80;

    // grbl/protocol.h LINE_BUFFER_SIZE 80, with its end.
    private const int GrblBytes = 79;

    // grbl/nuts_bolts.c MAX_INT_DIGITS 8: later digits before the point become zeros.
    private const double GrblGreatest = 1e8;

    // Whole files, read by programs with long buffers.
    private const int FileBytes = 255;

    private readonly ViolationLog _log;
    private readonly bool _isGrbl;
    private readonly bool _hasNames;
    private readonly int _maxBytes;
    private readonly byte[] _output = new byte[1024];
    private Words _words;
    private int _length;

    /// <param name="dialect">What the machine speaks.</param>
    /// <param name="log">Where refusals go.</param>
    /// <param name="grblBytes">What this machine's GRBL takes in a line; 0 for the dialect's own.</param>
    public LineParser(FirmwareDialect dialect, ViolationLog log, int grblBytes = 0)
    {
        _log = log;
        _isGrbl = dialect == FirmwareDialect.Grbl;
        _hasNames = dialect == FirmwareDialect.Klipper;
        _maxBytes = dialect == FirmwareDialect.Grbl && grblBytes > 0 ? grblBytes : MaxLineBytes(dialect);
    }

    /// <summary>The words of the line last parsed.</summary>
    public ref readonly Words Words => ref _words;

    /// <summary>The line as it will be sent.</summary>
    public ReadOnlySpan<byte> Output => _output.AsSpan(0, _length);

    /// <summary>Where a comment's text begins in the line last parsed.</summary>
    public int CommentStart { get; private set; }

    /// <summary>The free text after a <see cref="LineContent.Text"/> command, or a <see cref="LineContent.Named"/> command with its arguments.</summary>
    public ReadOnlySpan<byte> Text => _output.AsSpan(TextStart, _length - TextStart);

    private int TextStart { get; set; }

    // Where the line's verified checksum begins; -1 without.
    private int ChecksumAt { get; set; } = -1;

    /// <summary>How many bytes a line of a program may have, without line number, checksum and end.</summary>
    public static int MaxLineBytes(FirmwareDialect dialect) => dialect switch
    {
        FirmwareDialect.Marlin => MarlinBytes,
        FirmwareDialect.Grbl => GrblBytes,
        _ => FileBytes,
    };

    /// <summary>Reads a plain move from the head of whole lines, into <see cref="Words"/> and a place that the caller gives.</summary>
    /// <returns>The line's length with its end; 0 if it must go through <see cref="Parse"/>.</returns>
    public int TryReadMove(ReadOnlySpan<byte> wholeLines, Span<byte> output, out int length)
    {
        var read = PlainMove.Read(wholeLines, _isGrbl, ref _words, output, out length);
        return length <= _maxBytes ? read : 0;
    }

    /// <summary>Parses one line.</summary>
    public LineContent Parse(ReadOnlySpan<byte> line)
    {
        _words.Clear();
        _length = 0;
        ChecksumAt = -1;
        var i = 0;
        while (i < line.Length && IsBlank(line[i]))
            i++;
        if (i == line.Length)
            return LineContent.Blank;
        switch (line[i])
        {
            case (byte)';':
                CommentStart = i + 1;
                return LineContent.Comment;
            case (byte)'%':
                return LineContent.Blank;
            case (byte)'N' or (byte)'n':
                if (!SkipLineNumber(line, ref i))
                    return LineContent.Bad;
                break;
            case (byte)'$' when _isGrbl:
                _log.Refuse(ViolationCode.SettingsCommand, $"'{StrayCharacter.Show(line)}' is a GRBL system command (settings, homing, unlock, jog); a program may not hold any. Remove it and do it from the machine's console.");
                return LineContent.Bad;
        }

        return ParseWords(line, i);
    }

    private LineContent ParseWords(ReadOnlySpan<byte> line, int i)
    {
        var isFirst = true;
        while (i < line.Length)
        {
            var c = line[i];
            if (IsBlank(c))
            {
                i++;
                continue;
            }

            var letter = (c | 0x20) - 'a';
            if (letter is < 0 or >= 26)
            {
                if (c == (byte)';')
                    break;
                if (!SkipSpecial(line, ref i))
                    return LineContent.Bad;
                continue;
            }

            if (isFirst && IsName(line, i))
                return ParseName(line, i);
            i++;
            while (i < line.Length && IsBlank(line[i]))
                i++;
            var start = i;
            var outcome = NumberReader.Read(line, ref i, out var value);
            if (outcome > NumberOutcome.Read)
                return BadNumber(line, outcome, letter);
            var hasValue = outcome == NumberOutcome.Read;
            if (letter is 'G' - 'A' or 'M' - 'A' || (isFirst && letter == 'T' - 'A' && !_isGrbl))
            {
                if (!AddCommand(line, letter, value, hasValue, isFirst, out var key))
                    return LineContent.Bad;
                isFirst = false;
                if (!_isGrbl && MarlinCommands.TakesText(key))
                    return ParseText(line, i);
                continue;
            }

            if (!AddWord(line, letter, line[start..i], value, hasValue, isFirst))
                return LineContent.Bad;
            isFirst = false;
        }

        if (_length == 0)
            return LineContent.Blank;
        return _length > _maxBytes ? TooLong() : LineContent.Command;
    }

    private bool AddCommand(ReadOnlySpan<byte> line, int letter, double value, bool hasValue, bool isFirst, out int key)
    {
        key = 0;
        var tenths = value * 10;
        var whole = (int)Math.Min(Math.Abs(tenths) + 0.5, int.MaxValue);
        if (!hasValue || value < 0 || value > Command.MaxNumber || Math.Abs(tenths - whole) > 1e-6)
        {
            _log.Refuse(hasValue ? ViolationCode.UnknownCommand : isFirst ? ViolationCode.NotGCode : ViolationCode.MalformedWord, $"'{StrayCharacter.Show(line)}' has no valid command number after {(char)('A' + letter)}. Correct the line, or export the program again.");
            return false;
        }

        if (!isFirst && !_isGrbl)
        {
            _log.Refuse(ViolationCode.SeveralCommands, $"'{StrayCharacter.Show(line)}' has several commands; the firmware obeys the first only. Put each on a line of its own.");
            return false;
        }

        key = Command.Key((char)('A' + letter), whole);
        if (!_words.TryAddCommand(key))
        {
            _log.Refuse(ViolationCode.SeveralCommands, $"'{StrayCharacter.Show(line)}' has more than {Words.MaxCommands} commands. Put them on lines of their own.");
            return false;
        }

        Separate();
        _output[_length++] = (byte)('A' + letter);
        _ = (whole / 10).TryFormat(_output.AsSpan(_length), out var written);
        _length += written;
        if (whole % 10 != 0)
        {
            _output[_length++] = (byte)'.';
            _output[_length++] = (byte)('0' + (whole % 10));
        }

        return true;
    }

    private bool AddWord(ReadOnlySpan<byte> line, int letter, ReadOnlySpan<byte> number, double value, bool hasValue, bool isFirst)
    {
        if (isFirst && (!_isGrbl || !hasValue))
        {
            if (letter == 'O' - 'A' && hasValue)
                _log.Refuse(ViolationCode.Macro, $"'{StrayCharacter.Show(line)}' is a subprogram word. Post-process the program without subprograms.");
            else if (letter == 'D' - 'A' && hasValue)
                _log.Refuse(ViolationCode.SafetyCommand, $"'{StrayCharacter.Show(line)}' is a debugging command that can write the firmware's memory. Remove it.");
            else if (hasValue)
                _log.Refuse(ViolationCode.UnknownCommand, $"'{StrayCharacter.Show(line)}' does not begin with a command (G, M or T). This firmware has no modal motion: repeat G1 on each line.");
            else
                _log.Refuse(ViolationCode.NotGCode, $"'{StrayCharacter.Show(line)}' is not G-code. Send the file that the slicer or CAM program exported.");
            return false;
        }

        if (letter == 'N' - 'A')
        {
            _log.Refuse(ViolationCode.ChecksumSmuggled, $"'{StrayCharacter.Show(line)}' has a line number in its middle, where some firmwares would obey it. Remove it.");
            return false;
        }

        if (letter == 'O' - 'A' && _isGrbl)
        {
            _log.Refuse(ViolationCode.Macro, $"'{StrayCharacter.Show(line)}' is a subprogram word. Post-process the program without subprograms.");
            return false;
        }

        if (_words.Mentions((char)('A' + letter)))
        {
            _log.Refuse(ViolationCode.RepeatedWord, $"'{StrayCharacter.Show(line)}' has {(char)('A' + letter)} twice; firmwares differ on which one counts. Keep one.");
            return false;
        }

        if (!hasValue && _isGrbl)
        {
            _log.Refuse(ViolationCode.MalformedWord, $"'{StrayCharacter.Show(line)}' has {(char)('A' + letter)} without a number. Correct the line.");
            return false;
        }

        if (_length + number.Length + 2 > _output.Length)
        {
            _ = TooLong();
            return false;
        }

        if (_isGrbl && Math.Abs(value) >= GrblGreatest)
        {
            _ = BadNumber(line, NumberOutcome.OutOfRange, letter);
            return false;
        }

        _words.Add(letter, value, hasValue);
        Separate();
        _output[_length++] = (byte)('A' + letter);
        WriteNumber(number);
        return true;
    }

    /// <summary>Writes a number without its + and needless zeros: GRBL keeps a number's first eight digits, zeros among them (nuts_bolts.c, read_float).</summary>
    private void WriteNumber(ReadOnlySpan<byte> number)
    {
        if (number.Length > 0 && number[0] is (byte)'+' or (byte)'-')
        {
            if (number[0] == (byte)'-')
                _output[_length++] = (byte)'-';
            number = number[1..];
        }

        while (number.Length > 1 && number[0] == (byte)'0' && number[1] is >= (byte)'0' and <= (byte)'9')
            number = number[1..];
        number.CopyTo(_output.AsSpan(_length));
        _length += number.Length;
    }

    private void Separate()
    {
        if (_length > 0 && !_isGrbl)
            _output[_length++] = (byte)' ';
    }

    private bool SkipLineNumber(ReadOnlySpan<byte> line, ref int i)
    {
        var first = i++;
        var start = i;
        while (i < line.Length && char.IsAsciiDigit((char)line[i]))
            i++;
        if (i == start || i - start > 10)
        {
            _log.Refuse(ViolationCode.MalformedWord, $"'{StrayCharacter.Show(line)}' has a broken line number. Remove line numbers: they are added when the program is sent.");
            return false;
        }

        // A checksum in a file must at least be right. It covers all bytes from the N to the '*'.
        var comment = line.IndexOf((byte)';');
        var text = comment < 0 ? line : line[..comment];
        var star = text.LastIndexOf((byte)'*');
        if (star < 0)
            return true;
        var sum = 0;
        foreach (var c in text[first..star])
            sum ^= c;
        var digits = text[(star + 1)..].Trim(" \t"u8);
        if (_isGrbl || digits.IsEmpty || digits.Length > 3 || !System.Buffers.Text.Utf8Parser.TryParse(digits, out int stated, out var used) || used != digits.Length || stated != sum)
        {
            _log.Refuse(ViolationCode.ChecksumMismatch, $"'{StrayCharacter.Show(line)}' has a checksum that does not match it (it would be {sum}). The file is damaged: export it again.");
            return false;
        }

        ChecksumAt = star;
        return true;
    }

    /// <summary>A character that begins no word: a comment, a checksum that was verified, or a reason to refuse the line.</summary>
    private bool SkipSpecial(ReadOnlySpan<byte> line, ref int i)
    {
        var c = line[i];
        switch (c)
        {
            case (byte)'(':
                var length = line[i..].IndexOf((byte)')');
                if (length < 0)
                {
                    _log.Warn(ViolationCode.UnbalancedComment, $"'{StrayCharacter.Show(line)}' opens a comment and does not close it; it is taken to the line's end.");
                    i = line.Length;
                    return true;
                }

                i += length + 1;
                return true;
            case (byte)'*' when ChecksumAt == i:
                i++;
                while (i < line.Length && line[i] != (byte)';')
                    i++;
                return true;
            default:
                StrayCharacter.Refuse(_log, line, c, _isGrbl, isFirst: _length == 0);
                return false;
        }
    }

    private LineContent BadNumber(ReadOnlySpan<byte> line, NumberOutcome outcome, int letter)
    {
        if (outcome == NumberOutcome.OutOfRange)
            _log.Refuse(ViolationCode.NumberOutOfRange, $"'{StrayCharacter.Show(line)}': the number after {(char)('A' + letter)} has too many digits or is above {NumberReader.Greatest:0}. Correct it.");
        else
            _log.Refuse(ViolationCode.MalformedWord, $"'{StrayCharacter.Show(line)}': the number after {(char)('A' + letter)} is broken. Correct it.");
        return LineContent.Bad;
    }

    private LineContent TooLong()
    {
        _log.Refuse(ViolationCode.LineTooLong, $"the line is longer than the {_maxBytes} bytes that the firmware takes. Shorten its text or split it.");
        return LineContent.Bad;
    }

    private static bool IsBlank(byte c) => c is (byte)' ' or (byte)'\t';
}
