// The coordinator's projection: what its journal says, in memory. Live work and replay run the same Apply.

using System.Collections.Immutable;
using System.Globalization;
using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Statistics;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Orders;
using FabNet.Model.Plans;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.State;

/// <summary>An order, its parts and its jobs.</summary>
internal sealed class OrderEntry(OrderPlaced placed, long number)
{
    public Order Order { get; } = placed.Order;

    /// <summary>Its number: orders are listed by it.</summary>
    public long Number { get; } = number;

    public IReadOnlyList<DesignPart> Parts { get; } = placed.Parts;

    /// <summary>Whom its making credits; null if that was not journaled.</summary>
    public DesignCredit? Credit { get; } = placed.Credit;

    /// <summary>The job of another community that it makes; null for an order of its own.</summary>
    public GuestOrigin? Origin { get; } = placed.Origin;

    public List<JobEntry> Jobs { get; } = [];

    public OrderStatus Status => OrderProgress.StatusOf(Jobs.Select(j => j.Job));
}

/// <summary>A job and everything that happened to it.</summary>
internal sealed class JobEntry(OrderEntry order, DesignPart part, Job job, JobEntry? replaces)
{
    public OrderEntry Order { get; } = order;

    public DesignPart Part { get; } = part;

    public Job Job { get; set; } = job;

    public List<JobEvent> Events { get; } = [];

    /// <summary>What its site told of it and was not believed.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>The terms of the last offer or lease; null before.</summary>
    public Terms? Terms { get; set; }

    /// <summary>Why somebody wants it called off; null if nobody does.</summary>
    public string? CancelReason { get; set; }

    /// <summary>True if the community asked first for that which it is made for.</summary>
    public bool IsCancelledByCommunity { get; set; }

    /// <summary>The delivery that it goes with; null for none.</summary>
    public DeliveryEntry? Delivery { get; set; }

    /// <summary>How many jobs failed before this one at the same work.</summary>
    public int Attempt { get; } = replaces is null ? 0 : replaces.Attempt + 1;

    /// <summary>Machines that rejected this work, with their classes.</summary>
    public ImmutableList<Rejection> Rejections { get; set; } = replaces?.Rejections ?? [];

    /// <summary>When its end was journaled here; <see cref="Model.Jobs.Job.EndedAt"/> is by its site's clock.</summary>
    public DateTimeOffset? EndJournaledAt { get; set; }

    public JobId Id => Job.Id;
}

/// <summary>A machine that could not start a work.</summary>
internal readonly record struct Rejection(MachineId Machine, string MachineClass);

/// <summary>What its journal tells a coordinator. Owned by the coordinator's loop.</summary>
internal sealed class CoordinatorState
{
    /// <summary>How many data folders of a site are remembered, the newest: a folder is lost rarely.</summary>
    private const int RememberedBoots = 16;

    private readonly Dictionary<OrderId, OrderEntry> _orders = [];
    private readonly Dictionary<JobId, JobEntry> _jobs = [];
    private readonly Dictionary<string, OrderEntry> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<SiteId, Site> _sites = [];
    private readonly Dictionary<SiteId, List<(string Boot, long Sequence)>> _lanes = [];
    private readonly Dictionary<MachineId, List<JobEntry>> _committed = [];
    private readonly HashSet<JobEntry> _open = [];
    private readonly HashSet<JobEntry> _live = [];
    private readonly HashSet<JobEntry> _broken = [];
    private readonly List<JobEntry> _ended = [];
    private readonly OrderedDictionary<string, DeliveryEntry> _deliveries = new(StringComparer.Ordinal);
    private readonly List<DeliveryEntry> _openDeliveries = [];
    private readonly HashSet<JobEntry> _unsent = [];

    public long LastOrderNumber { get; private set; }

    public IReadOnlyDictionary<OrderId, OrderEntry> Orders => _orders;

    public IReadOnlyDictionary<JobId, JobEntry> Jobs => _jobs;

