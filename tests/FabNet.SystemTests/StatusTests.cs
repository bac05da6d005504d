// What `fabnet status` shows of many orders.

using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class StatusTests
{
    private const int TimeoutMs = 120_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task An_old_order_that_is_not_done_is_shown_whatever_came_after_it()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var network = await TestNetwork.StartAsync(stop);
        await network.PublishAsync(TestDesign.Write(network.Folder, "part", TestDesign.Squares(4), "prusa-mk3s"), stop);
        for (var i = 0; i < 52; i++)
        {
            await network.Client.PlaceOrderAsync(new PlaceOrderRequest { Key = $"k{i}", Design = "part", Quantity = 1, Customer = "ana" }, cancellationToken: stop);
        }

        await network.Client.CancelOrderAsync(new CancelOrderRequest { Id = "o-2" }, cancellationToken: stop);
        var status = (await network.CommandAsync(stop, "status")).Expect(0).Output;
        Assert.Matches("(?m)^o-52 ", status);
        Assert.Matches("(?m)^o-1 ", status);
        Assert.DoesNotMatch("(?m)^o-2 ", status);
        Assert.Contains("fabnet status --all", status, StringComparison.Ordinal);

        var all = (await network.CommandAsync(stop, "status", "--all")).Expect(0).Output;
        Assert.Matches("(?m)^o-2 ", all);
        Assert.DoesNotContain("--all", all, StringComparison.Ordinal);
    }
}
