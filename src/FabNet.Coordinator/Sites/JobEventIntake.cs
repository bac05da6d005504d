// Takes the job events that sites report: each once, in order, and only from the job's owner.

using FabNet.Coordinator.Leases;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using Microsoft.Extensions.Logging;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Sites;

/// <summary>The intake of job events. Owned by the coordinator's loop.</summary>
internal sealed class JobEventIntake(Chronicle chronicle, SiteDirectory sites, OfferBook offers, TimeProvider time, ILogger log)
{
    private CoordinatorState State => chronicle.State;

    /// <summary>
    /// Takes a report. A repeated one is ignored, one that leaves a gap is not taken, one that is not the site's to make is journaled as refused; in every case the
    /// answer is the last sequence that is journaled, which the site may forget up to.
    /// </summary>
    /// <returns>The sequence to acknowledge.</returns>
    /// <exception cref="Journal.JournalException">Nothing was journaled, and nothing may be acknowledged.</exception>
    public long Take(SiteSession session, Wire.EdgeUp.Types.JobEventReport report)
    {
        var last = State.LastSequence(session.Site, session.Boot);
        if (report.Sequence != last + 1)
        {
            return last;
        }

        var origin = new ReportOrigin(session.Site, session.Boot, report.Sequence);
        if (Read(report, session.Site, out var happened) is { } refusal)
        {
            refusal = Clip.Reason(refusal, "", 1000);
            chronicle.Record(new ReportRefused { Origin = origin, Reason = refusal });
            CoordinatorLog.ReportRefused(log, session.Site, refusal);
            return report.Sequence;
        }

        var entry = State.Jobs[happened!.Job];
        var machine = entry.Job.Machine;
        (happened, var doubt) = RunPlausibility.Contain(entry, happened, machine is { } there ? sites.MachineOf(there) : null, time.GetUtcNow());
        if (doubt is not null)
        {
            CoordinatorLog.ReportDoubted(log, session.Site, happened.Job, doubt);
        }

        chronicle.Record(new JobHappened { Event = happened, Origin = origin, Doubt = doubt });
        if (happened is JobReleased released && machine is { } releasedBy)
        {
            offers.Avoid(happened.Job, releasedBy, $"it gave it back: {Clip.Reason(released.Reason, "", 200)}", sites.StatusOf(releasedBy)?.Status);
        }

        return report.Sequence;
    }

    /// <summary>Reads and checks a report.</summary>
    /// <returns>Why it is refused; null if it is not.</returns>
    private string? Read(Wire.EdgeUp.Types.JobEventReport report, SiteId site, out JobEvent? happened)
    {
        happened = null;
        try
        {
            happened = Bounded(report.Event.ToModel());
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return $"The event can't be read: {e.Message}";
        }

        if (happened is JobOffered or JobOfferDeclined or JobLeased or JobLeaseRenewed or JobLost or JobReplaced)
        {
            return $"{happened.GetType().Name} is not a site's to report.";
        }

        if (!State.Jobs.TryGetValue(happened.Job, out var entry))
        {
            return $"There is no job {happened.Job}.";
        }

        if (entry.Job.Machine?.Site != site || !(entry.Job.IsHeldBySite || happened is JobScrapped))
        {
            return $"Job {happened.Job} is not held by {site}: it is {entry.Job.State}, epoch {entry.Job.Epoch}.";
        }

        return happened switch
        {
            JobReady e when !IsAmount(e.EstimatedSeconds) || !IsAmount(e.EstimatedGrams) => "Its estimates are not amounts.",
            JobReady { EstimatedSeconds: > RunPlausibility.LongestSeconds } => $"Its program would run for more than {RunPlausibility.LongestSeconds / 86400:0} days.",
            JobReady { Share: not null and not (> 0 and < 1) } => "Its share of the program is no share.",
            JobReady { Share: not null } when entry.Job.Bed is null => "It was not offered on a shared bed.",
            JobCompleted e when !IsAmount(e.Seconds) || !IsAmount(e.Grams) || !IsAmount(e.EnergyKwh) => "Its measures are not amounts.",
            JobScrapped when entry.Delivery is { State: not Deliveries.DeliveryState.Planned } away => $"What it made has left its site with {away.Id}: its receiver can refuse it.",
            _ => JobLifecycle.Apply(entry.Job, happened).Refusal,
        };
    }

    private static bool IsAmount(double value) => value is >= 0 and <= 1e9;

    private static JobEvent Bounded(JobEvent happened) => happened switch
    {
        JobReleased e => e with { Reason = Clip.Reason(e.Reason, "no reason given") },
        JobPaused e => e with { Reason = Clip.Reason(e.Reason, "no reason given") },
        JobScrapped e => e with { Reason = Clip.Reason(e.Reason, "no reason given") },
        JobFailed e => e with { Reason = Clip.Reason(e.Reason, "no reason given"), LastLine = Math.Max(0, e.LastLine) },
        JobRejected e => e with { Reason = Clip.Reason(e.Reason, "no reason given") },
        JobCancelled e => e with { Reason = Clip.Reason(e.Reason, "no reason given") },
        _ => happened,
    };
}
