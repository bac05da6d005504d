// Reads a block and checks it against the modes, in the order in which gcode.c finds errors, so that the same line gets the same error number.

using System.Globalization;
using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>The parser's memory and its checks. Executing a block is the firmware's part, which then updates this state. Lengths in mm.</summary>
internal sealed partial class GrblParser(GrblBuild build)
{
    public const double MmPerInch = 25.4;
    private const long HighestLine = 10_000_000;
    private const int HighestTool = 255;

    /// <summary>Axis words belong to one thing in a block.</summary>
    private enum AxisUse
    {
        None,
        Action,
        Motion,
        ToolLength,
    }

    /// <summary>G54 to G59.</summary>
    public Axes[] Coordinates { get; } = new Axes[6];

    /// <summary>G28 and G30.</summary>
    public Axes[] Homes { get; } = new Axes[2];

    public GrblModes Modes = GrblModes.Default;

    /// <summary>Where the last queued move ends, machine coordinates.</summary>
    public Axes Position { get; set; }

    /// <summary>G92.</summary>
    public Axes Offset { get; set; }

    /// <summary>G43.1, along Z.</summary>
    public double ToolLength { get; set; }

    /// <summary>mm/min; 0 is undefined.</summary>
    public double Feed { get; set; }

    public double SpindleSpeed { get; set; }

    public int Tool { get; set; }

    /// <summary>Work coordinates are machine coordinates minus this.</summary>
    public Axes WorkOffset => Coordinates[Modes.CoordinateSystem] + Offset + new Axes(0, 0, ToolLength, 0);

    /// <summary>A soft reset: modes and G92 are gone; what the EEPROM holds stays.</summary>
    public void Reset(Axes position)
    {
        Modes = GrblModes.Default;
        Position = position;
        Offset = default;
        ToolLength = 0;
        Feed = 0;
        SpindleSpeed = 0;
        Tool = 0;
    }

    /// <summary>Parses a line that has no blanks and only upper case.</summary>
    /// <param name="line">The block; of a jog, what follows <c>$J=</c>.</param>
    /// <param name="isJog">A jog: G1 and G94 hold in it, and it changes no mode.</param>
    /// <param name="block">What it means, if it is good.</param>
    /// <returns>0, or the error number.</returns>
    public int Parse(ReadOnlySpan<char> line, bool isJog, out GrblBlock block)
    {
        block = new GrblBlock { Modes = Modes, IsJog = isJog };
        if (isJog)
        {
            block.Modes.Motion = GrblMotion.Linear;
            block.Modes.InverseTime = false;
        }

        var words = new GrblWords();
        var use = AxisUse.None;
        var groups = 0;
        for (var at = 0; at < line.Length;)
        {
            var letter = line[at++];
            if (letter is < 'A' or > 'Z')
            {
                return GrblError.ExpectedLetter;
            }

            if (!TryReadNumber(line, ref at, out var value))
            {
                return GrblError.BadNumber;
            }

            var error = letter switch
            {
                'G' => TakeG(value, block, ref use, ref groups),
                'M' => TakeM(value, block, ref groups),
                _ => words.Take(letter, value),
            };
            if (error != GrblError.None)
            {
                return error;
            }
        }

        return Check(block, words, use, groups);
    }

