// The planner's door: a snapshot in, a plan out.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Planning.Scheduling;
using FabNet.Planning.Search;

namespace FabNet.Planning;

/// <summary>What a job would cost on one machine now, after the work that the machine has taken.</summary>
/// <param name="Assignment">The assignment; null if the machine can't make it.</param>
/// <param name="Obstacle">Why it can't; null if it can.</param>
public readonly record struct Quote(Assignment? Assignment, string? Obstacle);

/// <summary>What an order would cost if it were placed now.</summary>
/// <param name="Assignments">Its jobs, planned beside everything that is open.</param>
/// <param name="Unplaced">Those that no machine can make now.</param>
/// <param name="StandAlone">What they would cost if nothing else were open, by currency.</param>
/// <param name="Incremental">By how much all that is open costs more with them, by currency.</param>
public sealed record OrderQuote(IReadOnlyList<Assignment> Assignments, IReadOnlyList<UnplacedJob> Unplaced, IReadOnlyList<CostBreakdown> StandAlone, IReadOnlyList<CostBreakdown> Incremental);

/// <summary>Places open jobs on machines. Pure: no clock, no I/O, the same plan for the same snapshot; safe to call from any thread.</summary>
/// <remarks>
/// The snapshot becomes a <see cref="ScheduleProblem"/>, which is searched for a number of steps that depends on its size (<see cref="ScheduleSearch"/>): what is lowered is cost, the worth of the time until jobs are
/// done, and changes of the plan in force. Jobs that are alike keep the order of their orders. Currencies are never converted: where sites of several currencies are able, the best of each is found and the one that ends
/// first is taken.
/// </remarks>
public static class Planner
{
    private const int StepsPerJob = 30;
    private const int MostSteps = 2_000;

    // A step looks at each machine that is able: with more machines fewer steps, so that none waits seconds for its next job.
    private const int MostLooks = 500_000;

    // Above so many pairs of job and machine the first schedule stands, and nobody is told of second-best machines.
    private const long MostPairs = 1_000_000;

    /// <summary>Plans every open job of a snapshot.</summary>
    /// <exception cref="ArgumentException">A machine's site is not in the snapshot.</exception>
    public static Plan Plan(PlantSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var sites = snapshot.Sites.Select(static s => s.Id).ToHashSet();
        if (snapshot.Machines.FirstOrDefault(m => !sites.Contains(m.Machine.Id.Site)) is { } lost)
        {
            throw new ArgumentException($"The snapshot has machine {lost.Machine.Id} but not its site.", nameof(snapshot));
        }

        var machines = Eligibility.InService(snapshot);
        var (able, left) = (new List<OpenJob>(snapshot.Jobs.Count), new List<OpenJob>());
        foreach (var job in snapshot.Jobs.Order(JobOrder.Instance))
        {
            (machines.Exists(m => Eligibility.Of(job, m) is Obstacle.None) ? able : left).Add(job);
        }

        var plant = Plant.Of(SnapshotCompiler.Compile(snapshot, machines, able));
        var pairs = (long)able.Count * machines.Count;
        var steps = able.Count < 2 || pairs > MostPairs ? 0 : Math.Min(Math.Min(MostSteps, MostLooks / machines.Count), StepsPerJob * able.Count);
        var (state, _) = ScheduleSearch.Search(plant, new SearchOptions { Progress = step => steps == 0 ? 1 : (double)step / steps });
        return new Plan
        {
            Assignments = Assignments(snapshot, plant, state, machines, able, pairs <= MostPairs),
            Unplaced = Unplaced(left, snapshot.Machines),
        };
    }

    // Jobs of one kind have one reason: a thousand of them don't look at every machine a thousand times.
    private static List<UnplacedJob> Unplaced(List<OpenJob> jobs, IReadOnlyList<PlantMachine> machines)
    {
        var reasons = new Dictionary<Work, string>();
        var unplaced = new List<UnplacedJob>(jobs.Count);
        foreach (var job in jobs)
        {
            var isAlike = job.Exclusions.Count == 0;
            if (!isAlike || !reasons.TryGetValue(job.Work, out var reason))
            {
                reason = PlanWords.Unplaced(job, machines);
                if (isAlike)
                {
                    reasons[job.Work] = reason;
                }
            }

            unplaced.Add(new UnplacedJob(job.Id, reason));
        }

        return unplaced;
    }

