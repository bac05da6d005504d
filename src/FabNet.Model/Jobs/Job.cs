// One run of one machine for one order, as both its owner and its readers know it.

using FabNet.Model.Designs;

namespace FabNet.Model.Jobs;

/// <summary>The states of a job; <see cref="JobLifecycle"/> holds the only transitions.</summary>
public enum JobState
{
    /// <summary>Waits for the planner, or for a site to claim it.</summary>
    Planned,

    /// <summary>Offered to a site, which has not answered.</summary>
    Offered,

    /// <summary>Claimed; the site holds the lease.</summary>
    Leased,

    /// <summary>The site pulls, slices and admits.</summary>
    Preparing,

    /// <summary>Admitted, waits for its machine.</summary>
    Ready,

    /// <summary>The machine may be moving.</summary>
    Running,

    /// <summary>Held; can go on.</summary>
    Paused,

    /// <summary>Made. Final, unless its site finds that it is scrap.</summary>
    Completed,

    /// <summary>Started and not finished, or scrap. Final, unless it is called off: then it is not made again.</summary>
    Failed,

    /// <summary>Could not be started where it was leased: not sliceable, not admitted, not pulled. Final, as a failed one is.</summary>
    Rejected,

    /// <summary>Called off. Final.</summary>
    Cancelled,

    /// <summary>The lease lapsed while the machine may have been moving: only its site, or a person, knows what happened.</summary>
    Lost,
}

/// <summary>The right of one site to start one job once, on one machine.</summary>
/// <param name="Job">The job.</param>
/// <param name="Epoch">The number of this lease on the job, counted from 1. A stale epoch is refused everywhere.</param>
/// <param name="Machine">The machine that will make it.</param>
/// <param name="ExpiresAt">The moment after which it may no longer be started.</param>
public readonly record struct Lease(JobId Job, int Epoch, MachineId Machine, DateTimeOffset ExpiresAt);

/// <summary>A place on a bed that jobs were planned to share.</summary>
/// <param name="Id">Names the bed: jobs with the same are made at once, as far as their site can.</param>
/// <param name="PlannedSeconds">What the job's own part of the bed's run was planned to take; above 0. What the run takes is divided by it.</param>
public readonly record struct BedPlace(string Id, double PlannedSeconds);

/// <summary>One run of one machine for one order, or its part of a run that jobs on one bed share.</summary>
public sealed record Job
{
    /// <summary>Its id.</summary>
    public required JobId Id { get; init; }

    /// <summary>The order it is for.</summary>
    public required OrderId Order { get; init; }

    /// <summary>The design it makes.</summary>
    public required DesignRef Design { get; init; }

    /// <summary>The part it makes.</summary>
    public required string Part { get; init; }

    /// <summary>How many copies of the part this run makes. Default 1.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>The material, upper case; null means any that the part allows.</summary>
    public string? Material { get; init; }

    /// <summary>The colour, lower case; null means any.</summary>
    public string? Color { get; init; }

    /// <summary>Where it stands.</summary>
    public JobState State { get; init; }

    /// <summary>The number of the last lease granted on it; 0 before the first.</summary>
    public int Epoch { get; init; }

    /// <summary>The machine it is offered to, leased to, or was made on.</summary>
    public MachineId? Machine { get; init; }

    /// <summary>When the current lease expires.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; init; }

    /// <summary>Why it is where it is, for a person, where that needs a reason.</summary>
    public string? Reason { get; init; }

    /// <summary>The digest of the admitted program, once there is one.</summary>
    public Digest? Program { get; init; }

    /// <summary>Time the admitted program should take, in seconds, once known.</summary>
    public double? EstimatedSeconds { get; init; }

    /// <summary>Material that the admitted program should use, in grams, once known.</summary>
    public double? EstimatedGrams { get; init; }

    /// <summary>The bed that it is offered on, or was; null where it was planned alone.</summary>
    public BedPlace? Bed { get; init; }

    /// <summary>Its part of what the admitted program takes, above 0 and below 1, where that makes others of its bed too; null where it makes this job alone.</summary>
    public double? Share { get; init; }

    /// <summary>When it was started; at most once in each epoch.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it reached a final state.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When its receiver accepted what it made; null until then.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>The job whose work this one does again.</summary>
    public JobId? Replaces { get; init; }

    /// <summary>The job that does this one's work again.</summary>
    public JobId? ReplacedBy { get; init; }

    /// <summary>True once no machine has to do with it any more: what can still happen is that it is found to be scrap, replaced, or given up.</summary>
    public bool IsFinal => State is JobState.Completed or JobState.Failed or JobState.Rejected or JobState.Cancelled;

    /// <summary>
    /// What jobs on one machine have in common if, and only if, they are made at once: their bed, and once they were started, the moment. A job that is prepared alone has nothing in common with any.
    /// </summary>
    public (string Name, DateTimeOffset? StartedAt) RunKey => Bed is { } bed && (Program is null || Share is not null) ? (bed.Id, StartedAt) : (Id.Value, StartedAt);

    /// <summary>True while an edge holds it: the only process that may append to it.</summary>
    public bool IsHeldBySite => State is JobState.Leased or JobState.Preparing or JobState.Ready or JobState.Running or JobState.Paused or JobState.Lost;
}
