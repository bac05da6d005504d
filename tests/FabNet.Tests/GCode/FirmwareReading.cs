// How the firmwares themselves would read the lines that admission lets through: written anew from their sources' rules, knowing nothing of the code under test.

using System.Globalization;
using System.Text;
using Xunit;

namespace FabNet.Tests.GCode;

/// <summary>One line as Marlin takes it. Sources: Marlin 2.1 gcode/queue.cpp (process_stream_char, get_serial_commands), gcode/parser.cpp.</summary>
internal sealed record MarlinCommand(char Letter, int Number, Dictionary<char, double?> Words)
{
    public string Name => Letter + Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads a line as it would be sent, numbered and with its checksum, by a build with comments in parentheses and quoted strings.</summary>
    public static MarlinCommand Read(string line)
    {
        var numbered = "N7 " + line;
        var sum = numbered.Aggregate(0, (xor, c) => xor ^ c);
        var sent = $"{numbered}*{sum}";
        Assert.Equal(sent, Filter(sent));
        Assert.InRange(sent.Length, 1, 95);
        Assert.Equal(sent.IndexOf('*', StringComparison.Ordinal), sent.LastIndexOf('*'));
        Assert.DoesNotContain("M110", line, StringComparison.Ordinal);

        var i = 0;
        var letter = line[i++];
        Assert.Contains(letter, "GMT");
        while (i < line.Length && line[i] == ' ')
            i++;
        var number = 0;
        Assert.True(i < line.Length && char.IsAsciiDigit(line[i]));
        for (; i < line.Length && char.IsAsciiDigit(line[i]); i++)
            number = (number * 10) + (line[i] - '0');
        Assert.True(number <= ushort.MaxValue);
        var words = new Dictionary<char, double?>();
        if (letter == 'M' && number is 16 or 23 or 28 or 30 or 117 or 118 or 928)
            return new MarlinCommand(letter, number, words);
        while (i < line.Length)
        {
            var c = line[i++];
            if (c is < 'A' or > 'Z')
                continue;
            while (i < line.Length && line[i] == ' ')
                i++;
            var start = i;
            while (i < line.Length && line[i] is (>= '0' and <= '9') or '.' or '+' or '-')
                i++;

            // The last of a letter counts (parser.set overwrites).
            words[c] = double.TryParse(line.AsSpan(start, i - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
        }

        return new MarlinCommand(letter, number, words);
    }

    private static string Filter(string sent)
    {
        var kept = new StringBuilder();
        var inComment = false;
        for (var i = 0; i < sent.Length; i++)
        {
            var c = sent[i];
            if (inComment)
                inComment = c != ')';
            else if (c == '\\')
                i++;
            else if (c == ';')
                break;
            else if (c == '(')
                inComment = true;
            else if (c == '\b')
                kept.Length = Math.Max(0, kept.Length - 1);
            else
                kept.Append(c);
        }

        return kept.ToString();
    }
}

/// <summary>GRBL 1.1h as far as a line can go wrong or move it. Sources: protocol.c, nuts_bolts.c (read_float), gcode.c (gc_execute_line). Work offsets are 0.</summary>
internal sealed class GrblReading
{
    private readonly double[] _position = new double[3];
    private readonly double[] _g92 = new double[3];
    private readonly Action<int, double, Place> _reach;
    private double _toolLength;
    private double _feed;
    private int _motion;
    private int _plane;
    private int _workOffset;
    private bool _isRelative;
    private bool _isInch;
    private bool _isInverseTime;

    /// <param name="reach">Told of each axis and place that a motion leads to, and how the place is known.</param>
    public GrblReading(Action<int, double, Place> reach) => _reach = reach;

    public readonly record struct Place(bool InMachine, bool IsRelative, bool IsLost, int WorkOffset);

    /// <summary>Executes a line.</summary>
    /// <returns>0 for ok, or GRBL's error.</returns>
    public int Execute(string line)
    {
        Assert.DoesNotContain(line, c => c is '$' or '!' or '~' or '?' or '/' or ';' or '(' or ')' or < '!' or > '~');
        Assert.InRange(line.Length, 1, 79);
        var words = new Dictionary<char, double>();
        var groups = new HashSet<int>();
        var (motion, plane, relative, inch, inverse, offset) = (_motion, _plane, _isRelative, _isInch, _isInverseTime, _workOffset);
        var (axisCommand, nonModal, flow, statedMotion, toolCommand) = (0, -1, 0, false, 0);
        var i = 0;
        while (i < line.Length)
        {
            var letter = line[i++];
            if (letter is < 'A' or > 'Z')
                return 1;
            if (!ReadFloat(line, ref i, out var value))
                return 2;
            var whole = unchecked((byte)(long)Math.Truncate(value));
            var hundredths = (int)Math.Round(100 * (value - Math.Truncate(value)));
            switch (letter)
            {
                case 'G':
                    var group = (whole, hundredths) switch
                    {
                        (4 or 53, 0) or (28 or 30 or 92, 0 or 10) or (10, 0) => 0,
                        (0 or 1 or 2 or 3 or 80, 0) or (38, 20 or 30 or 40 or 50) => 1,
                        (17 or 18 or 19, 0) => 2,
                        (90 or 91, 0) => 3,
                        (91, 10) => 4,
                        (93 or 94, 0) => 5,
                        (20 or 21, 0) => 6,
                        (40, 0) => 7,
                        (43, 10) or (49, 0) => 8,
                        ( >= 54 and <= 59, 0) => 12,
                        (61, 0) => 13,
                        _ => -1,
                    };
                    if (group < 0)
                        return 20;
                    var takes = (group == 0 && whole is 10 or 28 or 30 or 92 && hundredths == 0) || (group == 1 && whole != 80) || group == 8;
                    if (takes && axisCommand != 0)
                        return 24;
                    axisCommand = takes ? (group == 1 ? 2 : group == 8 ? 3 : 1) : axisCommand;
                    if (!groups.Add(group))
                        return 21;
                    (motion, statedMotion) = group == 1 ? (whole, true) : (motion, statedMotion);
                    plane = group == 2 ? whole - 17 : plane;
                    relative = group == 3 ? whole == 91 : relative;
                    inverse = group == 5 ? whole == 93 : inverse;
                    inch = group == 6 ? whole == 20 : inch;
                    offset = group == 12 ? whole - 54 : offset;
                    nonModal = group == 0 ? (whole * 100) + hundredths : nonModal;
                    toolCommand = group == 8 ? whole : toolCommand;
                    break;
                case 'M':
                    if (hundredths > 0)
                        return 23;
                    var m = whole switch { 0 or 1 or 2 or 30 => 104, 3 or 4 or 5 => 107, 8 or 9 => 108, _ => -1 };
                    if (m < 0)
                        return 20;
                    if (!groups.Add(m))
                        return 21;
                    flow = m == 104 ? whole : flow;
                    break;
                default:
                    if (!"FIJKLNPRSTXYZ".Contains(letter, StringComparison.Ordinal))
                        return 20;
                    if (!words.TryAdd(letter, value))
                        return 25;
                    if ("FNPTS".Contains(letter, StringComparison.Ordinal) && value < 0)
                        return 4;
                    if (letter == 'T' && value > 255)
                        return 38;
                    break;
            }
        }

        var axes = "XYZ".Where(words.ContainsKey).ToArray();
        if (axes.Length > 0 && axisCommand == 0)
            axisCommand = 2;
        var unit = inch ? 25.4 : 1;
        var feed = words.TryGetValue('F', out var f) ? (inverse ? f : f * unit) : inverse || _isInverseTime ? 0 : _feed;
        if (inverse && axisCommand == 2 && motion is not (80 or 0) && !words.ContainsKey('F'))
            return 22;
        var unused = words.Keys.Except("NFST").ToHashSet();
        if (nonModal == 400 && !unused.Remove('P'))
            return 28;
        if (toolCommand == 43 && !axes.SequenceEqual("Z"))
            return 37;
        if (nonModal is 1000 or 2810 or 3010)
            return 99; // Writes EEPROM: no program may.
        if (nonModal == 9200 && axes.Length == 0)
            return 26;
        if (nonModal == 5300 && motion is not (0 or 1))
            return 30;
        if (motion == 80 && axes.Length > 0)
            return 31;
        if (nonModal is 2800 or 3000 && axes.Length == 0)
            axisCommand = 0;

        var target = new double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var value = words.GetValueOrDefault("XYZ"[axis]) * unit;
            target[axis] = !words.ContainsKey("XYZ"[axis]) ? _position[axis] : nonModal == 5300 ? value : relative ? _position[axis] + value : value + _g92[axis] + (axis == 2 ? _toolLength : 0);
        }

        var (u, v) = plane switch { 0 => (0, 1), 1 => (2, 0), _ => (1, 2) };
        if (axisCommand == 2 && motion != 0)
        {
            if (feed == 0)
                return 22;
            if (motion is 2 or 3 && ArcError(words, axes, target, u, v, unit, unused) is var error and not 0)
                return error;
            if (motion == 38 && axes.Length == 0)
                return 26;
        }

        if (axisCommand != 0)
            unused.ExceptWith("XYZ");
        if (unused.Count > 0)
            return 36;
        (_motion, _plane, _isRelative, _isInch, _isInverseTime, _workOffset) = (motion, plane, relative, inch, inverse, offset);
        _feed = inverse ? 0 : feed;
        _toolLength = toolCommand switch { 43 => words['Z'] * unit, 49 => 0, _ => _toolLength };
        if (nonModal == 9210)
            Array.Clear(_g92);
        if (nonModal == 9200)
        {
            for (var axis = 0; axis < 3; axis++)
                _g92[axis] = words.TryGetValue("XYZ"[axis], out var named) ? _position[axis] - (named * unit) - (axis == 2 ? _toolLength : 0) : _g92[axis];
        }
        else if (axisCommand == 2 || nonModal is 2800 or 3000)
        {
            Move(axes, target, motion, words, u, v, unit, new Place(nonModal == 5300, relative, nonModal is 2800 or 3000 || motion == 38, offset), statedMotion || axisCommand != 2);
        }

        if (flow is 2 or 30)
            (_motion, _plane, _isRelative, _isInverseTime, _workOffset) = (1, 0, false, false, 0);
        return 0;
    }

    private void Move(char[] axes, double[] target, int motion, Dictionary<char, double> words, int u, int v, double unit, Place place, bool isStated)
    {
        if (motion is 2 or 3 && !place.IsLost && words.TryGetValue("IJK"[u], out var iu) | words.TryGetValue("IJK"[v], out var iv))
        {
            // Sampled as GRBL draws it: from the start's angle to the end's.
            var (cu, cv) = (_position[u] + (iu * unit), _position[v] + (iv * unit));
            var start = Math.Atan2(_position[v] - cv, _position[u] - cu);
            var sweep = Math.Atan2(target[v] - cv, target[u] - cu) - start;
            sweep += motion == 2 && sweep >= -5e-7 ? -2 * Math.PI : motion == 3 && sweep <= 5e-7 ? 2 * Math.PI : 0;
            var radius = Math.Sqrt((iu * iu) + (iv * iv)) * unit;
            for (var step = 0; step <= 72; step++)
            {
                _reach(u, cu + (radius * Math.Cos(start + (sweep * step / 72))), place);
                _reach(v, cv + (radius * Math.Sin(start + (sweep * step / 72))), place);
            }
        }

        foreach (var axis in axes.Select(axis => axis - 'X'))
        {
            _position[axis] = target[axis];
            _reach(axis, target[axis], place);
        }

        Assert.True(isStated || motion != 38, "a line of bare axis words probes");
    }

    private int ArcError(Dictionary<char, double> words, char[] axes, double[] target, int u, int v, double unit, HashSet<char> unused)
    {
        if (axes.Length == 0)
            return 26;
        if (!axes.Contains("XYZ"[u]) && !axes.Contains("XYZ"[v]))
            return 27;
        var (x, y) = (target[u] - _position[u], target[v] - _position[v]);
        if (words.TryGetValue('R', out var r))
        {
            unused.Remove('R');
            return x == 0 && y == 0 ? 33 : (4 * r * r * unit * unit) - (x * x) - (y * y) < -1e-9 ? 34 : 0;
        }

        if (!words.ContainsKey("IJK"[u]) && !words.ContainsKey("IJK"[v]))
            return 35;
        unused.ExceptWith("IJK");
        var (i, j) = (words.GetValueOrDefault("IJK"[u]) * unit, words.GetValueOrDefault("IJK"[v]) * unit);
        var radius = Math.Sqrt((i * i) + (j * j));
        var difference = Math.Abs(Math.Sqrt(((x - i) * (x - i)) + ((y - j) * (y - j))) - radius);
        return difference > 0.005 + 1e-9 && (difference > 0.5 || difference > (0.001 * radius) + 1e-9) ? 33 : 0;
    }

    private static bool ReadFloat(string line, ref int i, out double value)
    {
        var negative = i < line.Length && line[i] == '-';
        if (i < line.Length && line[i] is '-' or '+')
            i++;
        var (kept, exponent, digits, isDecimal) = (0L, 0, 0, false);
        for (; i < line.Length; i++)
        {
            if (char.IsAsciiDigit(line[i]))
            {
                if (++digits <= 8)
                    (kept, exponent) = ((kept * 10) + (line[i] - '0'), isDecimal ? exponent - 1 : exponent);
                else if (!isDecimal)
                    exponent++;
            }
            else if (line[i] == '.' && !isDecimal)
            {
                isDecimal = true;
            }
            else
            {
                break;
            }
        }

        value = kept * Math.Pow(10, exponent) * (negative ? -1 : 1);
        return digits > 0;
    }
}
