// The planner's door: a snapshot in, a plan out.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Plans;

namespace FabNet.Planning;

/// <summary>What a job would cost on one machine now, after the work that the machine has taken.</summary>
/// <param name="Assignment">The assignment; null if the machine can't make it.</param>
/// <param name="Obstacle">Why it can't; null if it can.</param>
public readonly record struct Quote(Assignment? Assignment, string? Obstacle);

/// <summary>Places open jobs on machines. Pure: no clock, no I/O, no randomness; safe to call from any thread.</summary>
/// <remarks>
/// Jobs are taken by due time, then by when their order was placed, then by number. Each goes to the eligible machine where its cost (with set-up after what the machine
/// does before it, lateness and risk) plus the worth of the time until it is done is least; between equal ones, to the one that ends first, then by machine id.
/// Afterwards each machine's sequence is searched for moves that join runs of one set-up and lower that sum. Currencies are never converted: where sites
/// of several currencies are able, the best of each is found and the one that ends first is taken. Work: jobs × eligible machines.
/// </remarks>
public static class Planner
{
    /// <summary>Plans every open job of a snapshot.</summary>
    /// <exception cref="ArgumentException">A machine's site is not in the snapshot.</exception>
    public static Plan Plan(PlantSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new Placement(snapshot).Run();
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
}
