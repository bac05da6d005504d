// Texts from strangers, as a manifest may hold them.

using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>Cleans texts. Cleaning a clean text changes nothing.</summary>
internal static class PlainText
{
    /// <summary>A text without control characters and those that turn the reading direction, cut at a length; null if nothing is left.</summary>
    public static string? Of(string? text, int maxLength) => Clean(text, maxLength, rune => rune.Value is '\n' or '\t' || !Steers(rune));

    /// <summary>A text of one line.</summary>
    public static string? Line(string? text, int maxLength) =>
        Clean(text?.ReplaceLineEndings(" ").Replace('\t', ' '), maxLength, rune => !Steers(rune));

    /// <summary>A name: a line without characters that nobody sees, except those that join and part letters outside of Latin script.</summary>
    public static string? Name(string? text, int maxLength)
    {
        var line = Line(text, maxLength);
        return line is null || line.All(char.IsAscii) ? line
            : Clean(string.Concat(line.EnumerateRunes().Where((rune, i) => !IsInvisible(rune) || IsJoiner(line, rune))), maxLength, _ => true);
    }

    private static string? Clean(string? text, int maxLength, Func<Rune, bool> isKept)
    {
        if (text is null)
        {
            return null;
        }

        var clean = string.Concat(text.EnumerateRunes().Where(isKept)).Trim();
        if (clean.Length > maxLength)
        {
            clean = clean[..(char.IsHighSurrogate(clean[maxLength - 1]) ? maxLength - 1 : maxLength)].TrimEnd();
        }

        return clean.Length > 0 ? clean : null;
    }

    // Control characters and those that turn the reading direction could steer or fool a reader's terminal.
    private static bool Steers(Rune rune) => Rune.IsControl(rune) || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    // Persian and Indic words need them; in a name of Latin letters they only hide a difference.
    private static bool IsJoiner(string line, Rune rune) => rune.Value is 0x200C or 0x200D && !line.Any(char.IsAsciiLetter);
}
