// What a node follows: all of another, or a part; over a chain, after cuts, and with files or without.

using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Federation;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FabNet.Tests.Edge;
using FabNet.Tests.Journal;
using Grpc.Core;
using Xunit;
using Design = FabNet.Model.Designs.Design;

namespace FabNet.Tests.Catalogue;

public sealed class SqliteFollowTests : FollowTests
{
    private protected override Task<CatalogueOptions> OnStoreAsync(CatalogueOptions options) => Task.FromResult(options);
}

public sealed class PostgresFollowTests(PostgresServer server) : FollowTests
{
    private protected override async Task<CatalogueOptions> OnStoreAsync(CatalogueOptions options) => options with { Store = await server.CreateDatabaseAsync() };
}

/// <summary>What a node that follows does, whatever keeps its journal.</summary>
public abstract class FollowTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly List<FederationNode> _nodes = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<CatalogueOptions> OnStoreAsync(CatalogueOptions options);

    [Fact(Timeout = 60_000)]
    public async Task A_chain_of_nodes_carries_statements_and_files_on()
    {
        var (a, b, c) = (await StartAsync(), await StartAsync(), await StartAsync());
        var design = await PublishAsync(a, extraBytes: 600_000);
        foreach (var (node, from) in new[] { (b, a), (c, b) })
        {
            var following = node.Follow(from.Address);
            await following.SyncAsync(Stop);
            await following.PullAsync(Stop);
            Assert.Empty(node.Store.MissingBlobs(design));
        }

        var verified = await c.Client.GetVerifiedAsync(DesignName.Parse("test-box"), Stop);
        Assert.Equal("tester", Assert.Single(verified.Publishers).Name.Namespace);
        await c.Client.Puller.PullAsync(verified.Design, _folder.Sub("pulled"), cancellationToken: Stop);
        Assert.Equal(FederationNode.Describe(a.Store), FederationNode.Describe(c.Store));
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_restart_a_follow_goes_on_where_it_was_and_asks_for_nothing_twice()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var world = new TrustWorld();
        var alice = world.Publisher("alice");
        world.Design(alice, "clip");
        await a.PutAsync(world.Said);
        await b.Follow(a.Address).SyncAsync(Stop);
        var before = b.Follows.Progress(Assert.Single(b.Follows.List()).Id);
        Assert.Equal((a.Store.Head, 2L), (before.Cursor, before.Taken));

        await b.RestartAsync();
        await a.PutAsync(world.Say(alice.Sign(new DesignStatement(SampleDesign.Of("knob").Sealed()))));
        await b.Follow(a.Address).SyncAsync(Stop);
        var after = b.Follows.Progress(Assert.Single(b.Follows.List()).Id);
        Assert.Equal((a.Store.Head, 3L), (after.Cursor, after.Taken));
        Assert.Equal(FederationNode.Describe(a.Store), FederationNode.Describe(b.Store));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_was_cut_goes_on_at_the_byte_where_it_was()
    {
        await using var peer = await TestCatalogue.StartAsync();
        var content = new byte[300_000];
        new Random(3).NextBytes(content);
        var design = peer.Publish("bracket", ("clip.stl", FabNet.Model.Designs.ArtefactKind.Mesh, content, null, null));
        var (digest, size) = design.Blobs().Single();
        var node = await StartAsync();
        using var other = new Peer(peer.Address, TimeProvider.System);
        var partial = Path.Combine(_folder.Path, "0", "blobs", "partial", digest.Hex + ".pull");
        File.WriteAllBytes(partial, content[..123_456]);
        await new BlobPulls(node.Store.Blobs, TimeProvider.System).PullAsync(other, digest, size, Stop);
        Assert.Equal([123_456L], peer.Offsets);
        Assert.True(node.Store.Blobs.Has(digest, size));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_files_each_is_pulled_through_the_nodes_between_when_somebody_asks_for_it()
    {
        var (a, b, c) = (await StartAsync(), await StartAsync(), await StartAsync());
        var design = await PublishAsync(a, extraBytes: 300_000);
        await b.Node.FollowAsync(a.Address, new FollowScope(), hasBlobs: false, Stop);
        await UntilAsync(() => b.Store.Head == a.Store.Head);
        await c.Node.FollowAsync(b.Address, new FollowScope(), hasBlobs: false, Stop);
        await UntilAsync(() => c.Store.Head == a.Store.Head);
        Assert.Equal(design.Blobs().Count(), c.Store.MissingBlobs(design).Count());
        Assert.Equal(design.Blobs().Count(), b.Store.MissingBlobs(design).Count());

        await c.Client.Puller.PullAsync(await c.Client.GetAsync(design.Ref.Manifest, Stop), _folder.Sub("pulled"), cancellationToken: Stop);
        Assert.DoesNotContain(c.Store.MissingBlobs(design), b => b.Size > 0);
        var nobodys = await Assert.ThrowsAsync<CatalogueException>(() => Task.FromResult(c.Store.Blobs.OpenRead(Digest.Of("nothing"u8))));
        Assert.False(await c.Node.FetchAsync(Digest.Of("nothing"u8), Stop));
        Assert.Equal(CatalogueFault.NotFound, nobodys.Fault);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unsafe_verdict_is_at_every_follower_within_one_sync_however_many_files_are_to_come()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var world = new TrustWorld();
        var (alice, carol) = (world.Publisher("alice"), world.Publisher("carol"));
        var design = world.Design(alice, "clip");
        var collection = world.Collection(carol);
        await a.PutAsync(world.Said);
        var following = b.Follow(a.Address);
        await following.SyncAsync(Stop);
        Assert.Null(b.Store.AskCommons(c => c.Standing(design)).FindStop());
        await a.PutAsync(world.Attest(carol, collection, design, Verdict.Unsafe));
        await following.SyncAsync(Stop);
        Assert.Contains("unsafe", b.Store.AskCommons(c => c.Standing(design)).FindStop(), StringComparison.Ordinal);
        Assert.Empty(await b.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_publisher_is_followed_with_all_that_is_said_about_its_designs_and_nothing_else()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var (world, alice, bob, carol) = World();
        var (clip, knob) = (world.Design(alice, "clip"), world.Design(bob, "knob"));
        var collection = world.Collection(carol, bob);
        world.Attest(bob, collection, clip, Verdict.Validated);
        world.Attest(bob, collection, knob, Verdict.Validated);
        var fork = world.Design(bob, "better-clip", forkOf: clip);
        world.Say(bob.Sign(new ProposalStatement { By = bob.Author, From = fork, To = clip, Text = "Better." }));
        world.Run(carol, clip, 3, 2, 60);
        await a.PutAsync(world.Said);
        await b.Follow(a.Address, new FollowScope { Publisher = "alice" }).SyncAsync(Stop);
        RequireSame(a, b, clip);
        Assert.Null(b.Store.AskCommons(c => c.Statements.Find(knob)));
        Assert.NotNull(b.Store.AskCommons(c => c.Statements.Find(fork)));
        Assert.True((await b.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop)).Single(d => d.Ref.Name == "clip").Validated);

        // News about what was there, of somebody else's, and a key that is revoked.
        await a.PutAsync(world.Yank(alice, clip), bob.RevokeKey(since: 1), carol.Rotate());
        await a.PutAsync(world.Say(alice.Sign(new DesignStatement(SampleDesign.Of("hook").Sealed()))));
        await b.Follows.List().Select(f => b.Follow(f.Address, f.Scope)).Single().SyncAsync(Stop);
        RequireSame(a, b, clip);
        Assert.Empty(b.Store.AskCommons(c => c.Standing(clip)).Findings);
        Assert.Single(await b.Client.SearchAsync("hook", cancellationToken: Stop).ToListAsync(Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_collection_is_followed_with_the_designs_of_which_it_has_verdicts()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var (world, alice, bob, carol) = World();
        var (clip, knob, hook) = (world.Design(alice, "clip"), world.Design(bob, "knob"), world.Design(bob, "hook"));
        var collection = world.Collection(carol, bob);
        world.Attest(carol, collection, clip, Verdict.Validated);
        await a.PutAsync(world.Said);
        var following = b.Follow(a.Address, new FollowScope { Collection = "carol/safe-tools" });
        await following.SyncAsync(Stop);
        RequireSame(a, b, clip);
        Assert.Null(b.Store.AskCommons(c => c.Statements.Find(hook)));

        // A verdict of later brings a design of before.
        await a.PutAsync(world.Attest(bob, collection, knob, Verdict.Unsafe));
        await following.SyncAsync(Stop);
        RequireSame(a, b, knob);
        Assert.NotNull(b.Store.AskCommons(c => c.Standing(knob)).FindStop());
        Assert.Null(b.Store.AskCommons(c => c.Statements.Find(hook)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_query_is_followed_with_what_its_search_finds()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var (world, alice, bob, _) = World();
        var (clip, knob) = (world.Design(alice, "cable-clip"), world.Design(bob, "knob"));
        await a.PutAsync(world.Said);
        var following = b.Follow(a.Address, new FollowScope { Query = new DesignQuery { Text = "cabel clip", Filter = new DesignFilter { License = "MIT" } } });
        await following.SyncAsync(Stop);
        RequireSame(a, b, clip);
        Assert.Null(b.Store.AskCommons(c => c.Statements.Find(knob)));
        var later = world.Design(bob, "clip-for-cable");
        await a.PutAsync(world.Said[^1]);
        await following.SyncAsync(Stop);
        Assert.NotNull(b.Store.AskCommons(c => c.Statements.Find(later)));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_followed_is_kept_listed_and_stopped()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var world = new TrustWorld();
        world.Design(world.Publisher("alice"), "clip");
        await a.PutAsync(world.Said);
        await b.Client.Federation.FollowAsync(new FollowRequest { Address = a.Address.AbsoluteUri }, cancellationToken: Stop);
        await b.Client.Federation.FollowAsync(new FollowRequest { Address = a.Address.AbsoluteUri, Scope = new FollowScope { Publisher = "alice" }, NoBlobs = true }, cancellationToken: Stop);
        await UntilAsync(() => b.Node.List().All(f => f.SyncedAt is not null));
        await b.RestartAsync();
        var listed = (await b.Client.Federation.ListFollowedAsync(new ListFollowedRequest(), cancellationToken: Stop)).Followed;
        Assert.Equal(["", "alice"], listed.Select(f => f.Scope.Publisher));
        Assert.Equal([a.Store.Head, a.Store.Head], listed.Select(f => f.Cursor));

        var part = new UnfollowRequest { Address = a.Address.AbsoluteUri, Scope = new FollowScope { Publisher = "alice" } };
        Assert.Equal("alice", Assert.Single((await b.Client.Federation.UnfollowAsync(part, cancellationToken: Stop)).Followed).Scope.Publisher);
        var again = await Assert.ThrowsAsync<RpcException>(() => b.Client.Federation.UnfollowAsync(part, cancellationToken: Stop).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, again.StatusCode);
        await b.Client.Federation.UnfollowAsync(new UnfollowRequest { Address = a.Address.AbsoluteUri }, cancellationToken: Stop);
        await b.RestartAsync();
        Assert.Empty(b.Node.List());
        Assert.Single(await b.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("nonsense", null, "no catalogue's address")]
    [InlineData("ftp://example.org", null, "no catalogue's address")]
    [InlineData("http://127.0.0.1:1", "publisher:Not A Name", "names no publisher")]
    [InlineData("http://127.0.0.1:1", "collection:safe-tools", "is no collection")]
    [InlineData("http://127.0.0.1:1", "query:", "query is empty")]
    public async Task What_makes_no_sense_to_follow_is_refused(string address, string? scope, string says)
    {
        var node = await StartAsync();
        var part = scope?.Split(':') switch
        {
            ["publisher", var name] => new FollowScope { Publisher = name },
            ["collection", var name] => new FollowScope { Collection = name },
            ["query", var text] => new FollowScope { Query = new DesignQuery { Text = text } },
            _ => null,
        };
        var refusal = await Assert.ThrowsAsync<RpcException>(() => node.Client.Federation.FollowAsync(new FollowRequest { Address = address, Scope = part }, cancellationToken: Stop).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
    }

    private static (TrustWorld World, TestPublisher Alice, TestPublisher Bob, TestPublisher Carol) World()
    {
        var world = new TrustWorld();
        return (world, world.Publisher("alice"), world.Publisher("bob"), world.Publisher("carol"));
    }

    private static void RequireSame(FederationNode a, FederationNode b, Digest design) => Assert.Equal(
        a.Store.AskCommons(c => TrustWorld.Describe(c, [c.Statements.Find(design)!.Envelope])), b.Store.AskCommons(c => TrustWorld.Describe(c, [c.Statements.Find(design)!.Envelope])));

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
    }

    private async Task<Design> PublishAsync(FederationNode node, int extraBytes)
    {
        var imported = await SampleDesign.InAsync(_folder.Sub("design"), Stop, extraBytes: extraBytes);
        using var client = CatalogueClient.Connect(node.Address, publisher: PublisherFolder.Create(_folder.Sub("keys"), "tester", "A test", FabNet.Model.Licensing.OrganisationKind.Person));
        return await client.Publisher.PublishAsync(imported, cancellationToken: Stop);
    }

    private async Task<FederationNode> StartAsync()
    {
        var folder = _folder.Sub($"{_nodes.Count}");
        var store = (await OnStoreAsync(new CatalogueOptions { DataFolder = folder })).Store;
        _nodes.Add(await FederationNode.StartAsync(folder, o => o with { Store = store }));
        return _nodes[^1];
    }
}
