// One chain of the search: takes jobs out of a few machines, puts each back where it costs least, and accepts by annealing.

using System.Runtime.CompilerServices;
using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>
/// Ruin and recreate on a part of a plant. What is taken out are strings of jobs that stand beside one another, around jobs that have something in common with the first: a set-up, a destination, a machine's
/// neighbourhood. So a family's runs move together, beds merge and split, and deliveries join. What runs for each place that is tried is compiled in full at once: a search of a second can't wait until the runtime
/// finds it worth it.
/// </summary>
internal sealed class ScheduleChain
{
    // Temperatures, in what a job costs on average. Measured on synthetic networks (docs/performance.md).
    private const double Hot = 0.3;
    private const double Cold = 0.015;

    private const int Blinks = 20;
    private const int MostStrings = 3;
    private const int LongestString = 6;

    private readonly Plant _plant;
    private readonly ScheduleState _state;
    private readonly int[] _jobs;
    private readonly int[][] _families;
    private readonly int[][] _towards;
    private readonly TrackImage[] _saved;
    private readonly TrackImage[] _best;
    private readonly bool[] _isTouched;
    private readonly bool[] _isStale;
    private readonly List<int> _touched = [];
    private readonly List<int> _removed = [];
    private readonly List<int> _stale = [];
    private readonly double[] _keys;
    private SearchRandom _random;
    private double _cost;

    /// <summary>Goes on from a state whose jobs are all placed.</summary>
    public ScheduleChain(Plant plant, ScheduleState state, int[] jobs, ulong seed)
    {
        (_plant, _state, _jobs) = (plant, state, jobs);
        _random = new SearchRandom(seed);
        _families = Grouped(plant.Families, j => plant.Jobs[j].Family);
        _towards = Grouped(plant.Sites.Length, j => plant.Jobs[j].Destination);

        _saved = new TrackImage[plant.Machines.Length];
        _best = new TrackImage[plant.Machines.Length];
        foreach (var machine in state.Machines)
        {
            (_saved[machine], _best[machine]) = (new TrackImage(), new TrackImage());
            state.Tracks[machine]!.Save(_best[machine]);
        }

        _isTouched = new bool[plant.Machines.Length];
        _isStale = new bool[plant.Machines.Length];
        _keys = new double[plant.Jobs.Length];
        BestCost = _cost = state.Cost;
    }

    /// <summary>The least cost found.</summary>
    public double BestCost { get; private set; }

    /// <summary>Steps made.</summary>
    public long Steps { get; private set; }

    /// <summary>Searches; the state is the best one found then.</summary>
    /// <param name="progress">How far the whole search is, from 0 to 1, which decides the temperature.</param>
    /// <param name="until">Where this chain ends.</param>
    public void Run(Func<long, double> progress, double until = 1)
    {
        if (_jobs.Length > 1)
        {
            var unit = Math.Max(1e-9, Math.Abs(_cost) / _jobs.Length);
            var temperature = Hot * unit;
            while (true)
            {
                if ((Steps & 15) == 0)
                {
                    var used = progress(Steps);
                    if (!(used < until))
                    {
                        break;
                    }

                    temperature = unit * Hot * Math.Pow(Cold / Hot, used);
                }

                Step(temperature);
                Steps++;
            }
        }

        foreach (var machine in _stale)
        {
            _state.Load(_state.Tracks[machine]!, _best[machine]);
            _isStale[machine] = false;
        }

        _stale.Clear();
        _cost = BestCost;
    }

    private int[][] Grouped(int count, Func<int, int> by)
    {
        var groups = new int[count][];
        foreach (var group in _jobs.Where(j => by(j) >= 0).GroupBy(by))
        {
            groups[group.Key] = [.. group];
        }

        return groups;
    }

    private void Step(double temperature)
    {
        var before = _state.DeliveryCost;
        Ruin();
        Order();
        var isWhole = Recreate();
        var cost = _cost + _state.DeliveryCost - before;
        foreach (var machine in _touched)
        {
            cost += _state.Tracks[machine]!.Cost - _saved[machine].Cost;
        }

        if (isWhole && (cost <= _cost || _random.Unit() < Math.Exp((_cost - cost) / temperature)))
        {
            _cost = cost;
            foreach (var machine in _touched)
            {
                if (!_isStale[machine])
                {
                    _isStale[machine] = true;
                    _stale.Add(machine);
                }
            }

            if (_cost < BestCost - (1e-9 * Math.Abs(BestCost)))
            {
                KeepBest();
            }
        }
        else
        {
            foreach (var machine in _touched)
            {
                _state.Load(_state.Tracks[machine]!, _saved[machine]);
            }
        }

        foreach (var machine in _touched)
        {
            _isTouched[machine] = false;
        }

        _touched.Clear();
    }

    private void KeepBest()
    {
        BestCost = _cost;
        foreach (var machine in _stale)
        {
            _state.Tracks[machine]!.Save(_best[machine]);
            _isStale[machine] = false;
        }

        _stale.Clear();
    }

    private Track Touch(int machine)
    {
        var track = _state.Tracks[machine]!;
        if (!_isTouched[machine])
        {
            _isTouched[machine] = true;
            _touched.Add(machine);
            track.Save(_saved[machine]);
        }

        return track;
    }

    private void Ruin()
    {
        _removed.Clear();
        var seed = _jobs[_random.Below(_jobs.Length)];
        var strings = 1 + _random.Below(MostStrings);
        var currency = _plant.Machines[_state.MachineOf(seed)].Site.Currency;
        RemoveAround(seed);
        for (var i = 1; i < strings; i++)
        {
            var other = Related(_plant.Jobs[seed]);
            if (_state.MachineOf(other) is >= 0 and var machine && _plant.Machines[machine].Site.Currency == currency)
            {
                RemoveAround(other);
            }
        }
    }

    private int Related(JobFacts seed)
    {
        var among = _random.Below(4) switch
        {
            0 or 1 => _families[seed.Family],
            2 when seed.Destination >= 0 => _towards[seed.Destination],
            _ => _jobs,
        };
        return among[_random.Below(among.Length)];
    }

    private void RemoveAround(int job)
    {
        var track = Touch(_state.MachineOf(job));
        var at = track.Jobs.IndexOf(job);
        var count = 1 + _random.Below(Math.Min(LongestString, track.Jobs.Length));
        var first = Math.Max(0, Math.Min(at - _random.Below(count), track.Jobs.Length - count));
        _state.Remove(track, first, count, _removed);
    }

    // In which order they go back decides which of them find the good places.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Order()
    {
        var how = _random.Below(4);
        foreach (var index in _removed)
        {
            var job = _plant.Jobs[index];
            _keys[index] = how switch
            {
                0 => job.Due,
                1 => -job.Longest,
                2 => job.Family,
                _ => _random.Unit(),
            };
        }

        _removed.Sort((a, b) => _keys[a] != _keys[b] ? _keys[a].CompareTo(_keys[b]) : a.CompareTo(b));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Recreate()
    {
        var currency = _plant.Currencies.Length > 1 ? _plant.Machines[_touched[0]].Site.Currency : -1;
        foreach (var index in _removed)
        {
            var job = _plant.Jobs[index];
            var (track, place) = _state.Best(job, ref _random, Blinks, currency);
            if (track is null)
            {
                (track, place) = _state.Best(job, ref _random, 0, currency);
            }

            if (track is null)
            {
                return false;
            }

            Touch(track.Machine.Index);
            _state.Insert(job, track, place);
        }

        return true;
    }
}
