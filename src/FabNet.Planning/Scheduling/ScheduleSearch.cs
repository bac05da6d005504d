// The scheduler's door: a problem in, a schedule out, as good as the budget allows.

using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>Schedules jobs on machines of many workshops. Pure: no clock and no I/O; the same problem, seed, chains and steps give the same schedule.</summary>
/// <remarks>
/// A first schedule takes the jobs by due time and puts each where it then costs least; <see cref="ScheduleChain"/> improves it. Small networks are searched as a whole by independent chains. Large ones are
/// searched in regions: neighbouring workshops with about <see cref="RegionJobs"/> jobs between them, several at once, cut differently in each round, so that work crosses every border sooner or later.
/// </remarks>
public static class ScheduleSearch
{
    private const int RegionJobs = 1500;

    // A search in regions goes through the whole network so often, whatever its budget.
    private const int Rounds = 6;

    /// <summary>Schedules a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="options">Budget, chains and seed; <see cref="SearchOptions.MakespanLimit"/> does not matter here.</param>
    /// <exception cref="ProblemException">The problem breaks a rule.</exception>
    public static Schedule Solve(ScheduleProblem problem, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(options);
        var plant = Plant.Of(problem);
        var (state, left) = Search(plant, options);
        return ScheduleWriter.Write(plant, state, left);
    }

    /// <summary>Searches, and gives the tracks rather than what people read of them.</summary>
    internal static (ScheduleState State, List<int> Left) Search(Plant plant, SearchOptions options)
    {
        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        var left = Begin(plant, state);
        var jobs = Enumerable.Range(0, plant.Jobs.Length).Where(j => state.MachineOf(j) >= 0).ToArray();
        if (jobs.Length <= 2 * RegionJobs)
        {
            state = Whole(plant, state, jobs, options);
        }
        else
        {
            Regions(plant, state, jobs, options);
        }

        SequencePolish.Apply(plant, state);
        FairOrder.Apply(plant, state);
        return (state, left);
    }

    // From the plan in force or from nothing, whichever costs less.
    private static List<int> Begin(Plant plant, ScheduleState state)
    {
        var all = Enumerable.Range(0, plant.Jobs.Length).ToArray();
        if (!Array.Exists(plant.Jobs, static j => j.PlannedOn >= 0))
        {
            return Construction.Place(plant, state, all);
        }

        Construction.Resume(plant, state, all);
        var left = Construction.Place(plant, state, all.Where(j => state.MachineOf(j) < 0));
        var anew = new ScheduleState(plant, state.Machines);
        Construction.Place(plant, anew, all);
        if (anew.Cost < state.Cost)
        {
            Copy(anew, state);
        }

        return left;
    }

    private static ScheduleState Whole(Plant plant, ScheduleState first, int[] jobs, SearchOptions options)
    {
        var chains = new (ScheduleState State, double Cost)[Math.Max(1, options.Chains)];
        Parallel.For(0, chains.Length, new ParallelOptions { MaxDegreeOfParallelism = chains.Length }, i =>
        {
            var state = new ScheduleState(plant, first.Machines);
            Copy(first, state);
            var chain = new ScheduleChain(plant, state, jobs, options.Seed + (ulong)i);
            chain.Run(options.Progress);
            chains[i] = (state, chain.BestCost);
        });
        return chains.MinBy(static c => c.Cost).State;
    }

    private static void Regions(Plant plant, ScheduleState state, int[] jobs, SearchOptions options)
    {
        var random = new SearchRandom(options.Seed);
        var atOnce = Math.Max(1, options.Chains);
        for (var round = 0; round < Rounds && options.Progress(0) < 1; round++)
        {
            var regions = Cut(plant, state, jobs.Length, ref random);
            var (begin, end) = ((double)round / Rounds, (round + 1.0) / Rounds);
            Parallel.For(0, regions.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, i =>
            {
                // As many at once as there are chains; each of them gets the same share of the round.
                var region = new ScheduleState(plant, regions[i]);
                Copy(state, region);
                var inside = regions[i].SelectMany(m => region.Tracks[m]!.Jobs.ToArray()).ToArray();
                var chain = new ScheduleChain(plant, region, inside, options.Seed + (ulong)((round * 7919) + i));
                chain.Run(options.Progress, begin + ((end - begin) * Math.Min(1, ((i / atOnce) + 1.0) * atOnce / regions.Count)));
                lock (regions)
                {
                    Copy(region, state);
                }
            });
        }
    }

    // Workshops around a random one, nearest first, until they have enough jobs; and so on with those that are left.
    private static List<int[]> Cut(Plant plant, ScheduleState state, int jobs, ref SearchRandom random)
    {
        var bySite = state.Machines.ToLookup(m => plant.Machines[m].Site.Index);
        var free = bySite.Select(static s => s.Key).ToList();
        var enough = jobs / Math.Max(2, jobs / RegionJobs);
        var regions = new List<int[]>();
        while (free.Count > 0)
        {
            var kilometres = plant.Sites[free[random.Below(free.Count)]].Kilometres;
            free.Sort((a, b) => kilometres[a] != kilometres[b] ? kilometres[a].CompareTo(kilometres[b]) : a.CompareTo(b));
            var (taken, machines, count) = (0, new List<int>(), 0);
            while (taken < free.Count && count < enough)
            {
                machines.AddRange(bySite[free[taken]]);
                count += bySite[free[taken]].Sum(m => state.Tracks[m]!.Jobs.Length);
                taken++;
            }

            free.RemoveRange(0, taken);
            regions.Add([.. machines]);
        }

        return regions;
    }

    // The tracks that both have.
    private static void Copy(ScheduleState from, ScheduleState to)
    {
        var image = new TrackImage();
        foreach (var machine in from.Machines)
        {
            if (to.Tracks[machine] is { } track)
            {
                from.Tracks[machine]!.Save(image);
                to.Load(track, image);
            }
        }
    }
}
