// Why a job is where a schedule has it, and what else it would cost.

namespace FabNet.Planning.Scheduling;

/// <summary>A machine as a place for one job, everything else staying where it is.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Extra">What all would cost more (or, below 0, less) with the job there; null where it can't go there.</param>
/// <param name="DoneAt">When it would be made there.</param>
/// <param name="SharesBedWith">Jobs with which it would share a bed.</param>
/// <param name="Obstacle">Why it can't go there; null if it can.</param>
public sealed record PlaceForJob(string Machine, double? Extra, DateTimeOffset? DoneAt, IReadOnlyList<string> SharesBedWith, string? Obstacle);

/// <summary>All places of one job.</summary>
/// <param name="Job">The job.</param>
/// <param name="Machine">Where the schedule has it.</param>
/// <param name="Cost">What the schedule costs more with it than without it: its incremental cost.</param>
/// <param name="StandAlone">What its order would cost alone, on the same machines.</param>
/// <param name="Places">Every machine: the schedule's own first, then by cost, then those that can't.</param>
public sealed record ScheduleExplanation(string Job, string Machine, double Cost, double StandAlone, IReadOnlyList<PlaceForJob> Places)
{
    /// <summary>Explains one job of a schedule.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="schedule">A schedule of it.</param>
    /// <param name="job">The job's id.</param>
    /// <exception cref="ProblemException">The problem breaks a rule, the schedule is none of it, or the job is not on a machine in it.</exception>
    public static ScheduleExplanation Of(ScheduleProblem problem, Schedule schedule, string job)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(schedule);
        var planned = new Dictionary<string, PlannedPlace>(StringComparer.Ordinal);
        foreach (var (id, place) in schedule.Runs.SelectMany(static r => r.Jobs.Select(j => (j.Id, Place: new PlannedPlace(r.Machine, r.Sequence)))))
        {
            if (!planned.TryAdd(id, place))
            {
                throw new ProblemException($"The schedule has the job '{id}' twice.");
            }
        }

        var plant = Plant.Of(problem with { ChangeWorth = 0, Jobs = [.. problem.Jobs.Select(j => j with { Planned = planned.GetValueOrDefault(j.Id) })] });
        var subject = Array.Find(plant.Jobs, j => j.Job.Id == job) ?? throw new ProblemException($"There is no job '{job}' in the problem.");
        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        Construction.Resume(plant, state, Enumerable.Range(0, plant.Jobs.Length));
        if (state.MachineOf(subject.Index) is not (>= 0 and var here))
        {
            throw new ProblemException($"The schedule has the job '{job}' on no machine that can make it.");
        }

        var with = state.Cost;
        state.Remove(subject.Index);
        var without = state.Cost;
        var places = plant.Machines.Select(m => Look(plant, state, m, subject, with)).ToList();
        var empty = new ScheduleState(plant, state.Machines);
        return new ScheduleExplanation(
            job,
            plant.Machines[here].Machine.Id,
            with - without,
            ScopeMeasure.Alone(empty, [.. plant.Jobs.Where(j => j == subject || (j.Job.Order is { } order && order == subject.Job.Order))]),
            [.. places.OrderBy(p => p.Machine != plant.Machines[here].Machine.Id).ThenBy(static p => p.Extra ?? double.PositiveInfinity).ThenBy(static p => p.Machine, StringComparer.Ordinal)]);
    }

    private static PlaceForJob Look(Plant plant, ScheduleState state, MachineFacts machine, JobFacts job, double with)
    {
        if (Obstacles.OnMachine(job.Job, machine.Machine, machine.Class.Class) is { } obstacle)
        {
            return new PlaceForJob(machine.Machine.Id, null, null, [], obstacle);
        }

        var track = state.Tracks[machine.Index]!;
        PlaceForJob? best = null;
        foreach (var place in track.Places(job))
        {
            state.Insert(job, track, place);
            var extra = state.Cost - with;
            if (best is null || extra < best.Extra)
            {
                var run = track.RunOf(job.Index);
                var others = track.JobsOf(run).ToArray().Where(j => j != job.Index).Select(j => plant.Jobs[j].Job.Id).ToList();
                best = new PlaceForJob(machine.Machine.Id, Math.Abs(extra) < 1e-6 ? 0 : extra, ScheduleWriter.At(plant, run.End), others, null);
            }

            state.Remove(job.Index);
        }

        return best!;
    }
}
