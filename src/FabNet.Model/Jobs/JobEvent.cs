// What can happen to a job. Events are journaled by the job's owner, replayed until acknowledged, and never dropped.

using System.Text.Json.Serialization;

namespace FabNet.Model.Jobs;

/// <summary>Something that happened to a job.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(JobOffered), "offered")]
[JsonDerivedType(typeof(JobOfferDeclined), "declined")]
[JsonDerivedType(typeof(JobLeased), "leased")]
[JsonDerivedType(typeof(JobLeaseRenewed), "renewed")]
[JsonDerivedType(typeof(JobReleased), "released")]
[JsonDerivedType(typeof(JobPreparing), "preparing")]
[JsonDerivedType(typeof(JobReady), "ready")]
[JsonDerivedType(typeof(JobStarted), "started")]
[JsonDerivedType(typeof(JobPaused), "paused")]
[JsonDerivedType(typeof(JobResumed), "resumed")]
[JsonDerivedType(typeof(JobCompleted), "completed")]
[JsonDerivedType(typeof(JobScrapped), "scrapped")]
[JsonDerivedType(typeof(JobFailed), "failed")]
[JsonDerivedType(typeof(JobRejected), "rejected")]
[JsonDerivedType(typeof(JobCancelled), "cancelled")]
[JsonDerivedType(typeof(JobLost), "lost")]
[JsonDerivedType(typeof(JobReplaced), "replaced")]
public abstract record JobEvent
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>The lease under which it happened; for <see cref="JobLeased"/> the new one; 0 before any lease.</summary>
    public required int Epoch { get; init; }

    /// <summary>When it happened, by its owner's clock.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>The coordinator offered it to a machine's site.</summary>
public sealed record JobOffered : JobEvent
{
    /// <summary>The machine offered to.</summary>
    public required MachineId Machine { get; init; }

    /// <summary>The bed that it shares there; null if it is alone.</summary>
    public BedPlace? Bed { get; init; }
}

/// <summary>The site declined, or did not answer in time.</summary>
public sealed record JobOfferDeclined : JobEvent
{
    /// <summary>Why, if it said.</summary>
    public string? Reason { get; init; }
}

/// <summary>A site claimed it and holds the lease.</summary>
public sealed record JobLeased : JobEvent
{
    /// <summary>The machine that will make it.</summary>
    public required MachineId Machine { get; init; }

    /// <summary>The moment after which it may no longer be started.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The lease was prolonged.</summary>
public sealed record JobLeaseRenewed : JobEvent
{
    /// <summary>The new end.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The site gave the job back before starting it, and will never start it under this epoch.</summary>
public sealed record JobReleased : JobEvent
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>The site began to pull, slice and admit.</summary>
public sealed record JobPreparing : JobEvent;

/// <summary>The program is admitted.</summary>
public sealed record JobReady : JobEvent
{
    /// <summary>The digest of the admitted program.</summary>
    public required Digest Program { get; init; }

    /// <summary>Time that it should take, in seconds.</summary>
    public required double EstimatedSeconds { get; init; }

    /// <summary>Material that it should use, in grams; 0 where that has no meaning.</summary>
    public double EstimatedGrams { get; init; }

    /// <summary>
    /// Where the program makes other jobs of its bed too: this job's part of it, above 0 and below 1; the estimates are that part. Null where it makes this job alone.
    /// </summary>
    public double? Share { get; init; }
}

/// <summary>The site is about to let the machine move: journaled and synced before the first motion, at most once in an epoch.</summary>
public sealed record JobStarted : JobEvent;

/// <summary>The machine is held, or stopped in mid-job and waits for a person's decision; also when it is held already, for another reason.</summary>
public sealed record JobPaused : JobEvent
{
    /// <summary>Why: a person, a prompt, a tool change.</summary>
    public required string Reason { get; init; }
}

/// <summary>The machine goes on.</summary>
public sealed record JobResumed : JobEvent;

/// <summary>The program ran to its end.</summary>
public sealed record JobCompleted : JobEvent
{
    /// <summary>Measured running time, in seconds of the machine's clock.</summary>
    public required double Seconds { get; init; }

    /// <summary>Material used, in grams.</summary>
    public double Grams { get; init; }

    /// <summary>Energy used, in kWh; measured where there is a meter, else from the profile's power.</summary>
    public double EnergyKwh { get; init; }
}

/// <summary>The people of the site that made it looked at it: it is of no use. It counts as failed, and is made again.</summary>
public sealed record JobScrapped : JobEvent
{
    /// <summary>What is wrong with it.</summary>
    public required string Reason { get; init; }
}

/// <summary>It was started and did not finish.</summary>
public sealed record JobFailed : JobEvent
{
    /// <summary>What happened, at which line, and what can be done.</summary>
    public required string Reason { get; init; }

    /// <summary>The last program line surely executed, counted from 1; 0 if none.</summary>
    public int LastLine { get; init; }
}

/// <summary>It could not be started where it was leased.</summary>
public sealed record JobRejected : JobEvent
{
    /// <summary>Why: the slicer's words, the first violations with their lines, the digest that did not match.</summary>
    public required string Reason { get; init; }

    /// <summary>True if no machine could do better: then no replacement is planned.</summary>
    public bool Everywhere { get; init; }
}

/// <summary>It was called off; or its work, after it failed or was rejected, is not to be done again.</summary>
public sealed record JobCancelled : JobEvent
{
    /// <summary>Who or what called it off.</summary>
    public required string Reason { get; init; }
}

/// <summary>The coordinator saw the lease lapse.</summary>
public sealed record JobLost : JobEvent
{
    /// <summary>What is known.</summary>
    public required string Reason { get; init; }
}

/// <summary>The coordinator planned another job for the same work.</summary>
public sealed record JobReplaced : JobEvent
{
    /// <summary>The new job.</summary>
    public required JobId By { get; init; }
}
