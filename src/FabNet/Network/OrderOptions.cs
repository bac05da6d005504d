// What an order is asked for with: the same for `fabnet order` and `fabnet quote`.

using System.CommandLine;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal sealed class OrderOptions
{
    private readonly Argument<string> _design = new("DESIGN") { Description = "A design's name (newest version), name@version, or manifest digest." };
    private readonly Option<int> _quantity = new("--quantity", "-n") { Description = "How many.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _part = new("--part") { Description = "Only this part of the design." };
    private readonly Option<string?> _material = new("--material") { Description = "The material, such as PLA. Default: the design's own." };
    private readonly Option<string?> _color = new("--color") { Description = "The colour, such as black. Default: any." };
    private readonly Option<DateTimeOffset?> _due = new("--due") { Description = "When it should be ready, such as 2030-01-31T18:00Z." };
    private readonly Option<string?> _destination = new("--to") { Description = "The site where it is wanted." };
    private readonly Option<string> _customer = new("--customer") { Description = "Who orders.", DefaultValueFactory = _ => Environment.UserName };
    private readonly Option<string?> _publisher = new("--publisher") { Description = "The publisher who orders, such as alice; none for a person. A company owes reciprocity under CopyFair licences." };

    public void AddTo(Command command)
    {
        command.Add(_design);
        foreach (var option in (Option[])[_quantity, _part, _material, _color, _due, _destination, _customer, _publisher])
        {
            command.Add(option);
        }
    }

    public Wire.PlaceOrderRequest Read(ParseResult result)
    {
        var request = new Wire.PlaceOrderRequest
        {
            Design = result.GetRequiredValue(_design),
            Quantity = result.GetValue(_quantity),
            Customer = result.GetRequiredValue(_customer),
            Publisher = result.GetValue(_publisher) ?? "",
            Due = result.GetValue(_due) is { } at ? Timestamp.FromDateTimeOffset(at.ToUniversalTime()) : null,
        };
        if (result.GetValue(_part) is { } part)
        {
            request.Part = part;
        }

        if (result.GetValue(_material) is { } material)
        {
            request.Material = material.ToUpperInvariant();
        }

        if (result.GetValue(_color) is { } color)
        {
            request.Color = color.ToLowerInvariant();
        }

        if (result.GetValue(_destination) is { } site)
        {
            request.Destination = site;
        }

        return request;
    }
}
