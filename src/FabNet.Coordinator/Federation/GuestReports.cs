// What another community is told when something happens to a job that is made for it: pure.

using FabNet.Model.Jobs;

namespace FabNet.Coordinator.Federation;

/// <summary>From events here to events there.</summary>
internal static class GuestReports
{
    /// <summary>The event there; null where nothing of it concerns the other community.</summary>
    /// <param name="guest">The job, with the event applied.</param>
    /// <param name="happened">What happened here.</param>
    /// <param name="found">What was set up on the machine before.</param>
    public static JobEvent? Of(GuestJob guest, JobEvent happened, SetUpFound? found)
    {
        var (job, epoch, at) = (guest.Origin.Job, guest.Origin.Epoch, happened.At);
        return happened switch
        {
            JobPreparing => new JobPreparing { Job = job, Epoch = epoch, At = at },
            JobReady e => new JobReady { Job = job, Epoch = epoch, At = at, Program = e.Program, EstimatedSeconds = e.EstimatedSeconds, EstimatedGrams = e.EstimatedGrams },
            JobStarted => new JobStarted { Job = job, Epoch = epoch, At = at, Found = found },
            JobPaused e => new JobPaused { Job = job, Epoch = epoch, At = at, Reason = e.Reason },
            JobResumed => new JobResumed { Job = job, Epoch = epoch, At = at },
            JobCompleted e => new JobCompleted { Job = job, Epoch = epoch, At = at, Seconds = e.Seconds, Grams = e.Grams, EnergyKwh = e.EnergyKwh },
            JobScrapped e => new JobScrapped { Job = job, Epoch = epoch, At = at, Reason = e.Reason },
            JobFailed e => new JobFailed { Job = job, Epoch = epoch, At = at, Reason = e.Reason, LastLine = e.LastLine },
            JobRejected e => new JobRejected { Job = job, Epoch = epoch, At = at, Reason = e.Reason, Everywhere = e.Everywhere },
            JobCancelled e => CalledOff(guest, e),
            _ => null,
        };
    }

    /// <summary>How a job stands, for a community that held it for lost.</summary>
    public static JobEvent Again(GuestJob guest, DateTimeOffset at)
    {
        var (job, epoch, here) = (guest.Origin.Job, guest.Origin.Epoch, guest.Entry.Job);
        return here.State switch
        {
            JobState.Running => new JobResumed { Job = job, Epoch = epoch, At = at },
            JobState.Paused => new JobPaused { Job = job, Epoch = epoch, At = at, Reason = here.Reason ?? "It was held before the link was lost." },
            JobState.Ready when here is { Program: { } program, EstimatedSeconds: { } seconds } =>
                new JobReady { Job = job, Epoch = epoch, At = at, Program = program, EstimatedSeconds = seconds, EstimatedGrams = here.EstimatedGrams ?? 0 },
            _ => new JobPreparing { Job = job, Epoch = epoch, At = at },
        };
    }

    // What nothing moved for is given back, so that its community makes it elsewhere, unless nobody knows that (it was lost here): then it is rejected, and other work is a new job.
    private static JobEvent CalledOff(GuestJob guest, JobCancelled e)
    {
        var (job, epoch, at) = (guest.Origin.Job, guest.Origin.Epoch, e.At);
        if (guest.Entry.Job.StartedAt is not null)
        {
            return guest.Entry.IsCancelledByCommunity ? new JobCancelled { Job = job, Epoch = epoch, At = at, Reason = e.Reason } : new JobFailed { Job = job, Epoch = epoch, At = at, Reason = e.Reason };
        }

        return guest.Entry.Events is [.., JobLost, JobCancelled]
            ? new JobRejected { Job = job, Epoch = epoch, At = at, Reason = $"Its machine was lost from sight, and a person called it off: {e.Reason}" }
            : new JobReleased { Job = job, Epoch = epoch, At = at, Reason = e.Reason };
    }
}
