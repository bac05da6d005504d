// The projection of the coordinator's facts that tells what runs and machines are really like.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning;
using FabNet.Planning.Learning;

namespace FabNet.Coordinator.Statistics;

/// <summary>
/// Statistics of machines and of parts on classes of machine, made from facts alone, so that replay gives the same. In memory it is bounded by the machines that ran something or are
/// registered, times the parts that each made. Owned by the coordinator's loop.
/// </summary>
internal sealed class NetworkStatistics
{
    private const double LongestRunSeconds = 1e7;

    private readonly Dictionary<(MachineId Machine, string Class), MachineRecord> _machines = [];
    private readonly Dictionary<string, ClassRecord> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<MachineId, MachineRecord> _current = [];
    private readonly Dictionary<SiteId, Site> _sites = [];

    /// <summary>The records of all machines that are registered or ever ran something; one for each class that a machine was of.</summary>
    public IEnumerable<MachineRecord> Machines => _machines.Values;

    /// <summary>The classes by their names.</summary>
    public IReadOnlyDictionary<string, ClassRecord> Classes => _classes;

    /// <summary>The record of a machine as it is registered; null if it is not.</summary>
    public MachineRecord? RecordOf(MachineId machine) => _current.GetValueOrDefault(machine);

    /// <summary>The site of a machine as it was registered last; null if it never was.</summary>
    public Site? SiteOf(MachineId machine) => _sites.GetValueOrDefault(machine.Site);

    /// <summary>What is known of a part on a class; null if nobody ever prepared it.</summary>
    public RunHistory? HistoryOf(RunKey key) => _classes.GetValueOrDefault(key.MachineClass)?.HistoryOf(new PartKey(key.Manifest, key.Part));

    /// <summary>What is known of parts, on every class.</summary>
    public Dictionary<RunKey, RunHistory> HistoriesOf(IEnumerable<PartKey> parts)
    {
        Dictionary<RunKey, RunHistory> histories = [];
        foreach (var part in parts.Distinct())
        {
            foreach (var (name, machineClass) in _classes)
            {
                if (machineClass.HistoryOf(part) is { } history)
                {
                    histories[new RunKey(part.Manifest, part.Part, name)] = history;
                }
            }
        }

        return histories;
    }

    /// <summary>A machine's speed beside its class; 1 where nothing was measured.</summary>
    public double SpeedOf(MachineId machine) => _current.GetValueOrDefault(machine) is { Ratios.Count: > 0 } known ? known.SpeedIn(_classes[known.Class].Pace) : 1;

    /// <summary>The probability that a run fails on a machine; what is typical of its class where it ran nothing.</summary>
    public double FailureOf(MachineId machine) => _current.GetValueOrDefault(machine) is { } known
        ? RunEstimates.Failure(known.Totals.All.Good, known.Totals.All.Bad, _classes[known.Class].Pace.FailureProbability)
        : RunEstimates.TypicalFailure;

    /// <summary>The probability that a run of a part fails on a machine, as plans reckon with it.</summary>
    public double FailureOf(PartKey part, MachineId machine) =>
        _current.GetValueOrDefault(machine) is { } known && _classes[known.Class].HistoryOf(part) is { FailureProbability: { } failure } ? failure : FailureOf(machine);

    /// <summary>A site announced itself.</summary>
    /// <param name="site">The site.</param>
    /// <param name="at">When.</param>
    public void Take(Site site, DateTimeOffset at)
    {
        // The time until now counts by the hours that held until now.
        if (_sites.TryGetValue(site.Id, out var before))
        {
            foreach (var record in before.Machines.Select(m => _current.GetValueOrDefault(m.Id)).OfType<MachineRecord>())
            {
                if (record.Service.State is { } state)
                {
                    Count(record, record.Service.Change(state, at, before));
                }
            }
        }

        foreach (var gone in _sites.GetValueOrDefault(site.Id)?.Machines.Select(static m => m.Id).Except(site.Machines.Select(static m => m.Id)).ToList() ?? [])
        {
            Retire(gone);
        }

        _sites[site.Id] = site;
        foreach (var machine in site.Machines)
        {
            if (_current.TryGetValue(machine.Id, out var known) && known.Class != machine.Profile.Name)
            {
                Retire(machine.Id);
            }

            var record = _current[machine.Id] = Record(machine.Id, machine.Profile.Name);
            record.IsSimulated = machine.SimulatedSpeed is not null;
            _classes[record.Class].Changed();
        }
    }

    /// <summary>Machines came into service or went out of it.</summary>
    public void Take(ServiceChanged changed)
    {
        foreach (var machine in changed.Machines)
        {
            if (_current.TryGetValue(machine, out var record))
            {
                Count(record, record.Service.Change(changed.State, changed.At, _sites[machine.Site]));
            }
        }
    }

