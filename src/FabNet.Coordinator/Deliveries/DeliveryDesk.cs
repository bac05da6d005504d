// Makes deliveries of what was made for another site, and takes what people say of them.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Deliveries;

/// <summary>The desk of deliveries. Owned by the coordinator's loop.</summary>
internal sealed class DeliveryDesk(Chronicle chronicle, TimeProvider time)
{
    private const int NamedJobs = 100;
    private const int MostListed = 500;

    private CoordinatorState State => chronicle.State;

    /// <summary>The deliveries that somebody waits for, the first due first.</summary>
    public IEnumerable<DeliveryEntry> Open => State.OpenDeliveries.Where(static d => d.IsOpen).OrderBy(static d => d.Due ?? DateTimeOffset.MaxValue).ThenBy(static d => d.Id.Length).ThenBy(static d => d.Id, StringComparer.Ordinal);

    /// <summary>Something was made: should it go elsewhere, it joins what goes there today.</summary>
    public void Join(JobEntry entry)
    {
        if (!IsToBeSent(entry, out var from, out var to))
        {
            return;
        }

        var now = time.GetUtcNow();
        var day = DayAt(from, now);
        var delivery = State.OpenDeliveries.FirstOrDefault(d => d.State is DeliveryState.Planned && d.From == from && d.To == to && d.Day == day);
        chronicle.Record(new DeliveryJoined { Delivery = delivery?.Id ?? State.NextDelivery, From = from, To = to, Day = day, At = now, Jobs = [entry.Id] });
    }

    /// <summary>True if what a job made has to go to another site, and is in no delivery yet.</summary>
    public static bool IsToBeSent(JobEntry entry) => IsToBeSent(entry, out _, out _);

    /// <summary>A delivery by its id.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public DeliveryEntry Find(string id) => State.Deliveries.GetValueOrDefault(id)
        ?? throw new RefusedException(Refusal.NotFound, $"There is no delivery '{Clip.Reason(id, "", 40)}' here. See: fabnet delivery list");

    /// <summary>Somebody takes a delivery, so that no other does.</summary>
    /// <exception cref="RefusedException">Somebody else has it, or it does not wait any more.</exception>
    public void Claim(DeliveryEntry delivery, string by)
    {
        if (delivery.State is DeliveryState.Planned && delivery.Carrier is { } carrier)
        {
            if (carrier == by)
            {
                return; // The answer to an earlier claim was lost on the way.
            }

            throw new RefusedException(Refusal.Precondition, $"{delivery.Id} is taken by {carrier}.");
        }

        Step(delivery, DeliveryStep.Claimed, by, null);
    }

    /// <summary>Somebody says what became of a delivery.</summary>
    /// <exception cref="RefusedException">It does not follow from where it stands; the message says what does.</exception>
    public void Step(DeliveryEntry delivery, DeliveryStep step, string by, string? reason)
    {
        if (delivery.Refusal(step) is { } refusal)
        {
            throw new RefusedException(Refusal.Precondition, refusal);
        }

        chronicle.Record(new DeliveryStepped { Delivery = delivery.Id, Step = step, At = time.GetUtcNow(), By = by, Reason = reason });
    }

    /// <summary>The deliveries, newest first.</summary>
    public Wire.ListDeliveriesReply List(Wire.ListDeliveriesRequest request)
    {
        var reply = new Wire.ListDeliveriesReply();
        reply.Deliveries.AddRange(State.Deliveries.Values.Reverse()
            .Where(d => (!request.OpenOnly || d.IsOpen) && (request.Site.Length == 0 || d.From.Value == request.Site || d.To.Value == request.Site))
            .Take(MostListed).Select(ToWire));
        return reply;
    }

    /// <summary>As everybody sees it.</summary>
    public Wire.Delivery ToWire(DeliveryEntry delivery)
    {
        var wire = new Wire.Delivery
        {
            Id = delivery.Id,
            State = (Wire.DeliveryState)(int)delivery.State,
            From = delivery.From.Value,
            To = delivery.To.Value,
            Day = delivery.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            Jobs = delivery.Jobs.Count,
            Grams = delivery.Jobs.Sum(static j => j.Events.OfType<JobCompleted>().LastOrDefault()?.Grams ?? 0),
            Due = delivery.Due.ToWire(),
            Late = delivery.IsLate(time.GetUtcNow()),
            PlannedAt = Timestamp.FromDateTimeOffset(delivery.PlannedAt),
            PickedUpAt = delivery.PickedUpAt.ToWire(),
            DroppedOffAt = delivery.DroppedOffAt.ToWire(),
        };
        wire.JobIds.AddRange(delivery.Jobs.Take(NamedJobs).Select(static j => j.Id.Value));
        wire.OrderIds.AddRange(delivery.Jobs.Select(static j => j.Job.Order.Value).Distinct(StringComparer.Ordinal).Take(NamedJobs));
        if (delivery.Carrier is { } carrier)
        {
            wire.Carrier = carrier;
        }

        if (delivery.Reason is { } reason)
        {
            wire.Reason = reason;
        }

        return wire;
    }

    private static bool IsToBeSent(JobEntry entry, out SiteId from, out SiteId to)
    {
        (from, to) = (entry.Job.Machine?.Site ?? default, entry.Order.Order.Destination ?? default);
        return entry is { Delivery: null, Job: { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null, Machine: not null }, Order.Order.Destination: not null } && from != to;
    }

    // A site's zone was checked when it announced itself; a journal of another machine may know more zones than this one.
    private DateOnly DayAt(SiteId site, DateTimeOffset now) => DateOnly.FromDateTime(
        State.Sites.TryGetValue(site, out var known) && TimeZoneInfo.TryFindSystemTimeZoneById(known.TimeZone, out var zone) ? TimeZoneInfo.ConvertTime(now, zone).DateTime : now.UtcDateTime);
}
