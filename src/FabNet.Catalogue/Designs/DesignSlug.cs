// Makes a catalogue name from a title.

using System.Text;

namespace FabNet.Catalogue.Designs;

/// <summary>Makes names such as <c>faire-maus-3-tasten</c> from titles such as "Faire Maus - 3 Tasten".</summary>
internal static class DesignSlug
{
    private const int MaxLength = 63;

    /// <summary>Pairs of letters and what stands for them. The program runs without culture data, so the common Latin ones are named here.</summary>
    private static readonly Dictionary<char, string> Latin = new()
    {
        ['ä'] = "ae", ['ö'] = "oe", ['ü'] = "ue", ['ß'] = "ss", ['æ'] = "ae", ['œ'] = "oe", ['ø'] = "o", ['å'] = "a", ['à'] = "a", ['á'] = "a", ['â'] = "a",
        ['ã'] = "a", ['ą'] = "a", ['ç'] = "c", ['ć'] = "c", ['č'] = "c", ['è'] = "e", ['é'] = "e", ['ê'] = "e", ['ë'] = "e", ['ę'] = "e", ['ě'] = "e",
        ['ì'] = "i", ['í'] = "i", ['î'] = "i", ['ï'] = "i", ['ł'] = "l", ['ñ'] = "n", ['ń'] = "n", ['ň'] = "n", ['ò'] = "o", ['ó'] = "o", ['ô'] = "o",
        ['õ'] = "o", ['ř'] = "r", ['ś'] = "s", ['š'] = "s", ['ş'] = "s", ['ţ'] = "t", ['ť'] = "t", ['ù'] = "u", ['ú'] = "u", ['û'] = "u", ['ů'] = "u",
        ['ý'] = "y", ['ÿ'] = "y", ['ź'] = "z", ['ż'] = "z", ['ž'] = "z", ['ğ'] = "g", ['ı'] = "i", ['ð'] = "d", ['þ'] = "th",
    };

    /// <summary>The name; empty if the title has no letter or digit that can stand in one.</summary>
    public static string Of(string title)
    {
        var slug = new StringBuilder();
        foreach (var c in title.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(c);
            }
            else if (Latin.TryGetValue(c, out var letters))
            {
                slug.Append(letters);
            }
            else if (slug.Length > 0 && slug[^1] != '-' && c is not ('\'' or '’'))
            {
                slug.Append('-');
            }

            if (slug.Length >= MaxLength)
            {
                break;
            }
        }

        return slug.ToString(0, Math.Min(slug.Length, MaxLength)).Trim('-');
    }
}
