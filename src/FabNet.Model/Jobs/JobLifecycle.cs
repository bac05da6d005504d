// The one place that knows how a job's state follows from its events. Pure: the owner, the reader and replay run the same code.

namespace FabNet.Model.Jobs;

/// <summary>What applying an event led to.</summary>
/// <param name="Job">The job after the event; unchanged if it was refused.</param>
/// <param name="Refusal">Why the event was refused; null if it was applied.</param>
public readonly record struct JobTransition(Job Job, string? Refusal)
{
    /// <summary>True if the event was applied.</summary>
    public bool IsApplied => Refusal is null;
}

/// <summary>The job's state machine.</summary>
/// <remarks>
/// <code>
/// Planned ⇄ Offered → Leased → Preparing → Ready → Running ⇄ Paused → Completed | Failed
///    ↑                  │          │         │
///    └──── released ────┴──────────┴─────────┴→ Rejected
/// </code>
/// Cancelled is reached from every state that is not final, and from Failed and Rejected where nobody wants it done again. Completed becomes Failed when its site finds that what it made is
/// scrap, as long as nobody accepted it. Lost is reached when a lease lapses, and left again by whatever the
/// site reports under the same epoch, or by a person's cancel. Only the site's own word (released, so never to be started under this epoch) brings a lapsed
/// job back to Planned; without it, replacement work is a new job, and a lapsed job that was replaced ends as Cancelled when it is released.
/// </remarks>
public static class JobLifecycle
{
    /// <summary>Applies one event.</summary>
    public static JobTransition Apply(Job job, JobEvent happened)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(happened);
        if (happened.Job != job.Id)
        {
            return Refused($"it is about job {happened.Job}");
        }

        var expected = happened is JobLeased ? job.Epoch + 1 : job.Epoch;
        if (happened.Epoch != expected)
        {
            return Refused($"its epoch is {happened.Epoch} and the job's is {expected}");
        }

        return happened switch
        {
            JobOffered e => From(job.State is JobState.Planned, () => job with { State = JobState.Offered, Machine = e.Machine, Bed = e.Bed, Reason = null }),
            JobOfferDeclined e => From(job.State is JobState.Offered, () => job with { State = JobState.Planned, Machine = null, Bed = null, Reason = e.Reason }),
            JobLeased e => From(job.State is JobState.Planned or JobState.Offered, () => job with
            {
                State = JobState.Leased,
                Machine = e.Machine,
                Epoch = e.Epoch,
                LeaseExpiresAt = e.ExpiresAt,
                Bed = job.Machine == e.Machine ? job.Bed : null, // Another machine's bed is not shared.
                Share = null,
                Reason = null,
                Program = null,
                EstimatedSeconds = null,
                EstimatedGrams = null,
            }),
            JobLeaseRenewed e => From(job.IsHeldBySite, () => job with { LeaseExpiresAt = e.ExpiresAt }),
            JobReleased e => From(job.StartedAt is null && job.IsHeldBySite, () => job.ReplacedBy is not null ? Ended(JobState.Cancelled, e, e.Reason) : job with
            {
                State = JobState.Planned,
                Machine = null,
                LeaseExpiresAt = null,
                Bed = null,
                Share = null,
                Program = null,
                EstimatedSeconds = null,
                EstimatedGrams = null,
                Reason = e.Reason,
            }),
            JobPreparing => From(job.State is JobState.Leased or JobState.Ready || IsLostBeforeStart(job), () => job with { State = JobState.Preparing, Reason = null }),
            JobReady e => From(job.State is JobState.Preparing || IsLostBeforeStart(job), () => job with
            {
                State = JobState.Ready,
                Program = e.Program,
                EstimatedSeconds = e.EstimatedSeconds,
                EstimatedGrams = e.EstimatedGrams,
                Share = e.Share,
                Reason = null,
            }),
            JobStarted e => From(job.State is JobState.Ready || IsLostBeforeStart(job), () => job with { State = JobState.Running, StartedAt = e.At, Reason = null }),
            JobPaused e => From(job.State is JobState.Running or JobState.Paused || IsLostAfterStart(job), () => job with { State = JobState.Paused, Reason = e.Reason }),
            JobResumed => From(job.State is JobState.Paused || IsLostAfterStart(job), () => job with { State = JobState.Running, Reason = null }),
            JobCompleted e => From(job.State is JobState.Running || IsLostAfterStart(job), () => Ended(JobState.Completed, e, null)),
            JobFailed e => From(job.State is JobState.Running or JobState.Paused || IsLostAfterStart(job), () => Ended(JobState.Failed, e, e.Reason)),
            JobScrapped e => From(IsRefusable(job) && job.ReplacedBy is null, () => job with { State = JobState.Failed, Reason = e.Reason }),
            JobRejected e => From(job.State is JobState.Leased or JobState.Preparing or JobState.Ready || IsLostBeforeStart(job), () => Ended(JobState.Rejected, e, e.Reason)),
            JobCancelled e when IsBroken(job) => new(job with { State = JobState.Cancelled, Reason = e.Reason }, null),
            JobCancelled e => From(!job.IsFinal, () => Ended(JobState.Cancelled, e, e.Reason)),
            JobLost e => From(job.IsHeldBySite && job.State is not JobState.Lost, () => job with { State = JobState.Lost, Reason = e.Reason }),
            JobReplaced e => From((job.State is JobState.Failed or JobState.Rejected or JobState.Lost || IsRefusable(job)) && job.ReplacedBy is null, () => job with { ReplacedBy = e.By }),
            _ => Refused($"{happened.GetType().Name} is not known"),
        };

        JobTransition Refused(string why) => new(job, $"{happened.GetType().Name} was refused for job {job.Id}: {why}.");

        JobTransition From(bool allowed, Func<Job> next) => allowed ? new(next(), null) : Refused($"the job is {job.State}");

        Job Ended(JobState state, JobEvent e, string? reason) => job with { State = state, EndedAt = e.At, LeaseExpiresAt = null, Reason = reason };
    }

    // What was made and not accepted may be refused: then it is made again.
    private static bool IsRefusable(Job job) => job is { State: JobState.Completed, AcceptedAt: null };

    // It would have to be made again.
    private static bool IsBroken(Job job) => job is { State: JobState.Failed or JobState.Rejected, ReplacedBy: null };

    private static bool IsLostBeforeStart(Job job) => job.State is JobState.Lost && job.StartedAt is null;

    private static bool IsLostAfterStart(Job job) => job.State is JobState.Lost && job.StartedAt is not null;
}
