// A bundle, read file by file and put into a catalogue: no more of it is in memory than one statement.

using System.Globalization;
using System.Text;
using FabNet.Catalogue.Client;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Catalogue.Bundles;

/// <summary>What an import did.</summary>
/// <param name="Statements">Statements that were new there, designs among them.</param>
/// <param name="Known">Statements that were there already.</param>
/// <param name="Blobs">Files that were new there.</param>
/// <param name="Refused">Why statements were not taken; at most a hundred reasons.</param>
/// <param name="RefusedCount">How many were not.</param>
public sealed record BundleImport(long Statements, long Known, long Blobs, IReadOnlyList<string> Refused, long RefusedCount);

/// <summary>
/// Imports a bundle with the checks that a statement of another node meets. A design is judged before the first of its files is sent, only files that it names are sent, and it is put when all of them are
/// there. What is there already is passed over, so an import that was cut is repeated.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
/// <param name="statements">Puts statements there.</param>
internal sealed class BundleReader(DesignCatalogue.DesignCatalogueClient catalogue, StatementClient statements)
{
    private const int MaxReasons = 100;

    private const int MaxMark = 32;

    private readonly List<string> _refused = [];
    private readonly Dictionary<Digest, long> _lacking = [];
    private Envelope? _design;
    private HashSet<Digest> _named = [];
    private long _refusedCount;
    private long _added;
    private long _known;
    private long _blobs;

    /// <summary>Imports.</summary>
    /// <param name="archive">The bundle; read once, from its beginning.</param>
    /// <param name="report">Told after each file; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what was put stays.</param>
    /// <exception cref="BundleException">The bundle is damaged, cut off or hostile; what came before that place is imported.</exception>
    /// <exception cref="RpcException">The catalogue could not be reached, or has no space.</exception>
    public async Task<BundleImport> ReadAsync(Stream archive, Action<BundleImport>? report, CancellationToken cancellationToken)
    {
        var files = 0L;
        var place = 0L;
        try
        {
            for (var isEnd = false; !isEnd; files++)
            {
                var entry = await NextAsync(archive, cancellationToken) ?? throw new FormatException("It ends before its end: it was cut off.");
                isEnd = await TakeAsync(entry, archive, files, cancellationToken);
                await SkipAsync(archive, entry.Padding, cancellationToken);
                place += BundleEntry.BlockSize + entry.Size + entry.Padding;
                report?.Invoke(Result);
            }

            return Result;
        }
        catch (Exception e) when (files == 0 && e is FormatException or EndOfStreamException or OverflowException)
        {
            throw new BundleException("It is no bundle of a catalogue that this version reads, or it was cut off at its very beginning; nothing of it is imported. Bundles are written by: fabnet catalogue export --bundle FILE", e);
        }
        catch (Exception e) when (e is FormatException or EndOfStreamException or OverflowException)
        {
            throw new BundleException(string.Create(CultureInfo.InvariantCulture,
                $"The bundle is damaged in its file {files + 1}, at byte {place}: {(e is EndOfStreamException ? "it ends there: it was cut off." : e.Message)} What came before is imported. Copy the bundle again and import it again: it goes on from there."), e);
        }
    }

    private BundleImport Result => new(_added, _known, _blobs, _refused, _refusedCount);

    private static async Task<BundleEntry?> NextAsync(Stream archive, CancellationToken cancellationToken)
    {
        var block = new byte[BundleEntry.BlockSize];
        await archive.ReadExactlyAsync(block, cancellationToken);
        return BundleEntry.Read(block);
    }

    // True at the end.
    private async Task<bool> TakeAsync(BundleEntry entry, Stream archive, long files, CancellationToken cancellationToken)
    {
        if (files == 0)
        {
            return entry.Name == BundleFormat.Begin && await TextAsync(entry, archive, cancellationToken) == BundleFormat.Version ? false
                : throw new FormatException("It does not begin as a bundle does.");
        }

        if (BundleFormat.IsStatement(entry.Name, out var id))
        {
            await PutDesignAsync(cancellationToken);
            await TakeStatementAsync(id, entry, archive, cancellationToken);
            return false;
        }

        if (BundleFormat.IsBlob(entry.Name, out var digest))
        {
            await TakeBlobAsync(digest, entry, archive, cancellationToken);
            return false;
        }

        if (entry.Name != BundleFormat.End)
        {
            throw new FormatException($"'{entry.Name}' is no name that a bundle has.");
        }

        await PutDesignAsync(cancellationToken);
        return await TextAsync(entry, archive, cancellationToken) == string.Create(CultureInfo.InvariantCulture, $"{files - 1}\n") ? true
            : throw new FormatException("It says at its end that it has another number of files.");
    }

