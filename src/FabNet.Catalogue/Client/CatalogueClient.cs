// A catalogue as a client sees it: lists, searches, verified manifests.

using System.Runtime.CompilerServices;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Polly;

namespace FabNet.Catalogue.Client;

/// <summary>
/// Asks a catalogue. Calls that it can't answer throw <see cref="Grpc.Core.RpcException"/>, whose status detail is a sentence for people;
/// those that were broken off were tried again first (<see cref="CatalogueRetry"/>). Thread safe.
/// </summary>
public sealed class CatalogueClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly ResiliencePipeline _retry;

    private CatalogueClient(Uri address, GrpcChannel channel, TimeProvider time, PublisherFolder? publisher)
    {
        _channel = channel;
        _client = new DesignCatalogue.DesignCatalogueClient(channel);
        _retry = CatalogueRetry.Create(time);
        Statements = new StatementClient(_client, _retry);
        Publisher = new DesignPublisher(_client, _retry, Statements, publisher);
        Puller = new DesignPuller(new BlobDownload(_client, _retry, time));
        Bundles = new BundleClient(address, time, _client, Statements);
        Federation = new CatalogueFederation.CatalogueFederationClient(channel);
    }

    /// <summary>Puts statements and asks about them.</summary>
    public StatementClient Statements { get; }

    /// <summary>Publishes folders.</summary>
    public DesignPublisher Publisher { get; }

    /// <summary>Pulls designs into folders.</summary>
    public DesignPuller Puller { get; }

    /// <summary>Carries parts of the catalogue where no network goes.</summary>
    public BundleClient Bundles { get; }

    /// <summary>Says which other catalogues this one follows; for whoever runs it.</summary>
    public CatalogueFederation.CatalogueFederationClient Federation { get; }

    // So much of a blob may be on its way before the catalogue waits for us to have read it.
    private const int WindowBytes = 4 << 20;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="address">The catalogue, such as <c>http://127.0.0.1:7710</c>.</param>
    /// <param name="options">The channel's options (credentials, handler), or null; the message limits are set here.</param>
    /// <param name="time">The clock that retries wait by; null for the system's.</param>
    /// <param name="publisher">Who signs what this client publishes; null for a client that publishes nothing.</param>
    public static CatalogueClient Connect(Uri address, GrpcChannelOptions? options = null, TimeProvider? time = null, PublisherFolder? publisher = null)
    {
        return new CatalogueClient(address, Open(address, options ?? new GrpcChannelOptions()), time ?? TimeProvider.System, publisher);
    }

    /// <summary>A channel to a catalogue, with the limits of its messages.</summary>
    internal static GrpcChannel Open(Uri address, GrpcChannelOptions options)
    {
        if (options is { HttpHandler: null, HttpClient: null })
        {
            options.HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = WindowBytes, EnableMultipleHttp2Connections = true, AllowAutoRedirect = false, UseCookies = false };
            options.DisposeHttpClient = true;
        }

        options.MaxReceiveMessageSize = CatalogueHost.MaxMessageBytes;
        options.MaxSendMessageSize = CatalogueHost.MaxMessageBytes;
        return GrpcChannel.ForAddress(address, options);
    }

    /// <summary>A version of a design, its digests verified; the newest if <paramref name="version"/> is null.</summary>
    /// <exception cref="TamperedException">The catalogue sent another design, or a manifest that is not what it calls it.</exception>
    public Task<Design> GetAsync(string name, string? version, CancellationToken cancellationToken = default) =>
        GetAsync(new DesignName(null, name, version).ToRequest(), cancellationToken);

    /// <summary>A version of a design with those who published it, digests and signatures verified.</summary>
    /// <exception cref="TamperedException">The catalogue sent another design, a manifest that is not what it calls it, or a wrong signature.</exception>
    public async Task<VerifiedDesign> GetVerifiedAsync(DesignName name, CancellationToken cancellationToken = default)
    {
        var request = name.ToRequest();
        var published = await AskAsync(request, cancellationToken);
        var design = published.AnswerTo(request);
        Protocol.Statements.Envelope? envelope;
        try
        {
            envelope = published.ToEnvelope();
        }
        catch (FormatException e)
        {
            throw new TamperedException($"{design.Ref}: {e.Message}", e);
        }

        var verified = await Statements.VerifyAsync(design, envelope, cancellationToken);
        return name.Publisher is not { } wanted || verified.Publishers.Any(p => wanted.Fits(p.Name.Namespace, p.Identity)) ? verified
            : throw new TamperedException($"The catalogue was asked for a design of {wanted} and sent {design.Ref}, which {wanted} did not sign. Don't trust it.");
    }

    /// <summary>The design with this manifest, verified.</summary>
    /// <exception cref="TamperedException">The manifest has another digest.</exception>
    public Task<Design> GetAsync(Digest manifest, CancellationToken cancellationToken = default) =>
        GetAsync(new GetDesignRequest { ManifestDigest = manifest.Value }, cancellationToken);

    /// <summary>The newest version of every design that matches, best first; of all designs, by name, for an empty text. Pages are fetched as they are read.</summary>
    /// <param name="text">Words.</param>
    /// <param name="filter">What else must hold; null for nothing.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async IAsyncEnumerable<DesignSummary> SearchAsync(string text, DesignFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new SearchDesignsRequest { Text = text, Filter = filter, PageSize = 100 };
        do
        {
            var page = await _retry.ExecuteAsync(async ct => await _client.SearchDesignsAsync(request, cancellationToken: ct), cancellationToken);
            foreach (var design in page.Designs)
            {
                yield return design;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Every version of a design, newest first.</summary>
    public async Task<IReadOnlyList<DesignSummary>> ListVersionsAsync(string name, CancellationToken cancellationToken = default)
    {
        var reply = await _retry.ExecuteAsync(async ct => await _client.ListVersionsAsync(new ListVersionsRequest { Name = name }, cancellationToken: ct), cancellationToken);
        return reply.Versions;
    }

    /// <inheritdoc />
    public void Dispose() => _channel.Dispose();

    private async Task<Design> GetAsync(GetDesignRequest request, CancellationToken cancellationToken)
    {
        var published = await AskAsync(request, cancellationToken);
        return published.AnswerTo(request);
    }

    private async Task<PublishedDesign> AskAsync(GetDesignRequest request, CancellationToken cancellationToken) =>
        await _retry.ExecuteAsync(async ct => await _client.GetDesignAsync(request, cancellationToken: ct), cancellationToken);
}
