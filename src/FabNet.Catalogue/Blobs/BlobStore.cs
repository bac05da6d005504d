// Blobs as files named by their digests, and uploads that can be broken off and gone on with.

using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol.Catalogue;

namespace FabNet.Catalogue.Blobs;

/// <summary>
/// Content-addressed files: <c>sha256/ab/abcd…</c> for whole blobs, <c>partial/abcd…</c> for uploads. A whole blob was verified, synced
/// and then renamed into place, so that whatever stands under its digest was right when it was put there. Readers verify again.
/// </summary>
/// <remarks>Thread safe: the file system holds all state. One upload per digest at a time.</remarks>
internal sealed class BlobStore
{
    private readonly string _folder;
    private readonly string _partialFolder;
    private readonly CatalogueOptions _options;

    private BlobStore(string folder, CatalogueOptions options) =>
        (_folder, _partialFolder, _options) = (folder, Path.Combine(folder, "partial"), options);

    /// <summary>Opens the store in a folder, which is created where it is missing, and forgets uploads that nobody went on with.</summary>
    public static BlobStore Open(string folder, CatalogueOptions options, TimeProvider time)
    {
        var store = new BlobStore(folder, options);
        Directory.CreateDirectory(store._partialFolder);
        var oldest = time.GetUtcNow().UtcDateTime - options.PartialRetention;
        foreach (var partial in new DirectoryInfo(store._partialFolder).EnumerateFiles().Where(f => f.LastWriteTimeUtc < oldest))
        {
            partial.Delete();
        }

        return store;
    }

    /// <summary>True if the whole blob is there with this size. One of another size was damaged on the disk: uploading it again repairs it.</summary>
    public bool Has(Digest digest, long size) => new FileInfo(PathOf(digest)) is { Exists: true } file && file.Length == size;

    /// <summary>How many bytes of an upload that was broken off are there.</summary>
    public long ReceivedOf(Digest digest) => new FileInfo(PartialPathOf(digest)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Begins an upload, or goes on with one.</summary>
    /// <param name="digest">What the whole must have.</param>
    /// <param name="size">What the whole must have, in bytes.</param>
    /// <param name="offset">How many bytes the sender leaves out, because they are there.</param>
    /// <param name="cancellationToken">Stops the reading of what is there.</param>
    /// <exception cref="CatalogueException">Too large, no space, an offset past what is there, or somebody else uploads it now.</exception>
    public async Task<BlobUpload> BeginUploadAsync(Digest digest, long size, long offset, CancellationToken cancellationToken)
    {
        RequireSize(digest, size);
        RequireSpace(digest, size - ReceivedOf(digest));
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
        return await BlobUpload.OpenAsync(digest, size, offset, PartialPathOf(digest), PathOf(digest), cancellationToken);
    }

    /// <summary>Pulls a blob from another catalogue, going on where an earlier pull was cut.</summary>
    /// <exception cref="CatalogueException">Too large, no space, or somebody else pulls it now.</exception>
    /// <exception cref="TamperedException">The other catalogue sent other bytes; they are thrown away.</exception>
    /// <exception cref="Grpc.Core.RpcException">It refused, or could not be reached; what came is kept.</exception>
    public async Task PullAsync(BlobDownload from, Digest digest, long size, Action<long>? report, CancellationToken cancellationToken)
    {
        // A name of its own: an upload of the same blob that goes on meanwhile must not get hold of the file that is put in place here.
        var partial = PartialPathOf(digest) + ".pull";
        RequireSize(digest, size);
        RequireSpace(digest, size - (new FileInfo(partial) is { Exists: true } file ? file.Length : 0));
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
        try
        {
            await from.RunAsync(digest, size, partial, report, cancellationToken);
            File.Move(partial, PathOf(digest), overwrite: true);
            DirectorySync.Sync(Path.GetDirectoryName(PathOf(digest))!);
        }
        catch (IOException e) when (FullDisk.IsCauseOf(e))
        {
            throw new CatalogueException(CatalogueFault.NoSpace, $"The catalogue's disk is full, so the blob {digest.Short} can't be stored. Free some space: what came is kept, and the pull goes on.", e);
        }
        catch (IOException e) when (BlobUpload.IsOpenElsewhere(e))
        {
            throw new CatalogueException(CatalogueFault.Busy, $"The blob {digest.Short} is being pulled already. Try again in a moment.", e);
        }
    }

    /// <summary>Refuses when less than the reserve is free on the disk.</summary>
    /// <exception cref="CatalogueException">It is.</exception>
    public void RequireReserve()
    {
        var free = new DriveInfo(_folder).AvailableFreeSpace;
        if (free < _options.MinFreeBytes)
        {
            throw new CatalogueException(CatalogueFault.NoSpace, $"The disk has {free} bytes free, and {_options.MinFreeBytes} are kept free: nothing more is taken from other catalogues until there is space.");
        }
    }

    /// <summary>Opens a whole blob.</summary>
    /// <exception cref="CatalogueException">It is not there.</exception>
    public FileStream OpenRead(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CatalogueException(CatalogueFault.NotFound, $"This catalogue has no blob {digest}.", e);
        }
    }

    /// <summary>Where the whole blob stands.</summary>
    internal string PathOf(Digest digest) => Path.Combine(_folder, "sha256", digest.Hex[..2], digest.Hex);

    private string PartialPathOf(Digest digest) => Path.Combine(_partialFolder, digest.Hex);

    private void RequireSize(Digest digest, long size)
    {
        if (size < 0 || size > _options.MaxBlobBytes)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"The blob {digest.Short} has {size} bytes; this catalogue takes at most {_options.MaxBlobBytes} for one file.");
        }
    }

    private void RequireSpace(Digest digest, long needed)
    {
        var free = new DriveInfo(_folder).AvailableFreeSpace;
        if (free - Math.Max(needed, 0) < _options.MinFreeBytes)
        {
            throw new CatalogueException(CatalogueFault.NoSpace,
                $"The catalogue's disk has {free} bytes free, too few for the blob {digest.Short} ({needed} bytes to come, {_options.MinFreeBytes} kept free). "
                + "Ask whoever runs it to free some space, then publish again: what was sent is kept.");
        }
    }
}
