// Words out of what people write, the same for designs and for searches.

using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.Search;

/// <summary>Splits text into words: runs of letters and digits, lower case, without accents.</summary>
internal static class SearchText
{
    /// <summary>Of a longer word the beginning counts, in UTF-16 units.</summary>
    public const int MaxWordLength = 64;

    // What stands in every other sentence finds nothing. In the languages that designs are mostly written in: en, de, fr, es, pt, it.
    private static readonly HashSet<string> StopWords = new(StringComparer.Ordinal)
    {
        "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "that", "the", "this", "to", "with",
        "auf", "aus", "das", "dem", "den", "der", "des", "die", "ein", "eine", "fur", "im", "ist", "mit", "und", "von", "zu", "zum",
        "au", "aux", "de", "du", "en", "et", "la", "le", "les", "ou", "par", "pour", "sur", "un", "une",
        "con", "del", "e", "el", "los", "o", "para", "por", "una", "y", "com", "da", "do", "dos", "em", "um", "uma", "di", "il", "per",
    };

    // Small Latin letters with accents and what is typed for them. A table of our own, so that every system finds the same.
    private static readonly Dictionary<Rune, Rune> Unaccented = new (char Plain, string Accented)[]
    {
        ('a', "àáâãäåāăąǎǟǡǻȁȃȧ"),
        ('c', "çćĉċč"),
        ('d', "ďđ"),
        ('e', "èéêëēĕėęěȅȇȩ"),
        ('g', "ĝğġģǧǵ"),
        ('h', "ĥȟħ"),
        ('i', "ìíîïĩīĭįǐȉȋı"),
        ('j', "ĵǰ"),
        ('k', "ķǩ"),
        ('l', "ĺļľł"),
        ('n', "ñńņňǹ"),
        ('o', "òóôõöōŏőơǒǫǭȍȏȫȭȯȱø"),
        ('r', "ŕŗřȑȓ"),
        ('s', "śŝşšș"),
        ('t', "ţťțŧ"),
        ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗ"),
        ('w', "ŵ"),
        ('y', "ýÿŷȳ"),
        ('z', "źżž"),
    }.SelectMany(group => group.Accented.Select(c => (Accented: new Rune(c), Plain: new Rune(group.Plain)))).ToDictionary(p => p.Accented, p => p.Plain);

    /// <summary>True for a word that joins others and says nothing by itself.</summary>
    public static bool IsStopWord(string word) => StopWords.Contains(word);

    /// <summary>The words of a text, in its order.</summary>
    public static IEnumerable<string> Split(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            yield break;
        }

        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                var lower = Rune.ToLowerInvariant(rune);
                lower = Unaccented.GetValueOrDefault(lower, lower);
                if (word.Length + lower.Utf16SequenceLength <= MaxWordLength)
                {
                    word.Append(lower.ToString());
                }
            }
            else if (word.Length > 0 && Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }
}
