// Communities that help each other, over real gRPC: what one can't make another makes, and each keeps its own books.

using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Federation;

public sealed class CommunityTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Work_that_a_community_cannot_make_is_made_by_a_guest()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();

        var here = await TwoCommunities.ClaimNextAsync(north);
        Assert.Equal(("o-1.1", "north/left", "clip"), (here.Id, here.Machine, here.Part));
        await TwoCommunities.MakeAsync(north, here);

        var there = await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
        Assert.Equal(("b-north/left", 1), (there.Machine, there.Epoch));
        var history = await two.A.Coordination.GetJobAsync(new() { Id = "o-1.1" }, cancellationToken: Cancel);
        Assert.Equal(
            [JobEvent.HappenedOneofCase.Offered, JobEvent.HappenedOneofCase.Leased, JobEvent.HappenedOneofCase.Preparing, JobEvent.HappenedOneofCase.Ready, JobEvent.HappenedOneofCase.Started, JobEvent.HappenedOneofCase.Completed],
            history.Events.Select(static e => e.HappenedCase));
        Assert.Empty(history.Doubts);
        Assert.Equal("PLA", history.Events[4].Started.Found.Material);
        Assert.Equal(OrderStatus.Delivered, (await two.A.Coordination.AcceptOrderAsync(new() { Id = "o-1", By = "ana" }, cancellationToken: Cancel)).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_declines_gives_the_job_back()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var offer = (await north.ExpectAsync(EdgeDown.MessageOneofCase.Offer)).Offer;
        await north.SendAsync(new() { Decline = new() { JobId = offer.Job.Id, Reason = "we close early" } });

        Assert.Equal("we close early", (await TwoCommunities.JobAsync(two.B, offer.Job.Id, JobState.Cancelled)).Reason);
        Assert.Equal("we close early", (await TwoCommunities.JobAsync(two.A, "o-1.1", static j => j.State is JobState.Planned && j.Epoch == 1)).Reason);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_design_that_its_own_catalogue_lacks_is_declined_with_what_helps()
    {
        await using var two = await TwoCommunities.StartAsync(bHasDesign: false);
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        Assert.Equal("Our catalogue has no such design; let it follow yours.", (await TwoCommunities.JobAsync(two.A, "o-1.1", static j => j is { State: JobState.Planned, HasReason: true })).Reason);
        Assert.Empty((await two.B.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_keeps_to_its_own_community_is_nobodys_guest()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north", ownCommunityOnly: true);
        await using var south = await two.B.ConnectAsync("south");
        await TwoCommunities.MachineAsync(two.A, "b-south/left", static m => m.State is MachineState.Idle);
        Assert.Equal("b-south", Assert.Single((await two.A.Coordination.GetNetworkAsync(new(), cancellationToken: Cancel)).Sites).Site.Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_that_follow_each_other_pass_on_no_guests()
    {
        await using var two = await TwoCommunities.StartAsync(isMutual: true);
        await using var north = await two.B.ConnectAsync("north");
        await using var lab = await two.A.ConnectAsync("lab");
        await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Idle);
        await TwoCommunities.MachineAsync(two.B, "a-lab/left", static m => m.State is MachineState.Idle);
        Assert.Equal(["b-north", "lab"], (await two.A.Coordination.GetNetworkAsync(new(), cancellationToken: Cancel)).Sites.Select(static s => s.Site.Id));
        Assert.Equal(["a-lab", "north"], (await two.B.Coordination.GetNetworkAsync(new(), cancellationToken: Cancel)).Sites.Select(static s => s.Site.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Its_own_community_comes_first()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Idle);
        await two.B.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Material = "PLA" }, cancellationToken: Cancel);
        var own = await TwoCommunities.ClaimNextAsync(north);
        var told = await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Offline);
        Assert.StartsWith("its own community has work for it", told.Detail);
        Assert.False(told.HasJobId);
        await TwoCommunities.MakeAsync(north, own);
        await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Idle);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("offered")]
    [InlineData("leased")]
    [InlineData("running")]
    public async Task What_is_called_off_where_it_was_ordered_is_called_off_at_the_guest(string when)
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        Job? here = null;
        if (when is "offered")
        {
            await north.ExpectAsync(EdgeDown.MessageOneofCase.Offer);
        }
        else
        {
            here = await TwoCommunities.ClaimNextAsync(north);
        }

        if (when is "running")
        {
            await TwoCommunities.ReadyAsync(north, here!);
            await north.ReportAsync(3, new() { Started = new() }, here!.Id, here.Epoch);
            await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Running);
        }

        await two.A.Coordination.CancelOrderAsync(new() { Id = "o-1", Reason = "no longer needed" }, cancellationToken: Cancel);
        if (here is not null)
        {
            Assert.EndsWith("no longer needed", (await north.ExpectAsync(EdgeDown.MessageOneofCase.CancelIntent)).CancelIntent.Reason);
            await north.ReportAsync(when is "running" ? 4 : 1, new() { Cancelled = new() { Reason = "as asked" } }, here.Id, here.Epoch);
        }

        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Cancelled);
        await TwoCommunities.JobAsync(two.B, "o-1.1", JobState.Cancelled);
        Assert.Single((await two.A.Coordination.GetOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel)).Jobs);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_part_that_failed_at_a_guest_is_made_again_by_whom_the_planner_of_its_own_community_chooses()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var first = await TwoCommunities.ClaimNextAsync(north);
        await TwoCommunities.ReadyAsync(north, first);
        await north.ReportAsync(3, new() { Started = new() }, first.Id, first.Epoch);
        await north.ReportAsync(4, new() { Failed = new() { Reason = "it came off the bed", LastLine = 7 } }, first.Id, first.Epoch);
        Assert.Equal("o-1.2", (await TwoCommunities.JobAsync(two.A, "o-1.1", static j => j.HasReplacedBy)).ReplacedBy);
        var second = await TwoCommunities.ClaimNextAsync(north);
        Assert.Equal("o-2.1", second.Id);
        await TwoCommunities.MakeAsync(north, second, firstSequence: 5);
        await TwoCommunities.JobAsync(two.A, "o-1.2", JobState.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_people_of_a_guest_find_to_be_scrap_is_made_again()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var first = await TwoCommunities.ClaimNextAsync(north);
        await TwoCommunities.MakeAsync(north, first);
        await north.ReportAsync(5, new() { Scrapped = new() { Reason = "a layer is missing" } }, first.Id, first.Epoch);
        Assert.Equal("a layer is missing", (await TwoCommunities.JobAsync(two.A, "o-1.1", static j => j.HasReplacedBy)).Reason);
        Assert.Equal(OrderStatus.Cancelled, (await two.B.Coordination.GetOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel)).Status);
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north), firstSequence: 6);
        await TwoCommunities.JobAsync(two.A, "o-1.2", JobState.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_leaves_while_it_makes_a_guests_job_reports_it_when_it_is_back()
    {
        await using var two = await TwoCommunities.StartAsync();
        var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var here = await TwoCommunities.ClaimNextAsync(north);
        await TwoCommunities.ReadyAsync(north, here);
        await north.ReportAsync(3, new() { Started = new() }, here.Id, here.Epoch);
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Running);
        await north.DisposeAsync();
        Assert.Equal("its site is not connected", (await TwoCommunities.MachineAsync(two.A, "b-north/left", static m => m.State is MachineState.Offline)).Detail);

        // It comes back, and wants no more work of others: what it holds it finishes.
        await using var back = await two.B.ConnectAsync("north", ownCommunityOnly: true);
        await back.ReportAsync(4, new() { Completed = new() { Seconds = 640, Grams = 4.2, EnergyKwh = 0.02 } }, here.Id, here.Epoch);
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
        await two.OrderAtAAsync();
        Assert.Equal(JobState.Planned, (await TwoCommunities.JobAsync(two.A, "o-2.1", static _ => true)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_made_for_another_community_is_its_own_to_accept_and_to_do_again()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await using var south = await two.B.ConnectAsync("south");
        await two.OrderAtAAsync();
        var offered = await TwoCommunities.JobAsync(two.B, "o-1.1", JobState.Offered);

        // Another site of the community can't take it: the lease there is its machine's alone.
        var (other, own, machine) = offered.Machine is "north/left" ? (south, north, "south/left") : (north, south, "north/left");
        await other.SendAsync(new() { Claim = new() { JobId = "o-1.1", Machine = machine } });
        Assert.Contains("made for the community a", (await other.ExpectAsync(EdgeDown.MessageOneofCase.ClaimRefused)).ClaimRefused.Reason);
        await TwoCommunities.MakeAsync(own, await TwoCommunities.ClaimNextAsync(own));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await two.B.Coordination.AcceptOrderAsync(new() { Id = "o-1", By = "bea" }, cancellationToken: Cancel));
        Assert.Contains("its receiver accepts it there", refused.Status.Detail);

        var key = await Assert.ThrowsAsync<RpcException>(async () => await two.B.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Key = "community/a/o-1.1/2" }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.InvalidArgument, key.StatusCode);
    }
}
