// The place in a search's answer where the next page begins.

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.Search;

/// <summary>The last design of a page. It stays right when designs are added between two pages.</summary>
/// <param name="Tier">How well it answers, 0 being best; see <see cref="DesignSearch"/>.</param>
/// <param name="Rank">Its place among those of its tier.</param>
/// <param name="Name">Its name, where the answer is in the order of names.</param>
internal readonly record struct SearchCursor(int Tier, long Rank, string Name)
{
    private const int MaxToken = 512;

    /// <summary>Reads a page token; null for an empty one.</summary>
    /// <exception cref="CatalogueException">It is not a token that this search gave.</exception>
    public static SearchCursor? Parse(string token, SearchRequest request)
    {
        if (token.Length == 0)
        {
            return null;
        }

        if (token.Length <= MaxToken && Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('\n') is [var fingerprint, var tier, var rank, var name]
            && long.TryParse(fingerprint, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var known) && known == request.Fingerprint()
            && int.TryParse(tier, NumberStyles.None, CultureInfo.InvariantCulture, out var tierNumber)
            && long.TryParse(rank, NumberStyles.None, CultureInfo.InvariantCulture, out var rankNumber))
        {
            return new SearchCursor(tierNumber, rankNumber, name);
        }

        throw new CatalogueException(CatalogueFault.Invalid, "The page token does not belong to this search. Begin again without one.");
    }

    /// <summary>The token for what follows.</summary>
    public string Write(SearchRequest request) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{request.Fingerprint()}\n{Tier}\n{Rank}\n{Name}")));
}
