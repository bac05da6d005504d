// From the coordinator's facts to the ledger's entries: the same facts always give the same entries.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using FabNet.Planning;
using FabNet.Planning.Sharing;

namespace FabNet.Coordinator.Ledger;

/// <summary>
/// Derives entries. It looks at nothing but the facts and the projection after each of them, so that replay gives the same ledger to the byte. Owned by the coordinator's loop.
/// </summary>
/// <remarks>
/// A run's own cost is told when it ends. The change of set-up before it is shared by the runs that follow without another one; they are settled together when a run with another set-up
/// starts on that machine, when the machine has taken nothing more, or after <see cref="MostRuns"/> runs. What was accepted before is paid for then.
/// </remarks>
internal sealed partial class LedgerDeriver(CoordinatorState state, Action<LedgerEntry> emit)
{
    /// <summary>The most runs that are settled together.</summary>
    public const int MostRuns = 100;

    private readonly Dictionary<MachineId, SetUpOnMachine> _setUps = [];
    private readonly Dictionary<MachineId, SetUpGroup> _groups = [];
    private readonly Dictionary<JobId, MachineId> _offeredTo = [];
    private readonly Dictionary<JobId, TakenJob> _taken = [];

    /// <summary>Derives what follows from a fact.</summary>
    /// <param name="fact">Its place in the journal.</param>
    /// <param name="record">The fact; the projection has it already.</param>
    public void Take(long fact, CoordinatorRecord record)
    {
        switch (record)
        {
            case SiteRegistered r: TakeSite(r.Site); break;
            case OrderPlaced r: TakeOrder(fact, r); break;
            case JobHappened r: TakeEvent(fact, r); break;
            case OrderAccepted r: TakeAcceptance(fact, r); break;
            case DeliveryStepped { Step: DeliveryStep.DroppedOff } r: TakeDropOff(fact, r); break;
            case ClaimSettled r: TakeSettlement(fact, r); break;
            default: break;
        }
    }

    // What was set up before a run is what the run before it needed. A site announces what is loaded also after somebody loaded it for the next run, so only its first word counts.
    private void TakeSite(Site site)
    {
        foreach (var machine in site.Machines)
        {
            _setUps.TryAdd(machine.Id, SetUpOnMachine.Of(machine.Loaded));
        }
    }

    private void TakeOrder(long fact, OrderPlaced placed) => emit(new OrderAgreement
    {
        Id = LedgerNames.Agreement(placed.Order.Id),
        At = placed.Order.PlacedAt,
        Fact = fact,
        Order = placed.Order.Id,
        Receiver = LedgerNames.Customer(placed.Order.Customer),
        Design = placed.Order.Design,
        Copies = placed.Jobs.Count,
        Due = placed.Order.Due,
        Destination = placed.Order.Destination,
    });

    private void TakeEvent(long fact, JobHappened happened)
    {
        var entry = state.Jobs[happened.Event.Job];
        switch (happened.Event)
        {
            case JobOffered e: _offeredTo[e.Job] = e.Machine; break;
            case JobLeased e: TakeLease(fact, e, entry, happened.Terms); break;
            case JobStarted e: TakeStart(fact, e); break;
            case JobCompleted e: TakeCompletion(fact, e); break;
            case JobScrapped e: TakeScrap(fact, e); break;
            case JobFailed or JobCancelled: TakeFailure(fact, happened.Event); break;
            default: break;
        }

        var isOver = entry.Job.IsFinal || entry.Job.State is JobState.Planned;
        if (isOver || happened.Event is JobReplaced)
        {
            SettleIfIdle(fact, entry.Id);
        }

        if (isOver)
        {
            _offeredTo.Remove(entry.Id);
            if (entry.Job.State is not JobState.Completed)
            {
                _taken.Remove(entry.Id);
            }
        }
    }

    private void TakeLease(long fact, JobLeased leased, JobEntry entry, Terms? terms)
    {
        if (state.Sites.GetValueOrDefault(leased.Machine.Site) is not { } site || site.Machines.FirstOrDefault(m => m.Id == leased.Machine) is not { } machine)
        {
            return;
        }

        var taken = new TakenJob(entry, site, machine, state.Statistics.FailureOf(Planning.SnapshotBuilder.PartOf(entry), machine.Id));
        _taken[entry.Id] = taken;
        emit(new WorkCommitment
        {
            Id = LedgerNames.Commitment(entry.Id, taken.Epoch),
            At = leased.At,
            Fact = fact,
            Order = taken.Order,
            Process = taken.Process,
            Provider = taken.Provider,
            Receiver = taken.Receiver,
            ConformsTo = taken.ConformsTo,
            Copies = entry.Job.Copies,
            Planned = PlannedTermsOf(terms?.Cost),
            Currency = terms?.Cost.Currency ?? taken.Prices.Currency,
            Why = terms?.Why is { Length: > 0 } why ? PlainText.Of(why) : null,
        });
    }

