// Twelve workshops with sixty machines through a real coordinator, in virtual time: nothing is lost, nothing is started twice, and the journal is the truth.

using FabNet.Model.Orders;
using FabNet.Tests.Coordinator;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Network;

public sealed class SimulatedNetworkTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task A_week_of_failures_declines_and_drop_outs_loses_nothing_and_starts_nothing_twice()
    {
        var size = Environment.GetEnvironmentVariable("FABNET_NETWORK_ORDERS") is { } orders ? new NetworkSize(12, 60, int.Parse(orders), 30, 1) : new NetworkSize(12, 60, 250, 7, 1);
        var demand = new Demand(size);
        var outcome = await NetworkRuns.PlannedAsync(demand, CoordinatorHarness.Dump, NullLogger.Instance, TestContext.Current.CancellationToken);
        output.WriteLine(NetworkRuns.Tell("together", outcome.Book));
        output.WriteLine(NetworkRuns.Tell(outcome));
        foreach (var waiting in outcome.Waiting)
        {
            output.WriteLine($"{waiting.Order} {waiting.Status}: {waiting.Reason}");
        }

        Assert.Equal(outcome.State.Replayed, outcome.State.Live);
        Assert.Equal(size.Orders, outcome.Orders.Values.Sum());
        Assert.All(outcome.Waiting, w => Assert.True(w.Status is OrderStatus.NeedsAttention && w.Reason.Length > 10, $"{w.Order} is {w.Status}: {w.Reason}"));
        Assert.True(outcome.Orders[OrderStatus.Completed] > size.Orders * 0.85, "most of it is made");

        // What it was to be tried with did happen.
        foreach (var trouble in (string[])["outages", "leases that lapsed", "replaced by a person's word", "orders called off", "restarts of the coordinator", "messages down lost", "claims without an offer", "reports of an impostor refused"])
        {
            Assert.True(outcome.Counts.GetValueOrDefault(trouble) > 0, $"no {trouble}");
        }

        Assert.True(outcome.Book.Failures > 0);
    }
}
