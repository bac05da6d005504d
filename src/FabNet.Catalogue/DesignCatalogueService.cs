// The gRPC face of the catalogue: protos/fabnet/v1/catalogue.proto says what each call promises.

using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Federation;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace FabNet.Catalogue;

/// <summary>Serves a <see cref="CatalogueStore"/>. Refusals become statuses here, and nowhere else.</summary>
internal sealed partial class DesignCatalogueService(CatalogueStore store, CatalogueNode node, TimeProvider time, ILogger<DesignCatalogueService> log) : DesignCatalogue.DesignCatalogueBase
{
    /// <summary>The most bytes of one chunk, either way: 256 KiB.</summary>
    internal const int MaxChunkBytes = 256 * 1024;

    /// <summary>What is sent at a time: the message stays below the size from which .NET collects objects only with everything else.</summary>
    internal const int SentChunkBytes = 64 * 1024;

    private const int MaxDescriptors = 10_000;

    /// <summary>Whoever uploads a blob keeps others from uploading the same one, so silence ends it.</summary>
    private static readonly TimeSpan UploadSilence = TimeSpan.FromSeconds(60);

    private const int DefaultPageSize = 50;

    private const int MaxPageSize = 200;

    /// <inheritdoc />
    public override Task<FindMissingBlobsReply> FindMissingBlobs(FindMissingBlobsRequest request, ServerCallContext context) => Answer(() =>
    {
        if (request.Blobs.Count > MaxDescriptors)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"{request.Blobs.Count} blobs were asked for; ask for at most {MaxDescriptors} at a time.");
        }

        var reply = new FindMissingBlobsReply();
        foreach (var blob in request.Blobs)
        {
            var digest = Digest.Parse(blob.Digest);
            if (!store.Blobs.Has(digest, blob.Size))
            {
                reply.Missing.Add(new FindMissingBlobsReply.Types.MissingBlob { Digest = digest.Value, Received = Math.Min(store.Blobs.ReceivedOf(digest), blob.Size) });
            }
        }

        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<PutBlobReply> PutBlob(IAsyncStreamReader<PutBlobRequest> requestStream, ServerCallContext context) => Answer(async () =>
    {
        var stop = context.CancellationToken;
        if (!await requestStream.MoveNext(stop) || requestStream.Current.PartCase != PutBlobRequest.PartOneofCase.Header)
        {
            throw new CatalogueException(CatalogueFault.Invalid, "An upload begins with a header.");
        }

        var header = requestStream.Current.Header;
        var (digest, size) = (Digest.Parse(header.Blob?.Digest ?? ""), header.Blob?.Size ?? 0);
        await using var upload = await store.Blobs.BeginUploadAsync(digest, size, header.Offset, stop);
        await ReceiveAsync(requestStream, upload, stop);
        await upload.CompleteAsync(stop);
        return new PutBlobReply { Received = upload.Received };
    }, context.CancellationToken);

