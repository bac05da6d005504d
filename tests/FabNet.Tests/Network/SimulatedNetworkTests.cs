// Twelve workshops with sixty machines through a real coordinator, in virtual time: nothing is lost, nothing is started twice, and the journal is the truth.

using FabNet.Model.Orders;
using FabNet.Plans;
using FabNet.Tests.Coordinator;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Network;

public sealed class SimulatedNetworkTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task A_week_of_failures_declines_and_drop_outs_loses_nothing_and_starts_nothing_twice()
    {
        var demand = new Demand(new NetworkSize(12, 60, 250, 7, 1));
        var outcome = await NetworkRuns.PlannedAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, TestContext.Current.CancellationToken);
        output.WriteLine(NetworkRuns.Tell("together", outcome.Book));
        output.WriteLine(NetworkRuns.Tell(outcome));
        NothingIsLost(demand, outcome);

        // What it was to be tried with did happen.
        foreach (var trouble in (string[])["outages", "leases that lapsed", "replaced by a person's word", "orders called off", "acceptances", "deliveries dropped off", "restarts of the coordinator", "claims without an offer", "reports of an impostor refused",
                     "beds shared by several orders", "plates prepared anew", "scrap made again"])
        {
            Assert.True(outcome.Counts.GetValueOrDefault(trouble) > 0, $"no {trouble}");
        }

        Assert.True(outcome.Book.Failures > 0);
    }

    /// <summary>The same week from other seeds: only when asked for.</summary>
    [Theory(Explicit = true, Timeout = 300_000)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Nothing_is_lost_or_started_twice_in_other_weeks_either(int seed)
    {
        var demand = new Demand(new NetworkSize(12, 60, 250, 7, seed));
        var outcome = await NetworkRuns.PlannedAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, TestContext.Current.CancellationToken);
        output.WriteLine(NetworkRuns.Tell("together", outcome.Book));
        output.WriteLine(NetworkRuns.Tell(outcome));
        NothingIsLost(demand, outcome);
        Assert.True(outcome.Book is { SharedBeds: > 0, Scrap: > 0 });
    }

    /// <summary>The month of 1,000 orders, beside the same orders with one job on a bed, first come, first served, and with each site alone: minutes, so only when asked for. FABNET_CHARTS names the folder for its picture.</summary>
    [Fact(Explicit = true, Timeout = 1_800_000)]
    public async Task A_month_of_a_thousand_orders_beside_beds_apart_first_come_first_served_and_each_site_alone()
    {
        var (demand, cancel) = (new Demand(new NetworkSize(12, 60, 1000, 30, 1)), TestContext.Current.CancellationToken);
        var together = await NetworkRuns.PlannedAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, cancel);
        output.WriteLine(NetworkRuns.Tell("together", together.Book));
        output.WriteLine(NetworkRuns.Tell(together));
        NothingIsLost(demand, together);
        Assert.True(together.Book.SavedByBeds > 0);
        var apart = await NetworkRuns.WithoutSharedBedsAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, cancel);
        output.WriteLine(NetworkRuns.Tell("together, beds apart", apart.Book));
        output.WriteLine(NetworkRuns.Tell(apart));
        NothingIsLost(demand, apart);
        Assert.Equal(0, apart.Book.SharedBeds);
        var first = await NetworkRuns.FirstComeFirstServedAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, cancel);
        output.WriteLine(NetworkRuns.Tell("first come, first served", first.Book));
        output.WriteLine(NetworkRuns.Tell(first));
        NothingIsLost(demand, first);
        var alone = await NetworkRuns.AloneAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, cancel);
        output.WriteLine(NetworkRuns.Tell("each site alone", alone));
        if (Environment.GetEnvironmentVariable("FABNET_CHARTS") is { } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "month.svg"), CostChart.Draw("A simulated month: 1000 orders, 60 machines, 12 sites", "EUR", [Bar("together", together.Book), Bar("beds apart", apart.Book), Bar("each alone", alone), Bar("first come", first.Book)]), cancel);
        }

        static CostBar Bar(string name, MakersBook book) => new(name, [book.MachineTime, book.SetUp, book.Material, book.Energy, book.Transport, book.Lateness, 0]);
    }

    private void NothingIsLost(Demand demand, NetworkOutcome outcome)
    {
        output.WriteLine($"{outcome.Ledger.Entries} entries in the ledger");
        foreach (var waiting in outcome.Waiting)
        {
            output.WriteLine($"{waiting.Order} {waiting.Status}: {waiting.Reason}");
        }

        Assert.Equal(outcome.State.Replayed, outcome.State.Live);
        Assert.True(outcome.Ledger.Entries > demand.Orders.Count, $"{outcome.Ledger.Entries} entries");
        Assert.Empty(outcome.Ledger.Wrong);
        Assert.Equal(demand.Orders.Count, outcome.Orders.Values.Sum());
        Assert.All(outcome.Waiting, w => Assert.True(w.Status is OrderStatus.NeedsAttention && w.Reason.Length > 10, $"{w.Order} is {w.Status}: {w.Reason}"));
        Assert.True(outcome.Orders.GetValueOrDefault(OrderStatus.Completed) + outcome.Orders[OrderStatus.Delivered] > demand.Orders.Count * 0.85, "most of it is made");
    }
}
