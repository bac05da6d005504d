// Reads a block and checks it against the modes, in the order in which gcode.c finds errors, so that the same line gets the same error number.

using System.Globalization;
using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>The parser's memory and its checks. Executing a block is the firmware's part, which then updates this state. Lengths in mm.</summary>
internal sealed class GrblParser(GrblBuild build)
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

        var words = new Words();
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

    private int Check(GrblBlock block, Words words, AxisUse use, int groups)
    {
        if (words.HasAxes && use == AxisUse.None)
        {
            use = AxisUse.Motion;
        }

        block.Line = (long)words['N'];
        if (words.Has('N') && block.Line > HighestLine)
        {
            return GrblError.InvalidLineNumber;
        }

        var scale = block.Modes.Inches ? MmPerInch : 1;
        var error = CheckFeed(block, words, use, scale);
        if (error != GrblError.None)
        {
            return error;
        }

        block.SpindleSpeed = words.Has('S') ? words['S'] : SpindleSpeed;
        if (words.Has('T') && words['T'] > HighestTool)
        {
            return GrblError.ToolNumberTooHigh;
        }

        block.Tool = words.Has('T') ? (int)words['T'] : Tool;
        if (block.Action == GrblAction.Dwell)
        {
            if (!words.Use('P'))
            {
                return GrblError.ValueMissing;
            }

            block.DwellS = words['P'];
        }

        if (use == AxisUse.ToolLength)
        {
            block.ChangesToolLength = true;
            if (block.Modes.ToolLengthActive && !words.HasOnlyZ)
            {
                return GrblError.ToolLengthAxis;
            }
        }

        block.CoordinateOrigin = Coordinates[block.Modes.CoordinateSystem];
        error = CheckAction(block, words, ref use, scale);
        if (error == GrblError.None)
        {
            error = CheckMotion(block, words, ref use, scale);
        }

        if (error != GrblError.None)
        {
            return error;
        }

        words.Use('N');
        words.Use('F');
        if (!block.IsJog)
        {
            words.Use('S');
            words.Use('T');
        }

        if (use != AxisUse.None)
        {
            words.UseAxes();
        }

        if (words.AnyLeft)
        {
            return GrblError.UnusedWords;
        }

        block.Moves = use == AxisUse.Motion && words.HasAxes;
        const int groupsOfAJog = (1 << 0) | (1 << 3) | (1 << 6);
        return block.IsJog && ((groups & ~groupsOfAJog) != 0 || block.Action is not (GrblAction.None or GrblAction.MachineCoordinates))
            ? GrblError.InvalidJog
            : GrblError.None;
    }

    private int CheckFeed(GrblBlock block, Words words, AxisUse use, double scale)
    {
        if (block.IsJog)
        {
            block.Feed = words['F'] * scale;
            return words.Has('F') ? GrblError.None : GrblError.UndefinedFeed;
        }

        if (block.Modes.InverseTime)
        {
            block.Feed = words['F'];
            var needsFeed = use == AxisUse.Motion && block.Modes.Motion is not (GrblMotion.None or GrblMotion.Seek);
            return needsFeed && !words.Has('F') ? GrblError.UndefinedFeed : GrblError.None;
        }

        block.Feed = words.Has('F') ? words['F'] * scale : Modes.InverseTime ? 0 : Feed;
        return GrblError.None;
    }

    private int CheckAction(GrblBlock block, Words words, ref AxisUse use, double scale)
    {
        if (block.Action == GrblAction.SetCoordinates)
        {
            return CheckSetCoordinates(block, words, scale);
        }

        if (block.Action == GrblAction.SetOffset)
        {
            if (!words.HasAxes)
            {
                return GrblError.NoAxisWords;
            }

            block.Target = Offset;
            for (var axis = 0; axis < 3; axis++)
            {
                if (words.Has("XYZ"[axis]))
                {
                    var tool = axis == 2 ? ToolLength : 0;
                    block.Target = block.Target.With(axis, Position[axis] - block.CoordinateOrigin[axis] - tool - (words["XYZ"[axis]] * scale));
                }
            }

            return GrblError.None;
        }

        block.Target = Position;
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has("XYZ"[axis]))
            {
                var value = words["XYZ"[axis]] * scale;
                if (use == AxisUse.ToolLength)
                {
                    block.Target = block.Target.With(axis, value);
                    continue;
                }

                var tool = axis == 2 ? ToolLength : 0;
                var origin = block.Action == GrblAction.MachineCoordinates ? 0
                    : block.Modes.Relative ? Position[axis]
                    : block.CoordinateOrigin[axis] + Offset[axis] + tool;
                block.Target = block.Target.With(axis, value + origin);
            }
        }

        switch (block.Action)
        {
            case GrblAction.GoHome0 or GrblAction.GoHome1:
                block.Stored = Homes[block.Action == GrblAction.GoHome0 ? 0 : 1];
                block.HasWaypoint = words.HasAxes;
                if (!words.HasAxes)
                {
                    use = AxisUse.None;
                    break;
                }

                for (var axis = 0; axis < 3; axis++)
                {
                    if (!words.Has("XYZ"[axis]))
                    {
                        block.Stored = block.Stored.With(axis, Position[axis]);
                    }
                }

                break;
            case GrblAction.MachineCoordinates when block.Modes.Motion is not (GrblMotion.Seek or GrblMotion.Linear):
                return GrblError.G53NeedsG0OrG1;
        }

        return GrblError.None;
    }

    private int CheckSetCoordinates(GrblBlock block, Words words, double scale)
    {
        if (!words.HasAxes)
        {
            return GrblError.NoAxisWords;
        }

        if (!words.Has('P') && !words.Has('L'))
        {
            return GrblError.ValueMissing;
        }

        var system = (int)words['P'];
        if (system > Coordinates.Length)
        {
            return GrblError.UnsupportedCoordinateSystem;
        }

        var mode = (int)words['L'];
        if (mode is not (2 or 20) || (mode == 2 && words.Has('R')))
        {
            return GrblError.Unsupported;
        }

        words.Use('L');
        words.Use('P');
        block.StoredSystem = system > 0 ? system - 1 : block.Modes.CoordinateSystem;
        block.Stored = Coordinates[block.StoredSystem];
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has("XYZ"[axis]))
            {
                var value = words["XYZ"[axis]] * scale;
                var tool = axis == 2 ? ToolLength : 0;
                block.Stored = block.Stored.With(axis, mode == 20 ? Position[axis] - Offset[axis] - tool - value : value);
            }
        }

        return GrblError.None;
    }

    private int CheckMotion(GrblBlock block, Words words, ref AxisUse use, double scale)
    {
        if (block.Modes.Motion == GrblMotion.None)
        {
            return words.HasAxes ? GrblError.AxisWordsUnused : GrblError.None;
        }

        if (use != AxisUse.Motion)
        {
            return GrblError.None;
        }

        if (block.Modes.Motion == GrblMotion.Seek)
        {
            use = words.HasAxes ? use : AxisUse.None;
            return GrblError.None;
        }

        if (block.Feed == 0)
        {
            return GrblError.UndefinedFeed;
        }

        switch (block.Modes.Motion)
        {
            case GrblMotion.Linear:
                use = words.HasAxes ? use : AxisUse.None;
                return GrblError.None;
            case GrblMotion.ClockwiseArc or GrblMotion.CounterClockwiseArc:
                return CheckArc(block, words, scale);
            default:
                return !words.HasAxes ? GrblError.NoAxisWords : block.Target == Position ? GrblError.InvalidTarget : GrblError.None;
        }
    }

    private int CheckArc(GrblBlock block, Words words, double scale)
    {
        var (axis0, axis1) = PlaneAxes(block.Modes.Plane);
        if (!words.HasAxes)
        {
            return GrblError.NoAxisWords;
        }

        if (!words.Has("XYZ"[axis0]) && !words.Has("XYZ"[axis1]))
        {
            return GrblError.NoAxisWordsInPlane;
        }

        var delta0 = block.Target[axis0] - Position[axis0];
        var delta1 = block.Target[axis1] - Position[axis1];
        if (words.Use('R'))
        {
            if (block.Target == Position)
            {
                return GrblError.InvalidTarget;
            }

            var radius = words['R'] * scale;
            if (ArcPath.CentreByRadius(delta0, delta1, radius, block.Modes.Motion == GrblMotion.ClockwiseArc) is not { } centre)
            {
                return GrblError.ArcRadius;
            }

            (block.CentreOffset0, block.CentreOffset1) = centre;
            block.Radius = Math.Abs(radius);
            return GrblError.None;
        }

        if (!words.Has("IJK"[axis0]) && !words.Has("IJK"[axis1]))
        {
            return GrblError.NoOffsetsInPlane;
        }

        block.CentreOffset0 = words["IJK"[axis0]] * scale;
        block.CentreOffset1 = words["IJK"[axis1]] * scale;
        words.Use('I');
        words.Use('J');
        words.Use('K');
        block.Radius = Math.Sqrt(Math.Pow(block.CentreOffset0, 2) + Math.Pow(block.CentreOffset1, 2));
        var targetRadius = Math.Sqrt(Math.Pow(delta0 - block.CentreOffset0, 2) + Math.Pow(delta1 - block.CentreOffset1, 2));
        var difference = Math.Abs(targetRadius - block.Radius);
        return difference > 0.005 && (difference > 0.5 || difference > 0.001 * block.Radius) ? GrblError.InvalidTarget : GrblError.None;
    }

    /// <summary>The first and second axis of a plane.</summary>
    public static (int Axis0, int Axis1) PlaneAxes(int plane) => plane switch { 0 => (0, 1), 1 => (2, 0), _ => (1, 2) };

    /// <summary>The value words of one block, and which of them something used.</summary>
    private sealed class Words
    {
        private readonly double[] _values = new double[26];
        private int _given;
        private int _left;

        public double this[char letter] => _values[letter - 'A'];

        public bool HasAxes => Has('X') || Has('Y') || Has('Z');

        public bool HasOnlyZ => Has('Z') && !Has('X') && !Has('Y');

        public bool AnyLeft => _left != 0;

        public bool Has(char letter) => (_given & (1 << (letter - 'A'))) != 0;

        public int Take(char letter, double value)
        {
            if (letter is not ('F' or 'I' or 'J' or 'K' or 'L' or 'N' or 'P' or 'R' or 'S' or 'T' or 'X' or 'Y' or 'Z'))
            {
                return GrblError.Unsupported;
            }

            if (Has(letter))
            {
                return GrblError.WordRepeated;
            }

            if (value < 0 && letter is 'F' or 'N' or 'P' or 'T' or 'S')
            {
                return GrblError.NegativeValue;
            }

            _values[letter - 'A'] = value;
            _given |= 1 << (letter - 'A');
            _left |= 1 << (letter - 'A');
            return GrblError.None;
        }

        public bool Use(char letter)
        {
            _left &= ~(1 << (letter - 'A'));
            return Has(letter);
        }

        public void UseAxes()
        {
            Use('X');
            Use('Y');
            Use('Z');
        }
    }
}
