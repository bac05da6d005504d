// What sites answer to offers and take by themselves, and what they go on holding: leases begin, are renewed and lapse here.

using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Planning;
using FabNet.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Leases;

/// <summary>Claims, declines, renewals and lapses. Owned by the coordinator's loop.</summary>
internal sealed class Claims(Chronicle chronicle, SiteDirectory sites, LeaseBook leases, OfferBook offers, SnapshotBuilder snapshots, TimeProvider time, ILogger log)
{
    /// <summary>Keep-alives name at most this many jobs; what is beyond is not looked at.</summary>
    private const int MostHeld = 10_000;

    private CoordinatorState State => chronicle.State;

    /// <summary>A site takes a job: one that it was offered, or any that nobody holds and that it is able to make.</summary>
    public void Claim(SiteSession session, Wire.EdgeUp.Types.Claim claim)
    {
        if (Find(claim.JobId) is not { } entry)
        {
            Refuse(session, claim.JobId, "There is no such job.");
        }
        else if (sites.MachineOf(MachineOf(claim.Machine)) is not { } machine || machine.Id.Site != session.Site)
        {
            Refuse(session, claim.JobId, $"'{Clip.Reason(claim.Machine, "", 130)}' is not a registered machine of {session.Site}.");
        }
        else if (entry.Job.IsHeldBySite && entry.Job.Machine == machine.Id)
        {
            // The answer to an earlier claim was lost on the way: it is given again.
            session.Send(Granted(entry));
        }
        else if (entry.Job.State is not (JobState.Planned or JobState.Offered) || entry.CancelReason is not null)
        {
            Refuse(session, claim.JobId, entry.Job.Machine is { } other ? $"It is {entry.Job.State} on {other}." : $"It is {entry.Job.State}.");
        }
        else if (entry.Order.Origin is { } origin && origin.Machine != machine.Id)
        {
            Refuse(session, claim.JobId, $"It is made for the community {origin.Community}, which leased it to {origin.Machine}.");
        }
        else
        {
            Grant(session, entry, machine.Id);
        }
    }

    /// <summary>A site declines an offer. It needs no reason.</summary>
    public void Decline(SiteSession session, Wire.EdgeUp.Types.Decline decline)
    {
        if (Find(decline.JobId) is { } entry && offers.OfferedTo(entry.Id) is { } machine && machine.Site == session.Site)
        {
            EndOffer(entry, machine, Clip.Reason(decline.Reason, "declined", 400), avoid: true);
        }
    }

    /// <summary>A site goes on holding jobs. Those that it no longer holds are named back to it.</summary>
    public void KeepAlive(SiteSession session, Wire.EdgeUp.Types.KeepAlive keepAlive)
    {
        foreach (var held in keepAlive.Held.Take(MostHeld))
        {
            var entry = Find(held.JobId);
            if (entry is not null && entry.Job.IsHeldBySite && entry.Job.Epoch == held.Epoch && entry.Job.Machine?.Site == session.Site)
            {
                // A lost job gets its lease back, and leaves Lost with the next event that the site reports.
                var end = entry.Job.State is JobState.Lost ? leases.NewEnd(entry.Job) : leases.Renew(entry.Job);
                session.Send(new() { LeaseRenewed = new() { JobId = held.JobId, Epoch = held.Epoch, ExpiresAt = Timestamp.FromDateTimeOffset(end) } });
            }
            else
            {
                var reason = entry is null ? "There is no such job." : $"It is {entry.Job.State}, and its epoch is {entry.Job.Epoch}.";
                session.Send(new() { LeaseEnded = new() { JobId = Clip.Reason(held.JobId, "", 40), Epoch = held.Epoch, Reason = reason } });
            }
        }
    }

    /// <summary>Every lease that a site holds as this coordinator sees it, with fresh ends: it is here.</summary>
    public IEnumerable<Wire.EdgeDown.Types.LeaseGranted> LeasesOf(SiteId site)
    {
        foreach (var entry in State.Live)
        {
            if (entry.Job.IsHeldBySite && entry.Job.Machine?.Site == site)
            {
                var end = entry.Job.State is JobState.Lost ? leases.NewEnd(entry.Job) : leases.Renew(entry.Job);
                yield return new() { Job = (entry.Job with { LeaseExpiresAt = end }).ToWire() };
            }
        }
    }

