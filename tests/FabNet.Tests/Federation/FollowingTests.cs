// What is followed changes while the coordinator runs, at once and for good; what is under way is finished.

using FabNet.Coordinator;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.State;
using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Federation;

public sealed class FollowingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_community_that_is_followed_from_now_on_is_helped_at_once_and_after_a_restart()
    {
        await using var two = await TwoCommunities.StartAsync(bFollows: false);
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        Assert.Empty((await two.B.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Followed);
        var status = await FollowAsync(two.B, "a", two.A.Address.ToString());
        Assert.Equal(("a", false), (status.Name, status.Leaving));
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north));
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);

        await two.RestartBAsync();
        await using var back = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        await TwoCommunities.MakeAsync(back, await TwoCommunities.ClaimNextAsync(back), firstSequence: 5);
        await TwoCommunities.JobAsync(two.A, "o-2.1", JobState.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_under_way_for_a_community_that_is_left_is_finished_and_told_and_nothing_new_begins()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var here = await TwoCommunities.ClaimNextAsync(north);
        await TwoCommunities.ReadyAsync(north, here);
        await north.ReportAsync(3, new() { Started = new() }, here.Id, here.Epoch);
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Running);

        Assert.Equal(1, (await two.B.Coordination.UnfollowCommunityAsync(new() { Name = "a" }, cancellationToken: Cancel)).Jobs);
        Assert.True(Assert.Single((await two.B.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Followed).Leaving);
        Assert.Empty((await two.B.Coordination.GetBoardAsync(new(), cancellationToken: Cancel)).Communities);
        var unclaimed = await Assert.ThrowsAsync<RpcException>(async () => await two.B.Coordination.ClaimElsewhereAsync(new() { Community = "a", JobId = "o-1.1", Machine = "north/left" }, cancellationToken: Cancel));
        Assert.Equal((StatusCode.NotFound, "The community 'a' is not followed. What is: none."), (unclaimed.StatusCode, unclaimed.Status.Detail));

        await north.ReportAsync(4, new() { Completed = new() { Seconds = 640, Grams = 4.2, EnergyKwh = 0.02 } }, here.Id, here.Epoch);
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
        await TwoCommunities.LeftAsync(two.A, "b-north");
        while ((await two.B.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Followed.Count > 0)
        {
            await Task.Yield(); // The guest has left there, and is about to here.
        }

        // Whatever the coordinator is started with.
        await two.RestartBAsync();
        await using var back = await two.B.ConnectAsync("north");
        await two.B.HearsOfAsync("north/left");
        Assert.DoesNotContain((await two.B.Coordination.ListCommunitiesAsync(new(), cancellationToken: Cancel)).Followed, static f => !f.Leaving);
        await two.OrderAtAAsync();
        Assert.Equal(JobState.Planned, (await TwoCommunities.JobAsync(two.A, "o-2.1", static _ => true)).State);

        // It is followed again, and goes on where it was.
        await FollowAsync(two.B, "a", two.A.Address.ToString());
        await TwoCommunities.MakeAsync(back, await TwoCommunities.ClaimNextAsync(back), firstSequence: 5);
        await TwoCommunities.JobAsync(two.A, "o-2.1", JobState.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_offer_that_is_answered_after_its_community_was_left_goes_back()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        var offer = (await north.ExpectAsync(EdgeDown.MessageOneofCase.Offer)).Offer;
        await two.B.Coordination.UnfollowCommunityAsync(new() { Name = "a" }, cancellationToken: Cancel);

        // It is leased there already, so it is this community's to make or to give back: its site may still take it.
        await north.SendAsync(new() { Decline = new() { JobId = offer.Job.Id, Reason = "not for them" } });
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Planned);
        await TwoCommunities.LeftAsync(two.A, "b-north");
        Assert.Equal(JobState.Planned, (await TwoCommunities.JobAsync(two.A, "o-1.1", static _ => true)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_community_that_has_moved_is_followed_at_its_new_address()
    {
        await using var two = await TwoCommunities.StartAsync(bFollows: false);
        await using var north = await two.B.ConnectAsync("north");
        await FollowAsync(two.B, "a", "http://127.0.0.1:1");
        await FollowAsync(two.B, "a", "http://127.0.0.1:1"); // Said twice, it is one.
        using (var watch = two.B.Coordination.WatchBoard(new(), cancellationToken: Cancel))
        {
            await FirstAsync(watch, static c => c is { Reachable: false, HasFault: true });
            await FollowAsync(two.B, "a", two.A.Address.ToString());
            Assert.Equal(two.A.Address.ToString(), (await FirstAsync(watch, static c => c.Reachable)).Address);
        }

        await two.OrderAtAAsync();
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north));
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
    }

    [Fact]
    public void What_was_said_last_holds_over_the_options_and_a_community_that_was_left_is_let_go_after_a_week()
    {
        var (time, changes) = (new ManualTimeProvider(), 0);
        FollowedCommunity a = new("a", new Uri("http://127.0.0.1:1")), c = new("c", new Uri("http://127.0.0.1:3")), moved = c with { Address = new Uri("http://127.0.0.1:33") }, d = new("d", new Uri("http://127.0.0.1:4"));
        var options = new CoordinatorOptions { DataFolder = "x", Community = "b", Follows = [a, c] };
        using var journal = new MemoryJournal(time);
        using var chronicle = new Chronicle(journal, new CoordinatorState(), static (_, _) => { });
        var following = new Following(chronicle, options, time, () => changes++);
        Assert.Equal([a, c], following.Now);
        following.Unfollow("a");
        following.Follow("d", "http://127.0.0.1:4");
        following.Follow("c", "http://127.0.0.1:33");
        Assert.Equal(3, changes);

        using var replayed = new Chronicle(journal, new CoordinatorState(), static (_, _) => { });
        foreach (var one in (Following[])[following, new Following(replayed, options, time, static () => { })])
        {
            Assert.Equal([moved, d], one.Now);
            Assert.Equal([a], one.Left);
            Assert.Equal([a, c], one.Overruled);
            Assert.False(one.IsFollowed("a"));
        }

        time.Advance(TimeSpan.FromDays(7));
        Assert.Empty(following.Left);
        following.Follow("a", "http://127.0.0.1:1");
        Assert.Equal([a, moved, d], following.Now);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("b", "http://127.0.0.1:1", "not by itself")]
    [InlineData("B C", "http://127.0.0.1:1", "lower-case letters")]
    [InlineData("", "http://127.0.0.1:1", "lower-case letters")]
    [InlineData("c", "127.0.0.1:1", "no address")]
    [InlineData("c", "ftp://127.0.0.1", "no address")]
    [InlineData("c", "", "no address")]
    public async Task What_can_not_be_followed_is_refused_with_the_reason(string name, string address, string words)
    {
        await using var b = await NetworkServer.StartAsync(configure: static o => o with { Community = "b" });
        var refused = await Assert.ThrowsAsync<RpcException>(() => FollowAsync(b, name, address));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(words, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await b.Coordination.UnfollowCommunityAsync(new() { Name = name }, cancellationToken: Cancel))).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_community_without_a_name_of_its_own_follows_nobody()
    {
        await using var network = await NetworkServer.StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => FollowAsync(network, "a", "http://127.0.0.1:1"));
        Assert.Contains("needs a name of its own", refused.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<CommunityStatus> FollowAsync(NetworkServer network, string name, string address) =>
        await network.Coordination.FollowCommunityAsync(new() { Name = name, Address = address }, cancellationToken: Cancel);

    private static async Task<CommunityStatus> FirstAsync(AsyncServerStreamingCall<BoardChange> watch, Predicate<CommunityStatus> isSo)
    {
        while (await watch.ResponseStream.MoveNext(Cancel))
        {
            if (watch.ResponseStream.Current.Communities.FirstOrDefault(c => isSo(c)) is { } found)
            {
                return found;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }
}
