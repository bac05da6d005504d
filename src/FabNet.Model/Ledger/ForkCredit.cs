// How the credit for a made copy goes along the chain of forks.

namespace FabNet.Model.Ledger;

/// <summary>
/// A made copy gives one credit. Half goes to the design that was made, half of the rest to what it was forked from, and so on; the last of the chain takes what is left, so that the
/// credits of a copy always sum to one. An original gets it whole. Whoever forks thus shares with everyone before, and nobody's part shrinks to nothing by being forked once.
/// </summary>
public static class ForkCredit
{
    /// <summary>How many designs of a chain are credited; what is further back gets nothing.</summary>
    public const int MostDesigns = 8;

    /// <summary>The credits along a chain.</summary>
    /// <param name="designs">How many designs the chain has, the one made first; at least 1. Those beyond <see cref="MostDesigns"/> get none.</param>
    /// <returns>One credit for each design that is credited; they sum to one.</returns>
    public static IReadOnlyList<decimal> Along(int designs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(designs, 1);
        var credits = new decimal[Math.Min(designs, MostDesigns)];
        var left = 1m;
        for (var i = 0; i < credits.Length; i++)
        {
            credits[i] = i == credits.Length - 1 ? left : left / 2;
            left -= credits[i];
        }

        return credits;
    }
}
