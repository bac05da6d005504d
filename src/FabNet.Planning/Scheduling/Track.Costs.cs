// What a run costs on a machine, and where another job would cost least.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

internal sealed partial class Track
{
    /// <summary>No more than a job costs here, wherever it stands.</summary>
    public double LeastCost(JobFacts job)
    {
        var site = Machine.Site;
        var minutes = job.MinutesOn(Machine) - (job.Shared[Machine.Class.Index] * Machine.Slowness);
        var direct = (minutes * (site.MachinePerMinute + (Math.Min(0, site.Energy.Least) * Machine.RunningKw / 60))) + (job.Needs.Material == SetUpIds.Any ? 0 : job.GramsOn(Machine) * site.PriceOf(job.Needs.Material));
        return (direct * (1 + job.FailureOn(Machine))) + Anywhere(job);
    }

    /// <summary>The place behind all others, or in the last run where that is at or after a given one and has room.</summary>
    public Place AtEnd(JobFacts job, int joinsFrom = int.MaxValue)
    {
        var alone = Run.Of(job, Machine);
        var anywhere = Anywhere(job);
        var joins = _runCount > joinsFrom && MayJoin(alone, _runs[_runCount - 1]) && Fits(job, _runs[_runCount - 1]);
        var cost = anywhere + (joins ? Joined(job, alone, _runCount - 1, out var end) : Between(job, alone, _runCount, double.PositiveInfinity, out end));
        return new Place(cost, joins ? _runCount - 1 : _runCount, joins, end);
    }

