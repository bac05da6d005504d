// A chain of the sequencing search: strings of jobs are taken out and put back one by one at their best place.

using FabNet.Planning.Search;

namespace FabNet.Planning.Sequencing;

internal sealed class SequenceChain : LoadChain<MachineSequence>
{
    private const int MostRemoved = 14;
    private const int MostStrings = 3;

    // A machine is passed over with this chance, which keeps the search from doing the same again and again.
    private const double Blink = 0.05;

    private readonly SequencingProblem _problem;
    private readonly int[] _removed = new int[MostRemoved];

    public SequenceChain(SequencingProblem problem, SearchOptions options, int chain)
        : base(problem.Machines, problem.Jobs, k => new MachineSequence(problem.SetUpsOf(k), problem.Ready(k)), options, chain)
    {
        _problem = problem;
        foreach (var job in Shuffled(problem.Jobs))
        {
            Place(job, blinks: false);
        }

        Begin();
    }

    protected override void RuinAndRecreate()
    {
        for (var left = Ruin(); left > 0; left--)
        {
            var next = Random.Below(left);
            var job = _removed[next];
            _removed[next] = _removed[left - 1];
            Place(job, blinks: true);
        }
    }

    private int[] Shuffled(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var other = Random.Below(i + 1);
            order[i] = order[other];
            order[other] = i;
        }

        return order;
    }

    private int Ruin()
    {
        var wanted = 1 + Random.Below(Math.Min(MostRemoved, _problem.Jobs));
        var strings = 1 + Random.Below(MostStrings);
        var removed = 0;
        for (var s = 0; s < strings && removed < wanted; s++)
        {
            var victim = Victim(isFirst: s == 0);
            if (Machines[victim].Count == 0)
            {
                continue;
            }

            var machine = Touch(victim);
            var length = Math.Min(machine.Count, 1 + Random.Below(wanted - removed));
            var from = Random.Below(machine.Count - length + 1);
            for (var i = 0; i < length; i++)
            {
                _removed[removed++] = machine.RemoveAt(from);
            }
        }

        return removed;
    }

    private void Place(int job, bool blinks)
    {
        var family = _problem.FamilyOf(job);
        var (best, place, duration) = (-1, 0, 0);
        var least = double.PositiveInfinity;
        foreach (var candidate in _problem.CandidatesOf(job))
        {
            if (blinks && best >= 0 && Random.Unit() < Blink)
            {
                continue;
            }

            var machine = Machines[candidate.Machine];
            var now = Power(machine.End);
            if (Power(machine.End + candidate.Duration) - now >= least)
            {
                continue;
            }

            var (at, setUp) = machine.BestPlace(family);
            var added = Power(machine.End + candidate.Duration + setUp) - now + SetUpCost(setUp);
            if (added < least)
            {
                (least, best, place, duration) = (added, candidate.Machine, at, candidate.Duration);
            }
        }

        Touch(best).Insert(place, job, family, duration);
    }
}