    /// <summary>Something happened to a job.</summary>
    /// <param name="before">The job before.</param>
    /// <param name="happened">The event, applied.</param>
    /// <param name="isDoubted">True if some of what it tells was not believed.</param>
    /// <param name="at">When it was heard: a site's own clock decides no window.</param>
    public void Take(Job before, JobEvent happened, bool isDoubted, DateTimeOffset at)
    {
        if (before.Machine is not { } machine || _current.GetValueOrDefault(machine) is not { } record)
        {
            return;
        }

        var (part, machineClass, copies) = (new PartKey(before.Design.Manifest, before.Part), _classes[record.Class], Math.Max(1, before.Copies));
        switch (happened)
        {
            case JobReady e:
                machineClass.Programmed(part, before.Design, machine.Site, e.EstimatedSeconds / copies, e.EstimatedGrams / copies);
                return;
            case JobCompleted e:
                if (!isDoubted)
                {
                    Learn(record, part, before, e);
                }

                Count(record, part, at, new RunTotals
                {
                    Completed = 1,
                    Doubted = isDoubted ? 1 : 0,
                    Made = copies,
                    PlannedSeconds = before.EstimatedSeconds is > 0 and var planned ? planned : 0,
                    MeasuredSeconds = before.EstimatedSeconds is > 0 ? e.Seconds : 0,
                    RunSeconds = e.Seconds,
                    Grams = e.Grams,
                    EnergyKwh = e.EnergyKwh,
                });
                break;
            case JobFailed: Count(record, part, at, new RunTotals { Failed = 1, FailedPieces = copies, RunSeconds = Elapsed(before, happened) }); break;
            case JobScrapped: Refused(before, at); return;
            case JobCancelled when before is { StartedAt: not null, IsFinal: false }: Count(record, part, at, new RunTotals { Cancelled = 1, RunSeconds = Elapsed(before, happened) }); break;
            case JobLost when before.StartedAt is not null: Count(record, part, at, new RunTotals { Lost = 1 }); break;
            default: return;
        }

        machineClass.Changed();
    }

    /// <summary>What a job made is no good: its site scrapped it, or its receiver refused it.</summary>
    public void Refused(Job job, DateTimeOffset at)
    {
        if (job.Machine is { } machine && _current.GetValueOrDefault(machine) is { } record)
        {
            Count(record, new PartKey(job.Design.Manifest, job.Part), at, new RunTotals { Refused = job.Copies, RefusedRuns = 1 });
            _classes[record.Class].Changed();
        }
    }

    private static void Learn(MachineRecord record, PartKey part, Job job, JobCompleted completed)
    {
        if (completed.Seconds > 0)
        {
            record[part].Measured(completed.Seconds / Math.Max(1, job.Copies), completed.Grams / Math.Max(1, job.Copies));
            if (job.EstimatedSeconds is > 0 and var planned)
            {
                record.Compare(planned, completed.Seconds);
            }
        }
    }

    // Jobs on one bed share the time of its run.
    private static double Elapsed(Job job, JobEvent ended) => job.StartedAt is { } started ? Math.Clamp((ended.At - started).TotalSeconds, 0, LongestRunSeconds) * (job.Share ?? 1) : 0;

    private static void Count(MachineRecord record, PartKey part, DateTimeOffset at, RunTotals happened)
    {
        record.Totals.Add(WindowedTotals.DayOf(at), happened);
        record[part].Totals.Add(WindowedTotals.DayOf(at), happened);
    }

    private static void Count(MachineRecord record, IReadOnlyList<(int Day, RunTotals Totals)> days)
    {
        foreach (var (day, totals) in days)
        {
            record.Totals.Add(day, totals);
        }
    }

    private MachineRecord Record(MachineId id, string machineClass)
    {
        if (!_machines.TryGetValue((id, machineClass), out var record))
        {
            _machines.Add((id, machineClass), record = new MachineRecord(id, machineClass));
            if (!_classes.TryGetValue(machineClass, out var members))
            {
                _classes.Add(machineClass, members = new ClassRecord());
            }

            members.Machines.Add(record);
        }

        return record;
    }

    // A machine that is registered no more is remembered for what it made; one that made nothing is forgotten, so that names that come and go fill nothing.
    private void Retire(MachineId machine)
    {
        if (_current.Remove(machine, out var record) && record.Parts.Count == 0)
        {
            _machines.Remove((machine, record.Class));
            var members = _classes[record.Class];
            members.Machines.Remove(record);
            if (members.Machines.Count == 0 && members.Parts.Count == 0)
            {
                _classes.Remove(record.Class);
            }
        }
    }
}