    /// <summary>Whether a class of machine is able to make something, whatever its machines do now.</summary>
    public static bool IsAble(Work work, MachineProfile profile)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(profile);
        return Eligibility.OfWork(work, profile) is Obstacle.None;
    }

    /// <summary>What one job would cost on one machine, at the end of what that machine has taken. Used where a site claims what it was not offered.</summary>
    /// <param name="snapshot">The network; its open jobs are not looked at.</param>
    /// <param name="job">The job.</param>
    /// <param name="machine">The machine.</param>
    public static Quote Quote(PlantSnapshot snapshot, OpenJob job, MachineId machine)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(job);
        var there = snapshot.Machines.FirstOrDefault(m => m.Machine.Id == machine);
        if (there is null)
        {
            return new(null, $"{machine} is not a machine of this network.");
        }

        var obstacle = Eligibility.Of(job, there);
        if (obstacle is not Obstacle.None)
        {
            return new(null, PlanWords.Obstacle(job, there, obstacle));
        }

        var plan = Plan(snapshot with { Machines = [there], Jobs = [job] });
        return new(plan.Assignments[0] with { Why = "claimed by the site" }, null);
    }

    /// <summary>What jobs would cost if they were placed now.</summary>
    /// <param name="snapshot">The network with its open jobs.</param>
    /// <param name="jobs">The jobs that are asked about; none of them is among the snapshot's.</param>
    public static OrderQuote QuoteOrder(PlantSnapshot snapshot, IReadOnlyList<OpenJob> jobs)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(jobs);
        var asked = jobs.Select(static j => j.Id).ToHashSet();
        var without = Plan(snapshot);
        var together = Plan(snapshot with { Jobs = [.. snapshot.Jobs, .. jobs] });
        var alone = Plan(snapshot with { Jobs = jobs });
        return new OrderQuote(
            [.. together.Assignments.Where(a => asked.Contains(a.Job))],
            [.. together.Unplaced.Where(u => asked.Contains(u.Job))],
            CostBreakdown.Sum(alone.Assignments.Select(static a => a.Cost)),
            Difference(CostBreakdown.Sum(together.Assignments.Select(static a => a.Cost)), CostBreakdown.Sum(without.Assignments.Select(static a => a.Cost))));
    }

    private static List<CostBreakdown> Difference(IReadOnlyList<CostBreakdown> with, IReadOnlyList<CostBreakdown> without) =>
        [.. with.Select(c => without.FirstOrDefault(w => w.Currency == c.Currency) is { } before ? c - before : c)];

    private static List<Assignment> Assignments(PlantSnapshot snapshot, Plant plant, ScheduleState state, List<PlantMachine> machines, List<OpenJob> jobs, bool comparesPlaces)
    {
        var costs = ScheduleWriter.CostsByJob(plant, state);
        var assignments = new List<Assignment>(jobs.Count);
        for (var m = 0; m < machines.Count; m++)
        {
            var track = state.Tracks[m]!;
            var promise = new Promise(snapshot, machines[m]);
            for (var r = 0; r < track.Runs.Length; r++)
            {
                // Copied: comparing places takes the job out for a moment.
                var run = track.Runs[r];
                int[] members = [.. track.JobsOf(run)];
                string[] whys = [.. members.Select((_, i) => ScheduleWords.Why(plant, track, run, run.First + i) + PlanWords.Saved(track, run) + PlanWords.Wait(run.Begin))];
                var first = members.Min();
                var promised = ScheduleWriter.At(plant, run.End + promise.After(members.Select(i => jobs[i].Work)));
                foreach (var (index, why) in members.Zip(whys).OrderBy(static p => p.First))
                {
                    var job = plant.Jobs[index];
                    assignments.Add(new Assignment
                    {
                        Job = jobs[index].Id,
                        Machine = machines[m].Machine.Id,
                        Sequence = machines[m].Committed.Count + r,
                        Bed = members.Length > 1 ? jobs[first].Id : null,
                        RunMinutes = job.MinutesOn(track.Machine),
                        StartsAt = ScheduleWriter.At(plant, run.Begin),
                        EndsAt = ScheduleWriter.At(plant, run.End),
                        PromisedBy = promised,
                        SetUpMinutes = track.EffortOf(run).Minutes,
                        Cost = promise.WithoutMargin(costs[index]!, jobs[index], run.End),
                        Why = why + (comparesPlaces ? $"; {PlanWords.NextBest(plant, state, job, costs[index]!)}" : ""),
                    });
                }
            }
        }

        return assignments;
    }
}