    /// <summary>Reads a number as GRBL does: sign, digits, one point; no exponent.</summary>
    internal static bool TryReadNumber(ReadOnlySpan<char> text, ref int at, out double value)
    {
        var start = at;
        if (at < text.Length && text[at] is '+' or '-')
        {
            at++;
        }

        var digits = 0;
        var point = false;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && !point)))
        {
            point |= text[at] == '.';
            digits += text[at] == '.' ? 0 : 1;
            at++;
        }

        value = 0;
        return digits > 0
            && double.TryParse(text[start..at], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }

    private static (int Whole, int Hundredths) Split(double value)
    {
        var whole = (int)Math.Clamp(value, -1, 255);
        return (whole, (int)Math.Clamp(Math.Round(100 * (value - whole)), 0, 99));
    }

    private static int TakeG(double value, GrblBlock block, ref AxisUse use, ref int groups)
    {
        var (code, part) = Split(value);
        int group;
        switch (code)
        {
            case 10 or 28 or 30 or 92:
                if (part == 0)
                {
                    if (use != AxisUse.None)
                    {
                        return GrblError.AxisCommandConflict;
                    }

                    use = AxisUse.Action;
                }

                group = 0;
                if (code != 10 && part is not (0 or 10))
                {
                    return GrblError.Unsupported;
                }

                block.Action = (GrblAction)((code * 10) + (code == 10 ? 0 : part / 10));
                part = code == 10 ? part : 0;
                break;
            case 4 or 53:
                group = 0;
                block.Action = (GrblAction)(code * 10);
                break;
            case 0 or 1 or 2 or 3 or 38:
                if (use != AxisUse.None)
                {
                    return GrblError.AxisCommandConflict;
                }

                use = AxisUse.Motion;
                group = 1;
                block.Modes.Motion = (GrblMotion)code;
                if (code == 38)
                {
                    if (part is not (20 or 30 or 40 or 50))
                    {
                        return GrblError.Unsupported;
                    }

                    block.Modes.Motion = GrblMotion.ProbeToward + ((part / 10) - 2);
                    part = 0;
                }

                break;
            case 80:
                group = 1;
                block.Modes.Motion = GrblMotion.None;
                break;
            case 17 or 18 or 19:
                group = 2;
                block.Modes.Plane = code - 17;
                break;
            case 90 or 91:
                group = 3;
                if (part == 0)
                {
                    block.Modes.Relative = code == 91;
                }
                else if (part == 10 && code == 91)
                {
                    group = 4;
                    part = 0;
                }
                else
                {
                    return GrblError.Unsupported;
                }

                break;
            case 93 or 94:
                group = 5;
                block.Modes.InverseTime = code == 93;
                break;
            case 20 or 21:
                group = 6;
                block.Modes.Inches = code == 20;
                break;
            case 40:
                group = 7;
                break;
            case 43 or 49:
                group = 8;
                if (use != AxisUse.None)
                {
                    return GrblError.AxisCommandConflict;
                }

                use = AxisUse.ToolLength;
                if (code == 43 && part != 10)
                {
                    return GrblError.Unsupported;
                }

                block.Modes.ToolLengthActive = code == 43;
                part = 0;
                break;
            case >= 54 and <= 59:
                group = 9;
                block.Modes.CoordinateSystem = code - 54;
                break;
            case 61:
                group = 10;
                if (part != 0)
                {
                    return GrblError.Unsupported;
                }

                break;
            default:
                return GrblError.Unsupported;
        }

        return part > 0 ? GrblError.NotInteger : Occupy(group, ref groups);
    }

    private int TakeM(double value, GrblBlock block, ref int groups)
    {
        var (code, part) = Split(value);
        if (part > 0)
        {
            return GrblError.NotInteger;
        }

        int group;
        switch (code)
        {
            case 0 or 1 or 2 or 30:
                group = 11;
                block.Modes.Flow = code switch { 0 => 1, 1 => block.Modes.Flow, _ => code };
                break;
            case 3 or 4 or 5:
                group = 12;
                block.Modes.Spindle = code;
                break;
            case 8 or 9:
            case 7 when build.Mist:
                group = 13;
                block.Modes.Mist = code == 7 || (code != 9 && block.Modes.Mist);
                block.Modes.Flood = code == 8 || (code != 9 && block.Modes.Flood);
                break;
            default:
                return GrblError.Unsupported;
        }

        return Occupy(group, ref groups);
    }

    private static int Occupy(int group, ref int groups)
    {
        if ((groups & (1 << group)) != 0)
        {
            return GrblError.ModalGroupViolation;
        }

        groups |= 1 << group;
        return GrblError.None;
    }
}
