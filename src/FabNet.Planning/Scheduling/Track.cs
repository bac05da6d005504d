// One machine's sequence of runs while it is planned: what it costs, and where another job would cost least.

namespace FabNet.Planning.Scheduling;

/// <summary>A place for a job on a track.</summary>
/// <param name="Cost">What it adds: exact but for what a delay does to what comes behind.</param>
/// <param name="Run">Before this run, or in it; -1: nowhere.</param>
/// <param name="Joins">In it.</param>
/// <param name="End">When the job is done there.</param>
internal readonly record struct Place(double Cost, int Run, bool Joins, double End)
{
    public static Place Nowhere { get; } = new(double.PositiveInfinity, -1, false, double.PositiveInfinity);
}

/// <summary>A machine's runs in sequence. Every change is reckoned through to the end at once. Owned by one chain.</summary>
internal sealed class Track
{
    private readonly Plant _plant;
    private readonly DeliveryBook _deliveries;
    private Run[] _runs = new Run[4];
    private int[] _jobs = new int[4];
    private long[] _keys = new long[4];
    private int _runCount;
    private int _jobCount;

    public Track(Plant plant, MachineFacts machine, DeliveryBook deliveries) => (_plant, Machine, _deliveries) = (plant, machine, deliveries);

    public MachineFacts Machine { get; }

    /// <summary>What it all costs, without the fixed prices of deliveries.</summary>
    public double Cost { get; private set; }

    /// <summary>When the last run ends.</summary>
    public double End => _runCount == 0 ? Machine.FreeAt : _runs[_runCount - 1].End;

    /// <summary>What is set up then.</summary>
    public SetUpIds Left => _runCount == 0 ? Machine.Loaded : _runs[_runCount - 1].Needs.After(_runs[_runCount - 1].Before);

    public ReadOnlySpan<Run> Runs => _runs.AsSpan(0, _runCount);

    public ReadOnlySpan<int> Jobs => _jobs.AsSpan(0, _jobCount);

    public ReadOnlySpan<int> JobsOf(in Run run) => _jobs.AsSpan(run.First, run.Count);

    /// <summary>Keeps how it is.</summary>
    public void Save(TrackImage image)
    {
        image.Cost = Cost;
        image.Keep(Runs, Jobs, _keys.AsSpan(0, _jobCount));
    }

    /// <summary>Becomes as it was when it was kept.</summary>
    public void Load(TrackImage image)
    {
        BookOut(0);
        (_runCount, _jobCount, Cost) = (image.Runs.Length, image.Jobs.Length, image.Cost);
        Fit();
        image.Runs.CopyTo(_runs);
        image.Jobs.CopyTo(_jobs);
        image.Keys.CopyTo(_keys);
        foreach (var key in image.Keys)
        {
            _deliveries.Add(key, Machine.Site);
        }
    }

    /// <summary>No more than a job costs here, wherever it stands.</summary>
    public double LeastCost(JobFacts job)
    {
        var site = Machine.Site;
        var minutes = job.MinutesOn(Machine) - (job.Shared[Machine.Class.Index] * Machine.Slowness);
        var direct = (minutes * (site.MachinePerMinute + (Math.Min(0, site.Energy.Least) * Machine.RunningKw / 60))) + (job.Needs.Material == SetUpIds.Any ? 0 : job.GramsOn(Machine) * site.PriceOf(job.Needs.Material));
        return (direct * (1 + job.FailureOn(Machine))) + Transport(job) + Change(job);
    }

    /// <summary>The best place for a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="below">Only places that cost less are looked for.</param>
    /// <param name="random">The chain's random numbers.</param>
    /// <param name="blinks">One in so many places is not seen; 0: all are.</param>
    public Place Best(JobFacts job, double below, ref Search.SearchRandom random, int blinks)
    {
        var alone = Run.Of(job, Machine);
        var anywhere = Transport(job) + Change(job);
        var best = Place.Nowhere with { Cost = below };
        for (var r = 0; r <= _runCount; r++)
        {
            if (blinks == 0 || random.Below(blinks) != 0)
            {
                var cost = Between(job, alone, r, best.Cost - anywhere, out var end) + anywhere;
                best = cost < best.Cost ? new Place(cost, r, false, end) : best;
            }

            if (r < _runCount && MayJoin(alone, _runs[r]) && (blinks == 0 || random.Below(blinks) != 0))
            {
                var cost = Joined(job, alone, r, out var end) + anywhere;
                best = cost < best.Cost && Fits(job, _runs[r]) ? new Place(cost, r, true, end) : best;
            }
        }

        return best;
    }

