// What a site can have measured of a run: the clock since the lease, the part's size and the machine's power bound it.

using FabNet.Coordinator.State;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Sites;
using FabNet.Planning;

namespace FabNet.Coordinator.Sites;

/// <summary>
/// Contains what can't be true. A run that was made stays made: a measure beyond what is possible is replaced by what its program said, or by the bound where that said more, and the doubt is
/// journaled with the event for everybody to read. Such a run teaches no estimates.
/// </summary>
internal static class RunPlausibility
{
    /// <summary>The longest that a program may run, in seconds: 116 days, as for plans.</summary>
    public const double LongestSeconds = 1e7;

    // A clock may be set right in mid-run by a quarter of an hour, and none is better than to a twentieth.
    private const double ClockMarginSeconds = 900;
    private const double ClockFactor = 1.05;

    // A plate of supports and a purge tower may weigh as much again as the part's box would solid; a roll changed in mid-run, 200 g.
    private const double SolidFactor = 2;
    private const double SpareGrams = 200;
    private const double HeaviestGrams = 1e6;

    // A metered machine may draw more than its profile says, and its lights count too.
    private const double PowerFactor = 3;
    private const double SpareKwh = 1;

    /// <summary>Contains an event of a site.</summary>
    /// <param name="entry">The job before it.</param>
    /// <param name="happened">The event; in order, and the site's to report.</param>
    /// <param name="machine">The machine as it is registered; null if it is no more.</param>
    /// <param name="now">This coordinator's clock.</param>
    /// <returns>The event as it is taken, and what was not believed; null if all was.</returns>
    public static (JobEvent Event, string? Doubt) Contain(JobEntry entry, JobEvent happened, Machine? machine, DateTimeOffset now)
    {
        List<string> doubts = [];
        var taken = happened switch
        {
            JobReady e => Contain(entry, e, doubts),
            JobCompleted e => Contain(entry, e, machine, now, doubts),
            _ => happened,
        };
        return (taken is JobCompleted or JobFailed or JobCancelled ? Ended(entry, taken, machine, now, doubts) : taken, doubts.Count == 0 ? null : string.Join(' ', doubts));
    }

    private static JobReady Contain(JobEntry entry, JobReady ready, List<string> doubts)
    {
        var most = MostGrams(entry);
        if (ready.EstimatedGrams <= most)
        {
            return ready;
        }

        doubts.Add(FormattableString.Invariant($"It says that its program uses {ready.EstimatedGrams:0} g; a part of that size takes at most {most:0} g, which stands instead."));
        return ready with { EstimatedGrams = most };
    }

    private static JobCompleted Contain(JobEntry entry, JobCompleted completed, Machine? machine, DateTimeOffset now, List<string> doubts)
    {
        var (job, longest, heaviest) = (entry.Job, MostSeconds(entry, machine, now), MostGrams(entry));
        if (completed.Seconds > longest)
        {
            var instead = Math.Min(longest, job.EstimatedSeconds is > 0 and var planned ? planned : longest);
            doubts.Add(FormattableString.Invariant($"It says that it ran for {completed.Seconds:0} s; since the site took it at most {longest:0} s can have passed. {instead:0} s stand instead."));
            completed = completed with { Seconds = instead };
        }

        if (completed.Grams > heaviest)
        {
            var instead = Math.Min(heaviest, job.EstimatedGrams ?? heaviest);
            doubts.Add(FormattableString.Invariant($"It says that it used {completed.Grams:0} g; a part of that size takes at most {heaviest:0} g. {instead:0.#} g stand instead."));
            completed = completed with { Grams = instead };
        }

        if (machine is not null)
        {
            var power = machine.Profile.Power;
            var most = (PowerFactor * Math.Max(power.RunningW, power.WarmUpW) * completed.Seconds / 3_600_000) + SpareKwh;
            if (completed.EnergyKwh > most)
            {
                var instead = power.RunningW * completed.Seconds / 3_600_000;
                doubts.Add(FormattableString.Invariant($"It says that it drew {completed.EnergyKwh:0.#} kWh; at {power.RunningW:0} W it draws at most {most:0.#} kWh in {completed.Seconds:0} s. {instead:0.###} kWh stand instead."));
                completed = completed with { EnergyKwh = instead };
            }
        }

        return completed;
    }

    // Both moments are of the site's clock, which may be years off; but between them no more time passed than since the site took the job.
    private static JobEvent Ended(JobEntry entry, JobEvent ended, Machine? machine, DateTimeOffset now, List<string> doubts)
    {
        if (entry.Job.StartedAt is not { } started)
        {
            return ended;
        }

        var (passed, most) = ((ended.At - started).TotalSeconds, MostSeconds(entry, machine, now));
        if (passed >= -ClockMarginSeconds && passed <= most)
        {
            return passed >= 0 ? ended : ended with { At = started };
        }

        var instead = passed < 0 ? ended is JobCompleted completed ? completed.Seconds / Pace(machine) : 0 : most;
        doubts.Add(passed < 0
            ? FormattableString.Invariant($"By its clock it ended {-passed:0} s before it started; {instead:0} s after the start stand instead.")
            : FormattableString.Invariant($"By its clock it ended {passed:0} s after it started; since the site took it at most {most:0} s can have passed, which stand instead."));
        return ended with { At = started > DateTimeOffset.MaxValue.AddSeconds(-instead) ? started : started.AddSeconds(instead) };
    }

    /// <summary>The longest that a run can have taken: the time since its lease by this coordinator's clock, with a margin; in seconds of the machine.</summary>
    private static double MostSeconds(JobEntry entry, Machine? machine, DateTimeOffset now)
    {
        var taken = entry.Events.FindLast(static e => e is JobLeased)?.At;
        var passed = taken is { } at && at <= now ? (now - at).TotalSeconds : LongestSeconds; // This clock was set back: it tells nothing.
        return Math.Min(LongestSeconds, ((passed * ClockFactor) + ClockMarginSeconds) * Pace(machine));
    }

    private static double Pace(Machine? machine) => Math.Max(1, machine?.SimulatedSpeed ?? 1);

    private static double MostGrams(JobEntry entry)
    {
        var (part, job) = (entry.Part, entry.Job);
        double? mm3 = part.OuterDimensionsMm is { } box && box.Width * box.Depth * box.Height is > 0 and var outer && double.IsFinite(outer) ? outer : null;
        var solid = mm3 is null && part.VolumeMm3 is null && part.MassGrams is null ? HeaviestGrams
            : Math.Max(Math.Max(mm3 ?? 0, part.VolumeMm3 ?? 0) / 1000 * WorkEstimate.DensityGramsPerCm3(job.Material ?? part.Material), part.MassGrams ?? 0);
        return Math.Min(HeaviestGrams, (SolidFactor * solid * job.Copies) + SpareGrams);
    }
}
