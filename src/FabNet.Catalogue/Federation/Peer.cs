// Another catalogue as this node asks it: every answer is bounded in size and time, and checked for what no honest node says.

using FabNet.Catalogue.Client;
using FabNet.Model;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;

namespace FabNet.Catalogue.Federation;

/// <summary>The connection to a node that is followed. Failures are <see cref="PeerException"/>: the caller decides when to ask again. Thread safe.</summary>
internal sealed class Peer : IDisposable
{
    /// <summary>How long one answer may take in all.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    private readonly GrpcChannel _channel;
    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly TimeProvider _time;

    public Peer(Uri address, TimeProvider time)
    {
        _time = time;
        _channel = CatalogueClient.Open(address, new GrpcChannelOptions());
        _client = new DesignCatalogue.DesignCatalogueClient(_channel);
        Blobs = new BlobDownload(_client, ResiliencePipeline.Empty, time);
    }

    /// <summary>Pulls files.</summary>
    public BlobDownload Blobs { get; }

    /// <summary>One page of the other's log.</summary>
    /// <exception cref="PeerException">It does not answer, is another log than the mark says, or goes backwards or nowhere.</exception>
    public async Task<ListStatementsReply> ListAsync(ListStatementsRequest request, CancellationToken cancellationToken)
    {
        ListStatementsReply reply;
        try
        {
            reply = await AskAsync(c => _client.ListStatementsAsync(request, cancellationToken: c), cancellationToken);
        }
        catch (PeerException e) when (e.InnerException is RpcException { StatusCode: StatusCode.OutOfRange })
        {
            throw Rewound(e);
        }

        var last = request.After;
        foreach (var statement in reply.Statements)
        {
            last = statement.Cursor > last ? statement.Cursor
                : throw new PeerException($"Its log goes backwards: after place {last} it gives {statement.Cursor}. Nothing of that page is taken.");
        }

        return reply.Statements.Count > request.Limit ? throw new PeerException($"It was asked for {request.Limit} statements and sent {reply.Statements.Count}. None of them is taken.")
            : reply.Cursor < last || (!reply.End && reply.Cursor == request.After) ? throw new PeerException($"Its log says to go on after place {reply.Cursor}, and is at {last}. Nothing of that page is taken.")
            : request.HasMark && request.After > 0 && reply.Head < request.After ? throw Rewound(null)
            : reply;
    }

    /// <summary>Every page of a part of the other's log.</summary>
    /// <exception cref="PeerException">It does not answer, or not as an honest node does.</exception>
    public async IAsyncEnumerable<ListStatementsReply> ListAllAsync(ListStatementsRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var isEnd = false; !isEnd;)
        {
            var reply = await ListAsync(request, cancellationToken);
            yield return reply;
            (request.After, isEnd) = (reply.Cursor, reply.End);
            request.ClearMark();
        }
    }

    /// <summary>A publisher's chain, by a key or by a name; null if the other does not know it.</summary>
    public async Task<Publisher?> FindPublisherAsync(GetPublisherRequest request, CancellationToken cancellationToken) =>
        await FindAsync(c => _client.GetPublisherAsync(request, cancellationToken: c), cancellationToken);

    /// <summary>A collection by its name; null if the other does not know it.</summary>
    public async Task<Collection?> FindCollectionAsync(GetCollectionRequest request, CancellationToken cancellationToken) =>
        await FindAsync(c => _client.GetCollectionAsync(request, cancellationToken: c), cancellationToken);

    /// <summary>A design with its signatures; null if the other does not have it.</summary>
    public async Task<PublishedDesign?> FindDesignAsync(Digest manifest, CancellationToken cancellationToken) =>
        await FindAsync(c => _client.GetDesignAsync(new GetDesignRequest { ManifestDigest = manifest.Value }, cancellationToken: c), cancellationToken);

    /// <summary>A page of a search.</summary>
    public Task<SearchDesignsReply> SearchAsync(SearchDesignsRequest request, CancellationToken cancellationToken) =>
        AskAsync(c => _client.SearchDesignsAsync(request, cancellationToken: c), cancellationToken);

    public void Dispose() => _channel.Dispose();

    private async Task<T?> FindAsync<T>(Func<CancellationToken, AsyncUnaryCall<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await AskAsync(ask, cancellationToken);
        }
        catch (PeerException e) when (e.InnerException is RpcException { StatusCode: StatusCode.NotFound })
        {
            return null;
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, AsyncUnaryCall<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(AnswerWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var call = ask(either.Token);
            return await call;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw patience.IsCancellationRequested
                ? new PeerException($"It did not answer within {AnswerWithin.TotalSeconds:0} s.", e) { IsSlow = true }
                : new PeerException(Sentence((RpcException)e), e);
        }
    }

    private static PeerException Rewound(Exception? cause) =>
        new("Its log is another one than before: it was restored from a copy, or replaced. It is read from its beginning again; what is here stays.", cause) { IsRewound = true };

    private static string Sentence(RpcException e) => e.StatusCode is StatusCode.Unavailable ? $"It does not answer: {e.Status.Detail}" : $"It answered {e.StatusCode}: {e.Status.Detail}";
}
