// The mapping of coordination.proto: orders and what the network shows of itself.

using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Orders;
using FabNet.Model.Sites;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>Maps orders and the network's view. Reading throws <see cref="FormatException"/> with the field's name, as <see cref="Vocabulary"/> does.</summary>
public static class CoordinationMapping
{
    /// <summary>To the wire.</summary>
    /// <param name="order">The order.</param>
    /// <param name="status">As derived from its jobs.</param>
    /// <param name="jobs">All its jobs, in the order of their numbers.</param>
    public static Wire.Order ToWire(this Order order, OrderStatus status, IEnumerable<Job> jobs)
    {
        var wire = new Wire.Order
        {
            Id = order.Id.Value,
            Design = order.Design.ToWire(),
            Quantity = order.Quantity,
            Due = order.Due.ToWire(),
            Customer = order.Customer,
            PlacedAt = Timestamp.FromDateTimeOffset(order.PlacedAt),
            Status = status.ToWire(),
        };
        Vocabulary.SetIfPresent(order.Part, v => wire.Part = v);
        Vocabulary.SetIfPresent(order.Material, v => wire.Material = v);
        Vocabulary.SetIfPresent(order.Color, v => wire.Color = v);
        Vocabulary.SetIfPresent(order.Destination?.Value, v => wire.Destination = v);
        wire.Jobs.AddRange(jobs.Select(j => j.ToWire()));
        return wire;
    }

    /// <summary>From the wire. Its status and jobs are read with <see cref="ToModel(Wire.OrderStatus)"/> and <see cref="Vocabulary.ToModel(Wire.Job?)"/>.</summary>
    public static Order ToModel(this Wire.Order? order) => order is null
        ? throw new FormatException("order is missing.")
        : new Order
        {
            Id = OrderId.Parse(order.Id),
            Design = order.Design.ToModel(),
            Part = order.HasPart ? order.Part : null,
            Quantity = order.Quantity,
            Material = order.HasMaterial ? order.Material : null,
            Color = order.HasColor ? order.Color : null,
            Due = order.Due.ToModelOrNull(),
            Destination = order.HasDestination ? SiteId.Parse(order.Destination) : null,
            Customer = order.Customer,
            PlacedAt = order.PlacedAt.ToModel("order.placed_at"),
        };

    /// <summary>To the wire.</summary>
    public static Wire.OrderStatus ToWire(this OrderStatus status) => (Wire.OrderStatus)(int)status;

    /// <summary>From the wire.</summary>
    public static OrderStatus ToModel(this Wire.OrderStatus status) => Vocabulary.Known((OrderStatus)(int)status, "order.status");

    /// <summary>A site as the network shows it.</summary>
    /// <param name="site">As it announced itself.</param>
    /// <param name="isOnline">True while its stream is open.</param>
    /// <param name="lastSeenAt">When it was heard last; null if it was not since the coordinator started.</param>
    /// <param name="machines">What its machines told last.</param>
    public static Wire.SiteStatus ToStatus(this Site site, bool isOnline, DateTimeOffset? lastSeenAt, IEnumerable<MachineStatus> machines)
    {
        var wire = new Wire.SiteStatus { Site = site.ToWire(), Online = isOnline, LastSeenAt = lastSeenAt.ToWire() };
        wire.Machines.AddRange(machines.Select(m => m.ToWire()));
        return wire;
    }
}
