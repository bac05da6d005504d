// Finds designs by name, version, digest and words. A projection: rebuilt from the journal, never stored.

using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Search;

/// <summary>
/// Holds every published manifest in memory, and the words of each design's newest version. Text search scans those; it is meant for
/// tens of thousands of designs, and is the one class to replace by a stored index beyond that.
/// </summary>
/// <remarks>Thread safe, by one lock that no caller holds while it waits for anything.</remarks>
internal sealed class DesignIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, PublishedManifest> _byDigest = [];

    // Versions of each name, newest first; never empty.
    private readonly SortedDictionary<string, DesignLine> _byName = new(StringComparer.Ordinal);

    /// <summary>Adds a version. Adding the same manifest again changes nothing.</summary>
    public void Add(PublishedManifest published)
    {
        lock (_gate)
        {
            if (!_byDigest.TryAdd(published.Design.Ref.Manifest, published))
            {
                return;
            }

            var name = published.Design.Ref.Name;
            if (!_byName.TryGetValue(name, out var line))
            {
                _byName.Add(name, line = new DesignLine());
            }

            line.Add(published);
        }
    }

    public PublishedManifest? Find(Digest manifest) => Read(() => _byDigest.GetValueOrDefault(manifest));

    /// <summary>A version of a name; the newest if none is asked for.</summary>
    public PublishedManifest? Find(string name, string? version) =>
        Read(() => _byName.GetValueOrDefault(name)?.Versions.Find(v => version is null || v.Design.Ref.Version == version));

    /// <summary>Every version of a name, newest first; empty if the name is not taken.</summary>
    public IReadOnlyList<Design> Versions(string name) => Read(() => _byName.GetValueOrDefault(name)?.Versions.ConvertAll(v => v.Design) ?? []);

    /// <summary>The newest versions in which each word of a text is the beginning of some word, best first, then by name; all by name for no text.</summary>
    /// <exception cref="CatalogueException">The text is too long, or the token is not one of this search's.</exception>
    public DesignPage Search(string text, int pageSize, string pageToken)
    {
        var query = SearchQuery.Parse(text);
        var after = SearchCursor.Parse(pageToken, query);
        return Read(() =>
        {
            var hits = new List<(int Score, Design Design)>();
            foreach (var line in _byName.Values)
            {
                if (line.Words.Score(query) is { } score && (after is not { } cursor || cursor.IsBefore(score, line.Newest.Ref.Name)))
                {
                    hits.Add((score, line.Newest));
                }
            }

            // By name already: a stable sort by score keeps that order among equals.
            var page = hits.OrderByDescending(h => h.Score).Take(pageSize).ToList();
            var next = hits.Count > pageSize ? new SearchCursor(page[^1].Score, page[^1].Design.Ref.Name).Write(query) : "";
            return new DesignPage(page.ConvertAll(h => h.Design), next);
        });
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>The versions of one name.</summary>
    private sealed class DesignLine
    {
        public List<PublishedManifest> Versions { get; } = [];

        public DesignWords Words { get; private set; } = DesignWords.None;

        public Design Newest => Versions[0].Design;

        public void Add(PublishedManifest published)
        {
            // Of two equal versions (1.0 and 1.0.0) the one published later counts as newer.
            var place = Versions.FindIndex(v => DesignVersions.Compare(v.Design.Ref.Version, published.Design.Ref.Version) <= 0);
            Versions.Insert(place < 0 ? Versions.Count : place, published);
            Words = place == 0 || Versions.Count == 1 ? DesignWords.Of(published.Design) : Words;
        }
    }
}
