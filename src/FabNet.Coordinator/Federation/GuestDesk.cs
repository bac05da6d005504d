// What other communities say to this one's sites as their guests, and what they are told: decided here, on the coordinator's loop.

using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging;
using Job = FabNet.Model.Jobs.Job;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Coordinator.Federation;

/// <summary>The desk of guests. Owned by the coordinator's loop. A community is not trusted: what it says is bounded, and harms no own work.</summary>
internal sealed partial class GuestDesk(
    Chronicle chronicle, SiteDirectory sites, GuestBook book, GuestLeases leases, GuestOrders orders, Orders.OrderBook ownOrders, Surplus surplus, CoordinatorOptions options, TimeProvider time, ILogger log)
{
    /// <summary>More leases than this no community believes a site to hold.</summary>
    private const int MostLeases = 1000;

    /// <summary>More offers of one site are not looked at together; the rest is declined.</summary>
    private const int MostOffers = 64;

    private const string Unasked = "It grants leases that this community did not claim.";

    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromSeconds(10);

    private readonly List<GuestSession> _sessions = [];

    // The last report that a community said it has.
    private readonly Dictionary<(string Community, SiteId Site), long> _heard = [];

    /// <summary>Every guest elsewhere.</summary>
    public IReadOnlyList<GuestSession> Sessions => _sessions;

    /// <summary>The work for other communities.</summary>
    public GuestBook Book => book;

    private CoordinatorState State => chronicle.State;

    /// <summary>The sites that are to be guests of a community now: those that are here and help others, and those that still have work from it or something to tell it.</summary>
    public IReadOnlyList<SiteId> GuestsOf(FollowedCommunity community) =>
    [
        .. State.Sites.Values.Where(s => s.Community is null && ((sites[s.Id].LastSeenAt is not null && !s.OwnCommunityOnly) || book.LaneOf(community.Name, s.Id).Last > _heard.GetValueOrDefault((community.Name, s.Id)) || book.HeldFor(community.Name, s.Id).Any()))
            .Select(static s => s.Id),
    ];

    /// <summary>A guest begins.</summary>
    public GuestSession Begin(FollowedCommunity community, SiteId site)
    {
        var session = new GuestSession(community, site);
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

        _heard[(session.Community.Name, session.Site)] = welcome.JobEventSequence;
        (session.Up, session.LeaseTtl, session.Sent) = (up, TimeSpan.FromSeconds(welcome.LeaseSeconds), welcome.JobEventSequence);
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
        Tell(session);
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
            case EdgeDown.MessageOneofCase.Acknowledged:
                // Reports are kept, and each stream begins after what is there: this only tells whether the guest may go.
                _heard[(community, session.Site)] = message.Acknowledged.JobEventSequence;
                break;
            default: break; // A message of a later version.
        }

        return (null, null);
    }

    /// <summary>A stream broke, or could not be opened.</summary>
    public void Down(GuestSession session, string reason)
    {
        session.Forget();
        reason = Clip.Reason(reason, "It did not say why.", 400);
        if (session.LastError != reason)
        {
            session.LastError = reason;
            CoordinatorLog.CommunityAway(log, session.Community.Name, session.Site, reason);
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

    private IEnumerable<GuestJob> HeldBy(GuestSession session) => book.HeldFor(session.Community.Name, session.Site);

    // The machine of a name that the other community uses.
    private MachineId? MachineOf(GuestSession session, MachineId guest) =>
        guest.Site == GuestNames.Of(options.Community, session.Site) && sites.MachineOf(new MachineId(session.Site, guest.Name)) is { } machine ? machine.Id : null;

    private GuestAsk Pend(GuestSession session, Job job, long since)
    {
        var machine = job.Machine is { } named && MachineOf(session, named) is { } own ? own : throw new FormatException($"It leases {job.Id} to {job.Machine}, which is no machine of {session.Site}.");
        return session.Pending[(job.Id, job.Epoch)] = new GuestAsk(job, machine, IsLease: true, since, session.Wanted.ContainsKey(job.Id));
    }

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
}
