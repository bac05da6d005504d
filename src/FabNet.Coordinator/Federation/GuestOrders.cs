// Orders that make jobs of other communities: placed with the lease, offered at once to the machine that it names, called off with it.

using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Orders;
using FabNet.Model.Plans;

namespace FabNet.Coordinator.Federation;

/// <summary>The orders for other communities. Owned by the coordinator's loop.</summary>
internal sealed class GuestOrders(Chronicle chronicle, SiteDirectory sites, OfferBook offers, OrderBook orders, GuestBook book, GuestLeases leases, TimeProvider time)
{
    /// <summary>Places the order that makes a job under a lease, and offers it to its machine: one append, so that a kill leaves both or none.</summary>
    public JobEntry Place(GuestOrigin origin, Job job, DesignPart part, Assignment place)
    {
        var order = OrderId.FromNumber(chronicle.State.LastOrderNumber + 1);
        var (id, at) = (JobId.FromNumber(order, 1), time.GetUtcNow());
        chronicle.Record(
            new OrderPlaced
            {
                Order = new Order
                {
                    Id = order, Design = job.Design, Part = part.Name, Quantity = 1, Material = job.Material, Color = job.Color, Customer = $"community {origin.Community}", PlacedAt = at,
                },
                Key = GuestBook.KeyOf(origin),
                Parts = [part],
                Jobs = [new NewJob { Id = id, Part = 0, Material = job.Material, Color = job.Color }],
                Origin = origin,
            },
            new JobHappened
            {
                Event = new JobOffered { Job = id, Epoch = 0, At = at, Machine = origin.Machine },
                Terms = new Terms { Cost = place.Cost, Why = $"the community {origin.Community} leased {origin.Job} to it, and its own has no work for it meanwhile" },
            });
        var entry = chronicle.State.Jobs[id];
        offers.Add(id, origin.Machine);
        sites.SessionOf(origin.Machine.Site)?.Send(new() { Offer = PlanApplier.OfferOf(entry, origin.Machine, offers.AnswerBy) });
        return entry;
    }

    /// <summary>After a start: what was offered to sites is offered again to those that come back in time.</summary>
    public void GoOn()
    {
        foreach (var guest in book.Held.Where(static g => g.Entry.Job.State is JobState.Offered))
        {
            offers.Add(guest.Entry.Id, guest.Origin.Machine);
        }
    }

    /// <summary>A site came back: it is told the offers that wait for its answer.</summary>
    public void OfferAgain(SiteSession session)
    {
        foreach (var (job, machine, answerBy) in offers.All.Where(o => o.Machine.Site == session.Site && book.TryGet(o.Job, out _)).ToList())
        {
            session.Send(new() { Offer = PlanApplier.OfferOf(chronicle.State.Jobs[job], machine, answerBy) });
        }
    }

    /// <summary>The lease there is over: what nothing moved for is called off here, and what was started runs to its end.</summary>
    public void EndLease(GuestJob guest, string reason)
    {
        leases.End(guest.Entry.Id);
        if (guest.IsUnstarted)
        {
            orders.CallOffGuest(guest.Entry, reason, isByCommunity: true);
        }
    }

    /// <summary>Calls off what may not be started any more.</summary>
    public void CallOffLapsed()
    {
        foreach (var guest in book.Held.Where(g => g.IsUnstarted && g.Entry.CancelReason is null && leases.HasLapsed(g.Entry.Id)).ToList())
        {
            orders.CallOffGuest(guest.Entry, $"The community {guest.Origin.Community} was not heard while its lease of {guest.Origin.Job} lasted.", isByCommunity: false);
        }
    }
}