    public IReadOnlyDictionary<SiteId, Site> Sites => _sites;

    /// <summary>Jobs that wait for a machine.</summary>
    public IReadOnlyCollection<JobEntry> Open => _open;

    /// <summary>Jobs that have not ended.</summary>
    public IReadOnlyCollection<JobEntry> Live => _live;

    /// <summary>Jobs that failed or were rejected and have no replacement.</summary>
    public IReadOnlyCollection<JobEntry> Broken => _broken;

    /// <summary>Jobs that have ended, in the order in which they did.</summary>
    public IReadOnlyList<JobEntry> Ended => _ended;

    /// <summary>Every delivery by its id, in the order in which they were planned.</summary>
    public OrderedDictionary<string, DeliveryEntry> Deliveries => _deliveries;

    /// <summary>Those that were not dropped off.</summary>
    public IReadOnlyList<DeliveryEntry> OpenDeliveries => _openDeliveries;

    /// <summary>Jobs whose parts have to go to another site, and are in no delivery.</summary>
    public IReadOnlyCollection<JobEntry> Unsent => _unsent;

    /// <summary>The id of the next delivery.</summary>
    public string NextDelivery => string.Create(CultureInfo.InvariantCulture, $"d-{_deliveries.Count + 1}");

    /// <summary>What was said last of each community that people said to follow, or not to; in the order in which they were first named.</summary>
    public OrderedDictionary<string, FollowingChanged> Following { get; } = new(StringComparer.Ordinal);

    /// <summary>What runs and machines are really like.</summary>
    public NetworkStatistics Statistics { get; } = new();

    /// <summary>What changed since it was last taken.</summary>
    public Touched Touched { get; private set; } = new();

    /// <summary>Takes what changed, and begins anew.</summary>
    public Touched TakeTouched()
    {
        var taken = Touched;
        Touched = new Touched();
        return taken;
    }

    /// <summary>The offered and held work of a machine, in the order in which it was taken.</summary>
    public IReadOnlyList<JobEntry> CommittedTo(MachineId machine) => _committed.TryGetValue(machine, out var jobs) ? jobs : [];

    /// <summary>The order that was placed with a key; null if none was.</summary>
    public OrderEntry? OrderByKey(string key) => _keys.GetValueOrDefault(key);

    /// <summary>The sequence of the last report taken from a site's data folder; 0 if none was.</summary>
    public long LastSequence(SiteId site, string boot) =>
        _lanes.TryGetValue(site, out var lanes) && lanes.Find(l => l.Boot == boot) is { Boot: not null } lane ? lane.Sequence : 0;

    /// <summary>The number of the next job of an order.</summary>
    public static JobId NextJobOf(OrderEntry order) => JobId.FromNumber(order.Order.Id, order.Jobs.Count + 1);

    /// <summary>Applies a journaled fact.</summary>
    /// <param name="record">The fact.</param>
    /// <param name="at">When it was journaled.</param>
    /// <exception cref="InvalidOperationException">It does not follow from the facts before it: the journal is not one that a coordinator wrote.</exception>
    public void Apply(CoordinatorRecord record, DateTimeOffset at)
    {
        switch (record)
        {
            case OrderPlaced r: ApplyOrder(r); break;
            case ReplacementCreated r: ApplyReplacement(r); break;
            case JobHappened r: ApplyEvent(r, at); break;
            case ReportRefused r: Advance(r.Origin); break;
            case SiteRegistered r:
                _sites[r.Site.Id] = r.Site;
                Statistics.Take(r.Site, at);
                Touched.Sites.Add(r.Site.Id);
                break;
            case CancelRequested r:
                _jobs[r.Job].CancelReason = r.Reason;
                _jobs[r.Job].IsCancelledByCommunity = r.IsByCommunity;
                Touch(_jobs[r.Job]);
                break;
            case OrderAccepted r: ApplyAcceptance(r); break;
            case DeliveryJoined r: ApplyJoining(r); break;
            case DeliveryStepped r: ApplyStep(r); break;
            case ServiceChanged r: Statistics.Take(r); break;
            case ClaimSettled: break; // Only the ledger keeps claims.
            case FollowingChanged r: Following[r.Community] = r; break;
            case CommunityFollowed or GuestLeaseRefused or GuestToldAgain or GuestPaid: break; // Only what is told to other communities, and claimed of them, follows from these.
            default: throw new InvalidOperationException($"{record.GetType().Name} is not known.");
        }
    }

