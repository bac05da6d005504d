// Jobs that share a bed, as the coordinator offers, loses and counts them.

using FabNet.Model.Jobs;
using Xunit;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Coordinator;

public sealed class BedTests
{
    [Fact(Timeout = 60_000)]
    public async Task Copies_of_a_part_are_offered_as_one_bed_with_mates_and_what_that_saves()
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 3);
        var offers = Offers(site);
        Assert.Equal(jobs.Select(j => j.Value), offers.Select(o => o.Job.Id));
        Assert.Single(offers.Select(o => o.Job.Bed.Id).Distinct());
        Assert.All(offers, o => Assert.True(o.Job.Bed.PlannedSeconds > 1));
        Assert.All(offers, o => Assert.Equal(jobs.Select(j => j.Value).Where(j => j != o.Job.Id), o.Mates));
        Assert.All(offers, o => Assert.Matches(@"on one bed with o-1\.\d; o-1\.\d, which saves \d+\.\d\d EUR", o.Why));
        foreach (var job in jobs)
        {
            await site.ClaimAsync(job);
        }

        Assert.Equal(offers[0].Job.Bed, Assert.Single(site.Received().Where(m => m.LeaseGranted is not null).Select(m => m.LeaseGranted.Job.Bed).Distinct()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_says_nothing_of_beds_gets_single_jobs()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await network.OrderAsync(quantity: 3);
        Assert.All(Offers(site), o => Assert.True(o.Job.Bed is null && o.Mates.Count == 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_declined_job_leaves_a_smaller_bed_and_is_never_put_on_it_again()
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync(machines: ["left", "right"]);
        var jobs = await network.OrderAsync(quantity: 3);
        var offers = Offers(site);
        var (bed, machine) = (offers[0].Job.Bed.Id, offers[0].Machine.Split('/')[1]);
        Assert.All(offers, o => Assert.Equal(bed, o.Job.Bed.Id));
        await site.ClaimAsync(jobs[0], machine);
        await site.DeclineAsync(jobs[1], "no");
        await site.ClaimAsync(jobs[2], machine);
        await network.PassAsync(TimeSpan.FromSeconds(5));
        Assert.All(Offers(site), o => Assert.NotEqual(bed, o.Job.Bed?.Id));
        Assert.Equal([bed, bed], [(await network.JobAsync(jobs[0])).Bed!.Value.Id, (await network.JobAsync(jobs[2])).Bed!.Value.Id]);
        Assert.NotEqual(bed, (await network.JobAsync(jobs[1])).Bed?.Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_job_that_a_site_claims_for_another_machine_shares_no_bed_there()
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync(machines: ["left", "right"]);
        var jobs = await network.OrderAsync(quantity: 2);
        var offer = Offers(site)[0];
        await site.ClaimAsync(jobs[0], offer.Machine.EndsWith("left", StringComparison.Ordinal) ? "right" : "left");
        Assert.Null((await network.JobAsync(jobs[0])).Bed);
        Assert.NotNull((await network.JobAsync(jobs[1])).Bed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bed_that_is_released_or_whose_offer_lapses_is_planned_anew_under_another_name()
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 2);
        var first = Offers(site)[0].Job.Bed.Id;
        await network.PassAsync(network.Options.OfferTimeout + network.Options.DeclineBackOff + TimeSpan.FromSeconds(70), () => network.Do(() => network.Node.Sites.Heard(site.Session)));
        var again = Offers(site);
        Assert.NotEmpty(again);
        Assert.All(again, o => Assert.NotEqual(first, o.Job.Bed.Id));
        Assert.All(jobs, j => Assert.Contains(again, o => o.Job.Id == j.Value));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_plate_that_runs_is_one_piece_of_work_before_what_comes_next()
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 3);
        foreach (var job in jobs)
        {
            await site.ClaimAsync(job);
        }

        foreach (var job in jobs)
        {
            await site.RunAsync(job, 1, PlayedSite.Preparing, (JobReady)PlayedSite.Ready with { Share = 1 / 3.0 });
        }

        foreach (var job in jobs)
        {
            await site.RunAsync(job, 1, PlayedSite.Started);
        }

        var committed = (await network.Ask(network.Node.Plan.Snapshot)).Machines[0].Committed;
        Assert.Equal([false, true, true], committed.Select(c => c.IsWithPrevious));
        Assert.Equal(1800, committed.Sum(c => c.RemainingSeconds!.Value), 3);
        site.Received();
        await network.OrderAsync();
        Assert.Single(site.Offered()); // The plate is one of the two runs that a machine holds ahead.
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public async Task A_share_that_is_none_is_refused(double share)
    {
        await using var network = new CoordinatorHarness { SharesBeds = true };
        var site = await network.JoinAsync();
        var jobs = await network.OrderAsync(quantity: 2);
        await site.ClaimAsync(jobs[0]);
        await site.RunAsync(jobs[0], 1, PlayedSite.Preparing, (JobReady)PlayedSite.Ready with { Share = share });
        Assert.Equal(JobState.Preparing, await network.StateAsync(jobs[0]));
    }

    private static List<Wire.EdgeDown.Types.Offer> Offers(PlayedSite site) => [.. site.Received().Where(m => m.Offer is not null).Select(m => m.Offer)];
}
