// Makes a catalogue name from a title.

using System.Text;

namespace FabNet.Catalogue.Designs;

/// <summary>Makes names such as <c>faire-maus-3-tasten</c> from titles such as "Faire Maus - 3 Tasten".</summary>
internal static class DesignSlug
{
    private const int MaxLength = 63;

    /// <summary>Letters and what stands for them. The program runs without culture data, so the common Latin ones are named here.</summary>
    private static readonly Dictionary<char, string> Latin = (
        "äæ:ae öœ:oe ü:ue ß:ss øòóôõ:o åàáâãą:a çćč:c èéêëęě:e ìíîïı:i ł:l ñńň:n ř:r śšş:s ţť:t "
        + "ùúûů:u ýÿ:y źżž:z ğ:g ð:d þ:th")
        .Split(' ').Select(entry => entry.Split(':')).SelectMany(entry => entry[0].Select(letter => (letter, entry[1]))).ToDictionary();

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
