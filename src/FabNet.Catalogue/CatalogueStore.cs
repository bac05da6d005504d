// The catalogue's state: the journal decides, blobs lie beside it, the index is rebuilt from it.

using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Search;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue;

/// <summary>
/// Keeps signed statements, designs among them, and finds them. A statement is checked, journaled (kind <c>statement</c>, the payload being its envelope), and then applied by
/// the code that also replays the journal at start. Journals from before designs were signed have manifests too (<c>design.published</c>); they stay readable, by nobody's word.
/// </summary>
/// <remarks>Thread safe. Statements are put one after another, by a lock; reads never wait for the disk.</remarks>
internal sealed class CatalogueStore : IDisposable
{
    private const string UnsignedKind = "design.published";

    private const string StatementKind = "statement";

    private readonly Lock _publishing = new();
    private readonly SqliteJournal _journal;
    private readonly DesignIndex _index = new();
    private readonly StatementIntake _intake;
    private long _applied;

    private CatalogueStore(SqliteJournal journal, BlobStore blobs, CatalogueOptions options)
    {
        (_journal, Blobs) = (journal, blobs);
        Commons = new Commons(new StatementTable(), options.Heeded);
        _intake = new StatementIntake(Commons);
    }

    public BlobStore Blobs { get; }

    /// <summary>What the statements say.</summary>
    public Commons Commons { get; }

    /// <summary>Opens the catalogue in a data folder and replays its journal.</summary>
    /// <exception cref="JournalException">Another process has it open, or it is damaged.</exception>
    public static CatalogueStore Open(CatalogueOptions options, TimeProvider time)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        var journal = SqliteJournal.Open(Path.Combine(folder, "journal.db"), time);
        try
        {
            var store = new CatalogueStore(journal, BlobStore.Open(Path.Combine(folder, "blobs"), options, time), options);
            store.ApplyNew();
            return store;
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            journal.Dispose();
            throw e as JournalException ?? new JournalException($"The catalogue in {folder} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Puts a signed statement; the same one again changes nothing.</summary>
    /// <returns>The statement, and whether it is new here.</returns>
    /// <exception cref="CatalogueException">It breaks a rule, its author may not say that, or what it builds on is missing.</exception>
    /// <exception cref="JournalException">The journal can't be written; nothing was put.</exception>
    public (StoredStatement Statement, bool IsAdded) Put(Envelope envelope)
    {
        lock (_publishing)
        {
            var (said, accepted) = _intake.Accept(envelope);
            if (Commons.Table.Find(said.Id) is { } known && said.SignedBy.IsSubsetOf(known.Said.SignedBy))
            {
                return (known, false);
            }

            if (said.Statement is DesignStatement { Design: var design })
            {
                RequireBlobs(design);
            }

            _journal.Append(new JournalRecord(StatementKind, accepted.Write()));
            ApplyNew();
            return (Commons.Table.Find(said.Id)!, true);
        }
    }

    public PublishedManifest Get(Digest manifest) =>
        _index.Find(manifest) ?? throw new CatalogueException(CatalogueFault.NotFound, $"This catalogue has no design with the manifest {manifest}.");

    /// <summary>A version of a design; the newest if none is asked for. Signed ones go before those that nobody signed.</summary>
    public PublishedManifest Get(DesignName wanted)
    {
        if (Commons.Resolve(wanted) is { } signed)
        {
            return Get(signed.Design.Ref.Manifest);
        }

        var (name, version) = (wanted.Name, wanted.Version);
        if (_index.Find(name, version) is { } published)
        {
            return published;
        }

        var versions = _index.Versions(name);
        throw new CatalogueException(CatalogueFault.NotFound, versions.Count == 0
            ? $"This catalogue has no design '{name}'. Look for it with: fabnet catalogue search WORDS"
            : $"The design '{name}' has no version '{version}'. It has {string.Join(", ", versions.Take(10).Select(v => v.Ref.Version))}.");
    }

    /// <summary>Every version of a design, newest first.</summary>
    public IReadOnlyList<Model.Designs.Design> Versions(string name) => _index.Versions(name) is { Count: > 0 } versions
        ? versions
        : throw new CatalogueException(CatalogueFault.NotFound, $"This catalogue has no design '{name}'. Look for it with: fabnet catalogue search WORDS");

    /// <summary>See <see cref="DesignIndex.Search"/>.</summary>
    public DesignPage Search(string text, int pageSize, string pageToken) => _index.Search(text, pageSize, pageToken);

    /// <inheritdoc />
    public void Dispose() => _journal.Dispose();

    private void ApplyNew()
    {
        foreach (var entry in _journal.Read(_applied))
        {
            if (entry.Kind == UnsignedKind)
            {
                _index.Add(new PublishedManifest(DesignManifest.Read(entry.Payload, entry.At), entry.Payload, entry.Cursor));
            }
            else if (entry.Kind == StatementKind)
            {
                Apply(entry);
            }

            _applied = entry.Cursor;
        }
    }

    private void Apply(JournalEntry entry)
    {
        var envelope = Envelope.Read(entry.Payload);
        var said = _intake.Verify(envelope, entry.At);
        Commons.Table.Add(said, envelope, entry.Cursor);
        if (said.Statement is DesignStatement { Design: var design })
        {
            _index.Add(new PublishedManifest(design, envelope.Payload.ToArray(), entry.Cursor));
        }
    }

    private void RequireBlobs(Model.Designs.Design design)
    {
        var missing = design.AllArtefacts().DistinctBy(a => a.Digest).Where(a => !Blobs.Has(a.Digest, a.Size)).ToList();
        if (missing.Count > 0)
        {
            throw new CatalogueException(CatalogueFault.BlobsMissing,
                $"{missing.Count} of the design's files are not here with the size that the manifest names, such as {missing[0].Path} ({missing[0].Digest.Short}). Upload them first, then publish again.");
        }
    }
}
