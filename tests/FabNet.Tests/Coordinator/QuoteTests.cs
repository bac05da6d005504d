// Quotes: what an order would cost now, with nothing placed.

using System.Globalization;
using FabNet.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Coordinator;

public sealed class QuoteTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_quote_tells_the_cost_by_term_where_and_when_and_places_nothing()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await using var site = await network.ConnectAsync();
        await network.HearsOfAsync("lab-a/left");
        var request = new PlaceOrderRequest { Design = "clip", Quantity = 3, Color = "black" };
        var quote = await network.Coordination.QuoteOrderAsync(request, cancellationToken: Cancel);
        Assert.Equal(3, quote.Jobs.Count);
        Assert.All(quote.Jobs, static j => Assert.True(j.EndsAt > j.StartsAt && j.Why.Length > 0));
        Assert.Equal(quote.Jobs.Sum(static j => Total(j.Cost)), Total(Assert.Single(quote.Costs)));

        // Nothing else is open: what it adds is what it costs alone.
        Assert.Equal(Total(quote.StandAlone[0]), Total(quote.Incremental[0]));
        Assert.NotEmpty(quote.Obligations);
        Assert.Empty((await network.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
        Assert.Equal("o-1", (await network.Coordination.PlaceOrderAsync(request, cancellationToken: Cancel)).Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_no_machine_can_make_is_told_with_its_reason()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        var quote = await network.Coordination.QuoteOrderAsync(new() { Design = "clip", Quantity = 2 }, cancellationToken: Cancel);
        Assert.Empty(quote.Jobs);
        var unplaced = Assert.Single(quote.Unplaced);
        Assert.Equal(2, unplaced.Copies);
        Assert.StartsWith("No site has announced a machine yet.", unplaced.Reason, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("clip", 0, StatusCode.InvalidArgument, "quantity")]
    [InlineData("nothing", 1, StatusCode.NotFound, "nothing")]
    public async Task What_can_not_be_ordered_can_not_be_quoted(string design, int quantity, StatusCode code, string says)
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.QuoteOrderAsync(new() { Design = design, Quantity = quantity }, cancellationToken: Cancel));
        Assert.Equal(code, refused.StatusCode);
        Assert.Contains(says, refused.Status.Detail, StringComparison.Ordinal);
    }

    private static decimal Total(Cost cost) => new[] { cost.MachineTime, cost.SetUp, cost.Material, cost.Energy, cost.Transport, cost.Lateness, cost.Risk }.Sum(static t => decimal.Parse(t, CultureInfo.InvariantCulture));
}
