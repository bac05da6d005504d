// GetStatistics and a quote's promise over the wire, as programs ask for them.

using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Statistics;

public sealed class StatisticsWireTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Statistics_are_answered_for_all_for_a_site_and_for_a_machine_and_a_quote_promises_later_than_it_hopes()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await using var site = await network.ConnectAsync();
        await network.HearsOfAsync("lab-a/left");
        foreach (var asked in (GetStatisticsRequest[])[new(), new() { Site = "lab-a" }, new() { Machine = "lab-a/left" }])
        {
            var machine = Assert.Single((await network.Coordination.GetStatisticsAsync(asked, cancellationToken: Cancel)).Machines);
            Assert.Equal(("lab-a/left", 1.0, false), (machine.Machine, machine.Speed, machine.All.HasPerformance));
        }

        var quoted = Assert.Single((await network.Coordination.QuoteOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel)).Jobs);
        Assert.True(quoted.PromisedBy > quoted.EndsAt);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("lab-z", "", StatusCode.NotFound)]
    [InlineData("", "lab-z/left", StatusCode.NotFound)]
    [InlineData("Lab Z", "", StatusCode.InvalidArgument)]
    [InlineData("", "left", StatusCode.InvalidArgument)]
    public async Task Who_is_unknown_is_told_so(string site, string machine, StatusCode code)
    {
        await using var network = await NetworkServer.StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.GetStatisticsAsync(new() { Site = site, Machine = machine }, cancellationToken: Cancel));
        Assert.Equal(code, refused.StatusCode);
    }
}
