// Job events: each once, in order, and only from who holds the job.

using FabNet.Model;
using FabNet.Model.Jobs;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;

namespace FabNet.Tests.Coordinator;

public sealed class IntakeTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_repeated_report_is_acknowledged_and_applied_once_and_a_gap_is_not_taken()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        Assert.Equal(0, await site.ReportAsync(Preparing with { Job = job, Epoch = 1 }, sequence: 2));
        Assert.Equal(1, await site.ReportAsync(Preparing with { Job = job, Epoch = 1 }, sequence: 1));
        var head = network.Journal.Head;
        Assert.Equal(1, await site.ReportAsync(Preparing with { Job = job, Epoch = 1 }, sequence: 1));
        Assert.Equal(1, await site.ReportAsync(Ready with { Job = job, Epoch = 1 }, sequence: 3));
        Assert.Equal(1, await site.ReportAsync(Ready with { Job = job, Epoch = 1 }, sequence: -4));
        Assert.Equal(head, network.Journal.Head);
        Assert.Equal(JobState.Preparing, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task Sequences_count_within_a_boot()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        Assert.Equal(1, await site.ReportAsync(Preparing with { Job = job, Epoch = 1 }, sequence: 1));
        var reinstalled = await network.JoinAsync(boot: "boot-2");
        Assert.Equal(0, reinstalled.Received()[0].Welcome.JobEventSequence);
        Assert.Equal(1, await reinstalled.ReportAsync(Ready with { Job = job, Epoch = 1 }, sequence: 1));
        Assert.Equal(JobState.Ready, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_is_not_the_sites_to_report_is_refused_acknowledged_and_changes_nothing()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        var liar = await network.JoinAsync("lab-b");
        var other = (await network.OrderAsync(quantity: 3))[2];
        var before = await network.JobAsync(job);
        JobEvent[] lies =
        [
            Completed with { Job = job, Epoch = 1 },
            Cancelled with { Job = job, Epoch = 1 },
            Preparing with { Job = JobId.Parse("o-99.1"), Epoch = 1 },
            Preparing with { Job = other, Epoch = 0 },
            new JobLeased { Job = other, Epoch = 1, At = Planning.Plants.Now, Machine = MachineId.Parse("lab-b/left"), ExpiresAt = Planning.Plants.Now },
            new JobReplaced { Job = job, Epoch = 1, At = Planning.Plants.Now, By = other },
        ];
        for (var i = 0; i < lies.Length; i++)
        {
            Assert.Equal(i + 1, await liar.ReportAsync(lies[i]));
        }

        Assert.Equal(lies.Length + 1, await liar.ReportAsync(new FabNet.Protocol.V1.JobEvent { JobId = "garbage\u0000", Epoch = 1, Preparing = new() }));
        Assert.Equal(lies.Length + 2, await liar.ReportAsync((FabNet.Protocol.V1.JobEvent?)null));
        Assert.Equal(before, await network.JobAsync(job));
        Assert.Equal(lies.Length + 2, network.Journal.Read().Count(e => e.Kind == "job.event.refused/1"));
        Assert.Equal(1, await site.ReportAsync(Preparing with { Job = job, Epoch = 1 }));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public async Task Measures_that_are_no_amounts_are_refused(double seconds)
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, UntilRunning);
        await site.ReportAsync(new JobCompleted { Job = job, Epoch = 1, At = Planning.Plants.Now, Seconds = seconds });
        Assert.Equal(JobState.Running, await network.StateAsync(job));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_stale_epoch_is_refused()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, Preparing, Released);
        await site.ClaimAsync(job);
        await site.ReportAsync(Preparing with { Job = job, Epoch = 1 });
        Assert.Equal((JobState.Leased, 2), await network.JobAsync(job) is var j ? (j.State, j.Epoch) : default);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reason_of_a_megabyte_is_cut()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, new JobRejected { Job = job, Epoch = 1, At = default, Reason = new string('x', 1_000_000), Everywhere = true });
        Assert.Equal(4000, (await network.JobAsync(job)).Reason!.Length);
    }

    [Fact(Timeout = 30_000)]
    public async Task When_the_disk_is_full_nothing_is_applied_and_nothing_is_acknowledged()
    {
        await using var network = new CoordinatorHarness(maxPages: 30);
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, UntilRunning);
        FabNet.Journal.JournalException? full = null;
        long acknowledged = 3;
        for (var i = 0; i < 200 && full is null; i++)
        {
            try
            {
                JobEvent next = i % 2 == 0
                    ? new JobPaused { Job = job, Epoch = 1, At = Planning.Plants.Now, Reason = new string('x', 4000) }
                    : new JobResumed { Job = job, Epoch = 1, At = Planning.Plants.Now };
                acknowledged = await site.ReportAsync(next, acknowledged + 1);
            }
            catch (FabNet.Journal.JournalException e)
            {
                full = e;
            }
        }

        Assert.True(full?.IsOutOfSpace);
        Assert.Equal(acknowledged, await network.Ask(() => network.Node.State.LastSequence(site.Session.Site, "boot-1")));
        Assert.Equal(acknowledged, await network.Ask(() => network.Node.State.Jobs[job].Events.Count(e => e is not (JobOffered or JobLeased))));
        await Assert.ThrowsAsync<FabNet.Journal.JournalException>(() => network.OrderAsync(quantity: 2000));
        Assert.Equal(1, await network.Ask(() => network.Node.State.Orders.Count));
    }

    private static async Task<(PlayedSite Site, JobId Job)> LeasedAsync(CoordinatorHarness network)
    {
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        site.Received();
        return (site, job);
    }
}
