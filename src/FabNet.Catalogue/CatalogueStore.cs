// The catalogue's state: the journal decides, blobs lie beside it, the index is rebuilt from it.

using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol;

namespace FabNet.Catalogue;

/// <summary>
/// Publishes designs and finds them. A publication is checked, journaled (kind <c>design.published</c>, the payload being the canonical
/// manifest), and then applied by the code that also replays the journal at start.
/// </summary>
/// <remarks>Thread safe. Publications are serialised by a lock; reads never wait for the disk.</remarks>
internal sealed class CatalogueStore : IDisposable
{
    private const string PublishedKind = "design.published";

    private readonly Lock _publishing = new();
    private readonly SqliteJournal _journal;
    private readonly DesignIndex _index = new();
    private long _applied;

    private CatalogueStore(SqliteJournal journal, BlobStore blobs) => (_journal, Blobs) = (journal, blobs);

    public BlobStore Blobs { get; }

    /// <summary>Opens the catalogue in a data folder and replays its journal.</summary>
    /// <exception cref="JournalException">Another process has it open, or it is damaged.</exception>
    public static CatalogueStore Open(CatalogueOptions options, TimeProvider time)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        var journal = SqliteJournal.Open(Path.Combine(folder, "journal.db"), time);
        try
        {
            var store = new CatalogueStore(journal, BlobStore.Open(Path.Combine(folder, "blobs"), options, time));
            store.ApplyNew();
            return store;
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            journal.Dispose();
            throw e as JournalException ?? new JournalException($"The catalogue in {folder} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Publishes a manifest; the same one again changes nothing.</summary>
    /// <exception cref="CatalogueException">It breaks a rule, its name and version are taken, or blobs are missing.</exception>
    /// <exception cref="JournalException">The journal can't be written; nothing was published.</exception>
    public PublishedManifest Publish(byte[] manifest)
    {
        Model.Designs.Design design;
        try
        {
            design = DesignManifest.Read(manifest, DateTimeOffset.UnixEpoch);
        }
        catch (FormatException e)
        {
            throw new CatalogueException(CatalogueFault.Invalid, e.Message, e);
        }

        lock (_publishing)
        {
            var (name, version, digest) = design.Ref;
            if (_index.Find(name, version) is { } published)
            {
                return published.Design.Ref.Manifest == digest ? published : throw new CatalogueException(CatalogueFault.AlreadyExists,
                    $"{design.Ref} is published already with other contents ({published.Design.Ref.Manifest.Short}). Published versions never change: give yours a new version.");
            }

            RequireBlobs(design);
            _journal.Append(new JournalRecord(PublishedKind, manifest));
            ApplyNew();
            return _index.Find(digest)!;
        }
    }

    public PublishedManifest Get(Digest manifest) =>
        _index.Find(manifest) ?? throw new CatalogueException(CatalogueFault.NotFound, $"This catalogue has no design with the manifest {manifest}.");

    /// <summary>A version of a design; the newest if none is asked for.</summary>
    public PublishedManifest Get(string name, string? version)
    {
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
            if (entry.Kind == PublishedKind)
            {
                _index.Add(new PublishedManifest(DesignManifest.Read(entry.Payload, entry.At), entry.Payload, entry.Cursor));
            }

            _applied = entry.Cursor;
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
