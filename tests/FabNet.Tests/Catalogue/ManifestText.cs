// Writes a manifest tree in one line, for comparisons, and as TOML, for round trips.

using System.Globalization;
using FabNet.Catalogue.OpenKnowHow;

namespace FabNet.Tests.Catalogue;

internal static class ManifestText
{
    public static string Of(ManifestNode node) => node switch
    {
        MapNode map => "{" + string.Join(", ", map.Members.Select(m => $"{m.Key}={Of(m.Value)}")) + "}",
        ListNode list => "[" + string.Join(", ", list.Items.Select(Of)) + "]",
        ScalarNode { Value: string text } => $"'{text}'",
        ScalarNode { Value: bool flag } => flag ? "true" : "false",
        ScalarNode { Value: long whole } => whole.ToString(CultureInfo.InvariantCulture),
        ScalarNode { Value: double number } => "f" + number.ToString("R", CultureInfo.InvariantCulture),
        ScalarNode { Value: DateTimeOffset at } => "o" + at.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture),
        ScalarNode { Value: DateTime at } => "l" + at.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        ScalarNode { Value: DateOnly date } => "d" + date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ScalarNode { Value: TimeOnly time } => "t" + time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException(node.ToString()),
    };

    /// <summary>A TOML inline table or document value.</summary>
    public static string ToToml(ManifestNode node) => node switch
    {
        MapNode map => "{" + string.Join(", ", map.Members.Select(m => $"{Quote(m.Key)} = {ToToml(m.Value)}")) + "}",
        ListNode list => "[" + string.Join(",\n", list.Items.Select(ToToml)) + "]",
        ScalarNode { Value: string text } => Quote(text),
        ScalarNode { Value: double number } when double.IsFinite(number) => number.ToString("0.0###################", CultureInfo.InvariantCulture),
        ScalarNode { Value: double number } => double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf",
        ScalarNode { Value: DateOnly date } => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => Of(node),
    };

    private static string Quote(string text) =>
        "\"" + string.Concat(text.EnumerateRunes().Select(r => r.Value is < 0x20 or 0x7F or '"' or '\\' ? $"\\U{r.Value:X8}" : r.ToString())) + "\"";
}
