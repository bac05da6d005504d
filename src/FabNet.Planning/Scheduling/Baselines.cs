// How work is shared out today, reckoned by the same prices: what a schedule is compared with.

using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>Schedules that are not searched for.</summary>
public static class Baselines
{
    /// <summary>Each job, in the order in which they came, on the machine that has it done first: what farm managers do. No bed is shared.</summary>
    /// <exception cref="ProblemException">The problem breaks a rule.</exception>
    public static Schedule FirstComeFirstServed(ScheduleProblem problem)
    {
        var plant = Plant.Of(problem);
        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        var left = new List<int>();
        foreach (var job in plant.Jobs.OrderBy(static j => j.Release).ThenBy(static j => j.Index))
        {
            var (on, best) = (default(Track), Place.Nowhere);
            foreach (var machine in plant.Machines.Where(job.IsAble))
            {
                var track = state.Tracks[machine.Index]!;
                var place = track.AtEnd(job);
                (on, best) = place.End < best.End ? (track, place) : (on, best);
            }

            if (on is null)
            {
                left.Add(job.Index);
            }
            else
            {
                state.Insert(job, on, best);
            }
        }

        return ScheduleWriter.Write(plant, state, left);
    }

    /// <summary>
    /// Each workshop plans its own orders on its own machines, as well as the search can; what it has no machine for it orders from the nearest workshop that has one, which plans it with its own.
    /// </summary>
    /// <param name="problem">The problem.</param>
    /// <param name="search">The search's options for the part of a workshop with so many of all the jobs.</param>
    /// <returns>What it all costs.</returns>
    /// <exception cref="ProblemException">The problem breaks a rule.</exception>
    public static double EachWorkshopAlone(ScheduleProblem problem, Func<int, SearchOptions> search)
    {
        ArgumentNullException.ThrowIfNull(search);
        var plant = Plant.Of(problem);
        var of = new List<ScheduleJob>[plant.Sites.Length];
        foreach (var job in plant.Jobs)
        {
            var home = plant.Sites[job.Destination >= 0 ? job.Destination : job.Index % plant.Sites.Length];
            var maker = plant.Machines.Where(job.IsAble).Select(static m => m.Site).Distinct().MinBy(s => s == home ? -1 : home.Kilometres[s.Index]);
            if (maker is not null)
            {
                var there = problem.Machines.Where(m => m.Workshop == maker.Workshop.Id).Select(static m => m.Id).ToHashSet(StringComparer.Ordinal);
                (of[maker.Index] ??= []).Add(job.Job with { Planned = null, NotOn = job.Job.NotOn.Where(n => there.Contains(n.Key)).ToDictionary(StringComparer.Ordinal) });
            }
        }

        return of.Select((jobs, site) => jobs is null ? 0 : ScheduleSearch.Solve(
            problem with { Jobs = jobs, Machines = [.. problem.Machines.Where(m => m.Workshop == problem.Workshops[site].Id)] }, search(jobs.Count)).TotalCost).Sum();
    }
}
