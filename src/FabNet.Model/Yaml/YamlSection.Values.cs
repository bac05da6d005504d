// The values of a mapping: texts, numbers in their ranges, choices; each mistake says what to write.

using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Yaml;

/// <content>Typed values.</content>
public sealed partial class YamlSection
{
    private const NumberStyles NumberStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private const double GreatestPositive = 1e7;

    private const decimal GreatestAmount = 1_000_000_000m;

    /// <summary>A text that is not empty and holds no null character, which no path may; null where it is absent.</summary>
    public string? Text(string key)
    {
        var text = Scalar(key)?.Value;
        if (text is null || (text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal)))
        {
            return text;
        }

        Refuse(key, $"{PathOf(key)} must {(text.Length == 0 ? "not be empty" : "hold no null character")}");
        return null;
    }

    /// <summary>A text that must be there; empty after a mistake.</summary>
    public string RequiredText(string key, string? example = null) => Require(key, example) ? Text(key) ?? "" : "";

    /// <summary>A number within a range; null where it is absent.</summary>
    public double? Number(string key, double least, double greatest)
    {
        if (Parse(key) is not { } value)
        {
            return null;
        }

        if (value >= least && value <= greatest)
        {
            return value;
        }

        Refuse(key, string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)} must be from {least:0.######} to {greatest:0.######}; it is {value:R}"));
        return null;
    }

    /// <summary>A number within a range that must be there; the least after a mistake.</summary>
    public double RequiredNumber(string key, double least, double greatest) => Require(key) ? Number(key, least, greatest) ?? least : least;

    /// <summary>A number above 0 and at most 10⁷; null where it is absent.</summary>
    public double? Positive(string key)
    {
        if (Parse(key) is not { } value)
        {
            return null;
        }

        if (value is > 0 and <= GreatestPositive)
        {
            return value;
        }

        Refuse(key, string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)} must be {(value > 0 ? "at most 1e7" : "above 0")}{Unit(key)}; it is {value:R}"));
        return null;
    }

    /// <summary>A number above 0 that must be there; 1 after a mistake.</summary>
    public double RequiredPositive(string key) => Require(key) ? Positive(key) ?? 1 : 1;

    /// <summary>A whole number within a range; null where it is absent.</summary>
    public int? Integer(string key, int least, int greatest)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= greatest)
        {
            return value;
        }

        Refuse(key, $"{PathOf(key)} must be a whole number from {least} to {greatest}; it is '{text}'");
        return null;
    }

    /// <summary>An amount of money, 0 to 10⁹, without its currency; null where it is absent.</summary>
    public decimal? Amount(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= GreatestAmount)
        {
            return value;
        }

        Refuse(key, $"{PathOf(key)} must be an amount such as 18.00, without the currency; it is '{text}'");
        return null;
    }

    /// <summary>Yes or no; null where it is absent.</summary>
    public bool? Flag(string key) => Choice(key, ("true", true), ("false", false), ("yes", true), ("no", false));

    /// <summary>One of some words; null where it is absent.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var words = new List<string>(choices.Length);
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        Refuse(key, $"{PathOf(key)} '{text}' is none of {string.Join(", ", words)}");
        return null;
    }

    /// <summary>What a parser of the vocabulary makes of a text; its <see cref="FormatException"/> is noted. Null where the text is absent.</summary>
    public T? Parsed<T>(string key, Func<string, T> parse)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            Refuse(key, $"{PathOf(key)}: {e.Message}");
            return null;
        }
    }

    /// <summary>An address of a server that must be there; null after a mistake.</summary>
    public Uri? RequiredAddress(string key, string example)
    {
        var text = RequiredText(key, example);
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            return uri;
        }

        Refuse(key, $"{PathOf(key)} must be an address such as {example}; it is '{text}'");
        return null;
    }

    /// <summary>A value as it stands, which may be empty; null where the key is absent.</summary>
    public string? Verbatim(string key)
    {
        _known.Add(key);
        return _values.TryGetValue(key, out var value) && value is YamlScalarNode scalar ? scalar.Value ?? "" : Scalar(key)?.Value;
    }

    private double? Parse(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyle, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
        {
            return value;
        }

        Refuse(key, $"{PathOf(key)} must be a number{Unit(key)}, such as 120 or 0.4; it is '{text}'");
        return null;
    }

    private YamlScalarNode? Scalar(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlScalarNode scalar:
                return scalar;
            default:
                Refuse(key, $"{PathOf(key)} must be a single value");
                return null;
        }
    }

    // Keys end in their unit.
    private static string Unit(string key) =>
        key.EndsWith("MmPerMin", StringComparison.Ordinal) ? " mm/min"
        : key.EndsWith("MmPerS2", StringComparison.Ordinal) ? " mm/s²"
        : key.EndsWith("MmPerS", StringComparison.Ordinal) ? " mm/s"
        : key.EndsWith("Mm", StringComparison.Ordinal) ? " mm"
        : "";
}
