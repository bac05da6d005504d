// Publishes an imported design: what is missing goes up, from where it was broken off, then the manifest.

using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Polly;

namespace FabNet.Catalogue.Client;

/// <summary>Publishes designs, signed by the client's publisher. Publishing one again that is published sends no file and changes nothing.</summary>
public sealed class DesignPublisher
{
    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly ResiliencePipeline _retry;

    private readonly StatementClient _statements;
    private readonly PublisherFolder? _publisher;

    internal DesignPublisher(DesignCatalogue.DesignCatalogueClient client, ResiliencePipeline retry, StatementClient statements, PublisherFolder? publisher) =>
        (_client, _retry, _statements, _publisher) = (client, retry, statements, publisher);

    /// <summary>Publishes an imported folder.</summary>
    /// <param name="imported">What <see cref="DesignImporter.ImportAsync"/> gave.</param>
    /// <param name="progress">Told after each chunk; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what went up is kept, and the next call goes on from there.</param>
    /// <returns>The design as the catalogue published it.</returns>
    /// <exception cref="RpcException">The catalogue refused (the detail says why), or could not be reached.</exception>
    /// <exception cref="TamperedException">The catalogue answers with another design than it was given.</exception>
    /// <exception cref="IOException">A file can't be read any more, or changed; or no private key of the publisher is here.</exception>
    /// <exception cref="InvalidOperationException">The client was given no publisher.</exception>
    public async Task<Design> PublishAsync(ImportedDesign imported, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var publisher = _publisher ?? throw new InvalidOperationException("This client was given no publisher to sign with.");
        await _statements.PutChainAsync(publisher, cancellationToken);
        var blobs = imported.Design.AllArtefacts().DistinctBy(a => a.Digest).ToList();
        var total = blobs.Sum(b => b.Size);
        var missing = (await FindMissingAsync(blobs, cancellationToken)).ToHashSet();
        var done = blobs.Where(b => !missing.Contains(b.Digest)).Sum(b => b.Size);
        foreach (var blob in blobs.Where(b => missing.Contains(b.Digest)))
        {
            var before = done;
            await _retry.ExecuteAsync(async ct => await UploadAsync(blob, imported.FilesByDigest[blob.Digest], sent => progress?.Report(new TransferProgress(blob.Path, before + sent, total)), ct), cancellationToken);
            done += blob.Size;
        }

        await _statements.PutAsync(publisher.Sign(new DesignStatement(imported.Design)), cancellationToken);
        var request = new GetDesignRequest { ManifestDigest = imported.Design.Ref.Manifest.Value };
        var published = await _retry.ExecuteAsync(async ct => await _client.GetDesignAsync(request, cancellationToken: ct), cancellationToken);
        return published.AnswerTo(request);
    }

    private async Task<IEnumerable<Digest>> FindMissingAsync(IEnumerable<Artefact> blobs, CancellationToken cancellationToken)
    {
        var request = new FindMissingBlobsRequest();
        request.Blobs.AddRange(blobs.Select(ToDescriptor));
        var reply = await _retry.ExecuteAsync(async ct => await _client.FindMissingBlobsAsync(request, cancellationToken: ct), cancellationToken);
        return reply.Missing.Select(m => Digest.Parse(m.Digest));
    }

    // One attempt. It asks first how much is there, because the attempt before may have brought some of it.
    private async ValueTask UploadAsync(Artefact blob, string path, Action<long> report, CancellationToken cancellationToken)
    {
        var state = await _client.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { ToDescriptor(blob) } }, cancellationToken: cancellationToken);
        if (state.Missing.Count == 0)
        {
            return;
        }

        var offset = state.Missing[0].Received;
        using var call = _client.PutBlob(cancellationToken: cancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = ToDescriptor(blob), Offset = offset } }, cancellationToken);
            await SendFileAsync(call.RequestStream, path, offset, report, cancellationToken);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The catalogue ended the call while we were writing: its answer, just below, says why.
            cancellationToken.ThrowIfCancellationRequested();
        }

        var reply = await call.ResponseAsync;
        if (reply.Received != blob.Size)
        {
            throw new IOException($"The file {path} has fewer bytes than when it was imported. Import it again when nothing writes to it.");
        }
    }

    private static async Task SendFileAsync(IClientStreamWriter<PutBlobRequest> stream, string path, long offset, Action<long> report, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).Length == 0)
        {
            return;
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        file.Position = offset;

        // One buffer for the whole call: a message is serialised before WriteAsync returns.
        var buffer = new byte[(int)Math.Clamp(file.Length - offset, 1, DesignCatalogueService.SentChunkBytes)];
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await stream.WriteAsync(new PutBlobRequest { Chunk = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) }, cancellationToken);
            report(file.Position);
        }
    }

    private static BlobDescriptor ToDescriptor(Artefact blob) => new() { Digest = blob.Digest.Value, Size = blob.Size };
}
