// Finds designs by words and filters, best first.

using FabNet.Protocol.V1;
using Microsoft.Data.Sqlite;

namespace FabNet.Catalogue.Search;

/// <summary>Searches the newest version of each design; <see cref="SearchPlan"/> says in which order they come. Without words and filter: all, by name.</summary>
/// <remarks>Belongs to one connection.</remarks>
internal sealed class DesignSearch(SqliteConnection connection) : IDisposable
{
    private const string Columns = "r.rank, r.name, d.summary, d.validated, d.proven";

    private readonly Lexicon _lexicon = new(connection);
    private readonly SqliteCommand _byName = connection.Prepare($"SELECT {Columns} FROM ranked r JOIN designs d ON d.id = r.design WHERE (r.name, r.rank) > ($1, $2) ORDER BY r.name, r.rank LIMIT $3");

    /// <summary>One page of an answer.</summary>
    /// <exception cref="CatalogueException">The token is not one of this search's.</exception>
    public DesignPage Find(SearchRequest request, int pageSize, string pageToken)
    {
        var after = SearchCursor.Parse(pageToken, request);
        var hits = request is { Words.Count: 0, Filter.IsEmpty: true }
            ? _byName.Bind(after?.Name ?? "", after?.Rank ?? -1, pageSize + 1).List(row => Read(row, 0))
            : Search(SearchPlan.Of(request, _lexicon), after, pageSize + 1);
        var next = hits.Count > pageSize ? hits[pageSize - 1].Place.Write(request) : "";
        return new DesignPage([.. hits.Take(pageSize).Select(h => h.Design)], next);
    }

    public void Dispose()
    {
        _lexicon.Dispose();
        _byName.Dispose();
    }

    private List<Hit> Search(SearchPlan plan, SearchCursor? after, int count)
    {
        // FTS5 gives ranks in order and stops when there are enough; CROSS JOIN keeps it the outer loop.
        var sizes = plan.Sizes.Length > 0 ? $"AND ({plan.Sizes})" : "";
        using var command = connection.Prepare($"""
            SELECT {Columns} FROM words w CROSS JOIN ranked r ON r.rank = w.rowid CROSS JOIN designs d ON d.id = r.design
            WHERE words MATCH $1 AND w.rowid > $2 AND w.rowid < $3 {sizes} ORDER BY w.rowid LIMIT $4
            """);

        // From the beginning every design of a better tier is among the hits already, and is left out here; after a page token they are not known.
        var hits = new List<Hit>();
        var seen = new HashSet<long>();
        for (var tier = after?.Tier ?? 0; tier < plan.Tiers.Count && hits.Count < count; tier++)
        {
            if (plan.Tiers[tier] is { } wanted)
            {
                var rank = tier == after?.Tier ? after.Value.Rank : -1;
                var expression = after is null ? wanted.Expression : wanted.Rest ?? wanted.Expression;
                var found = command.Bind(expression, rank, plan.RankLimit, count).List(row => Read(row, tier));
                hits.AddRange(found.Where(h => seen.Add(h.Place.Rank)).Take(count - hits.Count));
            }
        }

        return hits;
    }

    private static Hit Read(SqliteDataReader row, int tier)
    {
        var design = DesignSummary.Parser.ParseFrom(row.Bytes(2));
        (design.Validated, design.Proven) = (row.GetInt64(3) != 0, row.GetInt64(4) != 0);
        return new Hit(new SearchCursor(tier, row.GetInt64(0), row.GetString(1)), design);
    }

    private readonly record struct Hit(SearchCursor Place, DesignSummary Design);
}
