// The catalogue's state: the journal decides, blobs lie beside it, the index follows it.

using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Federation;
using FabNet.Catalogue.Search;
using FabNet.Catalogue.Trust;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Design = FabNet.Model.Designs.Design;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue;

/// <summary>
/// Keeps signed statements, designs among them, and finds them. A statement is checked, journaled (kind <c>statement</c>, the payload being its envelope), and then applied to the index by the code that
/// also makes it anew from the journal. Journals from before designs were signed have manifests too (<c>design.published</c>): they stay readable, by nobody's word.
/// </summary>
/// <remarks>Thread safe. One loop publishes (<see cref="PublishingLoop"/>); reads never wait for it.</remarks>
internal sealed partial class CatalogueStore : IAsyncDisposable, IDisposable
{
    /// <summary>The most versions of a design that are listed.</summary>
    private const int MaxVersions = 1000;

    private readonly IJournal _journal;
    private readonly PublishingLoop _publishing;
    private readonly string _indexPath;
    private readonly IReadOnlyCollection<string>? _heeded;

    private CatalogueStore(IJournal journal, BlobStore blobs, string indexPath, IReadOnlyCollection<string>? heeded, ILogger log)
    {
        (_journal, Blobs, _indexPath, _heeded) = (journal, blobs, indexPath, heeded);
        _publishing = new PublishingLoop(journal, new CommonsRules(journal, heeded), indexPath, reason =>
        {
            if (journal.Head > 0)
            {
                LogRebuilding(log, indexPath, reason, journal.Head);
            }
        });
    }

    public BlobStore Blobs { get; }

