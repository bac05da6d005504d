// What is remembered of one class of machine, over all sites.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Planning;
using FabNet.Planning.Learning;

namespace FabNet.Coordinator.Statistics;

/// <summary>A class of machine: its machines, and the programs that sites admitted for it. Owned by the coordinator's loop.</summary>
internal sealed class ClassRecord
{
    private readonly Dictionary<PartKey, ProgramRecord> _programs = [];
    private ClassPace? _pace;

    /// <summary>The machines, in the order in which they were first heard.</summary>
    public List<MachineRecord> Machines { get; } = [];

    /// <summary>The parts that anybody prepared for it, with the design's name and version.</summary>
    public IReadOnlyDictionary<PartKey, ProgramRecord> Parts => _programs;

    /// <summary>How it keeps the times of programs, and how often its runs fail.</summary>
    public ClassPace Pace => _pace ??= Reckon();

    /// <summary>A run ended on one of its machines.</summary>
    public void Changed() => _pace = null;

    /// <summary>A site admitted a program: its last word on the part counts.</summary>
    public void Programmed(PartKey part, DesignRef design, SiteId site, double secondsEach, double gramsEach)
    {
        if (!_programs.TryGetValue(part, out var known))
        {
            _programs.Add(part, known = new ProgramRecord(design));
        }

        known.BySite[site] = (secondsEach, gramsEach);
    }

    /// <summary>What is known of a part on it; null if nobody ever prepared it.</summary>
    public RunHistory? HistoryOf(PartKey part)
    {
        if (!_programs.TryGetValue(part, out var programs))
        {
            return null;
        }

        var pace = Pace;
        var sites = programs.BySite.ToDictionary(static p => p.Key, static p => new SiteRuns { ProgramSeconds = p.Value.Seconds, ProgramGrams = p.Value.Grams });
        foreach (var machines in Heard(m => m.Parts.ContainsKey(part)).GroupBy(static m => m.Id.Site))
        {
            var runs = machines.Select(m => (Speed: m.SpeedIn(pace), Record: m.Parts[part])).ToList();
            sites[machines.Key] = (sites.GetValueOrDefault(machines.Key) ?? new SiteRuns()) with
            {
                Seconds = [.. runs.SelectMany(static r => r.Record.Runs.Select(s => s.Seconds * r.Speed))],
                Grams = [.. runs.SelectMany(static r => r.Record.Runs.Select(static s => s.Grams))],
                Completed = runs.Sum(static r => r.Record.Totals.All.Good),
                Failed = runs.Sum(static r => r.Record.Totals.All.Bad),
            };
        }

        return RunEstimates.Of(sites.Values, pace);
    }

    private ClassPace Reckon()
    {
        var sites = Heard(static m => m.Totals.All is { Completed: > 0 } or { Failed: > 0 }).GroupBy(static m => m.Id.Site).Select(static g => g.ToList()).ToList();
        return new ClassPace(
            RunEstimates.ClassRatio([.. sites.Select(static s => s.SelectMany(static m => m.Ratios).ToList())]),
            RunEstimates.FailureOf(
                [.. sites.Select(static s => new SiteRuns { Completed = s.Sum(static m => m.Totals.All.Good), Failed = s.Sum(static m => m.Totals.All.Bad) })],
                RunEstimates.TypicalFailure));
    }

    // Simulated machines keep their programs' times whatever a real one does: they count only among themselves.
    private List<MachineRecord> Heard(Predicate<MachineRecord> knows)
    {
        var heard = Machines.FindAll(knows);
        return heard.Exists(static m => !m.IsSimulated) ? heard.FindAll(static m => !m.IsSimulated) : heard;
    }
}

/// <summary>The programs that sites admitted for a part.</summary>
internal sealed class ProgramRecord(DesignRef design)
{
    /// <summary>The design, as it was named first.</summary>
    public DesignRef Design { get; } = design;

    /// <summary>For each site, seconds and grams of its last program for each copy.</summary>
    public Dictionary<SiteId, (double Seconds, double Grams)> BySite { get; } = [];
}
