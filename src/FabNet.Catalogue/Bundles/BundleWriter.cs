// A part of a catalogue, written into one file.

using System.Globalization;
using System.Text;
using FabNet.Catalogue.Federation;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue.Bundles;

/// <summary>What a bundle has.</summary>
/// <param name="Statements">Statements, designs among them.</param>
/// <param name="Designs">Versions of designs.</param>
/// <param name="Blobs">Files of designs.</param>
/// <param name="Bytes">Bytes of those files.</param>
/// <param name="LeftOut">Why files of some designs are not in it.</param>
public sealed record BundleContents(long Statements, long Designs, long Blobs, long Bytes, IReadOnlyList<string> LeftOut);

/// <summary>Writes bundles. What is in one is checked by whoever imports it; here only that each file has its digest.</summary>
internal static class BundleWriter
{
    private const int MaxLeftOut = 100;

    /// <summary>Writes a bundle; the file is there when it is whole.</summary>
    /// <param name="address">The catalogue.</param>
    /// <param name="scope">Which part of it.</param>
    /// <param name="path">The file; what stands there is replaced.</param>
    /// <param name="time">The clock that answers are waited for by.</param>
    /// <param name="report">Told of each file of a design; null for nobody.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="IOException">The catalogue does not answer as it should, or the file can't be written.</exception>
    public static async Task<BundleContents> WriteAsync(Uri address, FollowScope scope, string path, TimeProvider time, Action<BundleContents>? report, CancellationToken cancellationToken)
    {
        var unfinished = path + ".unfinished";
        using var peer = new Peer(address, time);
        BundleContents contents;
        try
        {
            await using var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous);
            await using var writer = new EntryWriter(file);
            await writer.AddAsync(BundleFormat.Begin, Encoding.ASCII.GetBytes(BundleFormat.Version), cancellationToken);
            contents = scope.PartCase is FollowScope.PartOneofCase.None
                ? await WriteAsync(peer, LogOf(peer, cancellationToken), writer, unfinished + "-file", report, cancellationToken)
                : await WritePartAsync(peer, address, scope, time, writer, unfinished, report, cancellationToken);
            await writer.AddAsync(BundleFormat.End, Encoding.ASCII.GetBytes((contents.Statements + contents.Blobs).ToString(CultureInfo.InvariantCulture) + "\n"), cancellationToken);
            await writer.EndAsync(cancellationToken);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        finally
        {
            File.Delete(unfinished + "-file");
        }

        File.Move(unfinished, path, overwrite: true);
        return contents;
    }

    // A node for the length of the export follows the part: what it took, in its order, is a bundle.
    private static async Task<BundleContents> WritePartAsync(
        Peer peer, Uri address, FollowScope scope, TimeProvider time, EntryWriter writer, string unfinished, Action<BundleContents>? report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(unfinished + "-node").FullName;
        try
        {
            await using var store = CatalogueStore.Open(new CatalogueOptions { DataFolder = folder, MinFreeBytes = 0 }, time, NullLogger.Instance);
            using var follows = FollowStore.Open(Path.Combine(folder, "follows.db"));
            using var inbox = new StatementInbox(store, follows);
            await new ScopeSync(follows.Add(address, scope, hasBlobs: false), peer, store, follows, inbox).RunAsync(cancellationToken);
            return await WriteAsync(peer, store.Log(0).Select(s => s.Envelope).ToAsyncEnumerable(), writer, unfinished + "-file", report, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async IAsyncEnumerable<Envelope> LogOf(Peer peer, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in peer.ListAllAsync(new ListStatementsRequest { Limit = 1_000 }, cancellationToken))
        {
            foreach (var statement in page.Statements)
            {
                yield return statement.Envelope.ToModel();
            }
        }
    }

    private static async Task<BundleContents> WriteAsync(
        Peer peer, IAsyncEnumerable<Envelope> statements, EntryWriter writer, string temporary, Action<BundleContents>? report, CancellationToken cancellationToken)
    {
        var (contents, written, leftOut) = (new BundleContents(0, 0, 0, 0, []), new HashSet<Digest>(), new List<string>());
        await foreach (var envelope in statements.WithCancellation(cancellationToken))
        {
            await writer.AddAsync(BundleFormat.NameOfStatement(envelope.Id), envelope.Write(), cancellationToken);
            contents = contents with { Statements = contents.Statements + 1 };
            if (StatementFormat.Read(envelope) is not DesignStatement { Design: var design })
            {
                continue;
            }

            foreach (var (digest, size) in design.Blobs().Where(b => written.Add(b.Digest)))
            {
                try
                {
                    await peer.Blobs.RunAsync(digest, size, temporary, null, cancellationToken);
                    await writer.AddFileAsync(BundleFormat.NameOfBlob(digest), temporary, cancellationToken);
                    contents = contents with { Blobs = contents.Blobs + 1, Bytes = contents.Bytes + size };
                }
                catch (Exception e) when (e is Grpc.Core.RpcException { StatusCode: Grpc.Core.StatusCode.NotFound } or TamperedException)
                {
                    // The catalogue does not have it, or only damaged: all else is worth carrying.
                    written.Remove(digest);
                    if (leftOut.Count < MaxLeftOut)
                    {
                        leftOut.Add($"{design.Ref}: {(e is Grpc.Core.RpcException rpc ? rpc.Status.Detail : e.Message)}");
                    }
                }
                catch (Grpc.Core.RpcException e)
                {
                    throw new PeerException($"The catalogue broke off: {e.Status.Detail}", e);
                }
                finally
                {
                    File.Delete(temporary);
                }

                report?.Invoke(contents);
            }

            contents = contents with { Designs = contents.Designs + 1, LeftOut = leftOut };
        }

        return contents;
    }

    /// <summary>Files one after the other.</summary>
    private sealed class EntryWriter(Stream archive) : IAsyncDisposable
    {
        private static readonly byte[] Zeros = new byte[2 * BundleEntry.BlockSize];

        public async Task AddAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            var entry = new BundleEntry(name, content.Length);
            await archive.WriteAsync(entry.Write(), cancellationToken);
            await archive.WriteAsync(content, cancellationToken);
            await archive.WriteAsync(Zeros.AsMemory(0, entry.Padding), cancellationToken);
        }

        public async Task AddFileAsync(string name, string path, CancellationToken cancellationToken)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var entry = new BundleEntry(name, file.Length);
            await archive.WriteAsync(entry.Write(), cancellationToken);
            await file.CopyToAsync(archive, 1 << 20, cancellationToken);
            await archive.WriteAsync(Zeros.AsMemory(0, entry.Padding), cancellationToken);
        }

        public Task EndAsync(CancellationToken cancellationToken) => archive.WriteAsync(Zeros, cancellationToken).AsTask();

        public ValueTask DisposeAsync() => archive.DisposeAsync();
    }
}
