// What a program has set by the time it reaches a line: all that must be set again to go on from there.

using System.Globalization;
using System.Text;

namespace FabNet.GCode.Resuming;

/// <summary>
/// Follows the lines of an admitted program, which are plain words without comments. Lengths are kept in the program's own units and coordinates, and an axis whose place
/// the text does not tell is NaN. What can't be set again is an obstacle, kept with its line until something makes it void.
/// </summary>
internal sealed class ModalRecord(bool isGrbl, double[] home)
{
    private readonly SortedDictionary<string, string> _settings = new(StringComparer.Ordinal);
    private readonly StringBuilder _number = new();

    /// <summary>X, Y, Z and E.</summary>
    public double[] Place { get; } = [double.NaN, double.NaN, double.NaN, isGrbl ? double.NaN : 0];

    /// <summary>The highest Z that the program went to; NaN if none is known.</summary>
    public double HighestZ { get; private set; } = double.NaN;

    /// <summary>The slowest feed with which it went down; 0 if it never did.</summary>
    public double PlungeFeed { get; private set; }

    /// <summary>G20 or G21.</summary>
    public string Units { get; private set; } = "G21";

    public string Plane { get; private set; } = "G17";

    public string WorkOffset { get; private set; } = "G54";

    /// <summary>G0 to G3: what a line of bare axis words means.</summary>
    public string Motion { get; private set; } = "G0";

    /// <summary>The line that said so; 0 if none did.</summary>
    public int MotionLine { get; private set; }

    public bool IsRelative { get; private set; }

    public bool IsExtruderRelative { get; private set; }

    /// <summary>The feed in force, in units per minute; 0 if none.</summary>
    public double Feed { get; private set; }

    /// <summary>M3 or M4 with its speed, and coolant, in the order in which they are switched on again.</summary>
    public string? Spindle { get; private set; }

    public double SpindleSpeed { get; private set; }

    public bool HasMist { get; private set; }

    public bool HasFlood { get; private set; }

    public int Tool { get; private set; }

    /// <summary>Targets in °C by tool.</summary>
    public SortedDictionary<int, double> HotEndsC { get; } = [];

    public double BedC { get; private set; }

    public double ChamberC { get; private set; }

    /// <summary>The last line of each setting that lasts: limits, jerk, overrides, fans.</summary>
    public IEnumerable<string> Settings => _settings.Values;

    /// <summary>Why the program can't be gone on with from here; null if it can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>Takes the next line.</summary>
    public void Take(ReadOnlySpan<byte> line, int number)
    {
        Span<double> values = stackalloc double[26];
        values.Fill(double.NaN);
        var codes = new List<string>(2);
        if (!Read(line, values, codes))
            return;
        if (isGrbl)
            TakeGrbl(values, codes, number);
        else
            TakePrinter(Encoding.ASCII.GetString(line), values, codes, number);
    }

    private static double Value(ReadOnlySpan<double> values, char letter) => values[letter - 'A'];

    private void TakeGrbl(ReadOnlySpan<double> values, List<string> codes, int number)
    {
        if (!double.IsNaN(Value(values, 'F')))
            Feed = Value(values, 'F');
        if (!double.IsNaN(Value(values, 'S')))
            SpindleSpeed = Value(values, 'S');
        var moves = true;
        foreach (var code in codes)
        {
            switch (code)
            {
                case "G0" or "G1" or "G2" or "G3":
                    Motion = code;
                    MotionLine = number;
                    break;
                case "G17" or "G18" or "G19":
                    Plane = code;
                    break;
                case "G20" or "G21" when code != Units:
                    Rescale(code);
                    break;
                case "G90" or "G91":
                    IsRelative = code == "G91";
                    break;
                case "G54" or "G55" or "G56" or "G57" or "G58" or "G59":
                    if (code != WorkOffset)
                        Forget();
                    WorkOffset = code;
                    break;
                case "G93":
                    Obstacle = $"line {number} sets inverse time (G93)";
                    break;
                case "G94":
                    Void("G93");
                    break;
                case "G92" or "G43.1":
                    Obstacle = $"line {number} shifts coordinates ({code}), which a restart forgets";
                    moves = false;
                    break;
                case "G92.1":
                    Void("G92");
                    Forget();
                    break;
                case "G49":
                    Void("G43.1");
                    break;
                case "G53" or "G28" or "G30" or "G38.2" or "G38.3" or "G38.4" or "G38.5":
                    // Where that leads in the program's coordinates, its text does not tell.
                    foreach (var axis in Axes(values))
                        Place[axis] = double.NaN;
                    if (code[1] != '5')
                        Forget();
                    moves = false;
                    break;
                case "G4" or "G10" or "G28.1" or "G30.1":
                    moves = false;
                    break;
                case "M3" or "M4":
                    Spindle = code;
                    break;
                case "M5" or "M6":
                    Spindle = null;
                    break;
                case "M7":
                    HasMist = true;
                    break;
                case "M8":
                    HasFlood = true;
                    break;
                case "M9":
                    HasMist = HasFlood = false;
                    break;
                case "M2" or "M30":
                    Obstacle = $"the program ends in line {number} ({code})";
                    break;
            }
        }

        if (moves)
            Move(values);
    }

