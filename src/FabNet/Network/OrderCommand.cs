// `fabnet order`: places an order, and follows it if asked.

using System.CommandLine;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class OrderCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var asked = new OrderOptions();
        var wait = new Option<bool>("--wait") { Description = "Follow the order to its end. Exit code 0 when all parts are made." };
        var command = new Command("order",
            """
            Orders a design from the network.

            Examples:
              fabnet order cable-clip --quantity 3 --material PLA --color black --wait
              fabnet order phone-stand@1.0.0 --part base --to lab-north --due 2030-01-31T18:00Z
            """)
        { wait, server };
        asked.AddTo(command);
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var request = asked.Read(result);
            request.Key = Guid.NewGuid().ToString("N");
            var order = await client.PlaceOrderAsync(request, cancellationToken: stop);
            console.Emit(order);
            console.Say($"order {order.Id}: {order.Design.Name} {order.Design.Version}, {order.Jobs.Count} {(order.Jobs.Count == 1 ? "job" : "jobs")}");
            foreach (var obligation in order.Obligations)
            {
                console.Say($"  its licence asks: {obligation}");
            }

            if (result.GetValue(wait))
            {
                return await new OrderFollower(client, console).FollowAsync(order, stop);
            }

            console.Say($"follow it with: fabnet watch --order {order.Id}");
            return CommandRunner.Succeeded;
        });
        return command;
    }
}
