// Nodes that heard the same hold and answer the same: whichever order it came in, however often, and wherever it was cut.

using System.Globalization;
using FabNet.Catalogue;
using FabNet.Catalogue.Federation;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

public sealed class ConvergenceTests
{
    private static readonly int Cases = int.Parse(Environment.GetEnvironmentVariable("FABNET_CONVERGENCE_CASES") ?? "4", CultureInfo.InvariantCulture);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_node_comes_to_the_same_whichever_order_statements_come_in()
    {
        foreach (var (script, seed) in Gen.Zip(TrustProperties.Scripts, Gen.Choose(0, int.MaxValue)).Sample(Cases))
        {
            using var folder = new TempFolder();
            // Beside what people do one by one, a design that two of them signed together.
            var (yuri, zoe) = (new TestPublisher("yuri"), new TestPublisher("zoe"));
            var both = StatementFormat.Sign(new DesignStatement(SampleDesign.Of("clip", "3.0.0").Sealed()), yuri.Key, zoe.Key);
            IReadOnlyList<Envelope> said = [.. TrustProperties.Play(script), yuri.Chain[0], zoe.Chain[0], both];
            var random = new Random(seed);
            string? expected = null;
            for (var attempt = 0; attempt < 3; attempt++)
            {
                await using var node = await FederationNode.StartAsync(folder.Sub($"{attempt}"));
                var follow = node.Follows.Add(new Uri("http://127.0.0.1:1"), new FollowScope(), hasBlobs: false);
                var messages = said.Concat(said.Where(_ => random.Next(4) == 0)).ToArray();
                if (attempt > 0)
                {
                    random.Shuffle(messages);
                }

                for (var i = 0; i < messages.Length;)
                {
                    var size = random.Next(1, 9);
                    await node.TakeAsync(follow, messages.Skip(i).Take(size));
                    i += size;
                }

                var state = FederationNode.Describe(node.Store);
                expected ??= state;
                Assert.True(expected == state, $"seed {seed}, attempt {attempt}:\n{Difference(expected, state)}");
            }
        }
    }

