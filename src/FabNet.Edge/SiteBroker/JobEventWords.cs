// Job events as words: the same ones in Sparkplug metrics, in Home Assistant's events and in the documentation.

using FabNet.Model.Jobs;

namespace FabNet.Edge.SiteBroker;

internal static class JobEventWords
{
    /// <summary>Every kind that a site's journal can hold.</summary>
    public static readonly string[] Kinds = ["released", "preparing", "ready", "started", "paused", "resumed", "completed", "scrapped", "failed", "rejected", "cancelled"];

    /// <summary>The event's kind.</summary>
    public static string KindOf(JobEvent happened) => happened switch
    {
        JobReleased => "released",
        JobPreparing => "preparing",
        JobReady => "ready",
        JobStarted => "started",
        JobPaused => "paused",
        JobResumed => "resumed",
        JobCompleted => "completed",
        JobScrapped => "scrapped",
        JobFailed => "failed",
        JobRejected => "rejected",
        JobCancelled => "cancelled",
        _ => happened.GetType().Name, // No site makes it happen; should a journal hold one, it must not stop the ones behind it.
    };

    /// <summary>Why it happened, where the event says so.</summary>
    public static string? ReasonOf(JobEvent happened) => happened switch
    {
        JobReleased released => released.Reason,
        JobPaused paused => paused.Reason,
        JobScrapped scrapped => scrapped.Reason,
        JobFailed failed => failed.Reason,
        JobRejected rejected => rejected.Reason,
        JobCancelled cancelled => cancelled.Reason,
        _ => null,
    };
}
