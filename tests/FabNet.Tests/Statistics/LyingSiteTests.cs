// A site that lies about its runs: what can't be is contained with a reason, the run stays made, and nobody else's estimates follow.

using FabNet.Coordinator.Sites;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Coordinator;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;
using static FabNet.Tests.Statistics.MachineStatisticsTests;

namespace FabNet.Tests.Statistics;

public sealed class LyingSiteTests
{
    private static readonly JobCompleted True = (JobCompleted)Completed;

    [Fact(Timeout = 30_000)]
    public async Task More_running_time_than_has_passed_is_replaced_by_the_programs_time_and_said()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await RunningAsync(network);
        network.Time.Advance(TimeSpan.FromMinutes(10));
        await site.RunAsync(job, 1, True with { Seconds = 1e9 });
        var entry = await network.Ask(() => network.Node.State.Jobs[job]);
        Assert.Equal((JobState.Completed, 600.0), (entry.Job.State, Assert.IsType<JobCompleted>(entry.Events[^1]).Seconds));
        Assert.Equal("It says that it ran for 1000000000 s; since the site took it at most 1530 s can have passed. 600 s stand instead.", Assert.Single(entry.Doubts));
        Assert.Equal(entry.Doubts, await network.Ask(() => network.Node.Board.History(entry).Doubts.ToList()));
        var machine = Assert.Single((await StatisticsAsync(network)).Machines);
        Assert.Equal((1, 1, 1.0), (machine.All.Completed, machine.All.Doubted, machine.Speed));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_that_took_as_long_as_the_clock_says_is_believed_however_late_it_is_told()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        network.Time.Advance(TimeSpan.FromHours(10));
        await site.RunAsync(job, 1, [.. UntilRunning, True with { Seconds = 35_000 }]);
        Assert.Empty(await network.Ask(() => network.Node.State.Jobs[job].Doubts));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_simulated_machine_may_run_faster_than_the_clock_by_what_it_announced()
    {
        await using var network = new CoordinatorHarness();
        var announced = CoordinatorHarness.Announced();
        var site = await network.JoinAsync(announced with { Machines = [announced.Machines[0] with { SimulatedSpeed = 200 }] });
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, [.. UntilRunning, True with { Seconds = 50_000 }]);
        Assert.Empty(await network.Ask(() => network.Node.State.Jobs[job].Doubts));
    }

    [Fact(Timeout = 30_000)]
    public async Task Kilograms_for_a_clip_and_a_power_stations_energy_are_replaced()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await RunningAsync(network);
        await site.RunAsync(job, 1, True with { Grams = 50_000, EnergyKwh = 1e6 });
        var entry = await network.Ask(() => network.Node.State.Jobs[job]);
        var taken = Assert.IsType<JobCompleted>(entry.Events[^1]);
        Assert.Equal((4.0, 640 * 120 / 3.6e6), (taken.Grams, taken.EnergyKwh));
        Assert.Contains("50000 g", Assert.Single(entry.Doubts));
        Assert.Contains("1000000 kWh", entry.Doubts[0]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task A_run_that_failed_years_before_or_after_it_was_started_is_charged_no_more_than_has_passed(int days)
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await RunningAsync(network);
        await site.ReportAsync(Failed with { Job = job, Epoch = 1, At = network.Time.GetUtcNow().AddDays(days) });
        var entry = await network.Ask(() => network.Node.State.Jobs[job]);
        Assert.Equal(JobState.Failed, entry.Job.State);
        Assert.InRange((entry.Job.EndedAt!.Value - entry.Job.StartedAt!.Value).TotalSeconds, 0, 900);
        Assert.Contains("By its clock", Assert.Single(entry.Doubts));
    }

    [Fact(Timeout = 30_000)]
    public async Task Programs_of_absurd_length_are_refused_and_of_absurd_weight_contained()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, Preparing);
        await site.ReportAsync(((JobReady)Ready) with { Job = job, Epoch = 1, At = network.Time.GetUtcNow(), EstimatedSeconds = 2e7 });
        Assert.Equal(JobState.Preparing, await network.StateAsync(job));
        await site.RunAsync(job, 1, ((JobReady)Ready) with { EstimatedGrams = 1e8 });
        Assert.InRange((await network.JobAsync(job)).EstimatedGrams!.Value, 1, 300);
    }

    [Fact(Timeout = 30_000)]
    public async Task Progress_goes_forward_only_and_a_remaining_time_of_years_books_no_machine()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await RunningAsync(network);
        var machine = MachineId.Parse("lab-a/left");
        await SayAsync(0.6, 1e8);
        await SayAsync(0.2, 1e8);
        Assert.Equal(0.6, await network.Ask(() => network.Node.Sites.StatusOf(machine)!.Value.Status.Progress));
        var left = await network.Ask(() => network.Node.Plan.Snapshot().Machines[0].Committed[0].RemainingSeconds);
        Assert.InRange(left!.Value, 0, 600);

        Task SayAsync(double progress, double remaining) => network.Do(() => network.Node.Status(site.Session, new()
        {
            Machine = machine, State = MachineState.Running, Job = job, Progress = progress, RemainingSeconds = remaining, At = network.Time.GetUtcNow(),
        }));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0.5)]
    [InlineData(4000)]
    public async Task One_liar_shifts_nobody_elses_expectations(double lie)
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        var honest = new List<PlayedSite> { await network.JoinAsync("lab-a"), await network.JoinAsync("lab-b"), await network.JoinAsync("lab-c") };
        foreach (var site in honest)
        {
            await MakeAsync(network, site, 660);
            await MakeAsync(network, site, 660);
        }

        var before = Assert.Single((await StatisticsAsync(network)).Parts);
        var liar = await network.JoinAsync("lab-z");
        for (var i = 0; i < 15; i++)
        {
            await MakeAsync(network, liar, lie);
        }

        var after = await StatisticsAsync(network);
        Assert.InRange(after.Parts[0].SecondsEach / before.SecondsEach, 0.95, 1.05);
        Assert.All(after.Machines.Take(3), static m => Assert.InRange(m.Speed, 0.9, 1.1));
        Assert.Equal(lie < 600, after.Machines[3].Speed > 1);
    }

    private static async Task<(PlayedSite Site, JobId Job)> RunningAsync(CoordinatorHarness network)
    {
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, UntilRunning);
        return (site, job);
    }
}
