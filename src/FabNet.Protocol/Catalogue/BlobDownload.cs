// Pulls one blob into a file: goes on from what is there, hashes while it writes, and leaves nothing that does not match.

using System.Security.Cryptography;
using FabNet.Model;
using FabNet.Protocol.V1;
using Grpc.Core;
using Polly;

namespace FabNet.Protocol.Catalogue;

/// <summary>
/// The verified download of blobs. The catalogue need not be trusted: a blob is whole only when its size and digest are right. Thread safe; the file of a blob
/// that is under way is locked, so a second download into it fails.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
/// <param name="retry">What repeats a call that broke off, from <see cref="CatalogueRetry"/>. Each attempt goes on where the one before stopped.</param>
/// <param name="time">The clock that silence is measured by.</param>
public sealed class BlobDownload(DesignCatalogue.DesignCatalogueClient catalogue, ResiliencePipeline retry, TimeProvider time)
{
    private const string Advice = "What came was thrown away. The catalogue's disk may be damaged: tell whoever runs it, and pull from another catalogue.";

    /// <summary>How long the catalogue may send nothing before the attempt counts as broken off. Default 30 s.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Pulls a blob into a file, going on where the file ends, and verifies and syncs the whole. The file is not the blob before this returns: give it
    /// its final name then. If what was there before was wrong, the blob is pulled once more from its beginning.
    /// </summary>
    /// <param name="digest">What the bytes must have.</param>
    /// <param name="size">How many there must be.</param>
    /// <param name="path">The file; created where it is missing. After <see cref="TamperedException"/> it is gone; after anything else it holds what came, for the next call.</param>
    /// <param name="report">Told how many bytes are there, after each chunk; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what came is kept.</param>
    /// <exception cref="TamperedException">The catalogue sent other bytes, or another number of them.</exception>
    /// <exception cref="RpcException">The catalogue refused, or could not be reached.</exception>
    /// <exception cref="IOException">The file can't be written, or another download holds it.</exception>
    public async Task RunAsync(Digest digest, long size, string path, Action<long>? report = null, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!await TryAsync(digest, size, path, report, cancellationToken))
            {
                // What was there before was wrong, and is gone. Another try begins with an empty file, so it is the last.
            }
        }
        catch (TamperedException)
        {
            File.Delete(path);
            throw;
        }
    }

    private async Task<bool> TryAsync(Digest digest, long size, string path, Action<long>? report, CancellationToken cancellationToken)
    {
        // Unbuffered: a full disk must show where we write, not when the file is closed.
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await HashWhatIsThereAsync(file, size, hash, cancellationToken);
        var isResumed = file.Position > 0;
        await retry.ExecuteAsync(async token => await ReceiveAsync(digest, size, file, hash, report, token), cancellationToken);
        var actual = Digest.FromHash(hash.GetHashAndReset());
        if (actual == digest)
        {
            file.Flush(flushToDisk: true);
            return true;
        }

        file.SetLength(0);
        return isResumed ? false : throw new TamperedException($"The catalogue sent bytes with the digest {actual} for the blob {digest}. {Advice}");
    }

    private static async Task HashWhatIsThereAsync(FileStream file, long size, IncrementalHash hash, CancellationToken cancellationToken)
    {
        if (file.Length > size)
        {
            file.SetLength(0);
        }

        var buffer = new byte[128 * 1024];
        int read;
        for (var left = file.Length; left > 0; left -= read)
        {
            read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException($"The file {file.Name} became shorter while it was read. Try again when nothing else writes to it.");
            }

            hash.AppendData(buffer, 0, read);
        }
    }

    // One attempt, from where the file ends.
    private async ValueTask ReceiveAsync(Digest digest, long size, FileStream file, IncrementalHash hash, Action<long>? report, CancellationToken cancellationToken)
    {
        if (file.Position == size)
        {
            return;
        }

        using var silence = new CancellationTokenSource(SilenceLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        using var call = catalogue.GetBlob(new GetBlobRequest { Digest = digest.Value, Offset = file.Position }, cancellationToken: either.Token);
        var isFirst = true;
        var received = file.Position;
        var writer = new ChunkWriter(file, hash, report);
        try
        {
            while (await call.ResponseStream.MoveNext(either.Token))
            {
                var reply = call.ResponseStream.Current;
                var claimed = isFirst ? reply.Size : size;
                if (claimed != size || received + reply.Chunk.Length > size)
                {
                    throw OtherSize(digest, size, Math.Max(claimed, received + reply.Chunk.Length));
                }

                isFirst = false;
                if (!reply.Chunk.IsEmpty)
                {
                    silence.CancelAfter(SilenceLimit);
                    received += reply.Chunk.Length;
                    await writer.AddAsync(reply.Chunk);
                }
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.OutOfRange)
        {
            throw new TamperedException($"The catalogue's copy of the blob {digest} is shorter than its {size} bytes. {Advice}", e);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"nothing came for {SilenceLimit.TotalSeconds:0} s", e));
        }
        finally
        {
            // However it ended, what came is in the file before anything else is done with it.
            await writer.CompleteAsync();
        }

        if (file.Position < size)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"it ended after {file.Position} of {size} bytes"));
        }
    }

    private static TamperedException OtherSize(Digest digest, long size, long actual) =>
        new($"The catalogue sends {actual} bytes for the blob {digest}, which has {size}. {Advice}");
}
