// One command as Marlin's parser sees it: a letter, a number, and parameters found by their letter.

using System.Globalization;

namespace FabNet.FirmwareSimulator.Marlin;

/// <summary>
/// A line split as Marlin's <c>gcode/parser.cpp</c> does: leading blanks, the line number and the checksum are cut off; only G, M, T and D followed by a digit are commands.
/// </summary>
internal readonly struct MarlinCommand
{
    private readonly string _parameters;

    private MarlinCommand(char letter, int code, string text, string parameters)
    {
        Letter = letter;
        Code = code;
        Text = text;
        _parameters = parameters;
    }

    /// <summary>G, M, T or D; <c>?</c> if the line is no command.</summary>
    public char Letter { get; }

    /// <summary>The number after the letter.</summary>
    public int Code { get; }

    /// <summary>The line without line number and checksum.</summary>
    public string Text { get; }

    /// <summary>What follows the number, for M117, M118 and M0.</summary>
    public string Argument => _parameters.TrimStart(' ');

    public static MarlinCommand Parse(string line)
    {
        var at = SkipBlanks(line, 0);
        if (at < line.Length && line[at] == 'N' && at + 1 < line.Length && (char.IsAsciiDigit(line[at + 1]) || line[at + 1] == '-'))
        {
            at += 2;
            while (at < line.Length && (char.IsAsciiDigit(line[at]) || line[at] == '-'))
            {
                at++;
            }

            at = SkipBlanks(line, at);
        }

        var star = line.IndexOf('*', at);
        var text = (star < 0 ? line[at..] : line[at..star]).TrimEnd(' ');
        if (text.Length == 0 || text[0] is not ('G' or 'M' or 'T' or 'D'))
        {
            return new MarlinCommand('?', 0, text, "");
        }

        var digit = SkipBlanks(text, 1);
        var end = digit;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        if (end == digit || !int.TryParse(text.AsSpan(digit, end - digit), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new MarlinCommand('?', 0, text, "");
        }

        if (end < text.Length && text[end] == '.')
        {
            // A sub-code (G38.2): it is part of the number.
            end++;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }
        }

        return new MarlinCommand(text[0], code, text, text[end..]);
    }

    /// <summary>True if the parameter is there, with or without a value.</summary>
    public bool Has(char parameter) => _parameters.Contains(parameter);

    /// <summary>The parameter's value, if it has one.</summary>
    public double? Value(char parameter)
    {
        var at = _parameters.IndexOf(parameter);
        if (at < 0)
        {
            return null;
        }

        var start = SkipBlanks(_parameters, at + 1);
        var end = start;
        while (end < _parameters.Length && (char.IsAsciiDigit(_parameters[end]) || _parameters[end] is '.' || (end == start && _parameters[end] is '-' or '+')))
        {
            end++;
        }

        return double.TryParse(_parameters.AsSpan(start, end - start), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
    }

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        return at;
    }
}