    private void ApplyOrder(OrderPlaced placed)
    {
        var order = new OrderEntry(placed, LastOrderNumber + 1);
        if (placed.Order.Id != OrderId.FromNumber(order.Number))
        {
            throw new InvalidOperationException($"Order {placed.Order.Id} came where {OrderId.FromNumber(order.Number)} was due.");
        }

        LastOrderNumber = order.Number;
        _orders.Add(placed.Order.Id, order);
        if (placed.Key is { } key)
        {
            _keys.Add(key, order);
        }

        foreach (var job in placed.Jobs)
        {
            var part = placed.Parts[job.Part];
            AddJob(new JobEntry(order, part, new Job
            {
                Id = job.Id,
                Order = placed.Order.Id,
                Design = placed.Order.Design,
                Part = part.Name,
                Material = job.Material,
                Color = job.Color,
            }, replaces: null));
        }
    }

    private void ApplyReplacement(ReplacementCreated created)
    {
        var old = _jobs[created.Replaces];
        AddJob(new JobEntry(old.Order, old.Part, new Job
        {
            Id = created.Id,
            Order = old.Job.Order,
            Design = old.Job.Design,
            Part = old.Job.Part,
            Copies = old.Job.Copies,
            Material = old.Job.Material,
            Color = old.Job.Color,
            Replaces = old.Id,
        }, old));
    }

    private void ApplyAcceptance(OrderAccepted accepted)
    {
        foreach (var job in accepted.Accepted)
        {
            var entry = _jobs[job];
            if (entry.Job is not { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null })
            {
                throw new InvalidOperationException($"Job {job} was accepted, and it is {entry.Job.State}.");
            }

            entry.Job = entry.Job with { AcceptedAt = accepted.At };
            Touch(entry);
        }

        foreach (var refused in accepted.Refused)
        {
            Statistics.Refused(_jobs[refused.Job].Job, accepted.At);
        }
    }

    private void ApplyJoining(DeliveryJoined joined)
    {
        if (!_deliveries.TryGetValue(joined.Delivery, out var delivery))
        {
            if (joined.Delivery != NextDelivery)
            {
                throw new InvalidOperationException($"Delivery {joined.Delivery} came where {NextDelivery} was due.");
            }

            delivery = new DeliveryEntry(joined.Delivery, joined.From, joined.To, joined.Day, joined.At);
            _deliveries.Add(joined.Delivery, delivery);
            _openDeliveries.Add(delivery);
        }

        foreach (var job in joined.Jobs)
        {
            var entry = _jobs[job];
            if (entry.Delivery is not null || delivery.State is not DeliveryState.Planned)
            {
                throw new InvalidOperationException($"Job {job} joined {delivery.Id}, which is {delivery.State}, and it is in {entry.Delivery?.Id ?? "none"}.");
            }

            entry.Delivery = delivery;
            delivery.Jobs.Add(entry);
            Touch(entry);
        }
    }

    private void ApplyStep(DeliveryStepped step)
    {
        var delivery = _deliveries[step.Delivery];
        delivery.Apply(step);
        if (delivery.State is DeliveryState.DroppedOff)
        {
            _openDeliveries.Remove(delivery);
        }

        delivery.Jobs.ForEach(Touch);
    }

