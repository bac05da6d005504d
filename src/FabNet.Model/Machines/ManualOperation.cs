// What a person does with a machine by hand, whatever firmware it has.

using System.Globalization;

namespace FabNet.Model.Machines;

/// <summary>
/// One thing that a person asks of a machine directly. It has one text, which consoles, commands and the wire share:
/// <c>home [XYZ]</c>, <c>jog X10 Y-5 F1000</c>, <c>jog stop</c>, <c>feed 80</c>, <c>rapid 50</c>, <c>spindle 110</c>, <c>flow 95</c>, <c>probe Z-20 F50</c>, <c>zero XYZ</c>.
/// Lengths are mm, feeds mm/min, overrides percent.
/// </summary>
public abstract record ManualOperation
{
    /// <summary>What a text may be, for a person.</summary>
    public const string Grammar = "home [XYZ], jog X10 Y-5 Z1 F1000, jog stop, feed 80, rapid 50, spindle 110, flow 95, probe Z-20 F50, zero XYZ";

    /// <summary>The farthest that one jog or one probing may go, in mm.</summary>
    public const double MaxDistanceMm = 10_000;

    private const string Letters = "XYZ";

    private ManualOperation()
    {
    }

    /// <summary>True if it only makes sense while nothing runs, and moves the machine or its coordinates.</summary>
    public virtual bool NeedsRest => true;

    /// <summary>Reads its text.</summary>
    /// <exception cref="FormatException">It is none; the message says what may stand there.</exception>
    public static ManualOperation Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var name = words.Length == 0 ? "" : words[0].ToLowerInvariant();
        var rest = words.Skip(1).ToArray();
        switch (name)
        {
            case "home":
                return new Home(AxesOf(text, rest));
            case "zero" when rest.Length > 0:
                return new SetWorkOrigin(AxesOf(text, rest));
            case "jog" when rest is ["stop"]:
                return new StopJog();
            case "jog":
                var jog = WordsOf(text, rest, "XYZF");
                var (x, y, z) = (jog.GetValueOrDefault('X'), jog.GetValueOrDefault('Y'), jog.GetValueOrDefault('Z'));
                if (x == 0 && y == 0 && z == 0)
                    throw Bad(text, "it names no way to go");
                return new Jog(DistanceOf(text, x), DistanceOf(text, y), DistanceOf(text, z), FeedOf(text, jog.GetValueOrDefault('F', 1000)));
            case "probe":
                var probe = WordsOf(text, rest, "ZF");
                var depth = DistanceOf(text, probe.GetValueOrDefault('Z', -10));
                return depth < 0 ? new Probe(depth, FeedOf(text, probe.GetValueOrDefault('F', 50))) : throw Bad(text, "it probes downwards: Z must be below 0");
            case "feed" or "rapid" or "spindle" or "flow" when rest.Length == 1:
                return new Override(Enum.Parse<OverrideKind>(name, ignoreCase: true), PercentOf(text, rest[0]));
            default:
                throw Bad(text, "it is not known or not complete");
        }
    }

    private static string AxesOf(string text, string[] words)
    {
        var axes = string.Concat(words).ToUpperInvariant();
        return axes.All(Letters.Contains) && axes.Distinct().Count() == axes.Length ? axes : throw Bad(text, $"'{axes}' are not axes");
    }

    private static Dictionary<char, double> WordsOf(string text, string[] words, string letters)
    {
        var values = new Dictionary<char, double>();
        foreach (var word in words)
        {
            var letter = char.ToUpperInvariant(word[0]);
            if (!letters.Contains(letter) || !double.TryParse(word.AsSpan(1), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                || !values.TryAdd(letter, value))
                throw Bad(text, $"'{word}' can't stand there");
        }

        return values;
    }

    private static double DistanceOf(string text, double valueMm) =>
        Math.Abs(valueMm) <= MaxDistanceMm ? valueMm : throw Bad(text, $"{valueMm.ToString(CultureInfo.InvariantCulture)} mm is too far");

    private static double FeedOf(string text, double valueMmPerMin) =>
        valueMmPerMin is > 0 and <= 100_000 ? valueMmPerMin : throw Bad(text, $"F{valueMmPerMin.ToString(CultureInfo.InvariantCulture)} is no feed in mm/min");

    private static int PercentOf(string text, string word) =>
        int.TryParse(word.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 10 and <= 200
            ? percent
            : throw Bad(text, $"'{word}' is no percentage from 10 to 200");

    private static FormatException Bad(string text, string why) => new($"'{text}': {why}. It may be: {Grammar}.");

    /// <summary>Finds the machine's origin with its end switches.</summary>
    /// <param name="Axes">Such as <c>XY</c>; empty for all.</param>
    public sealed record Home(string Axes) : ManualOperation;

    /// <summary>Moves by so much from where the tool is.</summary>
    /// <param name="XMm">Along X, in mm.</param>
    /// <param name="YMm">Along Y, in mm.</param>
    /// <param name="ZMm">Along Z, in mm.</param>
    /// <param name="FeedMmPerMin">How fast, in mm/min.</param>
    public sealed record Jog(double XMm, double YMm, double ZMm, double FeedMmPerMin) : ManualOperation;

    /// <summary>Stops a jog under way; position is kept.</summary>
    public sealed record StopJog : ManualOperation
    {
        /// <inheritdoc />
        public override bool NeedsRest => false;
    }

    /// <summary>Changes a speed while the machine works.</summary>
    /// <param name="Kind">Which.</param>
    /// <param name="Percent">Of the program's own, 10 to 200.</param>
    public sealed record Override(OverrideKind Kind, int Percent) : ManualOperation
    {
        /// <inheritdoc />
        public override bool NeedsRest => false;
    }

    /// <summary>Goes down until the probe touches; the answer says where.</summary>
    /// <param name="DepthMm">How far at most, in mm, below 0.</param>
    /// <param name="FeedMmPerMin">How fast, in mm/min.</param>
    public sealed record Probe(double DepthMm, double FeedMmPerMin) : ManualOperation;

    /// <summary>Where the tool is now becomes 0 of the work coordinates in use.</summary>
    /// <param name="Axes">Such as <c>XY</c>.</param>
    public sealed record SetWorkOrigin(string Axes) : ManualOperation;
}

/// <summary>What an override changes.</summary>
public enum OverrideKind
{
    /// <summary>Feed moves (all moves on a Marlin).</summary>
    Feed,

    /// <summary>Rapid moves: 100, 50 or 25 % on GRBL.</summary>
    Rapid,

    /// <summary>The spindle's speed.</summary>
    Spindle,

    /// <summary>Extrusion.</summary>
    Flow,
}