    /// <summary>Opens the catalogue in a data folder, and brings its index up to its journal.</summary>
    /// <exception cref="JournalException">Another process has it open, or it is damaged.</exception>
    public static CatalogueStore Open(CatalogueOptions options, TimeProvider time, ILogger log)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        IJournal journal = options.Store is { } address ? PostgresJournal.Open(address, "catalogue", time) : SqliteJournal.Open(Path.Combine(folder, "journal.db"), time);
        try
        {
            return new CatalogueStore(journal, BlobStore.Open(Path.Combine(folder, "blobs"), options, time), Path.Combine(folder, "index.db"), options.Heeded, log);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            journal.Dispose();
            throw e as JournalException ?? new JournalException($"The catalogue in {folder} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Puts a signed statement; the same one again changes nothing.</summary>
    /// <returns>The statement, and whether it, or a signature on it, is new here.</returns>
    /// <exception cref="CatalogueException">It breaks a rule, its author may not say that, or what it builds on is missing.</exception>
    /// <exception cref="JournalException">The journal can't be written; nothing was put.</exception>
    public async Task<(StoredStatement Statement, bool IsAdded)> PutAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        var (said, accepted) = AskCommons(commons => new StatementIntake(commons).Accept(envelope));
        if (said.Statement is DesignStatement { Design: var design })
        {
            RequireBlobs(design);
        }

        var isAdded = await _publishing.PutAsync(said, accepted, isRelayed: false, cancellationToken);
        return (AskCommons(commons => commons.Statements.Find(said.Id))!, isAdded);
    }

    /// <summary>Judges a statement that another node took, or that comes from a bundle (<see cref="StatementIntake.Admit"/>).</summary>
    /// <exception cref="CatalogueException">It is refused, or (<see cref="CatalogueException.Need"/>) what it builds on is not here yet.</exception>
    public Admitted Admit(Envelope envelope) => AskCommons(commons => new StatementIntake(commons).Admit(envelope));

    /// <summary>Puts a statement that was admitted. A design's blobs may come later.</summary>
    /// <returns>True if it, or a signature on it, is new here.</returns>
    /// <exception cref="JournalException">The journal can't be written; nothing was put.</exception>
    public Task<bool> PutAsync(Admitted admitted, CancellationToken cancellationToken) => _publishing.PutAsync(admitted.Said, admitted.Envelope, isRelayed: true, cancellationToken);

    /// <summary>Which of a design's blobs are not here with the size that its manifest names.</summary>
    public IEnumerable<(Digest Digest, long Size)> MissingBlobs(Design design) => design.Blobs().Where(b => !Blobs.Has(b.Digest, b.Size));

    /// <summary>Refuses a design whose blobs are not all here.</summary>
    /// <exception cref="CatalogueException">Some are not.</exception>
    public void RequireBlobs(Design design)
    {
        var missing = design.AllArtefacts().DistinctBy(a => a.Digest).Where(a => !Blobs.Has(a.Digest, a.Size)).ToList();
        if (missing.Count > 0)
        {
            throw new CatalogueException(CatalogueFault.BlobsMissing,
                $"{missing.Count} of the design's files are not here with the size that the manifest names, such as {missing[0].Path} ({missing[0].Digest.Short}). Upload them first, then publish again.");
        }
    }

    /// <summary>Asks what the statements say.</summary>
    public T AskCommons<T>(Func<Commons, T> ask) => Ask(index => ask(new Commons(new JournaledStatements(index.Statements, _journal), _heeded, [])));

    /// <summary>
    /// Statements in the order in which they were accepted here; one again that got another signature. None that the index does not have yet: whoever hears of one here, and asks what holds now, is told what
    /// holds with it.
    /// </summary>
    /// <param name="after">The cursor after which to begin; 0 for the beginning.</param>
    public IEnumerable<StoredStatement> Log(long after)
    {
        var applied = Ask(index => index.Applied);
        return _journal.Read(after).TakeWhile(e => e.Cursor <= applied).Where(e => e.Kind == JournaledStatements.Kind).Select(JournaledStatements.Read);
    }

    /// <summary>The places of a part of the log, found by the index.</summary>
    public LogPage Select(LogSelection selection, long after, int limit) => Ask(index => selection.Find(index.Statements, index.Applied, after, limit));

    /// <summary>The statement at a place of the log; null where there is none, or one that nobody signed.</summary>
    public StoredStatement? StatementAt(long cursor) => _journal.Find(cursor) is { Kind: JournaledStatements.Kind } entry ? JournaledStatements.Read(entry) : null;

    /// <summary>The newest place of the log.</summary>
    public long Head => Ask(index => index.Applied);

    /// <summary>What names the log up to a place: the journal's hash there, in hexadecimal digits; empty for the beginning, null where there is no such place.</summary>
    public string? MarkOf(long cursor) => cursor == 0 ? "" : _journal.Find(cursor) is { } entry ? Convert.ToHexStringLower(entry.Hash) : null;

    /// <summary>The design with this manifest.</summary>
    /// <exception cref="CatalogueException">It is not here.</exception>
    public PublishedManifest Get(Digest manifest) => Open(Ask(index => index.Find(manifest))
        ?? throw new CatalogueException(CatalogueFault.NotFound, $"This catalogue has no design with the manifest {manifest}."));

    /// <summary>A version of a design; the newest if none is asked for. Signed ones go before those that nobody signed.</summary>
    /// <exception cref="CatalogueException">It is not here, or may be one of several; the message says what is.</exception>
    public PublishedManifest Get(DesignName wanted)
    {
        if (AskCommons(commons => commons.Resolve(wanted)) is { } signed)
        {
            return Get(signed.Design.Ref.Manifest);
        }

        var (name, version) = (wanted.Name, wanted.Version);
        if (Ask(index => index.Find(name, version)) is { } place)
        {
            return Open(place);
        }

        var versions = Ask(index => index.Versions(name, 10));
        throw versions.Count == 0 ? NoSuchName(name)
            : new CatalogueException(CatalogueFault.NotFound, $"The design '{name}' has no version '{version}'. It has {string.Join(", ", versions.Select(v => v.Ref.Version))}.");
    }

    /// <summary>The versions of a design, newest first, up to a thousand.</summary>
    /// <exception cref="CatalogueException">There is no such design.</exception>
    public IReadOnlyList<DesignSummary> Versions(string name) => Ask(index => index.Versions(name, MaxVersions)) is { Count: > 0 } versions ? versions : throw NoSuchName(name);

    /// <summary>See <see cref="DesignSearch.Find"/>.</summary>
    public DesignPage Search(SearchRequest request, int pageSize, string pageToken) => Ask(index => index.Designs.Find(request, pageSize, pageToken));

    /// <summary>See <see cref="PublishingLoop.CatchUpAsync"/>.</summary>
    public Task CatchUpAsync(CancellationToken cancellationToken) => _publishing.CatchUpAsync(cancellationToken);

    /// <summary>Reads the index as it is now.</summary>
    /// <exception cref="CatalogueException">It is being made anew, because it was found damaged.</exception>
    public T Ask<T>(Func<IndexReader, T> read)
    {
        try
        {
            return _publishing.Index is { } index ? index.Read(read) : throw Rebuilding(null);
        }
        catch (ObjectDisposedException e)
        {
            throw Rebuilding(e);
        }
        catch (SqliteException e) when (DesignIndex.IsDamage(e))
        {
            _publishing.RequestRebuild();
            throw Rebuilding(e);
        }
        catch (SqliteException e)
        {
            throw new IOException($"The index {_indexPath} can't be read: {e.Message}.", e);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _publishing.DisposeAsync();
        _journal.Dispose();
    }

    /// <inheritdoc />
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private PublishedManifest Open(DesignPlace place)
    {
        var entry = _journal.Find(place.Cursor) ?? throw new JournalException($"Entry {place.Cursor} of the catalogue's journal is gone. Restore the journal from a copy.");
        return entry.Kind == JournaledStatements.Kind && JournaledStatements.Read(entry) is { Said.Statement: DesignStatement { Design: var design }, Envelope: var envelope }
            ? new PublishedManifest(design, envelope.Payload.ToArray(), entry.Cursor)
            : new PublishedManifest(DesignManifest.Read(entry.Payload, entry.At), entry.Payload, entry.Cursor);
    }

    private static CatalogueException NoSuchName(string name) =>
        new(CatalogueFault.NotFound, $"This catalogue has no design '{name}'. Look for it with: fabnet catalogue search WORDS");

    private static CatalogueException Rebuilding(Exception? cause) =>
        new(CatalogueFault.Busy, "The catalogue's index is being made anew from its journal. Try again in a moment.", cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The index {Path} is made from the journal: {Reason}. It has {Entries} entries; a million take some minutes.")]
    private static partial void LogRebuilding(ILogger log, string path, string reason, long entries);
}