    /// <summary>Every place for a job.</summary>
    public List<Place> Places(JobFacts job)
    {
        var alone = Run.Of(job, Machine);
        var places = new List<Place>();
        for (var r = 0; r <= _runCount; r++)
        {
            places.Add(new Place(0, r, false, 0));
            if (r < _runCount && MayJoin(alone, _runs[r]) && Fits(job, _runs[r]))
            {
                places.Add(new Place(0, r, true, 0));
            }
        }

        return places;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double BeginOf(in Run run, double free, in SetUpEffort effort)
    {
        var earliest = Math.Max(free, run.Release);
        return Machine.Calendar is { } calendar ? calendar.Begin(earliest, effort.LabourMinutes, effort.Minutes + run.Minutes) : earliest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SetUpEffort EffortOf(in Run run, SetUpIds before, int state)
    {
        var effort = _setUps is { } setUps ? setUps.Effort(state, run.Family) : Machine.Class.Effort(before, run.Needs);
        if (run.Beds == 1)
        {
            return effort;
        }

        var costs = Machine.Class.Class.SetUp;
        return new(effort.LabourMinutes + ((run.Beds - 1) * costs.ClearMinutes), effort.WarmUpMinutes + ((run.Beds - 1) * costs.WarmUpMinutes), effort.PurgeGrams);
    }

    /// <summary>Machine time, set-up, material, energy and risk of a run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double PriceOf(in Run run, SetUpIds before, in SetUpEffort effort, double begin)
    {
        var site = Machine.Site;
        var minutes = run.Minutes;
        var warm = begin + effort.LabourMinutes;
        var ready = warm + effort.WarmUpMinutes;
        var direct = (minutes * site.MachinePerMinute) + (effort.LabourMinutes * site.LabourPerMinute) + (effort.Minutes * site.MachinePerMinute)
            + ((run.Grams + effort.PurgeGrams) * site.PriceOf(run.Needs.After(before).Material))
            + (site.Energy.PerKw(warm, ready) * Machine.WarmUpKw) + (site.Energy.PerKw(ready, ready + minutes) * Machine.RunningKw);
        return direct * (2 - run.Survival);
    }

    /// <summary>The terms of a run as people read them: what <see cref="PriceOf"/> adds up.</summary>
    public CostTerms TermsOf(in Run run)
    {
        var site = Machine.Site;
        var effort = EffortOf(run, run.Before, run.BeforeState);
        var warm = run.Begin + effort.LabourMinutes;
        var ready = warm + effort.WarmUpMinutes;
        var terms = new CostTerms
        {
            MachineTime = run.Minutes * site.MachinePerMinute,
            SetUp = (effort.LabourMinutes * site.LabourPerMinute) + (effort.Minutes * site.MachinePerMinute),
            Material = (run.Grams + effort.PurgeGrams) * site.PriceOf(run.Needs.After(run.Before).Material),
            Energy = (site.Energy.PerKw(warm, ready) * Machine.WarmUpKw) + (site.Energy.PerKw(ready, run.End) * Machine.RunningKw),
            Co2Grams = ((effort.WarmUpMinutes * Machine.WarmUpKw) + (run.Minutes * Machine.RunningKw)) / 60 * site.Co2PerKwh,
        };
        return terms with { Risk = terms.Total * (1 - run.Survival) };
    }

    /// <summary>By how much its jobs would cost more here one after another.</summary>
    public double SavedBy(in Run run)
    {
        var (apart, before, number, free) = (0.0, run.Before, run.BeforeState, run.FreeBefore);
        foreach (var index in JobsOf(run))
        {
            var alone = Run.Of(_plant.Jobs[index], Machine);
            var effort = EffortOf(alone, before, number);
            var begin = BeginOf(alone, free, effort);
            apart += PriceOf(alone, before, effort, begin);
            (before, number, free) = (alone.Needs.After(before), After(number, alone.Family), begin + effort.Minutes + alone.Minutes);
        }

        return apart - run.Price;
    }

    /// <summary>The set-up before a run.</summary>
    public SetUpEffort EffortOf(in Run run) => EffortOf(run, run.Before, run.BeforeState);

    /// <summary>What of a job's transport goes by distance and mass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Transport(JobFacts job) => job.Destination < 0 || job.Destination == Machine.Site.Index ? 0
        : Machine.Site.DeliveryPerKmGram * Machine.Site.Kilometres[job.Destination] * job.GramsOn(Machine);

    /// <summary>What a job's lateness costs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Lateness(JobFacts job, double end) => end > job.Due ? (end - job.Due) * job.Priority * Machine.Site.LatePerMinute : 0;

    /// <summary>Lateness and waiting of a job that is done then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double DelayOf(JobFacts job, double end) => Lateness(job, end) + (end * _plant.WaitingPerMinute);

    /// <summary>What a job costs here wherever it stands: transport, and being moved here by a new plan.</summary>
    public double Anywhere(JobFacts job) => Transport(job) + Change(job);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Change(JobFacts job) => job.PlannedOn < 0 || job.PlannedOn == Machine.Index ? 0 : _plant.Problem.ChangeWorth;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Between(JobFacts job, in Run alone, int at, double below, out double end)
    {
        var isLast = at == _runCount;
        var (before, number, free) = isLast ? (Left, _runCount == 0 ? _loaded : After(_runs[at - 1]), End) : (_runs[at].Before, _runs[at].BeforeState, _runs[at].FreeBefore);
        var effort = EffortOf(alone, before, number);
        var begin = BeginOf(alone, free, effort);
        end = begin + effort.Minutes + alone.Minutes;
        var cost = PriceOf(alone, before, effort, begin) + DelayOf(job, end);
        if (!isLast)
        {
            cost += Before(at, number, alone, before, end);
        }

        // The delivery is looked up last: it only makes it dearer.
        return cost < below ? cost + Extra(job, end) : cost;
    }

    // What becomes dearer or cheaper from a run on that another is done before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Before(int at, int number, in Run alone, SetUpIds before, double end)
    {
        ref readonly var next = ref _runs[at];
        var state = alone.Needs.After(before);
        var nextEffort = EffortOf(next, state, After(number, alone.Family));
        var nextBegin = BeginOf(next, end, nextEffort);
        return PriceOf(next, state, nextEffort, nextBegin) - next.Price + Delayed(at, nextBegin + nextEffort.Minutes + next.Minutes - next.End);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Extra(JobFacts job, double end) => _deliveries.Extra(_deliveries.KeyOf(Machine.Site, job.Destination, end), Machine.Site);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Joined(JobFacts job, in Run alone, int at, out double end)
    {
        ref readonly var run = ref _runs[at];
        var both = run.With(alone);
        var effort = EffortOf(both, run.Before, run.BeforeState);
        var begin = BeginOf(both, run.FreeBefore, effort);
        end = begin + effort.Minutes + both.Minutes;
        return PriceOf(both, run.Before, effort, begin) - run.Price + DelayOf(job, end)
            + Extra(job, end) + Delayed(at, end - run.End);
    }

    // What it costs to do a run and all behind it so much later.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Delayed(int at, double minutes)
    {
        ref readonly var run = ref _runs[at];
        return (minutes * run.Slope) + (minutes > run.Slack ? (minutes - run.Slack) * run.LaterSlope : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayJoin(in Run alone, in Run run)
    {
        var clearance = Machine.Class.Class.ClearanceMm;
        return alone.Needs == run.Needs && alone.Area + run.Area <= (Machine.BedWidth + clearance) * (Machine.BedDepth + clearance);
    }

    private bool Fits(JobFacts job, in Run run)
    {
        Span<(double, double, int)> parts = run.Count < 64 ? stackalloc (double, double, int)[run.Count + 1] : new (double, double, int)[run.Count + 1];
        parts[0] = (job.Width, job.Depth, job.Quantity);
        var i = 1;
        foreach (var other in JobsOf(run))
        {
            var there = _plant.Jobs[other];
            parts[i++] = (there.Width, there.Depth, there.Quantity);
        }

        return BedPacking.Fits(Machine.BedWidth, Machine.BedDepth, parts, Machine.Class.Class.ClearanceMm);
    }
}
