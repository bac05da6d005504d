// Files of other catalogues: each is pulled once, by whoever needs it first.

using System.Collections.Concurrent;
using FabNet.Catalogue.Blobs;
using FabNet.Model;
using FabNet.Protocol.Catalogue;
using Grpc.Core;

namespace FabNet.Catalogue.Federation;

/// <summary>Pulls files into the store, several at a time, never one of them twice at a time.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class BlobPulls(BlobStore blobs, TimeProvider time)
{
    /// <summary>A node that brings less than <see cref="LeastBytes"/> in this time holds up everything else.</summary>
    private static readonly TimeSpan ProgressWithin = TimeSpan.FromMinutes(5);

    private const long LeastBytes = 512 * 1024;

    private readonly ConcurrentDictionary<Digest, Lazy<Task>> _running = new();

    /// <summary>Pulls a file, or waits for whoever pulls it already.</summary>
    /// <exception cref="CatalogueException">Too large, or no space.</exception>
    /// <exception cref="PeerException">The other catalogue does not have it, sent other bytes, broke off, or is too slow. What was right is kept.</exception>
    public async Task PullAsync(Peer peer, Digest digest, long size, CancellationToken cancellationToken)
    {
        if (!blobs.Has(digest, size))
        {
            var mine = new Lazy<Task>(() => RunAsync(peer, digest, size, cancellationToken));
            var pull = _running.GetOrAdd(digest, mine);
            try
            {
                await pull.Value.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new PeerException($"The pull of the file {digest.Short} was stopped by whoever began it.", e);
            }
            finally
            {
                if (pull == mine)
                {
                    _running.TryRemove(digest, out _);
                }
            }
        }
    }

    private async Task RunAsync(Peer peer, Digest digest, long size, CancellationToken cancellationToken)
    {
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (received, before) = (0L, 0L);
        await using var watch = time.CreateTimer(_ =>
        {
            var now = Interlocked.Read(ref received);
            if (now - before < LeastBytes)
            {
                slow.Cancel();
            }

            before = now;
        }, null, ProgressWithin, ProgressWithin);
        try
        {
            await blobs.PullAsync(peer.Blobs, digest, size, there => Interlocked.Exchange(ref received, there), slow.Token);
        }
        catch (TamperedException e)
        {
            throw new PeerException(e.Message, e);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw slow.IsCancellationRequested ? new PeerException($"It sends the file {digest.Short} too slowly: next to nothing in {ProgressWithin.TotalMinutes:0} minutes.", e)
                : new PeerException($"The file {digest.Short} broke off: {((RpcException)e).Status.Detail}", e);
        }
    }
}
