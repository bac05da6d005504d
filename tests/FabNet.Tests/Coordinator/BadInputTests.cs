// What nobody should say, said through the coordinator's services: refused or contained, with a reason that a person understands.

using FabNet.Coordinator;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Tests.Planning;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Coordinator;

public sealed class BadInputTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_status_of_absurd_numbers_is_contained()
    {
        await using var network = new CoordinatorHarness();
        var site = await network.JoinAsync();
        await new EdgeLinkService(network.Node).TakeAsync(site.Session, new Wire.EdgeUp
        {
            MachineStatus = new()
            {
                Machine = "lab-a/left", State = Wire.MachineState.Running, Progress = 9, RemainingSeconds = -5, HotEndC = double.NaN, BedC = double.NegativeInfinity,
                Detail = new string('x', 1_000_000), At = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(network.Time.GetUtcNow().AddYears(500)),
            },
        }, Cancel);
        var status = (await network.Ask(() => network.Node.Sites.StatusOf(MachineId.Parse("lab-a/left"))))!.Value;
        Assert.Equal((1.0, null, null, null, 400), (status.Status.Progress, status.Status.RemainingSeconds, status.Status.HotEndC, status.Status.BedC, status.Status.Detail!.Length));
        Assert.Equal(network.Time.GetUtcNow(), status.Since);
    }

    public static TheoryData<string, JobEvent> Lies => new()
    {
        { "completed and never started", Completed },
        { "failed and never started", Failed },
        { "resumed and never started", new JobResumed { Job = default, Epoch = 0, At = default } },
        { "less than no time", new JobReady { Job = default, Epoch = 0, At = default, Program = Digest.Of([9]), EstimatedSeconds = -1 } },
        { "no number", new JobReady { Job = default, Epoch = 0, At = default, Program = Digest.Of([9]), EstimatedSeconds = 60, EstimatedGrams = double.NaN } },
        { "longer than a life", new JobReady { Job = default, Epoch = 0, At = default, Program = Digest.Of([9]), EstimatedSeconds = 1e300 } },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Lies))]
    public async Task A_site_that_lies_about_its_progress_is_refused_and_the_reason_journaled(string lie, JobEvent happened)
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, Preparing);
        var before = await network.JobAsync(job);
        Assert.Equal(2, await site.ReportAsync(happened with { Job = job, Epoch = 1, At = network.Time.GetUtcNow() }));
        Assert.Equal(before, await network.JobAsync(job));
        var refused = Assert.IsType<ReportRefused>(RecordFormat.Read(network.Journal.Read().Last()));
        Assert.True(refused.Reason.Length > 15, $"{lie}: {refused.Reason}");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(-1, 1, 1)]
    [InlineData(60, -0.1, 1)]
    [InlineData(60, double.PositiveInfinity, 1)]
    [InlineData(60, 1, double.NaN)]
    [InlineData(60, 1, 1e12)]
    public async Task A_run_measured_in_absurd_numbers_is_refused_and_teaches_nothing(double seconds, double grams, double kwh)
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        await site.RunAsync(job, 1, UntilRunning);
        await site.ReportAsync(new JobCompleted { Job = job, Epoch = 1, At = network.Time.GetUtcNow(), Seconds = seconds, Grams = grams, EnergyKwh = kwh });
        Assert.Equal(JobState.Running, await network.StateAsync(job));
        Assert.Equal(0, await network.Ask(() => network.Node.State.Statistics.RecordOf(MachineId.Parse("lab-a/left"))!.Totals.All.Completed));
        Assert.Contains("not amounts", Assert.IsType<ReportRefused>(RecordFormat.Read(network.Journal.Read().Last())).Reason);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(73)]
    [InlineData(-3000)]
    [InlineData(7900)]
    public async Task A_site_whose_clock_is_years_off_works_and_its_machine_is_not_taken_for_busy_for_years(int years)
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        var at = network.Time.GetUtcNow().AddYears(Math.Max(years, 2 - network.Time.GetUtcNow().Year));
        foreach (var happened in UntilRunning)
        {
            await site.ReportAsync(happened with { Job = job, Epoch = 1, At = at });
        }

        var left = await network.Ask(() => new SnapshotBuilder(network.Node.State, network.Node.Sites, network.Node.Offers, network.Time).Build().Machines[0].Committed[0].RemainingSeconds);
        Assert.InRange(left!.Value, 0, 600);
        await site.ReportAsync(Completed with { Job = job, Epoch = 1, At = at.AddYears(-1) });
        Assert.Equal(JobState.Completed, await network.StateAsync(job));
        await network.OrderAsync();
        Assert.Single(site.Offered());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(nameof(SitePrices.LabourPerHour), "labour_per_hour", "-0.01")]
    [InlineData(nameof(SitePrices.EnergyPerKwh), "energy_per_kwh", "1000001")]
    [InlineData(nameof(SitePrices.TransportFixed), "transport_fixed", "79228162514264337593543950335")]
    [InlineData(nameof(SitePrices.LatenessPerHour), "lateness_per_hour", "NaN")]
    [InlineData(nameof(SitePrices.DefaultMaterialPerKg), "default_material_per_kg", "1e9")]
    public async Task An_absurd_price_is_refused_by_name(string property, string field, string price)
    {
        await using var network = new CoordinatorHarness();
        var prices = new SitePrices().ToWire();
        typeof(Wire.SitePrices).GetProperty(property)!.SetValue(prices, price);
        var e = await Assert.ThrowsAsync<FormatException>(() => HelloAsync(network, prices));
        Assert.Contains($"prices.{field}", e.Message);
        Assert.Empty(await network.Ask(() => network.Node.State.Sites.Keys.ToList()));
    }

    [Fact(Timeout = 30_000)]
    public async Task One_material_with_two_prices_is_refused_by_name()
    {
        await using var network = new CoordinatorHarness();
        var prices = new SitePrices().ToWire();
        prices.MaterialPerKg.Add("pla", "20");
        prices.MaterialPerKg.Add("PLA", "30");
        var e = await Assert.ThrowsAsync<FormatException>(() => HelloAsync(network, prices));
        Assert.Contains("prices.material_per_kg", e.Message);
        Assert.Contains("PLA", e.Message);
    }

    [Fact]
    public void A_due_date_in_another_century_is_refused()
    {
        var request = new OrderRequest { Quantity = 1, Customer = "", Due = Plants.Now.AddYears(101) };
        Assert.Contains("hundred years", Assert.Throws<RefusedException>(() => request.Checked(Plants.Now)).Message);
        Assert.Contains("due:", Assert.Throws<RefusedException>(() => (request with { Due = DateTimeOffset.MaxValue }).Checked(Plants.Now)).Message);
        Assert.Contains("has passed", Assert.Throws<RefusedException>(() => (request with { Due = DateTimeOffset.MinValue }).Checked(Plants.Now)).Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task Keep_alives_and_claims_with_absurd_numbers_are_answered_and_change_nothing()
    {
        await using var network = new CoordinatorHarness();
        var (site, job) = await LeasedAsync(network);
        var before = await network.JobAsync(job);
        var link = new EdgeLinkService(network.Node);
        foreach (var epoch in (int[])[-1, 0, 2, int.MaxValue, int.MinValue])
        {
            await link.TakeAsync(site.Session, new() { KeepAlive = new() { Held = { new Wire.EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = job.Value, Epoch = epoch } } } }, Cancel);
        }

        Assert.Equal(5, site.Received().Count(m => m.LeaseEnded is { Reason.Length: > 10 }));
        Assert.Equal(before, await network.JobAsync(job));
    }

    private static Task<SiteSession> HelloAsync(CoordinatorHarness network, Wire.SitePrices prices) =>
        new EdgeLinkService(network.Node).JoinAsync(new() { BootId = "b", Site = new Wire.Site { Id = "lab-x", Title = "x", Prices = prices } }, Cancel);

    private static async Task<(PlayedSite Site, JobId Job)> LeasedAsync(CoordinatorHarness network)
    {
        var site = await network.JoinAsync();
        var job = (await network.OrderAsync())[0];
        await site.ClaimAsync(job);
        site.Received();
        return (site, job);
    }
}
