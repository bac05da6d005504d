// How much cheaper it is to make things together than apart.

using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>Economies of scope of a schedule, after Panzar and Willig: S = (Σ C(qᵢ) − C(q)) / C(q), each order alone having its own best plan on the same machines, at the same prices.</summary>
/// <param name="StandAloneCost">Σ C(qᵢ), in the schedule's currency; where orders were sampled, as much for all as for those.</param>
/// <param name="S">Above 0: together is cheaper.</param>
/// <param name="Orders">How many orders there are.</param>
/// <param name="Measured">How many of them were planned alone.</param>
public sealed record Scope(double StandAloneCost, double S, int Orders, int Measured);

internal static class ScopeMeasure
{
    // As many orders are planned alone; of more, a sample.
    private const int MostLooks = 20_000_000;

    // Orders of several jobs are improved until nothing changes, and no longer than this.
    private const int MostPasses = 20;

    /// <summary>Measures a schedule.</summary>
    /// <param name="plant">The plant.</param>
    /// <param name="together">C(q): what all of it costs, without what nobody pays.</param>
    /// <param name="left">Jobs that no machine can make.</param>
    public static Scope? Of(Plant plant, double together, IReadOnlyCollection<int> left)
    {
        var without = left.ToHashSet();
        var orders = plant.Jobs.Where(j => !without.Contains(j.Index)).GroupBy(static j => j.Job.Order ?? j.Job.Id, StringComparer.Ordinal).Select(static g => g.ToArray()).ToList();
        if (orders.Count == 0 || plant.Currencies.Length > 1 || together <= 0)
        {
            return null;
        }

        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        var measured = Math.Clamp(MostLooks / Math.Max(1, plant.Machines.Length), 1, orders.Count);
        var sum = 0.0;
        for (var i = 0; i < measured; i++)
        {
            sum += Alone(state, orders[(int)((long)i * orders.Count / measured)]);
        }

        var alone = sum * orders.Count / measured;
        return new Scope(alone, (alone - together) / together, orders.Count, measured);
    }

    /// <summary>What an order costs alone; the state is empty before and afterwards.</summary>
    public static double Alone(ScheduleState state, JobFacts[] order)
    {
        var random = new SearchRandom(1);
        foreach (var job in order)
        {
            Put(job);
        }

        var cost = state.Cost;
        for (var pass = 0; order.Length > 1 && pass < MostPasses; pass++)
        {
            var before = cost;
            foreach (var job in order)
            {
                state.Remove(job.Index);
                Put(job);
            }

            cost = Math.Min(cost, state.Cost);
            if (cost >= before - 1e-9)
            {
                break;
            }
        }

        foreach (var job in order)
        {
            state.Remove(job.Index);
        }

        return cost;

        void Put(JobFacts job)
        {
            if (state.Best(job, ref random, 0) is ({ } track, var place))
            {
                state.Insert(job, track, place);
            }
        }
    }
}
