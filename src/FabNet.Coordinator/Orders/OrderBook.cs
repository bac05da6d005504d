// Takes orders and splits them into jobs; calls them off; replaces work that failed.

using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Orders;
using EdgeDown = FabNet.Protocol.V1.EdgeDown;

namespace FabNet.Coordinator.Orders;

/// <summary>The book of orders. Owned by the coordinator's loop.</summary>
internal sealed class OrderBook(Chronicle chronicle, SiteDirectory sites, OfferBook offers, SnapshotBuilder snapshots, TimeProvider time)
{
    /// <summary>How often work that failed or was rejected is planned again by itself. After that a person decides.</summary>
    public const int MostReplacements = 3;

    private CoordinatorState State => chronicle.State;

    /// <summary>The order of an id.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public OrderEntry Order(string id) => OrderIdOf(id) is { } order && State.Orders.TryGetValue(order, out var entry) ? entry
        : throw new RefusedException(Refusal.NotFound, $"There is no order '{Clip.Reason(id, "", 40)}' here. 'fabnet status' lists them.");

    /// <summary>The job of an id.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public JobEntry Job(string id) => JobIdOf(id) is { } job && State.Jobs.TryGetValue(job, out var entry) ? entry
        : throw new RefusedException(Refusal.NotFound, $"There is no job '{Clip.Reason(id, "", 40)}' here.");

    /// <summary>Places an order, or returns the one that its key placed before.</summary>
    /// <param name="request">Checked.</param>
    /// <param name="design">Verified.</param>
    /// <param name="credit">Whom its making credits; null: the design's publisher or licensor alone, and what it was forked from.</param>
    /// <exception cref="RefusedException">It can't be made as asked for.</exception>
    public OrderEntry Place(OrderRequest request, Design design, DesignCredit? credit = null)
    {
        if (request.Key is { } key && State.OrderByKey(key) is { } placed)
        {
            return placed;
        }

        chronicle.Record(Draft(request, design) with { Credit = credit ?? DesignCredits.Of(design) });
        return State.Orders[OrderId.FromNumber(State.LastOrderNumber)];
    }

    /// <summary>An order as it would be placed, with its jobs.</summary>
    /// <exception cref="RefusedException">It can't be made as asked for.</exception>
    public OrderPlaced Draft(OrderRequest request, Design design)
    {
        if (request.Destination is { } destination && State.Sites.Count > 0 && !State.Sites.ContainsKey(destination))
        {
            throw new RefusedException(Refusal.Invalid, $"destination: {destination} is not a site of this network. Its sites: {string.Join(", ", State.Sites.Keys.Take(20))}.");
        }

        var id = OrderId.FromNumber(State.LastOrderNumber + 1);
        var parts = request.PartsOf(design);
        var jobs = new List<NewJob>();
        for (var part = 0; part < parts.Count; part++)
        {
            var material = request.Material ?? parts[part].Part.Material?.ToUpperInvariant();
            if (material is not null)
            {
                OrderRequest.RequireKnownMaterial(material, parts[part].Part, State);
            }

            for (var copy = 0; copy < parts[part].Copies; copy++)
            {
                jobs.Add(new NewJob { Id = JobId.FromNumber(id, jobs.Count + 1), Part = part, Material = material, Color = request.Color });
            }
        }

        return new OrderPlaced
        {
            Key = request.Key,
            Parts = [.. parts.Select(p => p.Part)],
            Jobs = jobs,
            Order = new Order
            {
                Id = id,
                Design = design.Ref,
                Part = request.Part,
                Quantity = request.Quantity,
                Material = request.Material,
                Color = request.Color,
                Due = request.Due,
                Destination = request.Destination,
                Customer = request.Customer,
                PlacedAt = time.GetUtcNow(),
            },
        };
    }

