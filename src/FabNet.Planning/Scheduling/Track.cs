// One machine's sequence of runs while it is planned.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>A machine's runs in sequence. Every change is reckoned through to the end at once. Owned by one chain.</summary>
internal sealed partial class Track
{
    private readonly Plant _plant;
    private readonly DeliveryBook _deliveries;
    private readonly SetUpMatrix? _setUps;
    private readonly int _loaded;
    private Run[] _runs = new Run[4];
    private int[] _jobs = new int[4];
    private long[] _keys = new long[4];
    private int _runCount;
    private int _jobCount;

    public Track(Plant plant, MachineFacts machine, DeliveryBook deliveries)
    {
        (_plant, Machine, _deliveries, _setUps) = (plant, machine, deliveries, machine.Class.SetUps);
        _loaded = _setUps?.StateOf(machine.Loaded) ?? -1;
        SetGates(0);
    }

    public MachineFacts Machine { get; }

    /// <summary>What a minute costs until a job is done.</summary>
    public double WaitingPerMinute => _plant.WaitingPerMinute;

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
        image.Keep(Runs, Jobs, Deliveries, _gates.AsSpan(0, _setUps is null ? 0 : _runCount + 1));
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
        image.Gates.CopyTo(_gates);
        foreach (var key in image.Keys)
        {
            _deliveries.Add(key, Machine.Site);
        }
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary>The deliveries of <see cref="Jobs"/>.</summary>
    public ReadOnlySpan<long> Deliveries => _keys.AsSpan(0, _jobCount);

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

        if (_gates.Length <= _runCount)
        {
            Array.Resize(ref _gates, _runs.Length + 1);
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Reckon(int from, int first)
    {
        var (free, state, number) = (Machine.FreeAt, Machine.Loaded, _loaded);
        Cost = 0;
        if (from > 0)
        {
            ref readonly var before = ref _runs[from - 1];
            (free, state, number, Cost) = (before.End, before.Needs.After(before.Before), After(before), before.CostUpTo);
        }

        for (var r = from; r < _runCount; r++)
        {
            ref var run = ref _runs[r];
            run.First = first;
            (run.Before, run.BeforeState, run.FreeBefore) = (state, number, free);
            var effort = EffortOf(run, state, number);
            run.Begin = BeginOf(run, free, effort);
            run.End = run.Begin + effort.Minutes + run.Minutes;
            run.Price = PriceOf(run, state, effort, run.Begin);
            Cost += run.Price;
            for (var i = first; i < first + run.Count; i++)
            {
                var job = _plant.Jobs[_jobs[i]];
                Cost += DelayOf(job, run.End) + Anywhere(job);
                _deliveries.Add(_keys[i] = _deliveries.KeyOf(Machine.Site, job.Destination, run.End), Machine.Site);
            }

            run.CostUpTo = Cost;
            (free, state, number) = (run.End, run.Needs.After(state), After(run));
            first += run.Count;
        }

        WeighDelays();
        SetGates(from);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int After(in Run run) => After(run.BeforeState, run.Family);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int After(int state, int family) => _setUps is { } setUps ? setUps.After(state, family) : -1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