    /// <summary>The place behind all others, or in the last run where that is at or after a given one and has room.</summary>
    public Place AtEnd(JobFacts job, int joinsFrom = int.MaxValue)
    {
        var alone = Run.Of(job, Machine);
        var anywhere = Transport(job) + Change(job);
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

    /// <summary>The run that a job is in, counted from 0.</summary>
    /// <exception cref="ArgumentException">It is in none.</exception>
    public int IndexOfRun(int job)
    {
        var at = Jobs.IndexOf(job);
        for (var r = 0; r < _runCount; r++)
        {
            if (at >= _runs[r].First && at < _runs[r].First + _runs[r].Count)
            {
                return r;
            }
        }

        throw new ArgumentException($"Job {job} is not on {Machine.Machine.Id}.", nameof(job));
    }

    /// <summary>The run that a job is in.</summary>
    /// <exception cref="ArgumentException">It is in none.</exception>
    public ref readonly Run RunOf(int job) => ref _runs[IndexOfRun(job)];

    /// <summary>Puts a job at a place.</summary>
    public void Insert(JobFacts job, Place place)
    {
        var at = place.Run < _runCount ? _runs[place.Run].First : _jobCount;
        BookOut(at);
        _jobCount++;
        _runCount += place.Joins ? 0 : 1;
        Fit();
        _jobs.AsSpan(at, _jobCount - at - 1).CopyTo(_jobs.AsSpan(at + 1));
        _jobs[at] = job.Index;
        var alone = Run.Of(job, Machine);
        if (place.Joins)
        {
            _runs[place.Run] = _runs[place.Run].With(alone);
        }
        else
        {
            _runs.AsSpan(place.Run, _runCount - place.Run - 1).CopyTo(_runs.AsSpan(place.Run + 1));
            _runs[place.Run] = alone;
        }

        Reckon(place.Run, at);
    }

    /// <summary>Puts a job in the place of one that is like it.</summary>
    public void Exchange(int at, int job) => _jobs[at] = job;

    /// <summary>Takes jobs out that stand beside one another.</summary>
    /// <param name="at">The first, among <see cref="Jobs"/>.</param>
    /// <param name="count">How many.</param>
    public void Remove(int at, int count)
    {
        var from = 0;
        while (_runs[from].First + _runs[from].Count <= at)
        {
            from++;
        }

        var begin = _runs[from].First;
        BookOut(begin);
        _jobs.AsSpan(at + count, _jobCount - at - count).CopyTo(_jobs.AsSpan(at));
        _jobCount -= count;
        var (kept, first) = (from, begin);
        for (var r = from; r < _runCount; r++)
        {
            var run = _runs[r];
            var gone = Math.Max(0, Math.Min(at + count, run.First + run.Count) - Math.Max(at, run.First));
            if (gone < run.Count)
            {
                _runs[kept++] = gone == 0 ? run : Together(_jobs.AsSpan(first, run.Count - gone));
                first += run.Count - gone;
            }
        }

        _runCount = kept;
        Reckon(from, begin);
    }

    private double BeginOf(in Run run, double free, in SetUpEffort effort)
    {
        var earliest = Math.Max(free, run.Release);
        return Machine.Calendar is { } calendar ? calendar.Begin(earliest, effort.LabourMinutes, effort.Minutes + run.Minutes) : earliest;
    }

    private SetUpEffort EffortOf(in Run run, SetUpIds before)
    {
        var effort = Machine.Class.Effort(before, run.Needs);
        if (run.Beds == 1)
        {
            return effort;
        }

        var costs = Machine.Class.Class.SetUp;
        return new(effort.LabourMinutes + ((run.Beds - 1) * costs.ClearMinutes), effort.WarmUpMinutes + ((run.Beds - 1) * costs.WarmUpMinutes), effort.PurgeGrams);
    }

    /// <summary>Machine time, set-up, material, energy and risk of a run.</summary>
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
        var effort = EffortOf(run, run.Before);
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

    /// <summary>The set-up before a run.</summary>
    public SetUpEffort EffortOf(in Run run) => EffortOf(run, run.Before);

    /// <summary>What of a job's transport goes by distance and mass.</summary>
    public double Transport(JobFacts job) => job.Destination < 0 || job.Destination == Machine.Site.Index ? 0
        : Machine.Site.DeliveryPerKmGram * Machine.Site.Kilometres[job.Destination] * job.GramsOn(Machine);

    /// <summary>The deliveries of <see cref="Jobs"/>.</summary>
    public ReadOnlySpan<long> Deliveries => _keys.AsSpan(0, _jobCount);

    /// <summary>What a job's lateness costs.</summary>
    public double Lateness(JobFacts job, double end) => end > job.Due ? (end - job.Due) * job.Priority * Machine.Site.LatePerMinute : 0;

    /// <summary>Lateness and waiting of a job that is done then.</summary>
    private double DelayOf(JobFacts job, double end) => Lateness(job, end) + (end * _plant.WaitingPerMinute);

    private double Change(JobFacts job) => job.PlannedOn < 0 || job.PlannedOn == Machine.Index ? 0 : _plant.Problem.ChangeWorth;

    // What costs no less than the limit is not reckoned to its end.
    private double Between(JobFacts job, in Run alone, int at, double below, out double end)
    {
        var (before, free) = at < _runCount ? (_runs[at].Before, _runs[at].FreeBefore) : (Left, End);
        var effort = EffortOf(alone, before);
        var begin = BeginOf(alone, free, effort);
        end = begin + effort.Minutes + alone.Minutes;
        var cost = PriceOf(alone, before, effort, begin) + DelayOf(job, end);
        if (at < _runCount)
        {
            ref readonly var next = ref _runs[at];
            cost -= next.Price;
            if (cost >= below)
            {
                return cost;
            }

            var state = alone.Needs.After(before);
            var nextEffort = EffortOf(next, state);
            var nextBegin = BeginOf(next, end, nextEffort);
            cost += PriceOf(next, state, nextEffort, nextBegin) + Delayed(at, nextBegin + nextEffort.Minutes + next.Minutes - next.End);
        }

        return cost < below ? cost + _deliveries.Extra(_deliveries.KeyOf(Machine.Site, job.Destination, end), Machine.Site) : cost;
    }

    private double Joined(JobFacts job, in Run alone, int at, out double end)
    {
        ref readonly var run = ref _runs[at];
        var both = run.With(alone);
        var effort = EffortOf(both, run.Before);
        var begin = BeginOf(both, run.FreeBefore, effort);
        end = begin + effort.Minutes + both.Minutes;
        return PriceOf(both, run.Before, effort, begin) - run.Price + DelayOf(job, end)
            + _deliveries.Extra(_deliveries.KeyOf(Machine.Site, job.Destination, end), Machine.Site) + Delayed(at, end - run.End);
    }

    // What it costs to do a run and all behind it so much later.
    private double Delayed(int at, double minutes)
    {
        ref readonly var run = ref _runs[at];
        return (minutes * run.Slope) + (minutes > run.Slack ? (minutes - run.Slack) * run.LaterSlope : 0);
    }

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

    private void Fit()
    {
        if (_jobs.Length < _jobCount)
        {
            Array.Resize(ref _jobs, Math.Max(_jobCount, 2 * _jobs.Length));
            Array.Resize(ref _keys, _jobs.Length);
        }

        if (_runs.Length < _runCount)
        {
            Array.Resize(ref _runs, Math.Max(_runCount, 2 * _runs.Length));
        }
    }

    private Run Together(ReadOnlySpan<int> jobs)
    {
        var run = Run.Of(_plant.Jobs[jobs[0]], Machine);
        foreach (var other in jobs[1..])
        {
            run = run.With(Run.Of(_plant.Jobs[other], Machine));
        }

        return run;
    }

    private void BookOut(int from)
    {
        foreach (var key in _keys.AsSpan(from, _jobCount - from))
        {
            _deliveries.Remove(key, Machine.Site);
        }
    }

    // From a run on, whose first job is the given one; what is before it stays.
    private void Reckon(int from, int first)
    {
        var (free, state) = (Machine.FreeAt, Machine.Loaded);
        Cost = 0;
        if (from > 0)
        {
            ref readonly var before = ref _runs[from - 1];
            (free, state, Cost) = (before.End, before.Needs.After(before.Before), before.CostUpTo);
        }

        for (var r = from; r < _runCount; r++)
        {
            ref var run = ref _runs[r];
            run.First = first;
            (run.Before, run.FreeBefore) = (state, free);
            var effort = EffortOf(run, state);
            run.Begin = BeginOf(run, free, effort);
            run.End = run.Begin + effort.Minutes + run.Minutes;
            run.Price = PriceOf(run, state, effort, run.Begin);
            Cost += run.Price;
            for (var i = first; i < first + run.Count; i++)
            {
                var job = _plant.Jobs[_jobs[i]];
                Cost += DelayOf(job, run.End) + Transport(job) + Change(job);
                _deliveries.Add(_keys[i] = _deliveries.KeyOf(Machine.Site, job.Destination, run.End), Machine.Site);
            }

            run.CostUpTo = Cost;
            (free, state) = (run.End, run.Needs.After(state));
            first += run.Count;
        }

        WeighDelays();
    }

    private void WeighDelays()
    {
        var (slope, slack, later) = (0.0, double.PositiveInfinity, 0.0);
        for (var r = _runCount - 1; r >= 0; r--)
        {
            ref var run = ref _runs[r];
            foreach (var index in JobsOf(run))
            {
                var job = _plant.Jobs[index];
                var weight = job.Priority * Machine.Site.LatePerMinute;
                slope += _plant.WaitingPerMinute;
                if (run.End > job.Due)
                {
                    slope += weight;
                }
                else if (!double.IsPositiveInfinity(job.Due))
                {
                    slack = Math.Min(slack, job.Due - run.End);
                    later += weight;
                }
            }

            (run.Slope, run.Slack, run.LaterSlope) = (slope, slack, later);
        }
    }
}