    private async Task ReceiveAsync(IAsyncStreamReader<PutBlobRequest> from, BlobUpload upload, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(UploadSilence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            while (await from.MoveNext(either.Token))
            {
                if (from.Current is not { PartCase: PutBlobRequest.PartOneofCase.Chunk, Chunk.Length: <= MaxChunkBytes } part)
                {
                    throw new CatalogueException(CatalogueFault.Invalid, $"After the header an upload has chunks of at most {MaxChunkBytes} bytes, and nothing else.");
                }

                if (!part.Chunk.IsEmpty)
                {
                    silence.CancelAfter(UploadSilence);
                    await upload.WriteAsync(part.Chunk.Memory, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CatalogueException(CatalogueFault.Busy, $"Nothing came for {UploadSilence.TotalSeconds:0} s. What was sent is kept: ask what is missing, and go on from there.", e);
        }
    }

    /// <inheritdoc />
    public override Task<PublishedDesign> GetDesign(GetDesignRequest request, ServerCallContext context) => Answer(() =>
    {
        var published = request.HasManifestDigest
            ? store.Get(Digest.Parse(request.ManifestDigest))
            : store.Get(new DesignName(request.HasPublisher ? PublisherName.Parse(request.Publisher) : null, request.Name, request.HasVersion ? request.Version : null));
        var reply = published.Design.ToWire(published.Manifest);
        reply.Signatures.AddRange(store.AskCommons(commons => commons.Statements.Find(published.Design.Ref.Manifest))?.Envelope.Signatures.ToWire() ?? []);
        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<SearchDesignsReply> SearchDesigns(SearchDesignsRequest request, ServerCallContext context) => Answer(() =>
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw new CatalogueException(CatalogueFault.Invalid, $"page_size is {request.PageSize}; it must be from 1 to {MaxPageSize}, or 0 for {DefaultPageSize}.");
        }

        var search = SearchRequest.Parse(request.Text, FilterOf(request.Filter));
        var page = store.Search(search, request.PageSize == 0 ? DefaultPageSize : request.PageSize, request.PageToken);
        var reply = new SearchDesignsReply { NextPageToken = page.NextPageToken };
        reply.Designs.AddRange(page.Designs);
        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task<ListVersionsReply> ListVersions(ListVersionsRequest request, ServerCallContext context) => Answer(() =>
    {
        var reply = new ListVersionsReply();
        foreach (var version in store.Versions(request.Name))
        {
            if (store.AskCommons(commons => commons.FindHidden(commons.Standing(Digest.Parse(version.Ref.ManifestDigest)))) is { } hidden)
            {
                version.HiddenBecause = hidden;
            }

            reply.Versions.Add(version);
        }
        return Task.FromResult(reply);
    }, context.CancellationToken);

    /// <inheritdoc />
    public override Task GetBlob(GetBlobRequest request, IServerStreamWriter<GetBlobReply> responseStream, ServerCallContext context) => Answer(async () =>
    {
        var digest = Digest.Parse(request.Digest);
        await using var blob = await OpenAsync(digest, context.CancellationToken);
        var (size, offset) = (blob.Length, request.Offset);
        if (offset < 0 || offset > size)
        {
            throw new CatalogueException(CatalogueFault.OutOfRange, $"The blob {digest.Short} has {size} bytes, and was asked for from byte {offset}. Ask from 0.");
        }

        // A message is serialised before WriteAsync returns; while it is on its way, what follows is read into the other buffer.
        var length = (int)Math.Min(SentChunkBytes, Math.Max(size - offset, 1));
        var (buffer, next) = (new byte[length], new byte[length]);
        var read = await RandomAccess.ReadAsync(blob.SafeFileHandle, buffer, offset, context.CancellationToken);
        var isFirst = true;
        while (isFirst || offset < size)
        {
            if (read == 0 && offset < size)
            {
                throw new CatalogueException(CatalogueFault.NotFound, $"The blob {digest.Short} was cut off on the catalogue's disk. Pull it from another catalogue.");
            }

            var reply = new GetBlobReply { Chunk = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
            if (isFirst)
            {
                reply.Size = size;
            }

            (offset, isFirst) = (offset + read, false);
            var sending = responseStream.WriteAsync(reply, context.CancellationToken);
            read = await RandomAccess.ReadAsync(blob.SafeFileHandle, next, offset, context.CancellationToken);
            await sending;
            (buffer, next) = (next, buffer);
        }

        return true;
    }, context.CancellationToken);

    internal static SearchFilter FilterOf(DesignFilter? filter) => filter is null ? new() : new()
    {
        Process = filter.HasProcess ? filter.Process : null,
        Material = filter.HasMaterial ? filter.Material : null,
        License = filter.HasLicense ? filter.License : null,
        Publisher = filter.HasPublisher ? filter.Publisher : null,
        IsValidatedOnly = filter.ValidatedOnly,
        Fits = [.. filter.Fits.Select(f => new Size3(f.WidthMm, f.DepthMm, f.HeightMm))],
    };

    // A file that a design of another catalogue names is pulled from there when it is asked for.
    private async Task<FileStream> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return store.Blobs.OpenRead(digest);
        }
        catch (CatalogueException e) when (e.Fault is CatalogueFault.NotFound)
        {
            return await node.FetchAsync(digest, cancellationToken) ? store.Blobs.OpenRead(digest) : throw new CatalogueException(e.Fault, e.Message, e);
        }
    }

    private async Task<T> Answer<T>(Func<Task<T>> work, CancellationToken stop)
    {
        try
        {
            return await work();
        }
        catch (CatalogueException e)
        {
            throw new RpcException(new Status(StatusOf(e.Fault), e.Message, e));
        }
        catch (FormatException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message, e));
        }
        catch (JournalException e)
        {
            LogDiskFailed(e, e.Message);
            throw new RpcException(new Status(StatusCode.ResourceExhausted, e.Message, e));
        }
        catch (IOException e) when (!stop.IsCancellationRequested)
        {
            LogDiskFailed(e, e.Message);
            throw new RpcException(new Status(StatusCode.Internal, $"The catalogue's disk failed: {e.Message} Whoever runs it should look at it.", e));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The catalogue's disk failed: {Reason}")]
    private partial void LogDiskFailed(Exception error, string reason);

    internal static StatusCode StatusOf(CatalogueFault fault) => fault switch
    {
        CatalogueFault.NotFound => StatusCode.NotFound,
        CatalogueFault.AlreadyExists => StatusCode.AlreadyExists,
        CatalogueFault.BlobsMissing or CatalogueFault.StatementMissing => StatusCode.FailedPrecondition,
        CatalogueFault.NotAllowed => StatusCode.PermissionDenied,
        CatalogueFault.OutOfRange => StatusCode.OutOfRange,
        CatalogueFault.NoSpace => StatusCode.ResourceExhausted,
        CatalogueFault.Busy => StatusCode.Unavailable,
        _ => StatusCode.InvalidArgument,
    };
}