    /// <summary>Takes back a site's unanswered offers: it left, or the coordinator was restarted.</summary>
    public void WithdrawOffers(IReadOnlyCollection<JobEntry> offered, string reason)
    {
        if (offered.Count > 0)
        {
            chronicle.Record([.. offered.Select(o => Declined(o, reason))]);
            foreach (var entry in offered)
            {
                offers.Remove(entry.Id);
            }
        }
    }

    /// <summary>Ends offers that nobody answered, and leases that nobody renewed.</summary>
    public void Expire()
    {
        foreach (var id in offers.Overdue())
        {
            if (offers.OfferedTo(id) is { } machine && State.Jobs.TryGetValue(id, out var entry))
            {
                EndOffer(entry, machine, "it did not answer in time", avoid: true);
                sites.SessionOf(machine.Site)?.Send(new() { OfferWithdrawn = new() { JobId = id.Value } });
            }
        }

        foreach (var id in leases.Lapsed())
        {
            var job = State.Jobs[id].Job;
            var reason = $"{job.Machine?.Site} has not renewed its lease; the machine may be {(job.StartedAt is null ? "preparing" : "moving")}. It goes on when the site is back, or a person has its work done again.";
            chronicle.Record(new JobHappened { Event = new JobLost { Job = id, Epoch = job.Epoch, At = time.GetUtcNow(), Reason = reason } });
            CoordinatorLog.JobLost(log, id, reason);
        }
    }

    private void Grant(SiteSession session, JobEntry entry, MachineId machine)
    {
        var offeredTo = offers.OfferedTo(entry.Id);
        var quote = Planner.Quote(snapshots.ForClaim(machine, entry), snapshots.Open(entry, forClaim: true), machine);
        if (quote.Assignment is not { } assignment)
        {
            Refuse(session, entry.Id.Value, quote.Obstacle!);
            return;
        }

        chronicle.Record(new JobHappened
        {
            Event = new JobLeased { Job = entry.Id, Epoch = entry.Job.Epoch + 1, At = time.GetUtcNow(), Machine = machine, ExpiresAt = leases.NewEnd(entry.Job) },
            Terms = offeredTo == machine ? entry.Terms : new Terms { Cost = assignment.Cost, Why = assignment.Why },
        });
        offers.Forget(entry.Id);
        if (offeredTo is { } other && other.Site != session.Site)
        {
            sites.SessionOf(other.Site)?.Send(new() { OfferWithdrawn = new() { JobId = entry.Id.Value } });
        }

        session.Send(Granted(entry));
    }

    private void EndOffer(JobEntry entry, MachineId machine, string reason, bool avoid)
    {
        chronicle.Record(Declined(entry, reason));
        offers.Remove(entry.Id);
        if (avoid)
        {
            offers.Avoid(entry.Id, machine, $"it said: {reason}", sites.StatusOf(machine)?.Status);
        }
    }

    private JobHappened Declined(JobEntry entry, string reason) =>
        new() { Event = new JobOfferDeclined { Job = entry.Id, Epoch = entry.Job.Epoch, At = time.GetUtcNow(), Reason = reason } };

    private Wire.EdgeDown Granted(JobEntry entry) =>
        new() { LeaseGranted = new() { Job = (entry.Job with { LeaseExpiresAt = entry.Job.State is JobState.Lost ? leases.NewEnd(entry.Job) : leases.Renew(entry.Job) }).ToWire() } };

    private static void Refuse(SiteSession session, string job, string reason) =>
        session.Send(new() { ClaimRefused = new() { JobId = Clip.Reason(job, "", 40), Reason = reason } });

    private JobEntry? Find(string id)
    {
        try
        {
            return State.Jobs.GetValueOrDefault(JobId.Parse(id));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static MachineId MachineOf(string text)
    {
        try
        {
            return MachineId.Parse(text);
        }
        catch (FormatException)
        {
            return default;
        }
    }
}
