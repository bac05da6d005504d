// Plans when something changed, and turns the plan into offers: revalidated against the state as it is then, a few jobs ahead for each machine.

using System.Diagnostics;
using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Plans;
using FabNet.Planning;
using FabNet.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Planning;

/// <summary>
/// Plans and offers. Its state is owned by the coordinator's loop; the planner itself runs beside it on an immutable snapshot, one plan at a time.
/// </summary>
internal sealed class PlanApplier : IDisposable
{
    private readonly Chronicle _chronicle;
    private readonly SiteDirectory _sites;
    private readonly OfferBook _offers;
    private readonly SnapshotBuilder _snapshots;
    private readonly CoordinatorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<Action, Task> _post;
    private readonly ITimer _debounce;
    private readonly Dictionary<JobId, Assignment> _planned = [];
    private readonly Dictionary<JobId, string> _waiting = [];
    private ILookup<MachineId, Assignment>? _byMachine;
    private bool _isPlanning;
    private bool _isWanted;
    private bool _isTimed;
    private long _plannedAt;

    // post runs an action on the loop, and waits while the loop is full.
    public PlanApplier(
        Chronicle chronicle, SiteDirectory sites, OfferBook offers, SnapshotBuilder snapshots, CoordinatorOptions options, TimeProvider time, ILogger log, Func<Action, Task> post)
    {
        (_chronicle, _sites, _offers, _snapshots, _options, _time, _log, _post) = (chronicle, sites, offers, snapshots, options, time, log, post);
        _plannedAt = time.GetTimestamp();
        _debounce = time.CreateTimer(unused => { _ = post(Begin); }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something changed that a plan rests on: plan soon.</summary>
    public void Request()
    {
        _isWanted = true;
        if (_isPlanning || _isTimed)
        {
            return;
        }

        _isTimed = true;
        if (_options.PlanDebounce == TimeSpan.Zero)
        {
            Begin();
        }
        else
        {
            _debounce.Change(_options.PlanDebounce, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Plans if the last plan is old.</summary>
    public void Tick()
    {
        if (_time.GetElapsedTime(_plannedAt) >= _options.PlanInterval)
        {
            Begin();
        }
    }

    /// <summary>What the plan in force says of a job that waits: its cost where it is planned, and why there, or why it waits.</summary>
    public (CostBreakdown? Cost, string Why) WordsFor(JobEntry entry) =>
        _planned.TryGetValue(entry.Id, out var assignment) ? (assignment.Cost, $"planned for {assignment.StartsAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {assignment.Why}")
        : (null, _waiting.GetValueOrDefault(entry.Id) ?? "It waits for the next plan.");

    /// <summary>How many plans were made: the plan in force is another when it is.</summary>
    public long Plans { get; private set; }

    /// <summary>Where the plan in force has open jobs: a copy.</summary>
    public IReadOnlyDictionary<JobId, Assignment> InForce => new Dictionary<JobId, Assignment>(_planned);

    /// <summary>Why the plan in force has the others on no machine: a copy.</summary>
    public IReadOnlyDictionary<JobId, string> Waiting => new Dictionary<JobId, string>(_waiting);

    /// <summary>Where the plan in force has open jobs, machine by machine.</summary>
    public ILookup<MachineId, Assignment> ByMachine => _byMachine ??= _planned.Values.ToLookup(static a => a.Machine);

    /// <summary>Ends when the plan that is made beside the loop is queued to be applied; complete where none is.</summary>
    public Task Beside { get; private set; } = Task.CompletedTask;

    /// <summary>The network now, with the plan in force.</summary>
    public PlantSnapshot Snapshot() => Snapshot([]);

    /// <summary>The same, with what is known of parts that are asked about beside those of open jobs.</summary>
    public PlantSnapshot Snapshot(IEnumerable<Statistics.PartKey> asked) => _snapshots.Build(asked) with { InForce = _planned.ToDictionary(static p => p.Key, static p => new PlaceInForce(p.Value.Machine, p.Value.Sequence)) };

    public void Dispose() => _debounce.Dispose();

    private void Begin()
    {
        _isTimed = false;
        if (_isPlanning)
        {
            return;
        }

        _isWanted = false;
        _plannedAt = _time.GetTimestamp();
        var snapshot = Snapshot();
        if (snapshot.Jobs.Count == 0)
        {
            Plans += _planned.Count + _waiting.Count > 0 ? 1 : 0;
            Forget();
            return;
        }

        _isPlanning = true;
        if (snapshot.Jobs.Count * (long)snapshot.Machines.Count <= PlannedAtOnce)
        {
            Apply(Make(snapshot));
        }
        else
        {
            Beside = Task.Run(async () => // Make never throws, and the loop logs what Apply throws.
            {
                var plan = Make(snapshot);
                await _post(() => Apply(plan));
            });
        }
    }

    /// <summary>Below this many pairs of job and machine a plan takes a few milliseconds, less than what a thread would add to an answer.</summary>
    private const long PlannedAtOnce = 500;

    private Plan? Make(PlantSnapshot snapshot)
    {
        try
        {
            var begun = Stopwatch.GetTimestamp();
            var plan = Planner.Plan(snapshot);
            CoordinatorLog.Planned(_log, snapshot.Jobs.Count, snapshot.Machines.Count, Stopwatch.GetElapsedTime(begun).TotalMilliseconds, plan.Assignments.Count, plan.Unplaced.Count);
            return plan;
        }
        catch (Exception e)
        {
            CoordinatorLog.PlanningFailed(_log, e);
            return null;
        }
    }

    private void Apply(Plan? plan)
    {
        _isPlanning = false;
        if (plan is not null)
        {
            Plans++;
            Forget();
            foreach (var assignment in plan.Assignments)
            {
                _planned[assignment.Job] = assignment;
            }

            foreach (var unplaced in plan.Unplaced)
            {
                _waiting[unplaced.Job] = unplaced.Reason;
            }

            Offer(plan);
        }

        if (_isWanted)
        {
            Request();
        }
    }

    private void Forget()
    {
        _planned.Clear();
        _waiting.Clear();
        _byMachine = null;
    }

    private void Offer(Plan plan)
    {
        List<(Assignment Assignment, BedPlace? Bed, IReadOnlyList<Assignment> Run)> offered = [];
        Dictionary<MachineId, int> ahead = [];
        foreach (var planned in plan.Assignments.GroupBy(static a => (a.Machine, a.Sequence)))
        {
            var machine = planned.Key.Machine;
            var count = ahead.TryGetValue(machine, out var known) ? known
                : _chronicle.State.CommittedTo(machine).Where(e => e.Job.ReplacedBy is null).Select(e => e.Job.RunKey).Distinct().Count();
            List<Assignment> run = count < _options.QueueDepth ? [.. planned.Where(IsStillTrue)] : [];
            if (run.Count > 0)
            {
                var bed = run.Count > 1 ? NameOfBed(run[0].Job) : null;
                offered.AddRange(run.Select(a => (a, bed is null ? (BedPlace?)null : new BedPlace(bed, Math.Max(1, a.RunMinutes * 60)), (IReadOnlyList<Assignment>)run)));
                count++;
            }

            ahead[machine] = count;
        }

        if (offered.Count == 0)
        {
            return;
        }

        var at = _time.GetUtcNow();
        _chronicle.Record([.. offered.Select(o => new JobHappened
        {
            Event = new JobOffered { Job = o.Assignment.Job, Epoch = _chronicle.State.Jobs[o.Assignment.Job].Job.Epoch, At = at, Machine = o.Assignment.Machine, Bed = o.Bed },
            Terms = new Terms { Cost = o.Assignment.Cost, Why = o.Assignment.Why },
        })]);
        foreach (var (assignment, _, run) in offered)
        {
            _offers.Add(assignment.Job, assignment.Machine);
            var offer = OfferOf(_chronicle.State.Jobs[assignment.Job], assignment.Machine, _offers.AnswerBy);
            offer.Mates.AddRange(run.Where(m => m.Job != assignment.Job).Select(static m => m.Job.Value));
            _sites.SessionOf(assignment.Machine.Site)?.Send(new() { Offer = offer });
        }
    }

    /// <summary>The message that offers a job, as its terms say.</summary>
    public static Wire.EdgeDown.Types.Offer OfferOf(JobEntry entry, MachineId machine, DateTimeOffset answerBy) => new()
    {
        Job = entry.Job.ToWire(),
        Machine = machine.ToString(),
        Cost = entry.Terms?.Cost.ToWire(),
        Why = entry.Terms?.Why ?? "",
        AnswerBy = Timestamp.FromDateTimeOffset(answerBy),
    };

    /// <summary>A name that no bed had before: what was offered on one that came to nothing is not mixed with what is offered now.</summary>
    private string NameOfBed(JobId first) => $"bed-{first}-{_chronicle.State.Jobs[first].Events.Count + 1}";

    /// <summary>The state may have moved on while the plan was made.</summary>
    private bool IsStillTrue(Assignment assignment) =>
        _chronicle.State.Jobs.TryGetValue(assignment.Job, out var entry)
        && entry is { Job.State: JobState.Planned, CancelReason: null }
        && _sites.IsOnline(assignment.Machine.Site)
        && _sites.MachineOf(assignment.Machine) is not null
        && !_offers.AvoidedBy(assignment.Job, m => _sites.StatusOf(m)?.Status).Any(a => a.Machine == assignment.Machine);
}
