// Several chains at once, and the best of them.

namespace FabNet.Planning.Search;

internal static class Chains
{
    /// <summary>Runs independent chains, each on a thread of its own, and returns the one that found the best.</summary>
    public static TChain BestOf<TChain, TMachine>(SearchOptions options, Func<int, TChain> create)
        where TChain : LoadChain<TMachine>
        where TMachine : MachineLoad<TMachine>
    {
        var chains = new TChain[Math.Max(1, options.Chains)];
        Parallel.For(0, chains.Length, new ParallelOptions { MaxDegreeOfParallelism = chains.Length }, i =>
        {
            chains[i] = create(i);
            chains[i].Run(options.Progress);
        });
        return chains.MinBy(static chain => chain.Best)!;
    }
}
