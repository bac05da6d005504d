// A catalogue on Kestrel that follows others when a test says so, and what it holds as text.

using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Federation;
using FabNet.Catalogue.Search;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

internal sealed class FederationNode : IAsyncDisposable
{
    private readonly string _folder;
    private readonly List<Following> _followings = [];
    private readonly Func<CatalogueOptions, CatalogueOptions> _change;
    private GrpcHost? _host;

    private FederationNode(string folder, Func<CatalogueOptions, CatalogueOptions>? change) => (_folder, _change) = (folder, change ?? (o => o));

    public Uri Address { get; private set; } = null!;

    public CatalogueStore Store => _host!.Services.GetRequiredService<CatalogueStore>();

    public CatalogueNode Node => _host!.Services.GetRequiredService<CatalogueNode>();

    public FollowStore Follows { get; private set; } = null!;

    public StatementInbox Inbox { get; private set; } = null!;

    public CatalogueClient Client { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<FederationNode> StartAsync(string folder, Func<CatalogueOptions, CatalogueOptions>? change = null)
    {
        var node = new FederationNode(folder, change);
        await node.StartAsync(0);
        return node;
    }

    /// <summary>What this node follows by the test's own hand; nothing happens before the test calls it.</summary>
    public Following Follow(Uri address, FollowScope? scope = null, bool hasBlobs = true)
    {
        var following = FollowOnce(address, scope, hasBlobs);
        _followings.Add(following);
        return following;
    }

    /// <summary>Likewise, ended by the test.</summary>
    public Following FollowOnce(Uri address, FollowScope? scope = null, bool hasBlobs = true) => new(
        Follows.Add(address, scope ?? new FollowScope(), hasBlobs), Store, Follows, Inbox, new BlobPulls(Store.Blobs, TimeProvider.System), new FollowingOptions(), TimeProvider.System, NullLogger.Instance);

    /// <summary>Ends the process and starts another on the same data and port.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync(Address.Port);
    }

    public async Task PutAsync(params IEnumerable<Envelope> said)
    {
        foreach (var envelope in said)
        {
            await Store.PutAsync(envelope, Stop);
        }
    }

    /// <summary>Takes statements as they come from a peer.</summary>
    public async Task<TakenPage> TakeAsync(Follow follow, params IEnumerable<Envelope> said)
    {
        var page = await Inbox.TakeAsync(said.Select(e => e.ToWire()), Stop);
        Follows.Keep(follow, page, null, [], false);
        await Inbox.WakeAsync(Stop);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await StopAsync();
        }
    }

    /// <summary>Everything that a node holds and answers with, but for what is its own: the order, the moments, and which publisher of a name it saw first.</summary>
    public static string Describe(CatalogueStore store)
    {
        var log = store.Log(0).ToList();
        var statements = log.GroupBy(s => s.Said.Id).OrderBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => $"{g.Key} {string.Join(' ', g.SelectMany(s => s.Said.SignedBy).Distinct().Select(k => k.Value).Order(StringComparer.Ordinal))}");
        string[] texts = ["", "clip", "knob", "fork", "a title"];
        var found = texts.SelectMany(text => new[] { false, true }.Select(v => (text, v))).Select(q =>
            $"search '{q.text}' {q.v}: {string.Join(", ", Search(store, q.text, q.v).Select(d => $"{d.Publisher}/{d.Ref.Name}@{d.Ref.Version} {d.Ref.ManifestDigest[..15]} {d.Validated}"))}");
        return string.Join('\n', [.. statements, store.AskCommons(c => TrustWorld.Describe(c, log.Select(s => s.Envelope))), .. found]);
    }

    private static List<DesignSummary> Search(CatalogueStore store, string text, bool isValidatedOnly)
    {
        var (found, token) = (new List<DesignSummary>(), "");
        do
        {
            var page = store.Search(SearchRequest.Parse(text, new SearchFilter { IsValidatedOnly = isValidatedOnly }), 7, token);
            found.AddRange(page.Designs);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return found;
    }

    private async Task StartAsync(int port)
    {
        var options = _change(new CatalogueOptions { DataFolder = _folder, MinFreeBytes = 0 });
        _host = await GrpcHost.StartAsync(
            s => s.AddSingleton(new FollowingOptions { Interval = TimeSpan.FromMilliseconds(20), FirstDelay = TimeSpan.FromMilliseconds(20), LongestDelay = TimeSpan.FromMilliseconds(50) }).AddCatalogue(options),
            app =>
            {
                app.MapCatalogue();
                app.MapCatalogueFederation();
            }, port);
        Address = _host.Address;
        Follows = FollowStore.Open(Path.Combine(_folder, "by-hand.db"));
        Inbox = new StatementInbox(Store, Follows);
        Client = CatalogueClient.Connect(Address);
    }

    private async Task StopAsync()
    {
        foreach (var following in _followings)
        {
            await following.DisposeAsync();
        }

        _followings.Clear();
        Client.Dispose();
        Inbox.Dispose();
        Follows.Dispose();
        await _host!.DisposeAsync();
        _host = null;
    }
}
