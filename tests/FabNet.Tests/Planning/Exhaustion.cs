// The least makespan of a small problem, by trying every order of jobs on every machine.

using FabNet.Planning.Sequencing;

namespace FabNet.Tests.Planning;

internal static class Exhaustion
{
    public static int LeastMakespan(SequencingProblem problem)
    {
        // Appending jobs in every order to every machine reaches every sequence.
        var ends = Enumerable.Range(0, problem.Machines).Select(problem.Ready).ToArray();
        var families = Enumerable.Repeat(-1, problem.Machines).ToArray();
        var least = int.MaxValue;
        Append(0, 0);
        return least;

        void Append(int placed, int makespan)
        {
            if (makespan >= least)
                return;
            if (placed == (1 << problem.Jobs) - 1)
            {
                least = makespan;
                return;
            }

            for (var job = 0; job < problem.Jobs; job++)
            {
                if ((placed & (1 << job)) != 0)
                    continue;
                foreach (var (machine, duration) in problem.CandidatesOf(job))
                {
                    var (end, before, family) = (ends[machine], families[machine], problem.FamilyOf(job));
                    var setUps = problem.SetUpsOf(machine);
                    ends[machine] = end + duration + (before < 0 ? setUps.First(family) : setUps.Between(before, family));
                    families[machine] = family;
                    Append(placed | (1 << job), Math.Max(makespan, ends[machine]));
                    (ends[machine], families[machine]) = (end, before);
                }
            }
        }
    }
}
