// `fabnet status`: the network as it is now.

using System.CommandLine;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class StatusCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var command = new Command("status",
            """
            Shows sites, machines, and open orders.

            Examples:
              fabnet status
              fabnet status --json
            """)
        { server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var network = await client.GetNetworkAsync(new Wire.GetNetworkRequest(), cancellationToken: stop);
            var orders = await client.ListOrdersAsync(new Wire.ListOrdersRequest { PageSize = 50 }, cancellationToken: stop);
            console.Emit(network);
            console.Say(NetworkTables.Machines(network));
            console.Say(NetworkTables.Orders(orders.Orders));
            return CommandRunner.Succeeded;
        });
        return command;
    }
}
