// The work for other communities and what they are told of it: a projection of the coordinator's facts, as the ledger is.

using System.Diagnostics.CodeAnalysis;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Coordinator.Federation;

/// <summary>
/// The book of guests. The same facts give the same reports with the same sequences, so that nothing else is kept and each is applied once where it goes. Owned by the coordinator's loop.
/// </summary>
/// <param name="state">The projection; it has each fact before this.</param>
/// <param name="foundOn">What is set up on a machine, before the fact.</param>
internal sealed class GuestBook(CoordinatorState state, Func<MachineId, SetUpFound> foundOn)
{
    /// <summary>Begins the keys of orders that are made for other communities.</summary>
    public const string KeyPrefix = "community/";

    private readonly Dictionary<string, string> _boots = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Community, SiteId Site), GuestLane> _lanes = [];
    private readonly Dictionary<(string Community, JobId Job, int Epoch), GuestJob> _jobs = [];
    private readonly Dictionary<JobId, GuestJob> _here = [];
    private readonly HashSet<GuestJob> _held = [];
    private readonly Dictionary<string, long> _paidUpTo = new(StringComparer.Ordinal);
    private readonly HashSet<(string Community, JobId Job, int Epoch)> _refused = [];

    /// <summary>Jobs whose end is not told yet.</summary>
    public IReadOnlyCollection<GuestJob> Held => _held;

    /// <summary>Those of them that a site has from a community.</summary>
    public IEnumerable<GuestJob> HeldFor(string community, SiteId site) => _held.Where(g => g.Origin.Community == community && g.Origin.Machine.Site == site);

    /// <summary>The key of the order that makes a job of another community.</summary>
    public static string KeyOf(GuestOrigin origin) => $"{KeyPrefix}{origin.Community}/{origin.Job}/{origin.Epoch}";

    /// <summary>The boot id under which a community is told; null before it was followed.</summary>
    public string? BootOf(string community) => _boots.GetValueOrDefault(community);

    /// <summary>The reports of a site to a community.</summary>
    public GuestLane LaneOf(string community, SiteId site)
    {
        if (!_lanes.TryGetValue((community, site), out var lane))
        {
            _lanes.Add((community, site), lane = new GuestLane());
        }

        return lane;
    }

    /// <summary>The job that is made here under a lease of another community; null if none is.</summary>
    public GuestJob? Find(string community, JobId job, int epoch) => _jobs.GetValueOrDefault((community, job, epoch));

    /// <summary>The job of another community that a job here makes.</summary>
    public bool TryGet(JobId here, [NotNullWhen(true)] out GuestJob? guest) => _here.TryGetValue(here, out guest);

    /// <summary>True if a lease was given back.</summary>
    public bool IsRefused(string community, JobId job, int epoch) => _refused.Contains((community, job, epoch));

    /// <summary>The last line of a community's ledger that paid a guest; 0 for none.</summary>
    public long PaidUpTo(string community) => _paidUpTo.GetValueOrDefault(community);

    /// <summary>The first job that a site made for an order of another community; null if it made none.</summary>
    public GuestJob? MadeFor(string community, SiteId site, OrderId order) =>
        _jobs.Values.FirstOrDefault(g => g.Origin.Community == community && g.Origin.Machine.Site == site && g.Origin.Job.Order == order && g.Entry.Job.State is JobState.Completed);

    /// <summary>Derives what follows from a fact.</summary>
    public void Take(CoordinatorRecord record)
    {
        switch (record)
        {
            case OrderPlaced { Origin: { } origin } r: TakeOrder(origin, state.Jobs[r.Jobs[0].Id]); break;
            case JobHappened r when _here.TryGetValue(r.Event.Job, out var guest) && (!guest.IsOver || r.Event is JobScrapped): Tell(guest, GuestReports.Of(guest, r.Event, r.Event is JobStarted ? foundOn(guest.Origin.Machine) : null)); break;
            case GuestLeaseRefused r: TakeRefusal(r); break;
            case GuestToldAgain r: TakeAgain(_here[r.Job], r.At); break;
            case CommunityFollowed r: TakeFollowing(r); break;
            case GuestPaid r: _paidUpTo[r.Community] = Math.Max(PaidUpTo(r.Community), r.Line); break;
            default: break;
        }
    }

    private void TakeOrder(GuestOrigin origin, JobEntry entry)
    {
        var guest = new GuestJob(origin, entry);
        _jobs.Add((origin.Community, origin.Job, origin.Epoch), guest);
        _here.Add(entry.Id, guest);
        _held.Add(guest);
    }

    private void TakeRefusal(GuestLeaseRefused refused)
    {
        var origin = refused.Origin;
        if (_refused.Add((origin.Community, origin.Job, origin.Epoch)))
        {
            LaneOf(origin.Community, origin.Machine.Site).Add(new JobReleased { Job = origin.Job, Epoch = origin.Epoch, At = refused.At, Reason = refused.Reason });
        }
    }

    private void TakeAgain(GuestJob guest, DateTimeOffset at)
    {
        var lost = JobLifecycle.Apply(guest.Told, new JobLost { Job = guest.Origin.Job, Epoch = guest.Origin.Epoch, At = at, Reason = "The lease had lapsed." });
        if (lost.IsApplied)
        {
            guest.Told = lost.Job;
            Tell(guest, GuestReports.Again(guest, at));
        }
    }

    // Under a new boot id sequences count from 1 again.
    private void TakeFollowing(CommunityFollowed followed)
    {
        _boots[followed.Community] = followed.Boot;
        foreach (var lane in _lanes.Keys.Where(k => k.Community == followed.Community).ToList())
        {
            _lanes.Remove(lane);
        }
    }

    private void Tell(GuestJob guest, JobEvent? report)
    {
        if (report is null || JobLifecycle.Apply(guest.Told, report) is not { IsApplied: true } told)
        {
            return; // It is told already, or is over there.
        }

        guest.Told = told.Job;
        LaneOf(guest.Origin.Community, guest.Origin.Machine.Site).Add(report);
        if (guest.IsOver)
        {
            _held.Remove(guest);
        }
    }
}
