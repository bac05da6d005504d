// The bed search's door: machines and parts in, builds out.

using FabNet.Planning.Search;

namespace FabNet.Planning.Beds;

/// <summary>The builds of all machines.</summary>
/// <param name="Builds">For each machine its builds in their order, each the parts in it.</param>
/// <param name="Makespan">When the last machine is done.</param>
public sealed record BedPlan(IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>> Builds, double Makespan);

/// <summary>Merges parts into builds and puts these on machines, so that all is done soon. Pure: the same problem, seed and steps give the same answer.</summary>
public static class BedSearch
{
    /// <summary>Searches until the budget is used up.</summary>
    public static BedPlan Solve(BedProblem problem, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(options);
        var best = Chains.BestOf<BedChain, MachineBuilds>(options, chain => new BedChain(problem, options, chain));
        return new BedPlan(
            [.. best.BestMachines.Select(static machine => (IReadOnlyList<IReadOnlyList<int>>)[.. machine.Builds.ToArray().Select(static build => (IReadOnlyList<int>)build.Parts.ToArray())])],
            best.BestMachines.Max(static machine => machine.End));
    }
}