    private async Task TakeStatementAsync(Digest id, BundleEntry entry, Stream archive, CancellationToken cancellationToken)
    {
        if (entry.Size > Envelope.MaxBytes)
        {
            throw new FormatException($"'{entry.Name}' has {entry.Size} bytes; a statement has at most {Envelope.MaxBytes}.");
        }

        var bytes = new byte[entry.Size];
        await archive.ReadExactlyAsync(bytes, cancellationToken);
        var envelope = Envelope.Read(bytes);
        if (envelope.Id != id)
        {
            throw new FormatException($"'{entry.Name}' holds the statement {envelope.Id.Short}.");
        }

        (_design, _named) = (null, []);
        if (StatementKinds.Of(envelope.PayloadType) != StatementKinds.Design)
        {
            await PutAsync(envelope, cancellationToken);
            return;
        }

        var design = ((DesignStatement)StatementFormat.Read(envelope)).Design;
        if (!await TryAsync(envelope, PutMode.Judge, cancellationToken))
        {
            return;
        }

        _design = envelope;
        _named = [.. design.Blobs().Select(b => b.Digest)];
        foreach (var batch in design.Blobs().Chunk(1_000))
        {
            var request = new FindMissingBlobsRequest();
            request.Blobs.AddRange(batch.Select(b => new BlobDescriptor { Digest = b.Digest.Value, Size = b.Size }));
            foreach (var missing in (await catalogue.FindMissingBlobsAsync(request, cancellationToken: cancellationToken)).Missing)
            {
                var digest = Digest.Parse(missing.Digest);
                _lacking[digest] = batch.First(b => b.Digest == digest).Size;
            }
        }
    }

    private async Task TakeBlobAsync(Digest digest, BundleEntry entry, Stream archive, CancellationToken cancellationToken)
    {
        // Its design was not taken, or it is there: not a byte of it is sent.
        if (_design is null || (_named.Contains(digest) && !_lacking.ContainsKey(digest)))
        {
            await SkipAsync(archive, entry.Size, cancellationToken);
            return;
        }

        if (!_lacking.TryGetValue(digest, out var size) || size != entry.Size)
        {
            throw new FormatException($"'{entry.Name}' with {entry.Size} bytes is no file of the design before it.");
        }

        try
        {
            await SendAsync(digest, size, archive, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument)
        {
            throw new FormatException($"'{entry.Name}': {e.Status.Detail}", e);
        }

        _lacking.Remove(digest);
        _blobs++;
    }

    // Bytes that an import before this one sent are read past.
    private async Task SendAsync(Digest digest, long size, Stream archive, CancellationToken cancellationToken)
    {
        var blob = new BlobDescriptor { Digest = digest.Value, Size = size };
        var offset = (await catalogue.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { blob } }, cancellationToken: cancellationToken)).Missing is [var missing] ? missing.Received : 0;
        await SkipAsync(archive, offset, cancellationToken);
        using var call = catalogue.PutBlob(cancellationToken: cancellationToken);
        var left = size - offset;
        try
        {
            await call.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = blob, Offset = offset } }, cancellationToken);
            while (left > 0)
            {
                var chunk = new byte[Math.Min(left, DesignCatalogueService.SentChunkBytes)];
                await archive.ReadExactlyAsync(chunk, cancellationToken);
                left -= chunk.Length;
                await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) }, cancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The catalogue ended the call while we were writing: its answer, just below, says why.
            cancellationToken.ThrowIfCancellationRequested();
        }

        _ = await call.ResponseAsync;
        await SkipAsync(archive, left, cancellationToken);
    }

    private async Task PutDesignAsync(CancellationToken cancellationToken)
    {
        if (_design is { } design)
        {
            await PutAsync(design, cancellationToken);
            _design = null;
        }

        _lacking.Clear();
    }

    private async Task PutAsync(Envelope envelope, CancellationToken cancellationToken) => await TryAsync(envelope, PutMode.Relay, cancellationToken);

    private async Task<bool> TryAsync(Envelope envelope, PutMode mode, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await statements.PutAsync(envelope, mode, cancellationToken);
            _added += mode is PutMode.Relay && reply.Added ? 1 : 0;
            _known += mode is PutMode.Relay && !reply.Added ? 1 : 0;
            return true;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied)
        {
            _refusedCount++;
            if (_refused.Count < MaxReasons)
            {
                _refused.Add(e.Status.Detail);
            }

            return false;
        }
    }

    private static async Task<string> TextAsync(BundleEntry entry, Stream archive, CancellationToken cancellationToken)
    {
        var bytes = new byte[entry.Size <= MaxMark ? (int)entry.Size : throw new FormatException($"'{entry.Name}' has {entry.Size} bytes.")];
        await archive.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.ASCII.GetString(bytes);
    }

    private static async Task SkipAsync(Stream archive, long bytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(bytes, 128 * 1024)];
        for (var left = bytes; left > 0;)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(left, buffer.Length));
            await archive.ReadExactlyAsync(part, cancellationToken);
            left -= part.Length;
        }
    }
}
