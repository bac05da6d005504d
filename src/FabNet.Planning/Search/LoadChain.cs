// One chain of a search: takes work out of a few machines, puts it back where it costs least, and accepts by annealing.

namespace FabNet.Planning.Search;

/// <summary>
/// Ruin and recreate after Christiaens and Vanden Berghe (slack induction by string removals, 2020), for loads instead of routes. What is lowered is a smooth maximum, the sum over machines
/// of (end / best makespan)⁶: unlike the makespan it also rewards what shortens a machine that is not the last, which is what later lets the last one give work away. The power and the
/// temperatures were measured on published sets (docs/performance.md); they have no unit, so they hold for problems of any size.
/// </summary>
internal abstract class LoadChain<TMachine>
    where TMachine : MachineLoad<TMachine>
{
    // By so much more than its share the smooth maximum grows when the last machine ends later; and what set-ups and temperature are measured by where a limit is to be kept: there machines may end unevenly.
    private const double Steepness = 6;
    private const double LimitedSteepness = 20;

    // Temperatures, in what moving one job of middling length weighs.
    private const double Hot = 0.8;
    private const double Cold = 0.009;

    // Above so many machines, the last one is looked for among a sample.
    private const int Sample = 64;

    // The set-up weight that a search with a limit begins with, by how much it is changed each time, and how far. Great steps keep the search going between the two.
    private const double FirstSetUpWeight = 4;
    private const double WeightStep = 0.3;
    private const double LeastSetUpWeight = 0.5;
    private const double MostSetUpWeight = 50;

    private readonly double _steepness;
    private readonly double _unit;
    private readonly double? _limit;
    private readonly TMachine[] _machines;
    private readonly TMachine[] _saved;
    private readonly TMachine[] _best;
    private readonly bool[] _isTouched;
    private readonly int[] _touched;
    private SearchRandom _random;
    private int _touchedCount;
    private double _perMakespan;
    private double _cost;

    // What an hour of set-up counts beside an hour of makespan.
    private double _setUpWeight;

    /// <summary>Begins with machines that have nothing to do; the derived class then places everything and calls <see cref="Begin"/>.</summary>
    protected LoadChain(int machines, int jobs, Func<int, TMachine> create, SearchOptions options, int chain)
    {
        _steepness = options.MakespanLimit is null ? Steepness : LimitedSteepness;
        _unit = _steepness * Math.Max(1, machines) / Math.Max(1, jobs);
        _limit = options.MakespanLimit;
        _setUpWeight = _limit is null ? 0 : FirstSetUpWeight;
        _random = new SearchRandom(options.Seed + (ulong)chain);
        _machines = [.. Enumerable.Range(0, machines).Select(create)];
        _saved = [.. Enumerable.Range(0, machines).Select(create)];
        _best = [.. Enumerable.Range(0, machines).Select(create)];
        _isTouched = new bool[machines];
        _touched = new int[machines];
        _perMakespan = _limit is > 0 and var limit ? 1 / limit : 1;
    }

    /// <summary>The least found: makespan, or the limit where it keeps to that, then set-ups, then makespan.</summary>
    public (double LimitedMakespan, double SetUpTime, double Makespan) Best { get; private set; } = (double.PositiveInfinity, 0, 0);

    /// <summary>The machines as they were then.</summary>
    public IReadOnlyList<TMachine> BestMachines => _best;

    /// <summary>The machines as they are.</summary>
    protected ReadOnlySpan<TMachine> Machines => _machines;

    /// <summary>The chain's random numbers.</summary>
    protected ref SearchRandom Random => ref _random;

    /// <summary>Searches until the budget is used up.</summary>
    public void Run(Func<long, double> progress)
    {
        var temperature = Hot * _unit;
        for (long step = 0; ; step++)
        {
            if ((step & 63) == 0)
            {
                var used = progress(step);
                if (!(used < 1))
                {
                    return;
                }

                temperature = _unit * Hot * Math.Pow(Cold / Hot, used);
                KeepToLimit();
            }

            Step(temperature);
        }
    }

    /// <summary>Takes some work out of some machines and puts it back; changes machines only after <see cref="Touch"/>.</summary>
    protected abstract void RuinAndRecreate();

    /// <summary>What is placed now is what the search starts from.</summary>
    protected void Begin()
    {
        Untouch();
        _cost = _machines.Sum(Weigh);
        NoticeBest();
    }

    /// <summary>A machine that may be changed; how it was is kept.</summary>
    protected TMachine Touch(int machine)
    {
        if (!_isTouched[machine])
        {
            _isTouched[machine] = true;
            _touched[_touchedCount++] = machine;
            _saved[machine].CopyFrom(_machines[machine]);
        }

        return _machines[machine];
    }

    /// <summary>A machine to take work from: half of the time the last one to end, if it is the first choice of a step.</summary>
    protected int Victim(bool isFirst) => isFirst && _random.Below(2) == 0 ? LastToEnd() : _random.Below(_machines.Length);

    /// <summary>What a machine weighs that ends then.</summary>
    protected double Power(double end)
    {
        var x = end * _perMakespan;
        var cube = x * x * x;
        return cube * cube;
    }

    /// <summary>What so much set-up weighs.</summary>
    protected double SetUpCost(double setUpTime) => setUpTime * _steepness * _setUpWeight * _perMakespan;

    private void Step(double temperature)
    {
        RuinAndRecreate();
        var cost = _cost;
        foreach (var machine in _touched.AsSpan(0, _touchedCount))
        {
            cost += Weigh(_machines[machine]) - Weigh(_saved[machine]);
        }

        if (cost <= _cost || _random.Unit() < Math.Exp((_cost - cost) / temperature))
        {
            // Also where the cost has grown: the smooth maximum may grow while the makespan shrinks.
            _cost = cost;
            NoticeBest();
        }
        else
        {
            foreach (var machine in _touched.AsSpan(0, _touchedCount))
            {
                (_machines[machine], _saved[machine]) = (_saved[machine], _machines[machine]);
            }
        }

        Untouch();
    }

    private void Untouch()
    {
        foreach (var machine in _touched.AsSpan(0, _touchedCount))
        {
            _isTouched[machine] = false;
        }

        _touchedCount = 0;
    }

    private int LastToEnd()
    {
        var isSampled = _machines.Length > Sample;
        var last = _random.Below(_machines.Length);
        for (var i = 0; i < (isSampled ? Sample : _machines.Length); i++)
        {
            var other = isSampled ? _random.Below(_machines.Length) : i;
            if (_machines[other].End > _machines[last].End)
            {
                last = other;
            }
        }

        return last;
    }

    // Set-ups count for more as long as the limit is kept, and for less while it is not.
    private void KeepToLimit()
    {
        if (_limit is { } limit)
        {
            _setUpWeight = Math.Clamp(_setUpWeight * (Makespan() <= limit ? 1 + WeightStep : 1 - WeightStep), LeastSetUpWeight, MostSetUpWeight);
            _cost = _machines.Sum(Weigh);
        }
    }

    private double Makespan()
    {
        var makespan = 0.0;
        foreach (var machine in _machines)
        {
            makespan = machine.Count > 0 ? Math.Max(makespan, machine.End) : makespan;
        }

        return makespan;
    }

    private void NoticeBest()
    {
        var (makespan, setUps) = (Makespan(), 0.0);
        foreach (var machine in _machines)
        {
            setUps += machine.SetUpTime;
        }

        var value = (_limit is { } limit ? Math.Max(makespan, limit) : makespan, setUps, makespan);
        if (value.CompareTo(Best) >= 0)
        {
            return;
        }

        Best = value;
        for (var k = 0; k < _machines.Length; k++)
        {
            _best[k].CopyFrom(_machines[k]);
        }

        // The scale follows the best in steps: each step changes every machine's weight.
        if (_limit is null && _perMakespan * makespan is < 0.97 or > 1.03)
        {
            _perMakespan = makespan > 0 ? 1 / makespan : 1;
            _cost = _machines.Sum(Weigh);
        }
    }

    private double Weigh(TMachine machine) => Power(machine.End) + SetUpCost(machine.SetUpTime);
}
