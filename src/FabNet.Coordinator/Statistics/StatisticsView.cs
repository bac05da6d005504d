// The statistics as anybody may read them: coordination.proto's GetStatistics.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Planning.Learning;
using FabNet.Protocol;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Statistics;

/// <summary>Answers what runs and machines were like. Used on the coordinator's loop; it changes nothing.</summary>
internal static class StatisticsView
{
    /// <summary>The statistics of a site, a machine, or all.</summary>
    /// <exception cref="RefusedException">There is no such site or machine, or the name is none.</exception>
    public static Wire.Statistics Of(CoordinatorState state, Wire.GetStatisticsRequest request, DateTimeOffset now)
    {
        var (statistics, asked) = (state.Statistics, Asked(state, request));
        var reply = new Wire.Statistics();
        Dictionary<(string Class, PartKey Part), (RunTotals All, RunTotals Recent)> parts = [];
        foreach (var record in statistics.Machines.Where(r => asked(r.Id)).OrderBy(static r => r.Id.ToString(), StringComparer.Ordinal).ThenBy(static r => r.Class, StringComparer.Ordinal))
        {
            reply.Machines.Add(Machine(statistics, record, now));
            foreach (var (key, part) in record.Parts)
            {
                var (all, recent) = parts.GetValueOrDefault((record.Class, key));
                parts[(record.Class, key)] = (all + part.Totals.All, recent + part.Totals.Recent(now));
            }
        }

        reply.Parts.AddRange(parts.Select(p => Part(statistics.Classes[p.Key.Class], p.Key.Class, p.Key.Part, p.Value.All, p.Value.Recent))
            .OrderBy(static p => p.Design.Name, StringComparer.Ordinal).ThenBy(static p => p.Design.Version, StringComparer.Ordinal)
            .ThenBy(static p => p.Part, StringComparer.Ordinal).ThenBy(static p => p.MachineClass, StringComparer.Ordinal).ThenBy(static p => p.Design.ManifestDigest, StringComparer.Ordinal));
        return reply;
    }

    private static Func<MachineId, bool> Asked(CoordinatorState state, Wire.GetStatisticsRequest request)
    {
        try
        {
            if (request.Machine.Length > 0)
            {
                var machine = MachineId.Parse(request.Machine);
                return state.Statistics.Machines.Any(r => r.Id == machine) ? id => id == machine : throw new RefusedException(Refusal.NotFound, $"There is no machine {machine}. See: fabnet status");
            }

            if (request.Site.Length > 0)
            {
                var site = SiteId.Parse(request.Site);
                return state.Sites.ContainsKey(site) ? id => id.Site == site : throw new RefusedException(Refusal.NotFound, $"There is no site {site}. See: fabnet status");
            }

            return static _ => true;
        }
        catch (FormatException e)
        {
            throw new RefusedException(Refusal.Invalid, e.Message, e);
        }
    }

    private static Wire.MachineStatistics Machine(NetworkStatistics statistics, MachineRecord record, DateTimeOffset now)
    {
        var (all, recent, first) = (record.Totals.All, record.Totals.Recent(now), WindowedTotals.DayOf(now) - WindowedTotals.Days);
        var isCurrent = statistics.RecordOf(record.Id) == record;
        foreach (var (day, open) in isCurrent && statistics.SiteOf(record.Id) is { } site ? record.Service.Until(now, site) : [])
        {
            (all, recent) = (all + open, day > first ? recent + open : recent);
        }

        var pace = statistics.Classes[record.Class].Pace;
        return new()
        {
            Machine = record.Id.ToString(),
            MachineClass = record.Class,
            Simulated = record.IsSimulated,
            All = Runs(all),
            Last30Days = Runs(recent),
            Speed = record.SpeedIn(pace),
            FailureProbability = RunEstimates.Failure(record.Totals.All.Completed, record.Totals.All.Failed, pace.FailureProbability),
        };
    }

    private static Wire.PartStatistics Part(ClassRecord members, string machineClass, PartKey key, RunTotals all, RunTotals recent)
    {
        var part = new Wire.PartStatistics
        {
            Design = (members.Parts.GetValueOrDefault(key)?.Design ?? new Model.Designs.DesignRef("", "", key.Manifest)).ToWire(),
            Part = key.Part,
            MachineClass = machineClass,
            All = Runs(all),
            Last30Days = Runs(recent),
        };
        if (members.HistoryOf(key) is { } history)
        {
            (part.SecondsEach, part.LateSecondsEach, part.GramsEach) = (history.SecondsEach ?? 0, history.LateSecondsEach ?? 0, history.GramsEach ?? 0);
            if (history.FailureProbability is { } failure)
            {
                part.FailureProbability = failure;
            }
        }

        return part;
    }

    private static Wire.RunStatistics Runs(RunTotals totals)
    {
        var wire = new Wire.RunStatistics
        {
            Completed = totals.Completed,
            Failed = totals.Failed,
            Cancelled = totals.Cancelled,
            Lost = totals.Lost,
            Doubted = totals.Doubted,
            Made = totals.Made,
            Scrapped = totals.FailedPieces + totals.Refused,
            PlannedSeconds = totals.PlannedSeconds,
            MeasuredSeconds = totals.MeasuredSeconds,
            RunSeconds = totals.RunSeconds,
            Grams = totals.Grams,
            EnergyKwh = totals.EnergyKwh,
            OpenSeconds = totals.OpenSeconds,
            InServiceSeconds = totals.InServiceSeconds,
        };
        if (totals.OpenSeconds > 0)
        {
            wire.Availability = totals.InServiceSeconds / totals.OpenSeconds;
        }

        if (totals.MeasuredSeconds > 0)
        {
            wire.Performance = totals.PlannedSeconds / totals.MeasuredSeconds;
        }

        // Of pieces that were refused within the window, some may have been made before it.
        var begun = totals.FailedPieces + totals.Made;
        if (begun > 0)
        {
            wire.Quality = Math.Max(0, (double)(totals.Made - totals.Refused) / begun);
        }

        if (wire.HasAvailability && wire.HasPerformance && wire.HasQuality)
        {
            wire.Oee = wire.Availability * wire.Performance * wire.Quality;
        }

        if (totals.Good + totals.Bad > 0)
        {
            wire.Yield = (double)totals.Good / (totals.Good + totals.Bad);
        }

        if (totals.Failed > 0)
        {
            wire.SecondsBetweenFailures = totals.RunSeconds / totals.Failed;
        }

        return wire;
    }
}
