// Pulls one blob: goes on from what is there, hashes while it writes, and keeps nothing that does not match.

using System.Security.Cryptography;
using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol.V1;
using Grpc.Core;

namespace FabNet.Edge.Designs;

/// <summary>The pull of one blob over as many calls as it takes. Used by one task at a time.</summary>
internal sealed class BlobDownload(
    DesignCatalogue.DesignCatalogueClient catalogue, FileCache blobs, Artefact artefact, string what, DesignCacheOptions options, TimeProvider time)
{
    private bool _triedFromStart;

    private string PartialPath => blobs.PartialPathOf(artefact.Digest);

    /// <summary>Pulls until the blob is whole.</summary>
    /// <exception cref="RpcException">The call broke off; another run goes on from there.</exception>
    /// <exception cref="DesignException">The bytes are wrong; nothing was kept.</exception>
    /// <exception cref="IOException">The disk is full, and nothing was kept; or it can't be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!await TryPullAsync(cancellationToken))
            {
                // What an earlier process left was wrong, and is gone: once more, from the start.
            }
        }
        catch (IOException e) when (Disk.IsFull(e))
        {
            // Half a blob must not keep from the journal the space that it needs to say so.
            Disk.TryDelete(PartialPath);
            throw;
        }
    }

    private async Task<bool> TryPullAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(blobs.Folder);
        await using var file = new FileStream(PartialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 128 * 1024);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var resumedAt = await HashWhatIsThereAsync(file, hash, cancellationToken);
        _triedFromStart |= resumedAt == 0;
        if (resumedAt < artefact.Size || artefact.Size == 0)
        {
            Disk.RequireSpace(blobs.Folder, artefact.Size - resumedAt);
            await ReceiveAsync(file, hash, resumedAt, cancellationToken);
        }

        var digest = Digest.FromHash(hash.GetHashAndReset());
        if (digest == artefact.Digest && file.Position == artefact.Size)
        {
            await blobs.Publish(artefact.Digest, file).DisposeAsync();
            return true;
        }

        Disk.TryDelete(PartialPath);
        return _triedFromStart
            ? throw new DesignException(
                DesignFault.Corrupt,
                $"{options.CatalogueName} sent wrong bytes for {what}: their digest is {digest.Short}…, and the manifest says {artefact.Digest.Short}…. They were thrown away. Ask its maintainer, or publish the design again.")
            : false;
    }

    private async Task<long> HashWhatIsThereAsync(FileStream file, IncrementalHash hash, CancellationToken cancellationToken)
    {
        if (file.Length > artefact.Size)
        {
            file.SetLength(0);
        }

        var buffer = new byte[128 * 1024];
        for (var left = file.Length; left > 0;)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            hash.AppendData(buffer, 0, read);
            left = read > 0 ? left - read : 0;
        }

        return file.Position;
    }

    private async Task ReceiveAsync(FileStream file, IncrementalHash hash, long offset, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => silence.Cancel(), null, options.SilenceLimit, Timeout.InfiniteTimeSpan);
        using var call = catalogue.GetBlob(new GetBlobRequest { Digest = artefact.Digest.Value, Offset = offset }, cancellationToken: silence.Token);
        var isFirst = true;
        try
        {
            while (await call.ResponseStream.MoveNext(silence.Token))
            {
                timer.Change(options.SilenceLimit, Timeout.InfiniteTimeSpan);
                var reply = call.ResponseStream.Current;
                if ((isFirst && reply.Size != artefact.Size) || file.Position + reply.Chunk.Length > artefact.Size)
                {
                    throw ThrownAway(Math.Max(reply.Size, file.Position + reply.Chunk.Length));
                }

                isFirst = false;
                hash.AppendData(reply.Chunk.Span);
                await file.WriteAsync(reply.Chunk.Memory, cancellationToken);
            }
        }
        catch (Exception e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"nothing came for {options.SilenceLimit.TotalSeconds:0} s"));
        }
        finally
        {
            await file.FlushAsync(CancellationToken.None);
        }

        if (file.Position < artefact.Size)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"it ended after {file.Position} of {artefact.Size} bytes"));
        }
    }

    private DesignException ThrownAway(long size)
    {
        Disk.TryDelete(PartialPath);
        return new DesignException(
            DesignFault.Corrupt,
            $"{options.CatalogueName} sends {size} bytes for {what}, and the manifest says {artefact.Size}. They were thrown away. Ask its maintainer, or publish the design again.");
    }
}
