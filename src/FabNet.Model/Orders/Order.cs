// What somebody wants made, and how its status follows from its jobs.

using FabNet.Model.Designs;
using FabNet.Model.Jobs;

namespace FabNet.Model.Orders;

/// <summary>A demand for a quantity of a design, or of one of its parts.</summary>
public sealed record Order
{
    /// <summary>Its id.</summary>
    public required OrderId Id { get; init; }

    /// <summary>The design ordered.</summary>
    public required DesignRef Design { get; init; }

    /// <summary>The one part wanted; null means every part of the design.</summary>
    public string? Part { get; init; }

    /// <summary>How many; at least 1.</summary>
    public required int Quantity { get; init; }

    /// <summary>The material wanted, upper case, such as PLA; null means the design's own.</summary>
    public string? Material { get; init; }

    /// <summary>The colour wanted, lower case, such as black; null means any.</summary>
    public string? Color { get; init; }

    /// <summary>When it should be ready, if it matters.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>Where it should go: a site, if it matters.</summary>
    public SiteId? Destination { get; init; }

    /// <summary>Who ordered.</summary>
    public required string Customer { get; init; }

    /// <summary>When it was placed.</summary>
    public required DateTimeOffset PlacedAt { get; init; }
}

/// <summary>The status of an order; derived, never stored.</summary>
public enum OrderStatus
{
    /// <summary>Nothing runs yet.</summary>
    Open,

    /// <summary>At least one job is being prepared, runs or is done.</summary>
    InProduction,

    /// <summary>Work stopped and only a person can decide what happens next.</summary>
    NeedsAttention,

    /// <summary>Every part is made, and not all of it is accepted yet.</summary>
    Completed,

    /// <summary>Cancelled before every part was made.</summary>
    Cancelled,

    /// <summary>Every part is made, and its receiver accepted it.</summary>
    Delivered,
}

/// <summary>Derives what an order is doing from its jobs.</summary>
public static class OrderProgress
{
    /// <summary>The status of an order with these jobs.</summary>
    /// <param name="jobs">
    /// All jobs of the order, replaced ones included. A job that has a replacement no longer counts. Once part of an order is called off and nothing of it is under way, what
    /// failed before needs nobody any more: the order is cancelled.
    /// </param>
    public static OrderStatus StatusOf(IEnumerable<Job> jobs)
    {
        int live = 0, started = 0, completed = 0, accepted = 0, cancelled = 0, failed = 0, lost = 0;
        foreach (var job in jobs)
        {
            if (job.ReplacedBy is not null)
            {
                continue;
            }

            live++;
            switch (job.State)
            {
                case JobState.Completed:
                    completed++;
                    accepted += job.AcceptedAt is null ? 0 : 1;
                    break;
                case JobState.Cancelled: cancelled++; break;
                case JobState.Failed or JobState.Rejected: failed++; break;
                case JobState.Lost: lost++; break;
                case JobState.Preparing or JobState.Ready or JobState.Running or JobState.Paused: started++; break;
                default: break;
            }
        }

        return live > 0 && accepted == live ? OrderStatus.Delivered
            : live > 0 && completed == live ? OrderStatus.Completed
            : cancelled > 0 && completed + cancelled + failed == live ? OrderStatus.Cancelled
            : failed + lost > 0 ? OrderStatus.NeedsAttention
            : started + completed > 0 ? OrderStatus.InProduction
            : OrderStatus.Open;
    }
}
