// The sequencing search's door: a problem and a budget in, the best order found out.

using FabNet.Planning.Search;

namespace FabNet.Planning.Sequencing;

/// <summary>Finds an order of jobs on machines with a small makespan and few set-ups. Pure: the same problem, seed and steps give the same answer.</summary>
public static class SequencingSearch
{
    /// <summary>Searches until the budget is used up.</summary>
    public static Sequences Solve(SequencingProblem problem, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(options);
        var best = Chains.BestOf<SequenceChain, MachineSequence>(options, chain => new SequenceChain(problem, options, chain));
        return new Sequences(problem, [.. best.BestMachines.Select(static machine => (IReadOnlyList<int>)machine.Jobs.ToArray())]);
    }
}