    [Theory(Timeout = 300_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Three_nodes_cut_and_rejoined_at_random_converge(int seed)
    {
        using var folder = new TempFolder();
        var random = new Random(seed);
        var nodes = new List<FederationNode>();
        for (var i = 0; i < 3; i++)
        {
            nodes.Add(await FederationNode.StartAsync(folder.Sub($"{i}")));
        }

        // Everybody follows everybody; statements are said wherever their author is just then.
        var said = new List<Digest>();
        foreach (var envelope in TrustProperties.Play([.. Enumerable.Range(0, 70).Select(_ => (random.Next(16), random.Next(4), random.Next(100)))]))
        {
            try
            {
                await nodes[random.Next(3)].Store.PutAsync(envelope, Stop);
                said.Add(envelope.Id);
            }
            catch (CatalogueException)
            {
                // Not known there yet, or not allowed there any more: it was not said.
            }

            if (random.Next(3) == 0)
            {
                await SyncAsync(nodes, random.Next(3), random.Next(3), random.Next(4) == 0 ? TimeSpan.FromMilliseconds(random.Next(30)) : null);
            }

            if (random.Next(20) == 0)
            {
                await nodes[random.Next(3)].RestartAsync();
            }
        }

        Assert.InRange(said.Count, 10, 100);
        foreach (var (to, from) in new[] { (1, 0), (2, 1), (0, 2), (1, 0) })
        {
            await SyncAsync(nodes, to, from, null);
        }

        var states = nodes.ConvertAll(n => FederationNode.Describe(n.Store));
        Assert.All(said, id => Assert.Contains(id.Value, states[0], StringComparison.Ordinal));
        Assert.True(states[0] == states[1], $"seed {seed}, 0 and 1:\n{Difference(states[0], states[1])}");
        Assert.True(states[0] == states[2], $"seed {seed}, 0 and 2:\n{Difference(states[0], states[2])}");
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_versions_under_one_name_are_both_kept_qualified_by_publisher()
    {
        using var folder = new TempFolder();
        await using var a = await FederationNode.StartAsync(folder.Sub("a"));
        await using var b = await FederationNode.StartAsync(folder.Sub("b"));
        var world = new TrustWorld();
        var (alice, other, same) = (world.Publisher("alice"), world.Publisher("alice"), world.Publisher("bob"));
        await a.PutAsync([alice.Chain[0], same.Chain[0], Design(alice, "clip", "one"), Design(same, "knob", "one")]);
        await b.PutAsync([other.Chain[0], same.Chain[0], Design(other, "clip", "two"), Design(same, "knob", "two")]);
        foreach (var (node, from) in new[] { (a, b), (b, a) })
        {
            await node.Follow(from.Address).SyncAsync(Stop);
        }

        Assert.Equal(FederationNode.Describe(a.Store), FederationNode.Describe(b.Store));
        foreach (var node in new[] { a, b })
        {
            var refusal = Assert.Throws<CatalogueException>(() => node.Store.Get(DesignName.Parse("clip")));
            Assert.Contains($"alice~{alice.Identity.Hex[..8]}/clip", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"alice~{other.Identity.Hex[..8]}/clip", refusal.Message, StringComparison.Ordinal);
            Assert.Equal("one", node.Store.Get(DesignName.Parse($"alice~{alice.Identity.Hex[..8]}/clip")).Design.Title);
            Assert.Equal("two", node.Store.Get(DesignName.Parse($"alice~{other.Identity.Hex[..8]}/clip")).Design.Title);

            // A publisher that says two things by one name and version is believed the same one of them everywhere; both are there by digest.
            Assert.Equal(a.Store.Get(DesignName.Parse("bob/knob@1.0.0")).Design.Title, node.Store.Get(DesignName.Parse("bob/knob@1.0.0")).Design.Title);
            Assert.Equal(2, node.Store.Versions("knob").Count);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fork_that_sheds_its_licence_is_hidden_wherever_its_origin_is_known_too()
    {
        using var folder = new TempFolder();
        await using var a = await FederationNode.StartAsync(folder.Sub("a"));
        await using var b = await FederationNode.StartAsync(folder.Sub("b"));
        var world = new TrustWorld();
        var (alice, mallory) = (world.Publisher("alice"), world.Publisher("mallory"));
        var origin = alice.Sign(new DesignStatement((SampleDesign.Of("clip") with { License = "CERN-OHL-S-2.0" }).Sealed()));
        var fork = mallory.Sign(new DesignStatement((SampleDesign.Of("free-clip") with { License = "MIT", ForkOf = new FabNet.Model.Designs.ForkOrigin(null, new FabNet.Model.Designs.DesignRef("clip", "1.0.0", origin.Id)) }).Sealed()));
        await a.PutAsync([alice.Chain[0], origin]);
        await b.PutAsync([mallory.Chain[0], fork]);
        await a.Follow(b.Address).SyncAsync(Stop);
        await b.Follow(a.Address).SyncAsync(Stop);
        foreach (var node in new[] { a, b })
        {
            Assert.Equal(["clip"], (await node.Client.SearchAsync("clip", cancellationToken: Stop).ToListAsync(Stop)).Select(d => d.Ref.Name));
            Assert.Contains("MIT", (await node.Client.Statements.ReportAsync(fork.Id, Stop)).LicenseFault, StringComparison.Ordinal);
        }
    }

    private static async Task SyncAsync(List<FederationNode> nodes, int to, int from, TimeSpan? cutAfter)
    {
        if (to == from)
        {
            return;
        }

        await using var following = nodes[to].FollowOnce(nodes[from].Address);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        if (cutAfter is { } time)
        {
            cut.CancelAfter(time);
        }

        try
        {
            await following.SyncAsync(cut.Token);
        }
        catch (Exception e) when (cutAfter is not null && e is OperationCanceledException or PeerException)
        {
            // Cut where it was; the next sync goes on from there.
        }
    }

    private static Envelope Design(TestPublisher by, string name, string title) => by.Sign(new DesignStatement(SampleDesign.Of(name, title: title).Sealed()));

    private static string Difference(string left, string right)
    {
        var (a, b) = (left.Split('\n').ToHashSet(), right.Split('\n').ToHashSet());
        return string.Join('\n', a.Except(b).Select(l => $"- {l}").Concat(b.Except(a).Select(l => $"+ {l}")));
    }
}
