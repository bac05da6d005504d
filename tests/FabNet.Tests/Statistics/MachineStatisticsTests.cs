// Availability, performance, quality, OEE and what the next run is expected to take, through the coordinator; and the same after a restart.

using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Statistics;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Tests.Coordinator;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Statistics;

public sealed class MachineStatisticsTests
{
    /// <summary>How long a silent site is waited for here.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private static readonly MachineId Left = MachineId.Parse("lab-a/left");

    [Fact(Timeout = 30_000)]
    public async Task Measured_runs_teach_the_next_plan_and_the_first_counts_as_much_as_the_program()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        var site = await network.JoinAsync();
        await MakeAsync(network, site, 640);
        var part = Assert.Single((await StatisticsAsync(network)).Parts);
        Assert.Equal(("clip", "printer", 1, 640.0, 600.0), (part.Part, part.MachineClass, part.All.Completed, part.All.MeasuredSeconds, part.All.PlannedSeconds));
        Assert.InRange(part.SecondsEach, 605, 635);
        Assert.InRange(part.LateSecondsEach, part.SecondsEach * 1.1, part.SecondsEach * 1.3);
        await network.OrderAsync();
        var offer = Assert.Single(site.Received(), m => m.Offer is not null).Offer;
        Assert.InRange(decimal.Parse(offer.Cost.MachineTime), 0.3400m, 0.3540m); // between 600 s and 640 s × 2.00 an hour, nearer the second: the machine's own pace counts too