    /// <summary>The receiver has what was made so far: it accepts that, but for what it refuses, which is made again. What goes to another site is accepted once it was dropped off there.</summary>
    /// <param name="order">The order.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="refused">What is refused, and why.</param>
    /// <exception cref="RefusedException">Nothing waits to be accepted, or a refused job was not made or is accepted already.</exception>
    public void Accept(OrderEntry order, string by, IReadOnlyList<RefusedJob> refused)
    {
        if (order.Origin is { } origin)
        {
            throw new RefusedException(Refusal.Precondition, $"Order {order.Order.Id} is made for the community {origin.Community}: its receiver accepts it there.");
        }

        var waiting = order.Jobs.Where(j => j.Job is { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null }).ToList();
        if (waiting.Count == 0)
        {
            throw new RefusedException(Refusal.Precondition, $"Nothing of order {order.Order.Id} waits to be accepted: {(order.Jobs.Exists(j => j.Job.AcceptedAt is not null) ? "what was made is accepted" : "nothing is made yet")}.");
        }

        // What is on its way is not there yet; what is lost on the way can be refused, so that it is made again.
        var away = waiting.Where(static w => w.Delivery is { State: not DeliveryState.DroppedOff }).ToList();
        waiting.RemoveAll(static w => w.Delivery is { State: not (DeliveryState.DroppedOff or DeliveryState.Failed) });
        if (refused.FirstOrDefault(r => away.Exists(w => w.Id == r.Job) && !waiting.Exists(w => w.Id == r.Job)) is { } early)
        {
            throw new RefusedException(Refusal.Precondition, $"Job {early.Job} has not arrived: {State.Jobs[early.Job].Delivery!.Refusal(DeliveryStep.PlannedAgain)}");
        }

        if (refused.FirstOrDefault(r => !waiting.Exists(w => w.Id == r.Job)) is { } odd)
        {
            throw new RefusedException(Refusal.Precondition, $"Job {odd.Job} can't be refused: it is not among what waits to be accepted ({string.Join(", ", waiting.Take(20).Select(w => w.Id))}).");
        }

        if (refused.DistinctBy(r => r.Job).Count() < refused.Count)
        {
            throw new RefusedException(Refusal.Invalid, "refused: it names a job twice.");
        }

        var accepted = waiting.Where(w => w.Delivery is not { State: DeliveryState.Failed } && !refused.Any(r => r.Job == w.Id)).Select(static w => w.Id).ToList();
        if (accepted.Count + refused.Count == 0)
        {
            throw new RefusedException(Refusal.Precondition, $"Nothing of order {order.Order.Id} has arrived that waits to be accepted: {away[0].Delivery!.Refusal(away[0].Delivery!.State is DeliveryState.Failed ? DeliveryStep.DroppedOff : DeliveryStep.PlannedAgain)}");
        }

        var at = time.GetUtcNow();
        List<CoordinatorRecord> records =
        [
            new OrderAccepted { Order = order.Order.Id, At = at, By = by, Refused = refused, Accepted = accepted },
        ];
        foreach (var (refusal, number) in refused.Select((r, i) => (r, order.Jobs.Count + 1 + i)))
        {
            var id = JobId.FromNumber(order.Order.Id, number);
            records.Add(new ReplacementCreated { Id = id, Replaces = refusal.Job });
            records.Add(new JobHappened { Event = new JobReplaced { Job = refusal.Job, Epoch = State.Jobs[refusal.Job].Job.Epoch, At = at, By = id } });
        }

        chronicle.Record([.. records]);
    }

    /// <summary>Calls off all of an order that has not ended: what failed is not made again.</summary>
    public void Cancel(OrderEntry order, string reason)
    {
        List<CoordinatorRecord> records = [];
        List<JobEntry> held = [];
        foreach (var entry in order.Jobs)
        {
            if (IsCancellable(entry))
            {
                AddCancel(entry, reason, records, held);
            }
        }

        Carry(records, held);
    }

    /// <summary>Calls off a job; one that failed is not made again.</summary>
    /// <exception cref="RefusedException">It has ended.</exception>
    public void Cancel(JobEntry entry, string reason)
    {
        if (!IsCancellable(entry))
        {
            throw new RefusedException(Refusal.Precondition, $"Job {entry.Id} has ended already: it is {entry.Job.State}.");
        }

        List<CoordinatorRecord> records = [];
        List<JobEntry> held = [];
        AddCancel(entry, reason, records, held);
        Carry(records, held);
    }

    /// <summary>The community that a job is made for wants it no more. Only its site knows what becomes of a job that it holds, lost or not.</summary>
    public void CallOffGuest(JobEntry entry, string reason, bool isByCommunity)
    {
        if (entry.Job.IsFinal || (entry.CancelReason is not null && entry.Job.IsHeldBySite))
        {
            return;
        }

        var request = new CancelRequested { Job = entry.Id, Reason = reason, IsByCommunity = isByCommunity };
        if (entry.Job.IsHeldBySite)
        {
            Carry([request], [entry]);
        }
        else
        {
            Carry([request, Cancelled(entry, reason)], []);
        }
    }

    /// <summary>Has the work of a lost job done again, because a person says so.</summary>
    /// <returns>The new job.</returns>
    /// <exception cref="RefusedException">It is not lost, or replaced already.</exception>
    public JobEntry ReplaceLost(JobEntry entry, string reason)
    {
        if (entry.Order.Origin is { } origin)
        {
            throw new RefusedException(Refusal.Precondition, $"Job {entry.Id} is made for the community {origin.Community}: its work is done again there, as {origin.Job}.");
        }

        if (entry.Job.State is not JobState.Lost || entry.Job.ReplacedBy is not null)
        {
            throw new RefusedException(Refusal.Precondition, entry.Job.ReplacedBy is { } by
                ? $"Job {entry.Id} was replaced by {by} already."
                : $"Job {entry.Id} is not lost: it is {entry.Job.State}.");
        }

        // Should its site come back with the work not yet started, it is not to be made twice.
        return Replace(entry, new CancelRequested { Job = entry.Id, Reason = $"its work is done again: {reason}" });
    }

