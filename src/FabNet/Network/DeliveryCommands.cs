// `fabnet delivery`: what was made at one site and goes to another.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class DeliveryCommands
{
    public static Command Create() => new("delivery",
        """
        Lists, takes, picks up and drops off what goes from one site to another. Its receivers accept after it is dropped off: fabnet accept.

        Examples:
          fabnet delivery list
          fabnet delivery claim d-3 --by lab-north
          fabnet delivery picked-up d-3
        """)
    {
        CreateList(),
        CreateClaim(),
        CreateReport("picked-up", "Says that a delivery is on its way.", Wire.DeliveryStep.PickedUp, isReasoned: false),
        CreateReport("dropped-off", "Says that a delivery is where it should be, so that its receivers may accept it.", Wire.DeliveryStep.DroppedOff, isReasoned: false),
        CreateReport("failed", "Says that a delivery did not get there, so that a person decides: retry, or fabnet accept ORDER --refuse JOB.", Wire.DeliveryStep.Failed, isReasoned: true),
        CreateReport("retry", "Plans a delivery again that failed.", Wire.DeliveryStep.PlanAgain, isReasoned: false),
    };

    /// <summary>Deliveries as a table.</summary>
    public static TextTable Table(IEnumerable<Wire.Delivery> deliveries)
    {
        var table = new TextTable("DELIVERY", "STATE", "FROM", "TO", "DAY", "PARTS OF", "MASS", "DUE", "WITH", "NOTE");
        foreach (var delivery in deliveries)
        {
            table.Add(
                delivery.Id,
                delivery.State.Word(),
                delivery.From,
                delivery.To,
                delivery.Day,
                $"{string.Join(' ', delivery.OrderIds.Take(5))}{(delivery.OrderIds.Count > 5 ? " …" : "")} ({delivery.Jobs} {(delivery.Jobs == 1 ? "job" : "jobs")})",
                $"{delivery.Grams.ToString("0", CultureInfo.InvariantCulture)} g",
                BoardText.At(delivery.Due),
                delivery.HasCarrier ? delivery.Carrier : "-",
                string.Join("; ", ((string[])[delivery.Late ? "late" : "", delivery.HasReason ? delivery.Reason : ""]).Where(static n => n.Length > 0)));
        }

        return table;
    }

    private static Command CreateList()
    {
        var all = new Option<bool>("--all") { Description = "Also those that were dropped off." };
        var site = new Option<string?>("--site") { Description = "Only those from or to this site." };
        var server = ServerOption.Create();
        var command = new Command("list",
            """
            Lists deliveries, newest first.

            Examples:
              fabnet delivery list
              fabnet delivery list --site lab-north --all --json
            """)
        { all, site, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.Coordination.CoordinationClient(channel).ListDeliveriesAsync(
                new Wire.ListDeliveriesRequest { OpenOnly = !result.GetValue(all), Site = result.GetValue(site) ?? "" }, cancellationToken: stop);
            console.Emit(reply);
            console.Say(Table(reply.Deliveries));
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateClaim()
    {
        var (id, by, server) = (IdArgument(), ByOption(), ServerOption.Create());
        var command = new Command("claim",
            """
            Takes a delivery, so that nobody else does.

            Example:
              fabnet delivery claim d-3 --by lab-north
            """)
        { id, by, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var delivery = await new Wire.Coordination.CoordinationClient(channel).ClaimDeliveryAsync(
                new Wire.ClaimDeliveryRequest { Id = result.GetRequiredValue(id), By = result.GetRequiredValue(by) }, cancellationToken: stop);
            console.Emit(delivery);
            console.Say($"{delivery.Id} is {delivery.Carrier}'s: pick it up at {delivery.From}, then: fabnet delivery picked-up {delivery.Id}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateReport(string name, string description, Wire.DeliveryStep step, bool isReasoned)
    {
        var (id, by, server) = (IdArgument(), ByOption(), ServerOption.Create());
        var reason = new Option<string>("--reason") { Description = "What happened.", Required = isReasoned };
        var command = new Command(name, $"{description}\n\nExample:\n  fabnet delivery {name} d-3{(isReasoned ? " --reason \"the parcel was lost\"" : "")}") { id, by, server };
        if (isReasoned)
        {
            command.Add(reason);
        }

        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var request = new Wire.ReportDeliveryRequest { Id = result.GetRequiredValue(id), Step = step, By = result.GetRequiredValue(by) };
            if (isReasoned)
            {
                request.Reason = result.GetRequiredValue(reason);
            }

            var delivery = await new Wire.Coordination.CoordinationClient(channel).ReportDeliveryAsync(request, cancellationToken: stop);
            console.Emit(delivery);
            console.Say($"{delivery.Id} from {delivery.From} to {delivery.To} is {delivery.State.Word()}{(delivery.Late ? ", late" : "")}");
            if (delivery.State is Wire.DeliveryState.DroppedOff)
            {
                console.Say($"its receivers accept it: {string.Join(", ", delivery.OrderIds.Take(5).Select(static o => $"fabnet accept {o}"))}");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("DELIVERY") { Description = "A delivery, such as d-3." };

    private static Option<string> ByOption() => new("--by") { Description = "Who: a site or a person.", DefaultValueFactory = _ => Environment.UserName };
}
