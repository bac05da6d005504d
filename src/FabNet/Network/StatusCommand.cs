// `fabnet status`: the network as it is now.

using System.CommandLine;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class StatusCommand
{
    // What the newest page shows, and the largest page that a coordinator gives.
    private const int Newest = 50;
    private const int LargestPage = 200;

    public static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "Every order there is." };
        var server = ServerOption.Create();
        var command = new Command("status",
            """
            Shows sites, machines, and orders: the newest 50, and older ones that are not done.

            Examples:
              fabnet status
              fabnet status --all
              fabnet status --json
            """)
        { all, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var network = await client.GetNetworkAsync(new Wire.GetNetworkRequest(), cancellationToken: stop);
            var (orders, leftOut) = await OrdersAsync(client, result.GetValue(all), stop);
            console.Emit(network);
            console.Say(NetworkTables.Machines(network));
            console.Say(NetworkTables.Orders(orders));
            if (leftOut)
            {
                console.Say("Older orders that are done are left out; fabnet status --all shows them.");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    // Newest first.
    private static async Task<(IReadOnlyList<Wire.Order> Orders, bool LeftOut)> OrdersAsync(Wire.Coordination.CoordinationClient client, bool all, CancellationToken stop)
    {
        var first = await client.ListOrdersAsync(new Wire.ListOrdersRequest { PageSize = Newest }, cancellationToken: stop);
        var orders = first.Orders.ToList();
        var token = first.NextPageToken;
        while (token.Length > 0)
        {
            var page = await client.ListOrdersAsync(new Wire.ListOrdersRequest { PageSize = LargestPage, PageToken = token, OpenOnly = !all }, cancellationToken: stop);
            orders.AddRange(page.Orders);
            token = page.NextPageToken;
        }

        return (orders, !all && first.NextPageToken.Length > 0);
    }
}
