// An answer: which jobs each machine makes, and in which order.

namespace FabNet.Planning.Sequencing;

/// <summary>One order of all jobs on their machines, with what it comes to, counted anew from the problem.</summary>
public sealed class Sequences
{
    /// <summary>Counts what an order comes to.</summary>
    /// <exception cref="ArgumentException">A job is missing, occurs twice, or stands on a machine that can't make it.</exception>
    public Sequences(SequencingProblem problem, IReadOnlyList<IReadOnlyList<int>> byMachine)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(byMachine);
        var seen = new bool[problem.Jobs];
        var count = 0;
        for (var machine = 0; machine < byMachine.Count; machine++)
        {
            var end = problem.Ready(machine);
            var before = -1;
            foreach (var job in byMachine[machine])
            {
                if (seen[job])
                {
                    throw new ArgumentException($"Job {job} is placed twice.");
                }

                seen[job] = true;
                count++;
                var family = problem.FamilyOf(job);
                var setUp = before < 0 ? problem.SetUpsOf(machine).First(family) : problem.SetUpsOf(machine).Between(before, family);
                var duration = problem.DurationOf(job, machine) ?? throw new ArgumentException($"Machine {machine} can't make job {job}.");
                end = checked(end + setUp + duration);
                SetUpTime = checked(SetUpTime + setUp);
                before = family;
            }

            Makespan = byMachine[machine].Count > 0 ? Math.Max(Makespan, end) : Makespan;
        }

        if (count != problem.Jobs)
        {
            throw new ArgumentException($"{problem.Jobs - count} jobs are not placed.");
        }

        ByMachine = [.. byMachine.Select(static jobs => (IReadOnlyList<int>)[.. jobs])];
    }

    /// <summary>The jobs of each machine in their order.</summary>
    public IReadOnlyList<IReadOnlyList<int>> ByMachine { get; }

    /// <summary>When the last machine that has a job is done, in units of the problem's time.</summary>
    public int Makespan { get; }

    /// <summary>All set-ups together, in units of the problem's time.</summary>
    public long SetUpTime { get; }
}