    private void AddJob(JobEntry entry)
    {
        if (entry.Id != NextJobOf(entry.Order))
        {
            throw new InvalidOperationException($"Job {entry.Id} came where {NextJobOf(entry.Order)} was due.");
        }

        _jobs.Add(entry.Id, entry);
        entry.Order.Jobs.Add(entry);
        _open.Add(entry);
        _live.Add(entry);
        Touch(entry);
    }

    private void ApplyEvent(JobHappened happened, DateTimeOffset at)
    {
        if (happened.Origin is { } origin)
        {
            Advance(origin);
        }

        var entry = _jobs[happened.Event.Job];
        var before = entry.Job;
        var transition = JobLifecycle.Apply(before, happened.Event);
        if (!transition.IsApplied)
        {
            throw new InvalidOperationException(transition.Refusal);
        }

        entry.Job = transition.Job;
        entry.Events.Add(happened.Event);
        entry.Terms = happened.Terms ?? (entry.Job.State is JobState.Planned ? null : entry.Terms);
        Statistics.Take(before, happened.Event, happened.Doubt is not null, at);
        if (happened.Doubt is { } doubt)
        {
            entry.Doubts.Add(doubt);
        }

        if (happened.Event is JobRejected && before.Machine is { } machine && MachineClassOf(machine) is { } machineClass)
        {
            entry.Rejections = entry.Rejections.Add(new Rejection(machine, machineClass));
        }

        if (happened.Event is JobScrapped && entry.Delivery is { } waiting)
        {
            waiting.Jobs.Remove(entry);
            entry.Delivery = null;
        }

        Index(entry, before, at);
        Touch(entry);
    }

    private string? MachineClassOf(MachineId id) => _sites.GetValueOrDefault(id.Site)?.Machines.FirstOrDefault(m => m.Id == id)?.Profile.Name;

    private void Index(JobEntry entry, Job before, DateTimeOffset at)
    {
        var after = entry.Job;
        if (before.Machine is { } old && (before.Machine != after.Machine || !IsCommitted(after)) && _committed.TryGetValue(old, out var left))
        {
            left.Remove(entry);
        }

        if (after.Machine is { } machine && IsCommitted(after) && (before.Machine != after.Machine || !IsCommitted(before)))
        {
            if (!_committed.TryGetValue(machine, out var taken))
            {
                _committed.Add(machine, taken = []);
            }

            taken.Add(entry);
        }

        _ = after.State is JobState.Planned ? _open.Add(entry) : _open.Remove(entry);
        _ = after.State is JobState.Failed or JobState.Rejected && after.ReplacedBy is null ? _broken.Add(entry) : _broken.Remove(entry);
        if (after.IsFinal && !before.IsFinal)
        {
            _live.Remove(entry);
            _ended.Add(entry);
            entry.EndJournaledAt = at;
        }
    }

    private static bool IsCommitted(Job job) => job.State is JobState.Offered || job.IsHeldBySite;

    private void Advance(ReportOrigin origin)
    {
        if (!_lanes.TryGetValue(origin.Site, out var lanes))
        {
            _lanes.Add(origin.Site, lanes = []);
        }

        lanes.RemoveAll(l => l.Boot == origin.Boot);
        lanes.Add((origin.Boot, origin.Sequence));
        if (lanes.Count > RememberedBoots)
        {
            lanes.RemoveAt(0);
        }
    }

    private void Touch(JobEntry entry)
    {
        _ = DeliveryDesk.IsToBeSent(entry) ? _unsent.Add(entry) : _unsent.Remove(entry);
        Touched.Jobs.Add(entry);
        Touched.Orders.Add(entry.Order);
    }
}

/// <summary>What changed in the projection.</summary>
internal sealed class Touched
{
    public HashSet<JobEntry> Jobs { get; } = [];

    public HashSet<OrderEntry> Orders { get; } = [];

    public HashSet<SiteId> Sites { get; } = [];

    public bool IsNothing => Jobs.Count == 0 && Sites.Count == 0;
}
