// A text search as words, and the place in its answer where the next page begins.

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.Search;

/// <summary>The words of a search.</summary>
internal readonly record struct SearchQuery(IReadOnlyList<string> Words)
{
    private const int MaxLength = 200;

    private const int MaxWords = 16;

    /// <summary>Reads the text that a person typed.</summary>
    /// <exception cref="CatalogueException">It is too long.</exception>
    public static SearchQuery Parse(string text) => text.Length <= MaxLength
        ? new SearchQuery([.. Split(text).Distinct(StringComparer.Ordinal).Take(MaxWords)])
        : throw new CatalogueException(CatalogueFault.Invalid, $"The search text has {text.Length} characters; at most {MaxLength} are searched. Use fewer words.");

    /// <summary>The words of a text, in lower case: runs of letters and digits.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var isInWord = i < text.Length && (char.IsLetterOrDigit(text[i]) || char.IsSurrogate(text[i]));
            if (isInWord && start < 0)
            {
                start = i;
            }
            else if (!isInWord && start >= 0)
            {
                yield return text[start..i].ToLowerInvariant();
                start = -1;
            }
        }
    }
}

/// <summary>The last design of a page. It stays right when designs are added between two pages.</summary>
internal readonly record struct SearchCursor(int Score, string Name)
{
    /// <summary>Reads a page token; null for an empty one.</summary>
    /// <exception cref="CatalogueException">It is not a token that this search gave.</exception>
    public static SearchCursor? Parse(string token, SearchQuery query)
    {
        if (token.Length == 0)
        {
            return null;
        }

        if (token.Length <= 4_096 && Base64Url.IsValid(token))
        {
            var fields = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('\n');
            if (fields is [var score, var name, var words] && words == Join(query)
                && int.TryParse(score, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return new SearchCursor(value, name);
            }
        }

        throw new CatalogueException(CatalogueFault.Invalid, "The page token does not belong to this search. Begin again without one.");
    }

    /// <summary>True if a design comes after this one.</summary>
    public bool IsBefore(int score, string name) => score < Score || (score == Score && string.CompareOrdinal(name, Name) > 0);

    /// <summary>The token for what follows.</summary>
    public string Write(SearchQuery query) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Score}\n{Name}\n{Join(query)}"));

    private static string Join(SearchQuery query) => string.Join(' ', query.Words);
}
