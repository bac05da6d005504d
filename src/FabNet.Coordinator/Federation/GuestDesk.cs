// What other communities say to this one's sites as their guests, and what they are told: decided here, on the coordinator's loop.

using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Planning;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging;
using Design = FabNet.Model.Designs.Design;
using Job = FabNet.Model.Jobs.Job;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Coordinator.Federation;

/// <summary>The desk of guests. Owned by the coordinator's loop. A community is not trusted: what it says is bounded, and harms no own work.</summary>
internal sealed class GuestDesk(
    Chronicle chronicle, SiteDirectory sites, GuestBook book, GuestLeases leases, GuestOrders orders, Orders.OrderBook ownOrders, Surplus surplus, CoordinatorOptions options, TimeProvider time, ILogger log)
{
    /// <summary>More leases than this no community believes a site to hold.</summary>
    private const int MostLeases = 1000;

    /// <summary>More offers of one site are not looked at together; the rest is declined.</summary>
    private const int MostOffers = 64;

    private const string Unasked = "It grants leases that this community did not claim.";

    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromSeconds(10);

    private readonly List<GuestSession> _sessions = [];

    /// <summary>Every guest elsewhere.</summary>
    public IReadOnlyList<GuestSession> Sessions => _sessions;

    /// <summary>The work for other communities.</summary>
    public GuestBook Book => book;

    private CoordinatorState State => chronicle.State;

    /// <summary>The sites that are to be guests of a community now, and why some that would be can't: those that are here and help others, and those that still have work from it.</summary>
    public IReadOnlyList<SiteId> GuestsOf(FollowedCommunity community) =>
    [
        .. State.Sites.Values.Where(s => s.Community is null && ((sites[s.Id].LastSeenAt is not null && !s.OwnCommunityOnly) || book.Held.Any(g => g.Origin.Community == community.Name && g.Origin.Machine.Site == s.Id)))
            .Select(static s => s.Id),
    ];

    /// <summary>A guest begins.</summary>
    public GuestSession Begin(FollowedCommunity community, SiteId site)
    {
        var session = new GuestSession(community, site) { Since = time.GetUtcNow() };
        _sessions.Add(session);
        return session;
    }

    /// <summary>A guest is none any more.</summary>
    public void End(GuestSession session)
    {
        session.Forget();
        _sessions.Remove(session);
    }

    /// <summary>What a guest says first.</summary>
    /// <exception cref="FormatException">Its name would be too long.</exception>
    /// <exception cref="Journal.JournalException">The boot id could not be journaled.</exception>
    public EdgeUp.Types.Hello Hello(GuestSession session)
    {
        session.SaidSite = State.Sites[session.Site];
        var announced = GuestNames.Announcement(options.Community, session.SaidSite);
        return new EdgeUp.Types.Hello { Site = announced.ToWire(), BootId = BootOf(session.Community.Name), Version = $"guest of the community {options.Community}" };
    }

    /// <summary>A community welcomed a guest.</summary>
    /// <returns>Why to break off, or null; and the leases whose designs are to be resolved.</returns>
    public (string? Enough, IReadOnlyList<GuestAsk> Asks) Welcomed(GuestSession session, EdgeDown.Types.Welcome welcome, System.Threading.Channels.ChannelWriter<EdgeUp> up, long helloAt)
    {
        session.Forget();
        var lane = book.LaneOf(session.Community.Name, session.Site);
        if (welcome.LeaseSeconds is not (>= 1 and <= 86400) || welcome.Leases.Count > MostLeases)
        {
            return (welcome.LeaseSeconds > 0 ? $"It believes {session.Site} to hold {welcome.Leases.Count} leases of {welcome.LeaseSeconds:0} s." : "Its FabNet is older than communities; it needs a newer one.", []);
        }

        if (welcome.JobEventSequence > lane.Last)
        {
            // It knows reports that this journal lost: their numbers are not given twice.
            chronicle.Record(new CommunityFollowed { Community = session.Community.Name, Boot = Guid.NewGuid().ToString("N") });
            return ($"It has {welcome.JobEventSequence} reports of {session.Site}, and this journal {lane.Last}: they are counted anew.", []);
        }

        (session.Up, session.Since, session.LeaseTtl, session.Sent) = (up, time.GetUtcNow(), TimeSpan.FromSeconds(welcome.LeaseSeconds), welcome.JobEventSequence);
        List<GuestAsk> asks = [];
        HashSet<(JobId, int)> told = [];
        foreach (var lease in welcome.Leases)
        {
            var job = lease.Job.ToModel();
            told.Add((job.Id, job.Epoch));
            if (book.Find(session.Community.Name, job.Id, job.Epoch) is { } guest)
            {
                leases.Renew(guest.Entry.Id, helloAt, session.LeaseTtl);
                if (job.State is JobState.Lost)
                {
                    TellAgain(guest);
                }
            }
            else if (!book.IsRefused(session.Community.Name, job.Id, job.Epoch))
            {
                // Granted before a kill, and not placed: or granted by somebody who makes things up. It is judged like an offer.
                asks.Add(Pend(session, job, helloAt));
            }
        }

        foreach (var guest in HeldBy(session).Where(g => !told.Contains((g.Origin.Job, g.Origin.Epoch))).ToList())
        {
            orders.EndLease(guest, $"The community {session.Community.Name} no longer sees {session.Site} as the owner of {guest.Origin.Job}.");
        }

        CoordinatorLog.GuestWelcomed(log, session.Site, session.Community.Name, lane.Last - session.Sent);
        Tell(session, surplus.Planned);
        KeepAlive(session);
        Pump(session);
        return (null, asks);
    }

    /// <summary>A community said something.</summary>
    /// <returns>Why to break off, or null; and what is asked, if its design is to be resolved.</returns>
    /// <exception cref="FormatException">It can't be so.</exception>
    public (string? Enough, GuestAsk? Ask) Heard(GuestSession session, EdgeDown message)
    {
        var community = session.Community.Name;
        switch (message.MessageCase)
        {
            case EdgeDown.MessageOneofCase.Offer: return (null, Offered(session, message.Offer));
            case EdgeDown.MessageOneofCase.OfferWithdrawn: session.Offers.Remove(JobId.Parse(message.OfferWithdrawn.JobId)); break;
            case EdgeDown.MessageOneofCase.ClaimRefused:
                var refused = JobId.Parse(message.ClaimRefused.JobId);
                session.Claims.Remove(refused);
                session.Refuse(refused, Refusal.Precondition, $"The community {community} does not give {refused}: {Clip.Reason(message.ClaimRefused.Reason, "it did not say why", 400)}");
                break;
            case EdgeDown.MessageOneofCase.LeaseGranted:
                var granted = message.LeaseGranted.Job.ToModel();
                return session.Claims.Remove(granted.Id, out var since) ? (null, Pend(session, granted, since))
                    : session.Pending.ContainsKey((granted.Id, granted.Epoch)) || book.Find(community, granted.Id, granted.Epoch) is not null || book.IsRefused(community, granted.Id, granted.Epoch) ? (null, null)
                    : (Unasked, null);
            case EdgeDown.MessageOneofCase.LeaseRenewed: Renewed(session, JobId.Parse(message.LeaseRenewed.JobId), message.LeaseRenewed.Epoch); break;
            case EdgeDown.MessageOneofCase.LeaseEnded:
                var (ended, epoch) = (JobId.Parse(message.LeaseEnded.JobId), message.LeaseEnded.Epoch);
                session.Pending.Remove((ended, epoch));
                if (book.Find(community, ended, epoch) is { IsOver: false } over)
                {
                    orders.EndLease(over, $"The community {community} ended its lease: {Clip.Reason(message.LeaseEnded.Reason, "it did not say why", 400)}");
                }

                break;
            case EdgeDown.MessageOneofCase.CancelIntent:
                if (book.Find(community, JobId.Parse(message.CancelIntent.JobId), message.CancelIntent.Epoch) is { IsOver: false } unwanted)
                {
                    ownOrders.CallOffGuest(unwanted.Entry, $"The community {community} called it off: {Clip.Reason(message.CancelIntent.Reason, "it did not say why", 400)}", isByCommunity: true);
                }

                break;
            default: break; // An acknowledgement needs nothing: reports are kept, and each stream begins after what is there.
        }

        return (null, null);
    }

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
            refusal ??= ask.IsWanted ? null : surplus.Obstacle(session.Community.Name, ask.Machine, place!.EndsAt, surplus.Planned);
        }

        if (!ask.IsLease)
        {
            if (refusal is not null)
            {
                Decline(session, job.Id, refusal);
            }
            else if (session.TrySend(new EdgeUp { Claim = new() { JobId = job.Id.Value, Machine = new MachineId(GuestNames.Of(options.Community, session.Site), ask.Machine.Name).ToString() } }))
            {
                session.Claims[job.Id] = time.GetTimestamp();
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
            var claim = new EdgeUp { Claim = new() { JobId = job.Value, Machine = new MachineId(GuestNames.Of(options.Community, machine.Site), machine.Name).ToString() } };
            if (!session.TrySend(claim))
            {
                throw new RefusedException(Refusal.Unavailable, $"The community {community} does not read what it is told. Try again in a moment.");
            }

            session.Claims[job] = time.GetTimestamp();
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
            || State.Sites.Values.FirstOrDefault(s => s.Community is null && $"{options.Community}-{s.Id}" == payment.Site) is not { } site
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

    /// <summary>A stream broke, or could not be opened.</summary>
    public void Down(GuestSession session, string reason)
    {
        if (session.Up is not null)
        {
            session.Since = time.GetUtcNow();
        }

        session.Forget();
        reason = Clip.Reason(reason, "It did not say why.", 400);
        if (session.LastError != reason)
        {
            session.LastError = reason;
            CoordinatorLog.CommunityAway(log, session.Community.Name, session.Site, reason);
        }
    }

    /// <summary>A second has passed.</summary>
    public void Tick()
    {
        orders.CallOffLapsed();
        var planned = _sessions.Exists(static s => s.Up is not null) ? surplus.Planned : null;
        foreach (var session in _sessions.Where(static s => s.Up is not null))
        {
            Tell(session, planned!);
            if (time.GetElapsedTime(session.KeptAliveAt) >= KeepAliveEvery)
            {
                KeepAlive(session);
            }
        }
    }

    /// <summary>Facts were applied: what others are to know goes up.</summary>
    public void Settle()
    {
        foreach (var session in _sessions)
        {
            Pump(session);
        }
    }

    private string BootOf(string community)
    {
        if (book.BootOf(community) is null)
        {
            chronicle.Record(new CommunityFollowed { Community = community, Boot = Guid.NewGuid().ToString("N") });
        }

        return book.BootOf(community)!;
    }

    private IEnumerable<GuestJob> HeldBy(GuestSession session) => book.Held.Where(g => g.Origin.Community == session.Community.Name && g.Origin.Machine.Site == session.Site);

    // The machine of a name that the other community uses.
    private MachineId? MachineOf(GuestSession session, MachineId guest) =>
        guest.Site == GuestNames.Of(options.Community, session.Site) && sites.MachineOf(new MachineId(session.Site, guest.Name)) is { } machine ? machine.Id : null;

    private GuestAsk Pend(GuestSession session, Job job, long since)
    {
        var machine = job.Machine is { } named && MachineOf(session, named) is { } own ? own : throw new FormatException($"It leases {job.Id} to {job.Machine}, which is no machine of {session.Site}.");
        return session.Pending[(job.Id, job.Epoch)] = new GuestAsk(job, machine, IsLease: true, since, session.Wanted.ContainsKey(job.Id));
    }

    private GuestAsk? Offered(GuestSession session, EdgeDown.Types.Offer offer)
    {
        var job = offer.Job.ToModel();
        if (MachineOf(session, MachineId.Parse(offer.Machine)) is not { } machine)
        {
            Decline(session, job.Id, $"{Clip.Reason(offer.Machine, "", 130)} is not a machine of this site.");
        }
        else if (surplus.Obstacle(session.Community.Name, machine, time.GetUtcNow(), surplus.Planned) is { } obstacle)
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

    private static void Decline(GuestSession session, JobId job, string reason) => session.TrySend(new EdgeUp { Decline = new() { JobId = job.Value, Reason = Clip.Reason(reason, "", 400) } });

    // Renewals are answered in the order in which they were asked for: each counts from then.
    private void Renewed(GuestSession session, JobId job, int epoch)
    {
        if (!session.Renewals.TryGetValue((job, epoch), out var asked) || !asked.TryDequeue(out var since))
        {
            return;
        }

        if (session.Pending.TryGetValue((job, epoch), out var ask))
        {
            session.Pending[(job, epoch)] = ask with { Since = since };
        }
        else if (book.Find(session.Community.Name, job, epoch) is { IsOver: false } guest && leases.Renew(guest.Entry.Id, since, session.LeaseTtl))
        {
            TellAgain(guest);
        }
    }

    private void TellAgain(GuestJob guest)
    {
        if (guest is { IsOver: false, Entry.Job: { IsFinal: false, State: not JobState.Lost } })
        {
            chronicle.Record(new GuestToldAgain { Job = guest.Entry.Id, At = time.GetUtcNow() });
        }
    }

    private void KeepAlive(GuestSession session)
    {
        // Of what is lost here nobody knows: it is not said to be held.
        List<(JobId Job, int Epoch)> held = [.. HeldBy(session).Where(static g => g.Entry.Job.State is not JobState.Lost).Select(static g => (g.Origin.Job, g.Origin.Epoch)), .. session.Pending.Keys];
        var message = new EdgeUp { KeepAlive = new() };
        message.KeepAlive.Held.AddRange(held.Select(static h => new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = h.Job.Value, Epoch = h.Epoch }));
        var now = time.GetTimestamp();
        if (!session.TrySend(message))
        {
            return;
        }

        session.KeptAliveAt = now;
        foreach (var lease in session.Renewals.Keys.Except(held).ToList())
        {
            session.Renewals.Remove(lease);
        }

        foreach (var lease in held)
        {
            if (!session.Renewals.TryGetValue(lease, out var asked))
            {
                session.Renewals.Add(lease, asked = []);
            }

            asked.Enqueue(now);
        }
    }

    private void Tell(GuestSession session, ILookup<MachineId, Model.Plans.Assignment> planned)
    {
        if (!State.Sites.TryGetValue(session.Site, out var site))
        {
            return;
        }

        if (!ReferenceEquals(session.SaidSite, site) && session.TrySend(new EdgeUp { Site = GuestNames.Announcement(options.Community, site).ToWire() }))
        {
            session.SaidSite = site;
        }

        var guest = GuestNames.Of(options.Community, session.Site);
        foreach (var machine in site.Machines)
        {
            var status = surplus.StatusFor(session.Community.Name, new MachineId(guest, machine.Id.Name), machine, book, planned);
            var told = (status.State, status.Detail, status.Loaded, status.Job, status.Progress, status.RemainingSeconds);
            if ((!session.Told.TryGetValue(machine.Id, out var before) || before != told) && session.TrySend(new EdgeUp { MachineStatus = status.ToWire() }))
            {
                session.Told[machine.Id] = told;
            }
        }
    }

    private void Pump(GuestSession session)
    {
        if (session.Up is null)
        {
            return;
        }

        foreach (var (sequence, report) in book.LaneOf(session.Community.Name, session.Site).After(session.Sent))
        {
            if (!session.TrySend(new EdgeUp { JobEvent = new() { Sequence = sequence, Event = report.ToWire() } }))
            {
                return; // The next command finds room.
            }

            session.Sent = sequence;
        }
    }
}
