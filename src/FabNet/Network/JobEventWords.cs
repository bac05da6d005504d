// What happened to a job, in a person's words.

using FabNet.CommandLine;
using FabNet.Model.Jobs;

namespace FabNet.Network;

internal static class JobEventWords
{
    public static string Text(JobEvent happened) => happened switch
    {
        JobOffered e => $"offered to {e.Machine}{(e.Bed is null ? "" : ", on a bed with others")}",
        JobOfferDeclined e => $"declined{Because(e.Reason)}",
        JobLeased e => $"claimed for {e.Machine}, lease {e.Epoch}",
        JobLeaseRenewed => "lease renewed",
        JobReleased e => $"given back{Because(e.Reason)}",
        JobPreparing => "being prepared",
        JobReady e => $"ready: program {e.Program.Short}, about {Durations.Text(e.EstimatedSeconds)}{(e.EstimatedGrams > 0 ? $", {e.EstimatedGrams:0.0} g" : "")}{(e.Share is { } share ? $", {share:P0} of what is on the bed" : "")}",
        JobStarted => "started",
        JobPaused e => $"paused{Because(e.Reason)}",
        JobResumed => "resumed",
        JobCompleted e => $"made in {Durations.Text(e.Seconds)}{(e.Grams > 0 ? $" with {e.Grams:0.0} g" : "")}, {e.EnergyKwh:0.000} kWh",
        JobScrapped e => $"found to be scrap{Because(e.Reason)}",
        JobFailed e => $"failed{(e.LastLine > 0 ? $" at line {e.LastLine}" : "")}{Because(e.Reason)}",
        JobRejected e => $"rejected{Because(e.Reason)}",
        JobCancelled e => $"cancelled{Because(e.Reason)}",
        JobLost e => $"lost{Because(e.Reason)}",
        JobReplaced e => $"replaced by {e.By}",
        _ => happened.GetType().Name,
    };

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {reason}";
}
