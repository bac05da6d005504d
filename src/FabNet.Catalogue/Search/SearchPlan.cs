// A search as the expressions that the full-text table understands.

using System.Globalization;

namespace FabNet.Catalogue.Search;

/// <summary>
/// The tiers of a search, best first. Each is an expression over terms; a design belongs to the first that finds it. Within a tier designs come
/// in the order of their ranks, so that a page is read from the beginnings of sorted lists:
/// <list type="number">
/// <item>the name is the words;</item>
/// <item>every word stands in the name;</item>
/// <item>every word stands in the name or the title;</item>
/// <item>every word stands somewhere;</item>
/// <item>every word, or one that it begins or is a misspelling of, stands in the name or the title;</item>
/// <item>the same, somewhere.</item>
/// </list>
/// </summary>
internal sealed class SearchPlan
{
    private readonly List<string> _conditions = [];

    private SearchPlan(IReadOnlyList<WordMeaning> words, SearchFilter filter)
    {
        Sizes = string.Join(" OR ", filter.Fits.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"(r.width <= {Math.Max(s.Width, s.Depth):R} AND r.depth <= {Math.Min(s.Width, s.Depth):R} AND r.height <= {s.Height:R})")));
        RankLimit = filter.IsValidatedOnly ? DesignDocument.FirstRank(isValidated: false, isProven: true) : long.MaxValue;
        AddConditions(filter);
        Tiers = words.Count == 0 ? [Where(Quote(IndexTerm.Any), "")] : [.. TiersOf(words)];
    }

    /// <summary>The tiers; null stands for one that can't find anything.</summary>
    public IReadOnlyList<SearchTier?> Tiers { get; }

    /// <summary>Ranks from here on are not wanted.</summary>
    public long RankLimit { get; }

    /// <summary>What must hold of the sizes in <c>ranked</c> (r), exactly; empty for nothing.</summary>
    public string Sizes { get; }

    /// <summary>The plan of a search.</summary>
    public static SearchPlan Of(SearchRequest request, Lexicon lexicon) => new([.. request.Words.Select(lexicon.Find)], request.Filter);

    private void AddConditions(SearchFilter filter)
    {
        switch (filter)
        {
            case { Process: { } process, Material: { } material }: _conditions.Add(Quote(IndexTerm.ProcessAndMaterial(process, material))); break;
            case { Process: { } process }: _conditions.Add(Quote(IndexTerm.Process(process))); break;
            case { Material: { } material }: _conditions.Add(Quote(IndexTerm.Material(material))); break;
        }

        if (filter.License is { } license)
        {
            _conditions.Add(Quote(IndexTerm.License(license)));
        }

        if (filter.Publisher is { } publisher)
        {
            _conditions.Add(Quote(IndexTerm.Publisher(publisher)));
        }

        // Coarse, from a list; what is too large all the same is left out by Sizes.
        if (filter.Fits.Count > 0)
        {
            _conditions.Add(Quote(IndexTerm.MayFit(filter.Fits.Max(s => s.Height), filter.Fits.Max(s => Math.Max(s.Width, s.Depth)))));
        }
    }

    private IEnumerable<SearchTier?> TiersOf(IReadOnlyList<WordMeaning> words)
    {
        var isKnown = words.All(w => w.IsKnown);
        var isFound = words.All(w => w.IsKnown || w.Others.Count > 0);
        var (name, title, body) = (All(words, IndexTerm.InName), All(words, IndexTerm.InTitle), All(words, IndexTerm.InBody));
        var whole = Quote(IndexTerm.WholeName(words.Select(w => w.Word)));
        yield return isKnown ? Where(whole, "") : null;
        yield return isKnown ? Where(name, whole) : null;
        yield return isKnown ? Where(title, name) : null;
        yield return isKnown ? Where(body, title) : null;
        if (isFound && words.Any(w => w.Others.Count > 0))
        {
            var (wideTitle, wideBody) = (Wide(words, IndexTerm.InTitle), Wide(words, IndexTerm.InBody));
            yield return Where(wideTitle, isKnown ? body : "");
            yield return Where(wideBody, isKnown ? $"({wideTitle} OR {body})" : wideTitle);
        }
    }

    private SearchTier Where(string expression, string better) =>
        new(string.Join(" AND ", _conditions.Prepend(expression)), better.Length == 0 ? null : string.Join(" AND ", _conditions.Prepend($"({expression} NOT {better})")));

    private static string All(IEnumerable<WordMeaning> words, Func<string, string> field) => $"({string.Join(" AND ", words.Select(w => Quote(field(w.Word))))})";

    private static string Wide(IEnumerable<WordMeaning> words, Func<string, string> field) => $"({string.Join(" AND ", words.Select(w => Any(w.All.Select(field))))})";

    private static string Any(IEnumerable<string> terms) => $"({string.Join(" OR ", terms.Select(Quote))})";

    // Terms have letters, digits and underscores only: nothing in them could end the quotes.
    private static string Quote(string term) => $"\"{term}\"";
}

/// <summary>One tier of a search.</summary>
/// <param name="Expression">Finds its designs, and perhaps some of better tiers.</param>
/// <param name="Rest">Finds its designs only, at a greater cost; null if the expression does.</param>
internal sealed record SearchTier(string Expression, string? Rest);
