// `fabnet order`: places an order, and follows it if asked.

using System.CommandLine;
using FabNet.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class OrderCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var design = new Argument<string>("DESIGN") { Description = "A design's name (newest version), name@version, or manifest digest." };
        var quantity = new Option<int>("--quantity", "-n") { Description = "How many.", DefaultValueFactory = _ => 1 };
        var part = new Option<string?>("--part") { Description = "Only this part of the design." };
        var material = new Option<string?>("--material") { Description = "The material, such as PLA. Default: the design's own." };
        var color = new Option<string?>("--color") { Description = "The colour, such as black. Default: any." };
        var due = new Option<DateTimeOffset?>("--due") { Description = "When it should be ready, such as 2030-01-31T18:00Z." };
        var destination = new Option<string?>("--to") { Description = "The site where it is wanted." };
        var customer = new Option<string>("--customer") { Description = "Who orders.", DefaultValueFactory = _ => Environment.UserName };
        var publisher = new Option<string?>("--publisher") { Description = "The publisher who orders, such as alice; none for a person. A company owes reciprocity under CopyFair licences." };
        var wait = new Option<bool>("--wait") { Description = "Follow the order to its end. Exit code 0 when all parts are made." };
        var command = new Command("order",
            """
            Orders a design from the network.

            Examples:
              fabnet order cable-clip --quantity 3 --material PLA --color black --wait
              fabnet order phone-stand@1.0.0 --part base --to lab-north --due 2030-01-31T18:00Z
            """)
        { design, quantity, part, material, color, due, destination, customer, publisher, wait, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var request = new Wire.PlaceOrderRequest
            {
                Key = Guid.NewGuid().ToString("N"),
                Design = result.GetRequiredValue(design),
                Quantity = result.GetValue(quantity),
                Customer = result.GetRequiredValue(customer),
                Publisher = result.GetValue(publisher) ?? "",
                Due = result.GetValue(due) is { } at ? Timestamp.FromDateTimeOffset(at.ToUniversalTime()) : null,
            };
            if (result.GetValue(part) is { } partName)
            {
                request.Part = partName;
            }

            if (result.GetValue(material) is { } materialName)
            {
                request.Material = materialName.ToUpperInvariant();
            }

            if (result.GetValue(color) is { } colorName)
            {
                request.Color = colorName.ToLowerInvariant();
            }

            if (result.GetValue(destination) is { } site)
            {
                request.Destination = site;
            }

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