        await MakeAsync(network, site, 640, orders: false);
        await MakeAsync(network, site, 640);
        Assert.InRange(Assert.Single((await StatisticsAsync(network)).Parts).SecondsEach / (await StatisticsAsync(network)).Machines[0].Speed, 625, 641);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_first_run_at_one_site_serves_the_next_site_of_the_same_class()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        await MakeAsync(network, await network.JoinAsync(), 800);
        var other = MachineId.Parse("lab-b/left");
        await network.JoinAsync("lab-b");
        await network.OrderAsync();
        var snapshot = await network.Ask(() => new SnapshotBuilder(network.Node.State, network.Node.Sites, network.Node.Offers, network.Time).Build());
        var history = Assert.Single(snapshot.History).Value;
        Assert.InRange(history.SecondsEach!.Value, 650, 800);
        Assert.Equal(1, snapshot.Machines.Single(m => m.Machine.Id == other).Speed);
    }

    [Fact(Timeout = 30_000)]
    public async Task Availability_counts_within_opening_hours_and_oee_multiplies_what_it_is_made_of()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        var announced = CoordinatorHarness.Announced() with { Hours = [WeeklyHours.Parse("mon-sun 09:00-17:00")] };
        var site = await network.JoinAsync(announced);
        var opened = network.Time.GetUtcNow();
        var midnight = new DateTimeOffset(opened.UtcDateTime.Date, TimeSpan.Zero);
        await MakeAsync(network, site, 750);
        await MakeAsync(network, site, 750);
        await MakeAsync(network, site, Failed);
        await PassAsync(network, site, midnight.AddDays(1).AddHours(9) - network.Time.GetUtcNow());
        await site.StatusAsync("left", MachineState.Maintenance);
        await PassAsync(network, site, TimeSpan.FromHours(24));
        await site.StatusAsync("left", MachineState.Idle);

        var all = Assert.Single((await StatisticsAsync(network)).Machines).All;
        var today = Math.Clamp((midnight.AddHours(17) - opened).TotalSeconds, 0, 8 * 3600);
        Assert.Equal(today + (8 * 3600), all.OpenSeconds, 1e-3);
        Assert.Equal(today, all.InServiceSeconds, 1e-3);
        Assert.Equal(1200.0 / 1500, all.Performance, 1e-9);
        Assert.Equal(2.0 / 3, all.Quality, 1e-9);
        Assert.Equal(2.0 / 3, all.Yield, 1e-9);
        Assert.Equal(all.Availability * all.Performance * all.Quality, all.Oee, 1e-12);
        Assert.Equal(all.RunSeconds, all.SecondsBetweenFailures, 1e-9);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_stays_away_takes_its_machines_out_of_service_and_one_that_is_soon_back_does_not()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await site.LeaveAsync();
        await network.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(MachineState.Idle, await ServiceAsync(network));
        await network.PassAsync(TimeSpan.FromSeconds(31));
        Assert.Equal(MachineState.Offline, await ServiceAsync(network));
        var all = Assert.Single((await StatisticsAsync(network)).Machines).All;
        Assert.Equal((61.0, 0.0), (Math.Round(all.OpenSeconds), Math.Round(all.InServiceSeconds)));
        await network.JoinAsync();
        Assert.Equal(MachineState.Idle, await ServiceAsync(network));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_older_than_thirty_days_counts_in_all_time_only()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        var site = await network.JoinAsync();
        await MakeAsync(network, site, 640);
        network.Time.Advance(TimeSpan.FromDays(20));
        await MakeAsync(network, site, 640);
        network.Time.Advance(TimeSpan.FromDays(20));
        var machine = Assert.Single((await StatisticsAsync(network)).Machines);
        Assert.Equal((2, 1), (machine.All.Completed, machine.Last30Days.Completed));
        Assert.InRange(machine.Last30Days.OpenSeconds, 29 * 86400, 30 * 86400);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_replays_the_same_statistics_to_the_byte()
    {
        var network = new CoordinatorHarness(Directory.CreateTempSubdirectory("fabnet-statistics-").FullName);
        try
        {
            var site = await network.JoinAsync();
            await MakeAsync(network, site, 640);
            await site.StatusAsync("left", MachineState.Alarm);
            await PassAsync(network, site, TimeSpan.FromHours(3));
            await site.StatusAsync("left", MachineState.Idle);
            await MakeAsync(network, site, 700);
            await MakeAsync(network, site, Failed);
            var now = network.Time.GetUtcNow();
            var before = await network.Ask(() => StatisticsView.Of(network.Node.State, new(), now).ToString());
            network = await network.ReopenAsync();
            Assert.Equal(before, await network.Ask(() => StatisticsView.Of(network.Node.State, new(), now).ToString()));
        }
        finally
        {
            await network.DisposeAsync();
            Directory.Delete(network.Folder, recursive: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Machines_that_come_and_go_without_a_run_are_forgotten()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        for (var i = 0; i < 20; i++)
        {
            await network.JoinAsync(CoordinatorHarness.Announced("lab-a", $"m{i}"));
        }

        Assert.Equal("lab-a/m19", Assert.Single(await network.Ask(() => network.Node.State.Statistics.Machines.ToList())).Id.ToString());
        Assert.Single((await StatisticsAsync(network)).Machines);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_machine_that_fails_often_costs_more_risk()
    {
        await using var network = new CoordinatorHarness(patience: Patience);
        var site = await network.JoinAsync();
        var before = await network.Ask(() => network.Node.State.Statistics.FailureOf(Left));
        await MakeAsync(network, site, Failed);
        await MakeAsync(network, site, Failed);
        Assert.Equal(0.05, before, 1e-9);
        Assert.InRange(await network.Ask(() => network.Node.State.Statistics.FailureOf(Left)), 0.15, 0.5);
    }

    /// <summary>Makes one clip, in the time that it takes.</summary>
    internal static Task MakeAsync(CoordinatorHarness network, PlayedSite site, double seconds, bool orders = true) =>
        MakeAsync(network, site, ((JobCompleted)Completed) with { Seconds = seconds }, orders, TimeSpan.FromSeconds(Math.Min(seconds, 3000)));

    internal static Task MakeAsync(CoordinatorHarness network, PlayedSite site, JobEvent end) => MakeAsync(network, site, end, orders: true, TimeSpan.FromSeconds(300));

    /// <summary>Lets time pass in which a site is heard.</summary>
    internal static async Task PassAsync(CoordinatorHarness network, PlayedSite site, TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= Patience / 2)
        {
            await network.Do(() => network.Node.Sites.Heard(site.Session));
            network.Time.Advance(left < Patience / 2 ? left : Patience / 2);
            await network.Do(() => { });
        }

        await network.Do(() => network.Node.Sites.Heard(site.Session));
    }

    internal static async Task<Wire.Statistics> StatisticsAsync(CoordinatorHarness network) =>
        await network.Ask(() => StatisticsView.Of(network.Node.State, new Wire.GetStatisticsRequest(), network.Time.GetUtcNow()));

    private static async Task MakeAsync(CoordinatorHarness network, PlayedSite site, JobEvent end, bool orders, TimeSpan takes)
    {
        var job = orders ? (await network.OrderAsync())[0] : await network.Ask(() => network.Node.State.Live.First().Id);
        await site.ClaimAsync(job);
        var epoch = (await network.JobAsync(job)).Epoch;
        await site.RunAsync(job, epoch, UntilRunning);
        await PassAsync(network, site, takes);
        await site.RunAsync(job, epoch, end);
        site.Received();

        // What failed is planned again: it is called off, so that each run here is one order.
        foreach (var left in await network.Ask(() => network.Node.State.Live.Where(e => e.Job.Replaces is not null).ToList()))
        {
            await network.Do(() => network.Node.Orders.Cancel(left, "enough"));
        }
    }

    private static Task<MachineState?> ServiceAsync(CoordinatorHarness network) => network.Ask(() => network.Node.State.Statistics.RecordOf(Left)!.Service.State);
}
