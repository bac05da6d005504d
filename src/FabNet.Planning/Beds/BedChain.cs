// A chain of the bed search: parts, or whole builds, are taken out and put back one by one where they cost least.

using FabNet.Planning.Search;

namespace FabNet.Planning.Beds;

internal sealed class BedChain : LoadChain<MachineBuilds>
{
    private const int MostRemoved = 14;
    private const int MostVictims = 3;
    private const double Blink = 0.05;

    // The first place that a part could go to is always seen, but for once in so many times for each part: one that costs least there would never leave it.
    private const int PassesFirst = 8;

    private readonly BedProblem _problem;
    private readonly int[] _removed;
    private readonly double[] _keys;

    public BedChain(BedProblem problem, SearchOptions options, int chain)
        : base(problem.Machines.Length, problem.Parts.Length, k => new MachineBuilds(problem.Machines[k]), options, chain)
    {
        _problem = problem;
        _removed = new int[problem.Parts.Length];
        _keys = new double[problem.Parts.Length];
        for (var i = 0; i < _removed.Length; i++)
        {
            _removed[i] = i;
        }

        Place(_removed.Length);
        Begin();
    }

    protected override void RuinAndRecreate()
    {
        var wanted = 1 + Random.Below(Math.Min(MostRemoved, _problem.Parts.Length));
        var victims = 1 + Random.Below(MostVictims);
        var removed = 0;
        for (var v = 0; v < victims && removed < wanted; v++)
        {
            var victim = Victim(isFirst: v == 0);
            if (Machines[victim].Count == 0)
            {
                continue;
            }

            var machine = Touch(victim);
            var takesWhole = Random.Below(2) == 0;
            var index = Random.Below(machine.Count);
            do
            {
                // The order of builds may change with what is left in one.
                index = Math.Min(index, machine.Count - 1);
                var build = machine.Builds[index];
                var isLast = build.Count == 1;
                _removed[removed++] = machine.Remove(index, Random.Below(build.Count), _problem);
                if (takesWhole ? isLast : machine.Count == 0 || Random.Below(3) == 0)
                {
                    break;
                }

                index = takesWhole ? machine.Builds.IndexOf(build) : Random.Below(machine.Count);
            }
            while (removed < wanted);
        }

        Place(removed);
    }

    // In an order of its own each time: tall parts first, great ones first, late ones first, or any.
    private void Place(int count)
    {
        var order = Random.Below(4);
        for (var i = 0; i < count; i++)
        {
            var part = _problem.Parts[_removed[i]];
            _keys[i] = order switch { 0 => -part.Height, 1 => -part.Area, 2 => -part.Release, _ => Random.Unit() };
        }

        Array.Sort(_keys, _removed, 0, count);
        for (var i = 0; i < count; i++)
        {
            Place(_removed[i], _problem.Parts[_removed[i]]);
        }
    }

    private void Place(int number, BedPart part)
    {
        var (best, place) = PlaceFor(number, part, passesFirst: Random.Below(PassesFirst * _problem.Parts.Length) == 0);
        if (best < 0)
        {
            (best, place) = PlaceFor(number, part, passesFirst: false);
        }

        Touch(best).Add(place, number, part);
    }

    // -1 if there was nothing but the first.
    private (int Machine, int Build) PlaceFor(int number, BedPart part, bool passesFirst)
    {
        var (best, place) = (-1, 0);
        var least = double.PositiveInfinity;
        foreach (var index in _problem.AbleTo(number))
        {
            var machine = Machines[index];
            var now = Power(machine.End);
            for (var build = 0; build <= machine.Count; build++)
            {
                if ((best >= 0 && Random.Unit() < Blink) || (build < machine.Count && !machine.HasRoom(machine.Builds[build], part)))
                {
                    continue;
                }

                if (passesFirst)
                {
                    passesFirst = false;
                    continue;
                }

                var added = Power(machine.EndWith(build, part)) - now;
                if (added < least)
                {
                    (least, best, place) = (added, index, build);
                }
            }
        }

        return (best, place);
    }
}
