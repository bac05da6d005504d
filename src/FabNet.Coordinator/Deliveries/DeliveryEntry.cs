// What goes from one site to another on one day, as the journal says.

using FabNet.Coordinator.State;
using FabNet.Model;

namespace FabNet.Coordinator.Deliveries;

/// <summary>Where a delivery stands.</summary>
internal enum DeliveryState
{
    /// <summary>It waits to be picked up; more may join it.</summary>
    Planned,

    /// <summary>It is on its way.</summary>
    PickedUp,

    /// <summary>It is there. Final.</summary>
    DroppedOff,

    /// <summary>It did not get there: a person decides.</summary>
    Failed,
}

/// <summary>A delivery. Changed only by the projection.</summary>
internal sealed class DeliveryEntry(string id, SiteId from, SiteId to, DateOnly day, DateTimeOffset plannedAt)
{
    public string Id { get; } = id;

    public SiteId From { get; } = from;

    public SiteId To { get; } = to;

    /// <summary>Of the site that it goes from.</summary>
    public DateOnly Day { get; } = day;

    public DateTimeOffset PlannedAt { get; } = plannedAt;

    public List<JobEntry> Jobs { get; } = [];

    public DeliveryState State { get; private set; }

    /// <summary>Who took it; null if nobody has.</summary>
    public string? Carrier { get; private set; }

    /// <summary>Why it failed; null if it has not.</summary>
    public string? Reason { get; private set; }

    public DateTimeOffset? PickedUpAt { get; private set; }

    public DateTimeOffset? DroppedOffAt { get; private set; }

    /// <summary>The first time by which one of its orders is due; null if none is.</summary>
    public DateTimeOffset? Due => Jobs.Min(static j => j.Order.Order.Due);

    /// <summary>True while somebody waits for something in it.</summary>
    public bool IsOpen => State is not DeliveryState.DroppedOff && Jobs.Exists(static j => j.Job is { AcceptedAt: null, ReplacedBy: null });

    /// <summary>True if it is, or was, dropped off after its first order was due.</summary>
    public bool IsLate(DateTimeOffset now) => Due is { } due && (DroppedOffAt ?? now) > due;

    /// <summary>Applies a step.</summary>
    /// <exception cref="InvalidOperationException">It does not follow from the state.</exception>
    public void Apply(DeliveryStepped step)
    {
        if (Refusal(step.Step) is { } refusal)
        {
            throw new InvalidOperationException(refusal);
        }

        switch (step.Step)
        {
            case DeliveryStep.Claimed:
                Carrier = step.By;
                break;
            case DeliveryStep.PickedUp:
                (State, Carrier, PickedUpAt) = (DeliveryState.PickedUp, step.By, step.At);
                break;
            case DeliveryStep.DroppedOff:
                (State, DroppedOffAt) = (DeliveryState.DroppedOff, step.At);
                break;
            case DeliveryStep.Failed:
                (State, Reason) = (DeliveryState.Failed, step.Reason);
                break;
            default:
                (State, Carrier, Reason, PickedUpAt) = (DeliveryState.Planned, null, null, null);
                break;
        }
    }

    /// <summary>Why a step can't be taken now, with the next one that can; null if it can.</summary>
    public string? Refusal(DeliveryStep step) => (step, State) switch
    {
        (DeliveryStep.Claimed or DeliveryStep.PickedUp, DeliveryState.Planned) => null,
        (DeliveryStep.DroppedOff, DeliveryState.PickedUp) => null,
        (DeliveryStep.Failed, DeliveryState.Planned or DeliveryState.PickedUp) => null,
        (DeliveryStep.PlannedAgain, DeliveryState.Failed) => null,
        (_, DeliveryState.Planned) => $"{Id} waits at {From} to be picked up: fabnet delivery picked-up {Id}",
        (_, DeliveryState.PickedUp) => $"{Id} is on its way with {Carrier}: fabnet delivery dropped-off {Id}, or fabnet delivery failed {Id}",
        (_, DeliveryState.DroppedOff) => $"{Id} was dropped off at {To}.",
        _ => $"{Id} failed ({Reason}). Plan it again: fabnet delivery retry {Id}; or have its parts made again: fabnet accept ORDER --refuse JOB",
    };
}
