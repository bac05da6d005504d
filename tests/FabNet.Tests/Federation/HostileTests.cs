// A community that lies or floods is contained, with a reason, and never harms own work.

using FabNet.Coordinator;
using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Followed = FabNet.Coordinator.Federation.FollowedCommunity;

namespace FabNet.Tests.Federation;

public sealed class HostileTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_lease_that_nobody_claimed_ends_the_stream_and_own_work_goes_on()
    {
        var liar = new LyingCommunity();
        await using var host = await GrpcHost.StartAsync(liar);
        await using var network = await FollowerOfAsync(host);
        var design = await network.PublishAsync();
        await using var north = await network.ConnectAsync("north");
        await HearAsync(liar, EdgeUp.MessageOneofCase.KeepAlive);
        liar.Say(new() { LeaseGranted = new() { Job = Job(design.Ref, "o-1.1") } });

        var fault = (await GuestAsync(network, static g => g.HasFault)).Fault;
        Assert.Equal("It grants leases that this community did not claim.", fault);
        await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Material = "PLA" }, cancellationToken: Cancel);
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north));
        Assert.Single((await network.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
    }

    public static TheoryData<string, string> Welcomes => new()
    {
        { "leases without end", "It believes north to hold 1001 leases of 60 s." },
        { "a strange machine", "It said what can't be so: It leases o-1.1 to lab/x, which is no machine of north." },
        { "no lease time", "Its FabNet is older than communities; it needs a newer one." },
        { "reports that never were", "It has 7 reports of north, and this journal 0: they are counted anew." },
        { "nonsense", "It said what can't be so: 'x' is not a job id. Write it as o-7.2." },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Welcomes))]
    public async Task A_welcome_that_can_not_be_so_is_not_believed(string what, string fault)
    {
        var design = new DesignRef { Name = "clip", Version = "1.0.0", ManifestDigest = FabNet.Model.Digest.Of([1]).Value };
        var welcome = new EdgeDown.Types.Welcome { LeaseSeconds = what is "no lease time" ? 0 : 60, JobEventSequence = what is "reports that never were" ? 7 : 0 };
        welcome.Leases.AddRange(Enumerable.Range(1, what is "leases without end" ? 1001 : what is "a strange machine" or "nonsense" ? 1 : 0)
            .Select(i => new EdgeDown.Types.LeaseGranted { Job = Job(design, what is "nonsense" ? "x" : $"o-1.{i}", what is "a strange machine" ? "lab/x" : "b-north/left") }));
        var liar = new LyingCommunity { Welcome = welcome };
        await using var host = await GrpcHost.StartAsync(liar);
        await using var network = await FollowerOfAsync(host);
        await using var north = await network.ConnectAsync("north");
        Assert.Equal(fault, (await GuestAsync(network, static g => g.HasFault)).Fault);
        if (what is "reports that never were")
        {
            var (first, second) = ((await HearAsync(liar, EdgeUp.MessageOneofCase.Hello)).Hello.BootId, (await HearAsync(liar, EdgeUp.MessageOneofCase.Hello)).Hello.BootId);
            Assert.NotEqual(first, second);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Leases_that_can_not_be_taken_up_go_back_once_each()
    {
        var unknown = new DesignRef { Name = "clip", Version = "1.0.0", ManifestDigest = FabNet.Model.Digest.Of([1]).Value };
        var liar = new LyingCommunity();
        liar.Welcome.Leases.Add(new EdgeDown.Types.LeaseGranted { Job = Job(unknown, "o-1.1") });
        liar.Welcome.Leases.Add(new EdgeDown.Types.LeaseGranted { Job = Job(unknown, "o-1.2") });
        await using var host = await GrpcHost.StartAsync(liar);
        await using var network = await FollowerOfAsync(host);
        await using var north = await network.ConnectAsync("north");
        for (var sequence = 1; sequence <= 2; sequence++)
        {
            var report = (await HearAsync(liar, EdgeUp.MessageOneofCase.JobEvent)).JobEvent;
            Assert.Equal((sequence, $"o-1.{sequence}", 1, "Our catalogue has no such design; let it follow yours."), (report.Sequence, report.Event.JobId, report.Event.Epoch, report.Event.Released.Reason));
        }

        // A second welcome believes in them still: they are told again, and nothing more.
        liar.Say(new() { LeaseGranted = new() { Job = Job(unknown, "o-9.9") } });
        await HearAsync(liar, EdgeUp.MessageOneofCase.Hello);
        Assert.Equal(1, (await HearAsync(liar, EdgeUp.MessageOneofCase.JobEvent)).JobEvent.Sequence);
        Assert.Equal(2, (await HearAsync(liar, EdgeUp.MessageOneofCase.JobEvent)).JobEvent.Sequence);
        Assert.Empty((await network.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_board_without_end_is_cut_short()
    {
        await using var host = await GrpcHost.StartAsync(new EndlessBoard(5000));
        await using var network = await FollowerOfAsync(host);
        Board board;
        do
        {
            board = await network.Coordination.GetBoardAsync(new(), cancellationToken: Cancel);
        }
        while (board.Foreign.Count == 0);
        Assert.Equal(1000, board.Foreign.Count);
        Assert.All(board.Foreign, static f => Assert.True(f.Demand is { Part.Length: <= 300, Why.Length: <= 300, Jobs: 0 }));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_under_the_name_of_somebody_else_is_refused()
    {
        await using var network = await NetworkServer.StartAsync(configure: static o => o with { Community = "a" });
        await using var own = await network.ConnectAsync("b-north");
        await own.ExpectAsync(EdgeDown.MessageOneofCase.Welcome);
        foreach (var (site, community, why) in ((string, string, string)[])
        [
            ("b-north", "b", "site.id b-north is known here as a site of this community: it, or its community, needs another name."),
            ("north", "b", "site.id of a guest must begin with its community's name: b-."),
            ("a-north", "a", "site.community is 'a', as this community is called itself: one of the two needs another name (--community)."),
        ])
        {
            var announced = CoordinatorHarness.Announced(site) with { Community = community, Machines = [] };
            await using var guest = await WireSite.ConnectAsync(network.Link, new() { Hello = new() { Site = FabNet.Protocol.SiteMapping.ToWire(announced), BootId = "x", Version = "test" } });
            var end = await guest.EndAsync();
            Assert.Equal((StatusCode.InvalidArgument, why), (end.StatusCode, end.Detail));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_whose_name_is_too_long_for_a_guest_is_told_so()
    {
        await using var host = await GrpcHost.StartAsync(new LyingCommunity());
        await using var network = await FollowerOfAsync(host);
        await using var north = await network.ConnectAsync(new string('n', 63));
        Assert.Contains("longer than the 63 characters", (await GuestAsync(network, static g => g.HasFault)).Fault);
    }

    [Theory]
    [InlineData("local", "a", "needs a name of its own")]
    [InlineData("b", "b", "not by itself")]
    [InlineData("B", "a", "lower-case letters")]
    [InlineData("b", "a b", "lower-case letters")]
    public void Names_of_communities_must_be_told_apart(string own, string other, string why)
    {
        var options = new CoordinatorOptions { DataFolder = "x", Community = own, Follows = [new Followed(other, new Uri("http://127.0.0.1:1"))] };
        Assert.Contains(why, Assert.Throws<ArgumentException>(options.RequireCommunities).Message, StringComparison.Ordinal);
    }

    private static Task<NetworkServer> FollowerOfAsync(GrpcHost host) =>
        NetworkServer.StartAsync(configure: o => o with { Community = "b", FollowInterval = TimeSpan.FromMilliseconds(50), Follows = [new Followed("a", host.Address)] });

    private static Job Job(DesignRef design, string id, string machine = "b-north/left") =>
        new() { Id = id, OrderId = "o-1", Design = design, Part = "clip", Copies = 1, Material = "PLA", State = JobState.Leased, Epoch = 1, Machine = machine };

    private static async Task<EdgeUp> HearAsync(LyingCommunity liar, EdgeUp.MessageOneofCase kind)
    {
        while (true)
        {
            var message = await liar.Heard.Reader.ReadAsync(Cancel);
            if (message.MessageCase == kind)
            {
                return message;
            }
        }
    }

    private static async Task<CommunityStatus.Types.GuestElsewhere> GuestAsync(NetworkServer network, Predicate<CommunityStatus.Types.GuestElsewhere> isSo)
    {
        while (true)
        {
            var listed = await network.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel);
            if (listed.Followed.SelectMany(static f => f.Sites).FirstOrDefault(g => isSo(g)) is { } found)
            {
                return found;
            }
        }
    }
}
