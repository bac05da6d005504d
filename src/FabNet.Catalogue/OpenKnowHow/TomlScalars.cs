// Parses the scalars of TOML that stand without quotes: booleans, numbers, dates and times.

using System.Globalization;
using System.Text.RegularExpressions;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>Parses tokens by the grammar of TOML 1.0.0; what is not in the grammar is null, whatever .NET could make of it.</summary>
internal static partial class TomlScalars
{
    /// <summary>Parses a token; null if it is not a value of TOML (or a number or date beyond what 64 bits or the calendar hold).</summary>
    public static object? Parse(ReadOnlySpan<char> token) => token switch
    {
        "true" => true,
        "false" => false,
        "inf" or "+inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" or "+nan" or "-nan" => double.NaN,
        ['0', 'x', ..] => ParseBased(token[2..], HexPattern(), 16),
        ['0', 'o', ..] => ParseBased(token[2..], OctalPattern(), 8),
        ['0', 'b', ..] => ParseBased(token[2..], BinaryPattern(), 2),
        [_, _, ':', ..] or [_, _, _, _, '-', ..] when char.IsAsciiDigit(token[0]) => ParseMoment(token),
        _ => ParseNumber(token),
    };

    private static object? ParseNumber(ReadOnlySpan<char> token)
    {
        if (IntegerPattern().IsMatch(token))
        {
            return long.TryParse(Plain(token), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        }

        return FloatPattern().IsMatch(token) ? double.Parse(Plain(token), NumberStyles.Float, CultureInfo.InvariantCulture) : null;
    }

    private static long? ParseBased(ReadOnlySpan<char> digits, Regex pattern, int numberBase)
    {
        if (!pattern.IsMatch(digits))
        {
            return null;
        }

        ulong value = 0;
        foreach (var digit in Plain(digits))
        {
            var next = (UInt128)value * (uint)numberBase + (uint)Convert.ToInt32(digit.ToString(), 16);
            if (next > long.MaxValue)
            {
                return null;
            }

            value = (ulong)next;
        }

        return (long)value;
    }

    private static object? ParseMoment(ReadOnlySpan<char> token)
    {
        var match = MomentPattern().Match(token.ToString());
        if (!match.Success)
        {
            return null;
        }

        try
        {
            var date = match.Groups["date"].Success ? DateOnly.ParseExact(match.Groups["date"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture) : (DateOnly?)null;
            var time = match.Groups["time"].Success ? ParseTime(match) : (TimeOnly?)null;
            var offset = match.Groups["offset"];
            return (date, time) switch
            {
                ({ } d, { } t) when offset.Success => new DateTimeOffset(d.ToDateTime(t), ParseOffset(offset.Value)),
                ({ } d, { } t) => d.ToDateTime(t),
                ({ } d, null) => d,
                (null, { } t) when !offset.Success => t,
                _ => null,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static TimeOnly ParseTime(Match match)
    {
        var whole = TimeOnly.ParseExact(match.Groups["time"].Value, "HH:mm:ss", CultureInfo.InvariantCulture);
        var fraction = match.Groups["fraction"].Value;

        // Further digits are cut, not rounded, as TOML asks.
        return fraction.Length == 0 ? whole : whole.Add(new TimeSpan(long.Parse(fraction.PadRight(7, '0').AsSpan(0, 7), CultureInfo.InvariantCulture)));
    }

    private static TimeSpan ParseOffset(string offset)
    {
        if (offset is "Z" or "z")
        {
            return TimeSpan.Zero;
        }

        var span = TimeSpan.ParseExact(offset.AsSpan(1), "hh\\:mm", CultureInfo.InvariantCulture);
        return offset[0] == '-' ? -span : span;
    }

    private static string Plain(ReadOnlySpan<char> number) => number.ToString().Replace("_", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex FloatPattern();

    [GeneratedRegex(@"\A[0-9A-Fa-f](_?[0-9A-Fa-f])*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HexPattern();

    [GeneratedRegex(@"\A[0-7](_?[0-7])*\z", RegexOptions.CultureInvariant)]
    private static partial Regex OctalPattern();

    [GeneratedRegex(@"\A[01](_?[01])*\z", RegexOptions.CultureInvariant)]
    private static partial Regex BinaryPattern();

    [GeneratedRegex(@"\A((?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ](?=[0-9])|\z))?((?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex MomentPattern();
}
