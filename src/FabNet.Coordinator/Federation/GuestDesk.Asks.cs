// What other communities ask for: offers and leases, claims of members, and what came of them in their books.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Planning;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Design = FabNet.Model.Designs.Design;
using Job = FabNet.Model.Jobs.Job;

namespace FabNet.Coordinator.Federation;

internal sealed partial class GuestDesk
{
    /// <summary>Answers what was asked, once the design is known, or why it is not.</summary>
    public void Answer(GuestSession session, GuestAsk ask, Design? design, string? fault)
    {
        var (job, key) = (ask.Job, (ask.Job.Id, ask.Job.Epoch));
        if (ask.IsLease ? !session.Pending.Remove(key) : !session.Offers.Remove(job.Id))
        {
            return; // It was withdrawn meanwhile, or the stream broke: the next one tells it anew.
        }

        var part = design?.Parts.FirstOrDefault(p => p.Name == job.Part);
        var refusal = design is null ? fault : part is null ? $"Our catalogue's {design.Ref} has no part '{Clip.Reason(job.Part, "", 80)}'." : job.Copies != 1 ? "A guest makes one copy in a run." : null;
        Model.Plans.Assignment? place = null;
        if (refusal is null)
        {
            (place, refusal) = surplus.Quote(new Work { Design = job.Design, Part = part!, Material = job.Material, Color = job.Color, Copies = 1 }, ask.Machine);
            refusal ??= ask.IsWanted ? null : surplus.Obstacle(session.Community.Name, ask.Machine, place!.EndsAt);
        }

        if (!ask.IsLease)
        {
            if (refusal is not null)
            {
                Decline(session, job.Id, refusal);
            }
            else
            {
                TryClaim(session, job.Id, ask.Machine);
            }

            return;
        }

        var origin = new GuestOrigin(session.Community.Name, job.Id, job.Epoch, ask.Machine);
        if (refusal is not null)
        {
            chronicle.Record(new GuestLeaseRefused { Origin = origin, At = time.GetUtcNow(), Reason = Clip.Reason(refusal, "", 1000) });
            CoordinatorLog.GuestLeaseRefused(log, job.Id, session.Community.Name, refusal);
            session.Refuse(job.Id, Refusal.Precondition, $"{job.Id} was leased and went back: {refusal}");
            return;
        }

        var entry = orders.Place(origin, job, part!, place!);
        leases.Renew(entry.Id, ask.Since, session.LeaseTtl);
        CoordinatorLog.GuestPlaced(log, job.Id, session.Community.Name, entry.Id, ask.Machine);
        if (session.Wanted.Remove(job.Id, out var waiting))
        {
            waiting.TrySetResult(entry.Id);
        }
    }

    /// <summary>A member takes a job of another community for a machine of this one.</summary>
    /// <returns>Completes with the job here once it is leased and placed; fails with a <see cref="RefusedException"/> if it can't be had.</returns>
    /// <exception cref="RefusedException">There is no such machine, or its site is no guest there now.</exception>
    public Task<JobId> Claim(string community, JobId job, MachineId machine)
    {
        if (options.Follows.All(f => f.Name != community))
        {
            throw new RefusedException(Refusal.NotFound, $"The community '{Clip.Reason(community, "", 63)}' is not followed. What is: {(options.Follows.Count == 0 ? "none" : string.Join(", ", options.Follows.Select(static f => f.Name)))}.");
        }

        if (sites.MachineOf(machine) is null || State.Sites[machine.Site].Community is not null)
        {
            throw new RefusedException(Refusal.NotFound, $"{machine} is not a machine of this community.");
        }

        if (State.Sites[machine.Site].OwnCommunityOnly)
        {
            throw new RefusedException(Refusal.Precondition, $"{machine.Site} works for its own community only (policy: communities: none).");
        }

        if (_sessions.Find(s => s.Community.Name == community && s.Site == machine.Site) is not { Up: not null } session)
        {
            throw new RefusedException(Refusal.Unavailable, $"{machine.Site} is not connected to the community {community}. See: fabnet communities");
        }

        if (!session.Wanted.TryGetValue(job, out var waiting))
        {
            if (!TryClaim(session, job, machine))
            {
                throw new RefusedException(Refusal.Unavailable, $"The community {community} does not read what it is told. Try again in a moment.");
            }

            session.Wanted.Add(job, waiting = new TaskCompletionSource<JobId>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return waiting.Task;
    }

    /// <summary>A community's ledger says that it pays a guest: claimed once, for work that was done.</summary>
    /// <returns>True if it is new.</returns>
    /// <exception cref="Journal.JournalException">It could not be journaled.</exception>
    public bool Paid(string community, GuestPayment payment)
    {
        if (payment.Line <= book.PaidUpTo(community)
            || State.Sites.Values.FirstOrDefault(s => s.Community is null && GuestNames.TextOf(options.Community, s.Id) == payment.Site) is not { } site
            || book.MadeFor(community, site.Id, payment.Order) is not { } made)
        {
            return false;
        }

        chronicle.Record(new GuestPaid
        {
            Community = community, Job = made.Entry.Id, Payment = Clip.Reason(payment.Payment, "", 200), Amount = payment.Amount, Currency = payment.Currency, Line = payment.Line, Digest = payment.Digest, At = time.GetUtcNow(),
        });
        return true;
    }

    private GuestAsk? Offered(GuestSession session, EdgeDown.Types.Offer offer)
    {
        var job = offer.Job.ToModel();
        if (MachineOf(session, MachineId.Parse(offer.Machine)) is not { } machine)
        {
            Decline(session, job.Id, $"{Clip.Reason(offer.Machine, "", 130)} is not a machine of this site.");
        }
        else if (surplus.Obstacle(session.Community.Name, machine, time.GetUtcNow()) is { } obstacle)
        {
            Decline(session, job.Id, obstacle);
        }
        else if (session.Offers.Count >= MostOffers)
        {
            Decline(session, job.Id, $"{MostOffers} offers are looked at already.");
        }
        else
        {
            session.Offers.Add(job.Id);
            return new GuestAsk(job, machine, IsLease: false, 0);
        }

        return null;
    }

    private bool TryClaim(GuestSession session, JobId job, MachineId machine)
    {
        var isSent = session.TrySend(new EdgeUp { Claim = new() { JobId = job.Value, Machine = GuestNames.Of(options.Community, machine).ToString() } });
        if (isSent)
        {
            session.Claims[job] = time.GetTimestamp();
        }

        return isSent;
    }

    private static void Decline(GuestSession session, JobId job, string reason) => session.TrySend(new EdgeUp { Decline = new() { JobId = job.Value, Reason = Clip.Reason(reason, "", 400) } });
}
