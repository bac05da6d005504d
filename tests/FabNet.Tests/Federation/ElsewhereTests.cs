// What a community sees of others: their open demand on its own board, whether they are reached, and jobs that its members take there.

using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Federation;

public sealed class ElsewhereTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_open_demand_of_another_community_is_on_the_own_board_and_a_member_takes_a_job_of_it()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Idle);

        // Out of service its planner leaves it alone; a member may know better.
        await north.SendAsync(new() { MachineStatus = new() { Machine = "north/left", State = MachineState.Maintenance, At = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()), Loaded = new() { Material = "PLA", Color = "black" } } });
        await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Maintenance);
        await two.OrderAtAAsync(quantity: 2);
        var seen = await BoardAsync(two.B, static b => b.Foreign.Count > 0);
        Assert.Equal(("a", "o-1", 2, "PLA"), (seen.Foreign[0].Community, seen.Foreign[0].Demand.OrderId, seen.Foreign[0].Demand.Jobs, seen.Foreign[0].Demand.Material));
        Assert.True(Assert.Single(seen.Communities).Reachable);
        Assert.Empty(seen.Demand);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await two.B.Coordination.ClaimElsewhereAsync(new() { Community = "a", JobId = "o-9.1", Machine = "north/left" }, cancellationToken: Cancel));
        Assert.Equal((StatusCode.FailedPrecondition, "The community a does not give o-9.1: There is no such job."), (refused.StatusCode, refused.Status.Detail));
        var here = await two.B.Coordination.ClaimElsewhereAsync(new() { Community = "a", JobId = "o-1.2", Machine = "north/left" }, cancellationToken: Cancel);
        Assert.Equal("o-1.1", here.JobId);
        var lease = await TwoCommunities.ClaimNextAsync(north);
        Assert.Equal(here.JobId, lease.Id);

        var listed = Assert.Single((await two.B.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Followed);
        var guest = Assert.Single(listed.Sites);
        Assert.Equal(("b-north", true, "o-1.2", "o-1.1"), (guest.As, guest.Connected, guest.Jobs[0].JobId, guest.Jobs[0].Here));
        var there = Assert.Single((await two.A.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Guests);
        Assert.Equal(("b-north", "b", true, 1), (there.Site, there.Community, there.Online, there.Machines));

        await TwoCommunities.MakeAsync(north, lease);
        await TwoCommunities.JobAsync(two.A, "o-1.2", JobState.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_community_that_is_away_is_shown_so_and_comes_back()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await BoardAsync(two.B, static b => b.Communities.Any(static c => c is { Reachable: true, Sites: [{ Connected: true }] }));
        await two.A.StopAsync();
        var away = (await BoardAsync(two.B, static b => b.Communities.Any(static c => !c.Reachable))).Communities[0];
        Assert.NotEmpty(away.Fault);
        var unreached = await Assert.ThrowsAsync<RpcException>(async () => await two.B.Coordination.ClaimElsewhereAsync(new() { Community = "a", JobId = "o-1.1", Machine = "north/left" }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unavailable, unreached.StatusCode);
        await two.StartAAsync();
        await BoardAsync(two.B, static b => b.Communities.Any(static c => c is { Reachable: true, Sites: [{ Connected: true }] }));
    }

    [Fact(Timeout = 60_000)]
    public async Task Claims_that_make_no_sense_are_refused_with_what_would()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north", ownCommunityOnly: true);
        foreach (var (community, job, machine, code) in ((string, string, string, StatusCode)[])
        [
            ("c", "o-1.1", "north/left", StatusCode.NotFound), ("a", "x", "north/left", StatusCode.InvalidArgument), ("a", "o-1.1", "south/left", StatusCode.NotFound), ("a", "o-1.1", "north/left", StatusCode.FailedPrecondition),
        ])
        {
            var call = two.B.Coordination.ClaimElsewhereAsync(new() { Community = community, JobId = job, Machine = machine }, cancellationToken: Cancel);
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }
    }

    private static async Task<Board> BoardAsync(NetworkServer network, Predicate<Board> isSo)
    {
        var board = new Board();
        using var watch = network.Coordination.WatchBoard(new(), cancellationToken: Cancel);
        await foreach (var piece in watch.ResponseStream.ReadAllAsync(Cancel))
        {
            FabNet.Network.BoardCommand.Apply(board, piece);
            if (isSo(board))
            {
                return board;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }
}
