// `fabnet accept`: the receiver has what was made, and says whether it is as it should be.

using System.CommandLine;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class AcceptCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var id = new Argument<string>("ORDER") { Description = "The order, such as o-7." };
        var refuse = new Option<string[]>("--refuse") { Description = "A job whose parts are not as they should be, such as o-7.2; they are made again.", AllowMultipleArgumentsPerToken = true };
        var reason = new Option<string>("--reason") { Description = "What is wrong with what is refused.", DefaultValueFactory = _ => "not as ordered" };
        var by = new Option<string>("--by") { Description = "Who accepts.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command("accept",
            """
            Accepts what was made of an order so far, so that it is paid for. What is refused is made again. What comes from another site is accepted once it was dropped off (fabnet delivery list).

            Examples:
              fabnet accept o-7
              fabnet accept o-7 --refuse o-7.2 --reason "warped"
            """)
        { id, refuse, reason, by, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var request = new Wire.AcceptOrderRequest { Id = result.GetRequiredValue(id), By = result.GetRequiredValue(by) };
            request.Refused.AddRange((result.GetValue(refuse) ?? []).Select(job => new Wire.AcceptOrderRequest.Types.RefusedJob { Id = job, Reason = result.GetRequiredValue(reason) }));
            var order = await new Wire.Coordination.CoordinationClient(channel).AcceptOrderAsync(request, cancellationToken: stop);
            console.Emit(order);
            var accepted = order.Jobs.Count(j => j.AcceptedAt is not null);
            console.Say($"order {order.Id} is {order.Status.Word()}: {accepted} of {order.Jobs.Count(j => !j.HasReplacedBy)} accepted");
            foreach (var refused in request.Refused)
            {
                console.Say($"{refused.Id} is made again as {order.Jobs.First(j => j.Id == refused.Id).ReplacedBy}");
            }

            console.Say($"what it cost: fabnet ledger books --order {order.Id}");
            return CommandRunner.Succeeded;
        });
        return command;
    }
}
