// Offers, claims, leases and their ends.

using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;

namespace FabNet.Tests.Coordinator;

public sealed class LeaseTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_machine_is_offered_the_running_job_and_the_next_and_no_more()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await network.OrderAsync(quantity: 5);
        Assert.Equal(["o-1.1 lab-a/left", "o-1.2 lab-a/left"], site.Offered());
        await site.ClaimAsync(JobId.Parse("o-1.1"));
        await site.RunAsync(JobId.Parse("o-1.1"), 1, [.. UntilRunning, Completed]);
        Assert.Equal(["o-1.3 lab-a/left"], site.Offered());
    }

    [Fact(Timeout = 30_000)]
    public async Task An_offer_says_what_it_costs_and_why_there()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync(machines: ["left", "right"]);
        await network.OrderAsync();
        var offer = Assert.Single(site.Received(), m => m.Offer is not null).Offer;
        Assert.StartsWith("shares loaded PLA black on lab-a/left; next best lab-a/right +0.00 EUR", offer.Why);
        Assert.Equal("EUR", offer.Cost.Currency);
        Assert.Equal(network.Time.GetUtcNow().AddSeconds(30), offer.AnswerBy.ToDateTimeOffset());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_claim_gives_a_lease_with_the_next_epoch_and_is_answered_again_when_repeated()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.ClaimAsync(job);
        var grants = site.Received().Where(m => m.LeaseGranted is not null).Select(m => m.LeaseGranted.Job).ToList();
        Assert.Equal([1, 1], grants.Select(g => g.Epoch));
        Assert.All(grants, g => Assert.Equal(network.Time.GetUtcNow().AddSeconds(60), g.LeaseExpiresAt.ToDateTimeOffset()));
        Assert.Equal(JobState.Leased, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_job_that_is_open_may_be_claimed_without_an_offer_and_another_sites_offer_is_withdrawn()
    {
        await using var network = new CoordinatorHarness();
        var first = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        Assert.Single(first.Offered());
        var second = await network.JoinAsync("lab-b");
        await second.ClaimAsync(job);
        Assert.Single(second.Received(), m => m.LeaseGranted is not null);
        Assert.Equal(job.Value, Assert.Single(first.Received(), m => m.OfferWithdrawn is not null).OfferWithdrawn.JobId);
        Assert.Equal("lab-b/left", (await network.JobAsync(job)).Machine?.ToString());

        // And the first one is told that it came too late.
        await first.ClaimAsync(job);
        Assert.Equal("It is Leased on lab-b/left.", Assert.Single(first.Received(), m => m.ClaimRefused is not null).ClaimRefused.Reason);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("o-9.9", "lab-a/left", "There is no such job.")]
    [InlineData("; DROP TABLE", "lab-a/left", "There is no such job.")]
    [InlineData("o-1.1", "lab-b/left", "is not a registered machine of lab-a")]
    [InlineData("o-1.1", "nonsense", "is not a registered machine of lab-a")]
    public async Task A_claim_that_can_not_be_is_refused_with_its_reason(string job, string machine, string reason)
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await network.JoinAsync("lab-b");
        await network.OrderAsync();
        site.Received();
        await network.Do(() => network.Node.Claims.Claim(site.Session, new() { JobId = job, Machine = machine }));
        Assert.Contains(reason, Assert.Single(site.Received()).ClaimRefused.Reason);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_claim_for_a_machine_that_can_not_make_it_is_refused()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var design = CoordinatorHarness.Design with { Parts = [Planning.Plants.Part(sizeMm: 250)] };
        var job = (await network.OrderAsync(design: design))[0];
        await site.ClaimAsync(job);
        Assert.Contains("does not fit lab-a/left (200 × 200 × 200 mm)", Assert.Single(site.Received(), m => m.ClaimRefused is not null).ClaimRefused.Reason);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_declined_job_goes_to_another_site_and_comes_back_after_the_back_off()
    {
        await using var network = new CoordinatorHarness();
        var (first, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        first.Received();
        await first.DeclineAsync(job, "full today");
        Assert.Empty(first.Offered());
        Assert.Contains("it said: full today", (await network.Ask(() => network.Node.Plan.WordsFor(network.Node.State.Jobs[job]))).Why);

        var second = await network.JoinAsync("lab-b");
        Assert.Equal(["o-1.1 lab-b/left"], second.Offered());
        await second.DeclineAsync(job);
        await network.PassAsync(TimeSpan.FromMinutes(11), () => network.Do(() =>
        {
            network.Node.Sites.Heard(first.Session);
            network.Node.Sites.Heard(second.Session);
        }));
        Assert.NotEmpty(first.Offered().Concat(second.Offered()));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_declined_job_is_offered_again_when_something_changes_at_the_machine()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        await site.DeclineAsync(job);
        site.Received();
        await site.StatusAsync("left", MachineState.Idle);
        Assert.Empty(site.Offered());
        await site.StatusAsync("left", MachineState.Idle, material: "PETG");
        Assert.Equal(["o-1.1 lab-a/left"], site.Offered());
    }

    [Fact(Timeout = 30_000)]
    public async Task An_offer_that_is_not_answered_in_time_is_withdrawn()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        site.Received();
        await network.PassAsync(TimeSpan.FromSeconds(29));
        Assert.Equal(JobState.Offered, await network.StateAsync(job));
        await network.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(JobState.Planned, await network.StateAsync(job));
        Assert.Equal(job.Value, Assert.Single(site.Received()).OfferWithdrawn.JobId);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_renewed_lease_holds_and_one_that_is_not_renewed_is_lost_and_never_planned_again()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, UntilRunning);
        await network.PassAsync(TimeSpan.FromMinutes(5), () => site.KeepAliveAsync(job, 1));
        Assert.Equal(JobState.Running, await network.StateAsync(job));

        await network.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(JobState.Lost, await network.StateAsync(job));
        Assert.Equal(1, await network.Ask(() => network.Node.State.Jobs.Count));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_jump_of_the_wall_clock_loses_no_job()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        await site.ClaimAsync(job);
        network.Time.JumpWallClock(TimeSpan.FromDays(30));
        await network.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(JobState.Leased, await network.StateAsync(job));
        network.Time.JumpWallClock(TimeSpan.FromDays(-60));
        await network.PassAsync(TimeSpan.FromSeconds(56));
        Assert.Equal(JobState.Lost, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_lost_job_goes_on_when_its_site_is_back()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, UntilRunning);
        await site.LeaveAsync();
        await network.PassAsync(TimeSpan.FromSeconds(61));
        Assert.Equal(JobState.Lost, await network.StateAsync(job));

        var back = await network.JoinAsync();
        var welcome = back.Received()[0].Welcome;
        Assert.Equal(3, welcome.JobEventSequence);
        Assert.Equal("o-1.1", Assert.Single(welcome.Leases).Job.Id);
        await back.KeepAliveAsync(job, 1);
        Assert.Single(back.Received(), m => m.LeaseRenewed is not null);
        Assert.Equal(4, await back.ReportAsync(Completed with { Job = job, Epoch = 1 }, sequence: 4));
        Assert.Equal(JobState.Completed, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_keep_alive_for_what_is_not_held_is_told_so()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        await site.ClaimAsync(job);
        site.Received();
        await site.KeepAliveAsync(job, 2);
        await site.KeepAliveAsync(JobId.Parse("o-7.7"), 1);
        Assert.All(site.Received(), m => Assert.NotNull(m.LeaseEnded));
        var other = await network.JoinAsync("lab-b");
        other.Received();
        await other.KeepAliveAsync(job, 1);
        Assert.NotNull(Assert.Single(other.Received()).LeaseEnded);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_site_that_leaves_gives_its_unanswered_offers_back()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = (await network.JoinAsync(), (await network.OrderAsync())[0]);
        Assert.Equal(JobState.Offered, await network.StateAsync(job));
        await site.LeaveAsync();
        Assert.Equal(JobState.Planned, await network.StateAsync(job));
        Assert.Contains("its site is not connected", (await network.Ask(() => network.Node.Plan.WordsFor(network.Node.State.Jobs[job]))).Why);
        Assert.Single((await network.JoinAsync()).Offered());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_silent_site_is_cut_off()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await network.PassAsync(TimeSpan.FromSeconds(61));
        Assert.False(await network.Ask(() => network.Node.Sites.IsOnline(site.Session.Site)));
        site.Received();
        Assert.Contains("Nothing was heard", (await Assert.ThrowsAsync<FabNet.Coordinator.Sites.SessionEndedException>(() => site.Session.Down.Completion)).Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_large_plan_is_made_beside_the_loop_and_offered_when_it_is_there()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync(machines: [.. Enumerable.Range(1, 12).Select(i => $"m{i}")]);
        await network.OrderAsync(quantity: 2000);
        List<string> offered = [];
        while (offered.Count < 24)
        {
            Assert.True(await site.Session.Down.WaitToReadAsync(TestContext.Current.CancellationToken));
            offered.AddRange(site.Offered());
        }

        Assert.Equal(24, offered.Distinct().Count());
        Assert.All(offered.CountBy(o => o.Split(' ')[1]), machine => Assert.Equal(2, machine.Value));
    }
}
