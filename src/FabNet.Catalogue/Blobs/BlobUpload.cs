// One upload: hashes while it writes, and becomes a blob only if size and digest are right.

using System.Security.Cryptography;
using FabNet.Journal;
using FabNet.Model;

namespace FabNet.Catalogue.Blobs;

/// <summary>An upload in progress. Disposed before <see cref="CompleteAsync"/> it leaves what was received, to go on from there later.</summary>
/// <remarks>Owned by the call that uploads; the open file keeps others out.</remarks>
internal sealed class BlobUpload : IAsyncDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream _file;
    private readonly Digest _digest;
    private readonly long _size;
    private readonly string _partialPath;
    private readonly string _path;

    private BlobUpload(Digest digest, long size, FileStream file, string partialPath, string path) =>
        (_digest, _size, _file, _partialPath, _path) = (digest, size, file, partialPath, path);

    /// <summary>How many bytes are there now.</summary>
    public long Received { get; private set; }

    /// <summary>Opens the partial file, cuts it at the offset, and hashes what it keeps.</summary>
    public static async Task<BlobUpload> OpenAsync(Digest digest, long size, long offset, string partialPath, string path, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            // Unbuffered: a full disk must show where we write, not when the file is closed.
            file = new FileStream(partialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (IOException e) when (IsOpenElsewhere(e))
        {
            throw new CatalogueException(CatalogueFault.Busy, $"Somebody else uploads the blob {digest.Short} now. Try again in a moment.", e);
        }
        catch (IOException e) when (FullDisk.IsCauseOf(e))
        {
            throw NoSpace(digest, e);
        }

        var upload = new BlobUpload(digest, size, file, partialPath, path);
        try
        {
            if (offset < 0 || offset > file.Length || offset > size)
            {
                throw new CatalogueException(CatalogueFault.OutOfRange,
                    $"The upload of {digest.Short} was to go on from byte {offset}, and {file.Length} of {size} are here. Ask again what is missing, and go on from there.");
            }

            file.SetLength(offset);
            await upload.HashWhatIsThereAsync(cancellationToken);
            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="CatalogueException">More than was claimed (everything is thrown away), or no space (what is there is kept).</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        if (Received + chunk.Length > _size)
        {
            Forget();
            throw new CatalogueException(CatalogueFault.Invalid, $"The blob {_digest.Short} was to have {_size} bytes, and more came. What was sent is thrown away.");
        }

        try
        {
            await _file.WriteAsync(chunk, cancellationToken);
        }
        catch (IOException e) when (FullDisk.IsCauseOf(e))
        {
            throw NoSpace(_digest, e);
        }

        _hash.AppendData(chunk.Span);
        Received += chunk.Length;
    }

    /// <summary>Checks the whole, syncs it, and puts it in its place. If bytes are still to come, what is there is kept, and nothing is put in place.</summary>
    /// <returns>True if the blob is whole and in its place.</returns>
    /// <exception cref="CatalogueException">It has another digest (everything is thrown away), or there is no space.</exception>
    public async Task<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        if (Received < _size)
        {
            return false;
        }

        var actual = Digest.FromHash(_hash.GetHashAndReset());
        if (actual != _digest)
        {
            Forget();
            throw new CatalogueException(CatalogueFault.Invalid,
                $"The blob was to have the digest {_digest}, and has {actual}. What was sent is thrown away; the file changed, or bytes were damaged on the way. Publish again.");
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _file.Flush(flushToDisk: true);
            File.Move(_partialPath, _path, overwrite: true);
            DirectorySync.Sync(Path.GetDirectoryName(_path)!);
        }
        catch (IOException e) when (FullDisk.IsCauseOf(e))
        {
            throw NoSpace(_digest, e);
        }

        return true;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _file.DisposeAsync();
    }

    private async Task HashWhatIsThereAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await _file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            _hash.AppendData(buffer, 0, read);
            Received += read;
        }
    }

    private void Forget()
    {
        _file.SetLength(0);
        File.Delete(_partialPath);
    }

    private static CatalogueException NoSpace(Digest digest, IOException e) => new(CatalogueFault.NoSpace,
        $"The catalogue's disk is full, so the blob {digest.Short} can't be stored. Ask whoever runs it to free some space, then publish again: what was sent is kept.", e);

    // EAGAIN on Linux and on macOS, and ERROR_SHARING_VIOLATION on Windows.
    internal static bool IsOpenElsewhere(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32;
}
