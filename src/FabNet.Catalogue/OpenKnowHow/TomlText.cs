// Writes values as TOML, each on one line and in one form only.

using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Writes values of TOML 1.0 in one form: what <see cref="TomlReader"/> reads back is equal, and is written the same again. Characters that
/// nobody sees are written as escapes, so that the text is safe to print.
/// </summary>
internal static class TomlText
{
    /// <summary>Tables and lists nested deeper than this are not written: written in braces they would be too deep to be read.</summary>
    private const int MaxDepth = 24;

    /// <summary>A value on one line; null if it would be longer than a limit or is nested too deep.</summary>
    public static string? Of(ManifestNode node, int maxLength)
    {
        var text = new StringBuilder();
        return TryWrite(text, node, maxLength, 0) ? text.ToString() : null;
    }

    /// <summary>A text in quotes.</summary>
    public static string Of(string value)
    {
        var text = new StringBuilder();
        WriteString(text, value);
        return text.ToString();
    }

    /// <summary>A list of texts.</summary>
    public static string Of(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Of))}]";

    /// <summary>A number, with at most three digits after the point.</summary>
    public static string Of(double value) => Math.Round((decimal)value, 3, MidpointRounding.AwayFromZero).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>A key, in quotes where it needs them.</summary>
    public static string Key(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : Of(name);

    private static bool TryWrite(StringBuilder text, ManifestNode node, int maxLength, int depth)
    {
        switch (node)
        {
            case ScalarNode scalar:
                WriteScalar(text, scalar.Value);
                break;
            case ListNode list:
                text.Append('[');
                for (var i = 0; i < list.Items.Count; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    if (depth == MaxDepth || !TryWrite(text, list.Items[i], maxLength, depth + 1))
                    {
                        return false;
                    }
                }

                text.Append(']');
                break;
            case MapNode map:
                text.Append('{');
                foreach (var (name, value) in map.Members)
                {
                    text.Append(text[^1] == '{' ? " " : ", ").Append(Key(name)).Append(" = ");
                    if (depth == MaxDepth || !TryWrite(text, value, maxLength, depth + 1))
                    {
                        return false;
                    }
                }

                text.Append(map.Members.Count == 0 ? "}" : " }");
                break;
        }

        return text.Length <= maxLength;
    }

    private static void WriteScalar(StringBuilder text, object value)
    {
        switch (value)
        {
            case string s:
                WriteString(text, s);
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case long whole:
                text.Append(CultureInfo.InvariantCulture, $"{whole}");
                break;
            case double number:
                text.Append(double.IsNaN(number) ? "nan" : double.IsInfinity(number) ? (number > 0 ? "inf" : "-inf") : WithPoint(number));
                break;
            case DateTimeOffset moment:
                text.Append(moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)).Append(moment.ToString("zzz", CultureInfo.InvariantCulture));
                break;
            case DateTime local:
                text.Append(local.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture));
                break;
            case DateOnly date:
                text.Append(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                break;
            case TimeOnly time:
                text.Append(time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture));
                break;
            default:
                throw new InvalidOperationException($"TOML has no {value.GetType().Name}.");
        }
    }

    // An integer in TOML is another type than a number with a point.
    private static string WithPoint(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') >= 0 ? text : text + ".0";
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    text.Append('\\').Append((char)rune.Value);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case var _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    text.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
                    break;
                default:
                    text.Append(rune.ToString());
                    break;
            }
        }

        text.Append('"');
    }
}