    private void TakePrinter(string line, ReadOnlySpan<double> values, List<string> codes, int number)
    {
        var code = codes[0];
        switch (code)
        {
            case "G0" or "G1" or "G2" or "G3":
                if (!double.IsNaN(Value(values, 'F')))
                    Feed = Value(values, 'F');
                Motion = code;
                Move(values);
                break;
            case "G20" or "G21" when code != Units:
                Rescale(code);
                break;
            case "G90" or "G91":
                IsRelative = IsExtruderRelative = code == "G91";
                break;
            case "M82" or "M83":
                IsExtruderRelative = code == "M83";
                break;
            case "G92":
                if (Axes(values).Any(static axis => axis < 3))
                    Obstacle = $"line {number} shifts coordinates (G92), which a restart forgets";
                foreach (var axis in Axes(values))
                    Place[axis] = values["XYZE"[axis] - 'A'];
                break;
            case "G28":
                var all = Axes(values).Count == 0;
                for (var axis = 0; axis < 3; axis++)
                {
                    if (all || !double.IsNaN(values["XYZ"[axis] - 'A']))
                        Place[axis] = home[axis] / Scale;
                }

                break;
            case "G29" or "G30" or "G34" or "G80" or "G27":
                Forget();
                break;
            case "M104" or "M109":
                HotEndsC[double.IsNaN(Value(values, 'T')) ? Tool : (int)Value(values, 'T')] = Target(values);
                break;
            case "M140" or "M190":
                BedC = Target(values);
                break;
            case "M141" or "M191":
                ChamberC = Target(values);
                break;
            case "M106" or "M107":
                var fan = double.IsNaN(Value(values, 'P')) ? "" : Value(values, 'P').ToString(CultureInfo.InvariantCulture);
                _settings["M106 P" + fan] = line;
                break;
            case "M201" or "M203" or "M204" or "M205" or "M220" or "M221" or "M900" or "M572" or "M486":
                _settings[code] = line;
                break;
            case "M0" or "M1" or "M600":
                break;
            default:
                if (code[0] == 'T' && int.TryParse(code.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var tool))
                    Tool = tool;
                break;
        }
    }

    private static double Target(ReadOnlySpan<double> values) =>
        !double.IsNaN(Value(values, 'S')) ? Value(values, 'S') : double.IsNaN(Value(values, 'R')) ? 0 : Value(values, 'R');

    private static List<int> Axes(ReadOnlySpan<double> values)
    {
        var axes = new List<int>(4);
        for (var axis = 0; axis < 4; axis++)
        {
            if (!double.IsNaN(values["XYZE"[axis] - 'A']))
                axes.Add(axis);
        }

        return axes;
    }

    private double Scale => Units == "G20" ? 25.4 : 1;

    private void Move(ReadOnlySpan<double> values)
    {
        var before = Place[2];
        foreach (var axis in Axes(values))
        {
            var value = values["XYZE"[axis] - 'A'];
            Place[axis] = (axis == 3 ? IsExtruderRelative : IsRelative) ? Place[axis] + value : value;
        }

        if (Place[2] > HighestZ || double.IsNaN(HighestZ))
            HighestZ = Place[2];
        if (Place[2] < before && Motion != "G0" && Feed > 0)
            PlungeFeed = PlungeFeed > 0 ? Math.Min(PlungeFeed, Feed) : Feed;
    }

    private void Rescale(string units)
    {
        var ratio = units == "G20" ? 1 / 25.4 : 25.4;
        for (var axis = 0; axis < Place.Length; axis++)
            Place[axis] *= ratio;
        HighestZ *= ratio;
        PlungeFeed *= ratio;
        Feed *= ratio;
        Units = units;
    }

    // The axes are somewhere that the text does not tell.
    private void Forget()
    {
        Place[0] = Place[1] = Place[2] = double.NaN;
        HighestZ = double.NaN;
    }

    private void Void(string code)
    {
        if (Obstacle is not null && Obstacle.Contains(code, StringComparison.Ordinal))
            Obstacle = null;
    }

    // Words of a canonical line: a letter and a number. G and M words go to the codes, in order; a line that begins with a name of its own has none.
    private bool Read(ReadOnlySpan<byte> line, Span<double> values, List<string> codes)
    {
        for (var at = 0; at < line.Length;)
        {
            var letter = (char)line[at++];
            if (letter == ' ')
                continue;
            if (letter is not (>= 'A' and <= 'Z'))
                return codes.Count > 0;
            _number.Clear();
            while (at < line.Length && line[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)'-' or (byte)'+')
                _number.Append((char)line[at++]);
            var text = _number.ToString();
            if (letter is 'G' or 'M' || (letter == 'T' && codes.Count == 0 && !isGrbl))
            {
                if (text.Length == 0)
                    return codes.Count > 0;
                var whole = text.AsSpan().TrimStart('0');
                codes.Add(letter + (whole.IsEmpty || whole[0] == '.' ? "0" : "") + whole.ToString());
                if (codes[^1] is "M117" or "M118")
                    return true;
            }
            else
            {
                values[letter - 'A'] = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : 0;
            }
        }

        return codes.Count > 0 || isGrbl;
    }
}