    private void TakeStart(long fact, JobStarted started)
    {
        if (_taken.GetValueOrDefault(started.Job) is not { } taken)
        {
            return;
        }

        var before = _setUps.GetValueOrDefault(taken.Machine);
        var work = Planning.SnapshotBuilder.WorkOf(taken.Entry);
        taken.SetUp = before.Before(work, taken.Profile);
        var group = _groups.GetValueOrDefault(taken.Machine);
        var bed = group?.Runs.LastOrDefault()?.Bed is { } last && last.Key == taken.Entry.Job.RunKey ? last : null;
        if (group is not null && bed is null && (taken.SetUp.IsChange || group.Runs.Count >= MostRuns || group.First.Prices.Currency != taken.Prices.Currency))
        {
            Settle(fact, group);
            group = null;
        }

        if (group is null)
        {
            _groups[taken.Machine] = group = new SetUpGroup(taken, before);
            AddChange(group, started.At, fact);
        }

        taken.NeedsChange = taken == group.First ? taken.SetUp.IsChange : group.Before.Before(work, taken.Profile).IsChange;
        taken.Group = group;
        taken.IsRunning = true;
        if (taken.Entry.Job.Share is not null)
        {
            Lay(taken, bed, started.At, fact);
        }

        group.Runs.Add(taken);
        _setUps[taken.Machine] = taken.SetUp.After;
    }

    // Clearing and warming up come once for all jobs on a bed: a process of its own, as a change is.
    private static void Lay(TakenJob taken, BedRun? bed, DateTimeOffset at, long fact)
    {
        if (bed is null)
        {
            bed = new BedRun(taken);
            List<EconomicEvent> costs = [];
            AddTime(costs, taken, "bed", taken.SetUp.ClearMinutes, taken.SetUp.ClearMinutes + taken.SetUp.WarmUpMinutes, at, fact);
            bed.Costs.AddRange(costs.Select(c => c with { InputOf = LedgerNames.Bed(taken.Id, taken.Epoch) }));
        }

        bed.Jobs.Add(taken);
        taken.Bed = bed;
    }

    private static void AddChange(SetUpGroup group, DateTimeOffset at, long fact)
    {
        var (taken, setUp) = (group.First, group.First.SetUp);
        if (setUp.IsChange)
        {
            List<EconomicEvent> costs = [];
            AddTime(costs, taken, "change", setUp.ChangeMinutes, setUp.ChangeMinutes, at, fact);
            AddPriced(costs, taken.Event("purge", LedgerAction.Consume, at, fact) with
            {
                ConformsTo = LedgerNames.Material(taken.Entry.Job.Material), Resource = Grams(setUp.PurgeGrams), Basis = QuantityBasis.Profile,
            }, CostTerm.Material, taken.PricePerGram, taken);

            // The change is a process of its own: it serves every run of the group.
            group.Change.AddRange(costs.Select(c => c with { InputOf = LedgerNames.SetUp(taken.Id, taken.Epoch) }));
        }
    }

    // A person's time and the machine's.
    private static void AddTime(List<EconomicEvent> costs, TakenJob taken, string what, double labourMinutes, double machineMinutes, DateTimeOffset at, long fact)
    {
        AddPriced(costs, taken.Event($"{what}-work", LedgerAction.Work, at, fact) with
        {
            ConformsTo = "labour/set-up", Effort = Hours(labourMinutes * 60), Basis = QuantityBasis.Profile,
        }, CostTerm.SetUp, taken.Prices.LabourPerHour, taken);
        AddPriced(costs, taken.Event($"{what}-machine", LedgerAction.Use, at, fact) with
        {
            ConformsTo = MachineClass(taken), Inventoried = LedgerNames.Machine(taken.Machine), Effort = Hours(machineMinutes * 60), Basis = QuantityBasis.Profile,
        }, CostTerm.SetUp, taken.Prices.MachinePerHour, taken);
    }

    private static void AddPriced(List<EconomicEvent> costs, EconomicEvent happened, CostTerm term, decimal price, TakenJob taken)
    {
        if (happened.Quantity is { Value: > 0 } quantity)
        {
            costs.Add(happened with { Cost = EventCost.Of(term, quantity.Value, price, taken.Prices.Currency) });
        }
    }

    private static string MachineClass(TakenJob taken) => $"machine-class/{taken.Profile.Name}";

    private static Measure Hours(double seconds) => new(DecimalOf(seconds / 3600), LedgerUnit.Hour);

    private static Measure Grams(double grams) => new(DecimalOf(grams), LedgerUnit.Gram);

    private static decimal DecimalOf(double value) => double.IsFinite(value) ? Math.Round((decimal)Math.Clamp(value, 0, 1e9), 6, MidpointRounding.ToEven) : 0;

    private static IReadOnlyList<PlannedTerm> PlannedTermsOf(CostBreakdown? cost) => cost is null ? [] :
    [
        new(CostTerm.MachineTime, cost.MachineTime), new(CostTerm.SetUp, cost.SetUp), new(CostTerm.Material, cost.Material), new(CostTerm.Energy, cost.Energy),
        new(CostTerm.Transport, cost.Transport), new(CostTerm.Lateness, cost.Lateness), new(CostTerm.Risk, cost.Risk),
    ];
}
