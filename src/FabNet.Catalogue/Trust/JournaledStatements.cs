// A node's statements, on the disk: the index finds them, the journal has them.

using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Trust;

/// <summary>
/// Reads statements from the journal as they are asked for. What was journaled was verified before, and only signatures that were right were kept: they are not verified again.
/// </summary>
/// <remarks>As long-lived as the reader that the index lends, and used where that is.</remarks>
internal sealed class JournaledStatements(StatementIndex index, IJournal journal) : IStatements
{
    /// <summary>The journal's kind of a statement. The payload is its envelope, JSON.</summary>
    public const string Kind = "statement";

    /// <summary>The most publishers of one name that are looked at.</summary>
    private const int MaxPublishers = 1_000;

    private const int PageSize = 1_000;

    /// <summary>The statement that an entry holds.</summary>
    /// <exception cref="FormatException">It is none of a form that this version knows.</exception>
    public static StoredStatement Read(JournalEntry entry)
    {
        var envelope = Envelope.Read(entry.Payload);
        return new StoredStatement(new SignedStatement(envelope.Id, StatementFormat.Read(envelope, entry.At), envelope.Signatures.Select(s => s.Key).ToHashSet()), envelope, entry.Cursor);
    }

    public StoredStatement? Find(Digest id) => index.Find(id) is { } entry ? Open(entry) : null;

    public IReadOnlyList<StoredStatement> About(string kind, string subject) => Every(after => index.BySubject(kind, subject, after, PageSize));

    public IReadOnlyList<StoredStatement> By(string kind, Digest publisher) => Every(after => index.ByPublisher(publisher.Value, kind, after, PageSize));

    public IReadOnlyList<VerifyingKey> Keys(IEnumerable<Digest> ids) => [.. ids.Distinct().Select(index.Key).OfType<byte[]>().Select(info => VerifyingKey.Parse(info))];

    public IReadOnlyList<Digest> Owners(Digest key) => index.Owners(key);

    public IReadOnlyList<Digest> PublishersOf(string name) => index.PublishersOf(name, MaxPublishers);

    public IEnumerable<Digest> Versions(string name, Digest publisher, string? version) => index.Versions(name, publisher, version);

    public IEnumerable<Digest> DesignsOf(Digest publisher) => index.Designs(publisher);

    private List<StoredStatement> Every(Func<long, IReadOnlyList<StatementEntry>> page)
    {
        var statements = new List<StoredStatement>();
        for (long after = 0; page(after) is { Count: > 0 } entries; after = entries[^1].Cursor)
        {
            statements.AddRange(entries.Select(Open).OfType<StoredStatement>());
        }

        return statements;
    }

    // One that nobody signed is a design from before statements, until somebody signs it: then its signatures came with the later entries.
    private StoredStatement? Open(StatementEntry entry)
    {
        StoredStatement? stored = null;
        foreach (var cursor in index.Again(entry.Id).Prepend(entry.Cursor))
        {
            var journaled = journal.Find(cursor) ?? throw new JournalException($"Entry {cursor} of the catalogue's journal is gone. Restore the journal from a copy.");
            if (journaled.Kind == Kind)
            {
                var again = Read(journaled);
                stored = stored is null ? again
                    : new StoredStatement(stored.Said with { SignedBy = stored.Said.SignedBy.Union(again.Said.SignedBy).ToHashSet() }, stored.Envelope.With(again.Envelope), stored.Cursor);
            }
        }

        return stored;
    }
}
