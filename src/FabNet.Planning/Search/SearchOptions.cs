// How long and how a search goes.

namespace FabNet.Planning.Search;

/// <summary>The budget of a search and what it looks for.</summary>
public sealed record SearchOptions
{
    /// <summary>
    /// How much of the budget is used, from 0 to 1, given the steps that a chain has made; called often, from every chain's thread. The search ends at 1. One that counts steps alone makes the
    /// search repeatable; one that reads a clock makes it punctual.
    /// </summary>
    public required Func<long, double> Progress { get; init; }

    /// <summary>Independent chains, each on a thread; the best answer of all counts. Default 1.</summary>
    public int Chains { get; init; } = 1;

    /// <summary>What the random choices start from.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// A makespan that is soon enough, in units of the problem's time, such as that of the plan in force: among plans that keep to it the one with the least set-up time counts, whenever it is done. Without
    /// one (null, the default) the soonest plan counts, and set-ups only among equal makespans.
    /// </summary>
    public double? MakespanLimit { get; init; }

    /// <summary>A budget in steps of each chain.</summary>
    public static Func<long, double> Steps(long count) => step => (double)step / count;
}
