// What the scheduler proposes: runs on machines, with times, costs and how good it is.

using FabNet.Model.Plans;

namespace FabNet.Planning.Scheduling;

/// <summary>A proposal for all jobs of a problem.</summary>
public sealed record Schedule
{
    /// <summary>The runs, by machine and sequence.</summary>
    public required IReadOnlyList<ScheduledRun> Runs { get; init; }

    /// <summary>Jobs that no machine can make, each with the reason.</summary>
    public required IReadOnlyList<UnscheduledJob> Unscheduled { get; init; }

    /// <summary>Deliveries from workshop to workshop, each with all that goes with it.</summary>
    public required IReadOnlyList<ScheduledDelivery> Deliveries { get; init; }

    /// <summary>The cost of it all, for each currency.</summary>
    public required IReadOnlyList<CostBreakdown> Costs { get; init; }

    /// <summary>What no schedule for these jobs can cost less than, for all currencies together; 0 or more.</summary>
    public required double LowerBound { get; init; }

    /// <summary>What making it together saves; null where it was not measured: there is nothing to make, or there are several currencies.</summary>
    public Scope? Scope { get; init; }

    /// <summary>The sum of <see cref="Costs"/> as plain numbers: one amount where there is one currency.</summary>
    public double TotalCost => Costs.Sum(static c => (double)c.Total);

    /// <summary>(cost − bound) / cost, 0 to 1: at most so much of the cost could be saved.</summary>
    public double Gap => TotalCost > 0 ? Math.Max(0, (TotalCost - LowerBound) / TotalCost) : 0;
}

/// <summary>One run of one machine: one job, or several that share a bed.</summary>
public sealed record ScheduledRun
{
    /// <summary>The machine.</summary>
    public required string Machine { get; init; }

    /// <summary>Its place in the machine's sequence, from 0.</summary>
    public required int Sequence { get; init; }

    /// <summary>Counts up where the set-up changes: runs of one group share it.</summary>
    public required int SetUpGroup { get; init; }

    /// <summary>When its set-up begins.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it is made.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>Set-up before it, in minutes.</summary>
    public required double SetUpMinutes { get; init; }

    /// <summary>What of the set-up changes, such as "material, color"; empty if nothing.</summary>
    public required string Changes { get; init; }

    /// <summary>Its jobs.</summary>
    public required IReadOnlyList<ScheduledJob> Jobs { get; init; }
}

/// <summary>A job in a run.</summary>
/// <param name="Id">The job.</param>
/// <param name="Cost">What it costs: its own, and of what its run and its delivery share a part, by minutes and by jobs.</param>
/// <param name="Why">Why there.</param>
public sealed record ScheduledJob(string Id, CostBreakdown Cost, string Why);

/// <summary>A job that stays without a machine.</summary>
/// <param name="Id">The job.</param>
/// <param name="Reason">What is missing.</param>
public sealed record UnscheduledJob(string Id, string Reason);

/// <summary>What leaves one workshop for another on one day.</summary>
/// <param name="From">From.</param>
/// <param name="To">To.</param>
/// <param name="LeavesAt">When everything in it is made.</param>
/// <param name="Jobs">What is in it.</param>
public sealed record ScheduledDelivery(string From, string To, DateTimeOffset LeavesAt, IReadOnlyList<string> Jobs);
