// A part of the log: which statements somebody asks for, found by the index instead of by walking the journal.

using FabNet.Catalogue.Search;
using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Federation;

/// <summary>Places of the log, in order.</summary>
/// <param name="Entries">Statements that were asked for; one comes again where it got another signature.</param>
/// <param name="Horizon">Every place up to here was looked at.</param>
/// <param name="IsEnd">True if nothing more is there.</param>
internal sealed record LogPage(IReadOnlyList<StatementEntry> Entries, long Horizon, bool IsEnd);

/// <summary>What is asked for. Kinds narrow down; of the others each adds what it names, and where both are empty, everything is meant.</summary>
internal sealed record LogSelection
{
    /// <summary>The most digests of one list.</summary>
    public const int MaxDigests = 1_000;

    /// <summary>Of each source so many entries are looked at for one page, so that a page costs little whatever is asked.</summary>
    private const int MaxLooked = 4_000;

    /// <summary>More are never held at a time.</summary>
    private const int MaxGathered = 16_000;

    private readonly HashSet<Digest> _about;

    /// <summary>Creates the selection.</summary>
    /// <param name="kinds">Kinds; none for all.</param>
    /// <param name="about">Statements with these ids, and what is said about them.</param>
    /// <param name="by">Statements by these publishers, and designs that they signed.</param>
    /// <exception cref="CatalogueException">There are too many.</exception>
    public LogSelection(IReadOnlyCollection<string> kinds, IReadOnlyCollection<Digest> about, IReadOnlyCollection<Digest> by)
    {
        if (about.Count > MaxDigests || by.Count > MaxDigests)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"{Math.Max(about.Count, by.Count)} digests were asked about; ask about at most {MaxDigests} at a time.");
        }

        Kinds = kinds.Count == 0 ? StatementKinds.All : [.. StatementKinds.All.Where(kinds.Contains)];
        (_about, By, IsAll) = ([.. about], [.. by.Distinct()], kinds.Count + about.Count + by.Count == 0);
    }

    /// <summary>The kinds that are asked for.</summary>
    public IReadOnlyList<string> Kinds { get; }

    /// <summary>The publishers that are asked for.</summary>
    public IReadOnlyList<Digest> By { get; }

    /// <summary>True if everything is asked for.</summary>
    public bool IsAll { get; }

    /// <summary>Finds the next places.</summary>
    /// <param name="index">The index.</param>
    /// <param name="applied">Up to where the journal is in it.</param>
    /// <param name="after">The place after which to begin.</param>
    /// <param name="limit">How many at most.</param>
    public LogPage Find(StatementIndex index, long applied, long after, int limit)
    {
        var found = new List<StatementEntry>();
        var horizon = applied;

        // A source that has more than it was asked for says nothing about what comes after its last entry.
        void Take(IReadOnlyList<StatementEntry> entries, int asked, Func<StatementEntry, bool>? isWanted = null)
        {
            horizon = entries.Count < asked ? horizon : Math.Min(horizon, entries[^1].Cursor);
            found.AddRange(entries.Where(e => e.Cursor <= horizon && isWanted?.Invoke(e) != false));
            if (found.Count > MaxGathered)
            {
                found = [.. found.DistinctBy(e => e.Cursor).OrderBy(e => e.Cursor).Take(limit + 1)];
                horizon = Math.Min(horizon, found[^1].Cursor);
            }
        }

        var isNarrow = _about.Count + By.Count > 0;
        foreach (var kind in Kinds)
        {
            Take(index.AgainByKind(kind, after, MaxLooked), MaxLooked, isNarrow ? e => IsWanted(e, index) : null);
            if (!isNarrow)
            {
                Take(index.ByKind(kind, after, limit + 1), limit + 1);
            }

            foreach (var subject in _about)
            {
                Take(index.BySubject(kind, subject.Value, after, limit + 1), limit + 1);
            }

            foreach (var publisher in By)
            {
                Take(kind == StatementKinds.Design ? index.DesignsAfter(publisher, after, limit + 1) : index.ByPublisher(publisher.Value, kind, after, limit + 1), limit + 1);
            }
        }

        found.AddRange(_about.Select(index.Find).OfType<StatementEntry>().Where(e => e.Cursor > after && Kinds.Contains(e.Kind)));
        var page = found.DistinctBy(e => e.Cursor).Where(e => e.Cursor <= horizon).OrderBy(e => e.Cursor).Take(limit + 1).ToList();
        return page.Count > limit ? new LogPage(page[..limit], page[limit - 1].Cursor, false) : new LogPage(page, horizon, horizon == applied);
    }

    private bool IsWanted(StatementEntry entry, StatementIndex index) => _about.Contains(entry.Id) || (Digest.TryParse(entry.Subject, out var subject) && _about.Contains(subject))
        || By.Any(p => entry.Kind == StatementKinds.Design ? index.IsSignedBy(entry.Id, p) : entry.Publisher == p.Value);
}