    /// <summary>Does what follows from a job's state: jobs to be called off that no site holds any more end; failed work is planned again.</summary>
    public void FollowUp(JobEntry entry)
    {
        if (entry.CancelReason is { } reason && (entry.Job.State is JobState.Planned or JobState.Offered || State.Broken.Contains(entry)))
        {
            // Also where it failed before its site had called it off: nobody wants it any more.
            Carry([Cancelled(entry, reason)], []);
        }
        else if (entry is { Order.Origin: { } origin } && (entry.Job.State is JobState.Planned || State.Broken.Contains(entry)))
        {
            // It was planned elsewhere, for the machine that does not take it or did not make it: whether it is made again is decided there.
            Carry([Cancelled(entry, entry.Job.Reason ?? $"{origin.Machine} did not take it.")], []);
        }
        else if (State.Broken.Contains(entry) && ShouldReplace(entry))
        {
            Replace(entry);
        }
    }

    /// <summary>Sends a site the cancels that wait for it.</summary>
    public void SendCancels(SiteSession session)
    {
        foreach (var entry in State.Live)
        {
            if (entry is { CancelReason: not null, Job: { IsHeldBySite: true, Machine: { } machine } } && machine.Site == session.Site)
            {
                session.Send(Intent(entry));
            }
        }
    }

    /// <summary>Failed work is tried again; rejected work only where another class or site is able to. Until one is, the order needs attention rather than waiting in silence.</summary>
    private bool ShouldReplace(JobEntry entry) =>
        entry.Attempt < MostReplacements && entry.CancelReason is null && entry.Events is [.., var last]
        && (last is not JobRejected rejected || (!rejected.Everywhere && snapshots.CanBeMadeElsewhere(entry)));

    private JobEntry Replace(JobEntry entry, params ReadOnlySpan<CoordinatorRecord> further)
    {
        var id = CoordinatorState.NextJobOf(entry.Order);
        chronicle.Record(
        [
            new ReplacementCreated { Id = id, Replaces = entry.Id },
            new JobHappened { Event = new JobReplaced { Job = entry.Id, Epoch = entry.Job.Epoch, At = time.GetUtcNow(), By = id } },
            .. further,
        ]);
        return State.Jobs[id];
    }

    private bool IsCancellable(JobEntry entry) => !entry.Job.IsFinal || State.Broken.Contains(entry);

    private void AddCancel(JobEntry entry, string reason, List<CoordinatorRecord> records, List<JobEntry> held)
    {
        // A person who calls off a lost job has found out what happened: nobody else will.
        if (entry.Job.IsHeldBySite && entry.Job.State is not JobState.Lost)
        {
            if (entry.CancelReason is null)
            {
                records.Add(new CancelRequested { Job = entry.Id, Reason = reason });
            }

            held.Add(entry);
        }
        else
        {
            records.Add(Cancelled(entry, reason));
        }
    }

    private JobHappened Cancelled(JobEntry entry, string reason) =>
        new() { Event = new JobCancelled { Job = entry.Id, Epoch = entry.Job.Epoch, At = time.GetUtcNow(), Reason = reason } };

    private void Carry(List<CoordinatorRecord> records, List<JobEntry> held)
    {
        List<(SiteId Site, EdgeDown Message)> messages = [];
        foreach (var record in records.OfType<JobHappened>())
        {
            var entry = State.Jobs[record.Event.Job];
            if (offers.OfferedTo(entry.Id) is { } machine)
            {
                messages.Add((machine.Site, new EdgeDown { OfferWithdrawn = new() { JobId = entry.Id.Value } }));
            }
            else if (entry.Job is { State: JobState.Lost, Machine: { } lostOn })
            {
                messages.Add((lostOn.Site, new EdgeDown { LeaseEnded = new() { JobId = entry.Id.Value, Epoch = entry.Job.Epoch, Reason = "it was called off" } }));
            }
        }

        if (records.Count > 0)
        {
            chronicle.Record([.. records]);
        }

        messages.AddRange(held.Select(h => (h.Job.Machine!.Value.Site, Intent(h))));
        foreach (var (site, message) in messages)
        {
            sites.SessionOf(site)?.Send(message);
        }
    }

    private static EdgeDown Intent(JobEntry entry) =>
        new() { CancelIntent = new() { JobId = entry.Id.Value, Epoch = entry.Job.Epoch, Reason = entry.CancelReason ?? "called off" } };

    private static OrderId? OrderIdOf(string id)
    {
        try
        {
            return OrderId.Parse(id);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static JobId? JobIdOf(string id)
    {
        try
        {
            return JobId.Parse(id);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
