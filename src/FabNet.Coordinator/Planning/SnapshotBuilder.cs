// Makes the planner's snapshot from what the coordinator knows.

using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Coordinator.Statistics;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning;

namespace FabNet.Coordinator.Planning;

/// <summary>Builds snapshots. Owned by the coordinator's loop; the snapshot itself is immutable and may be planned anywhere.</summary>
internal sealed class SnapshotBuilder(CoordinatorState state, SiteDirectory sites, OfferBook offers, TimeProvider time)
{
    private const double LeastRemainingSeconds = 30;
    private const double MostOfEstimate = 4;
    private const double LongestDoubtless = 3600;

    /// <summary>The whole network now.</summary>
    /// <param name="asked">Parts that are asked about beside those of open jobs.</param>
    public PlantSnapshot Build(params IEnumerable<PartKey> asked) => new()
    {
        Now = time.GetUtcNow(),
        Sites = [.. state.Sites.Values],
        Machines = [.. state.Sites.Values.SelectMany(s => s.Machines).Select(m => Machine(m, StateOf(m.Id)))],
        Jobs = [.. state.Open.Where(e => e.CancelReason is null && e.Order.Origin is null).Select(e => Open(e))],
        History = state.Statistics.HistoriesOf(state.Live.Select(PartOf).Concat(asked)),
    };

    /// <summary>One machine, as its site claims a job for it: the site knows what it does, so its state is no obstacle.</summary>
    public PlantSnapshot ForClaim(MachineId machine, JobEntry claimed) => ForClaim(machine, PartOf(claimed));

    /// <summary>The same, of a part that no job makes yet.</summary>
    public PlantSnapshot ForClaim(MachineId machine, PartKey part) => new()
    {
        Now = time.GetUtcNow(),
        Sites = [.. state.Sites.Values],
        Machines = sites.MachineOf(machine) is { } found ? [Machine(found, (MachineState.Idle, null, null))] : [],
        Jobs = [],
        History = state.Statistics.HistoriesOf(state.CommittedTo(machine).Select(PartOf).Append(part)),
    };

    /// <summary>A job as the planner sees it.</summary>
    /// <param name="entry">The job.</param>
    /// <param name="forClaim">True where its own site asks: what it declined before does not bind it.</param>
    public OpenJob Open(JobEntry entry, bool forClaim = false) => new()
    {
        Id = entry.Id,
        Work = WorkOf(entry),
        PlacedAt = entry.Order.Order.PlacedAt,
        Due = entry.Order.Order.Due,
        Destination = entry.Order.Order.Destination,
        Exclusions = [.. Rejected(entry), .. forClaim ? [] : offers.AvoidedBy(entry.Id, m => sites.StatusOf(m)?.Status).Select(a => new MachineExclusion(a.Machine, a.Reason))],
    };

    /// <summary>True if a machine of the network is able to make what a job was rejected for elsewhere, whatever it does now.</summary>
    public bool CanBeMadeElsewhere(JobEntry entry)
    {
        var rejected = Rejected(entry).Select(r => r.Machine).ToHashSet();
        var work = WorkOf(entry);
        return state.Sites.Values.SelectMany(s => s.Machines).Any(m => !rejected.Contains(m.Id) && Planner.IsAble(work, m.Profile));
    }

    /// <summary>The part that a job makes, as its runs are filed.</summary>
    internal static PartKey PartOf(JobEntry entry) => new(entry.Job.Design.Manifest, entry.Job.Part);

    internal static Work WorkOf(JobEntry entry) => new()
    {
        Design = entry.Job.Design,
        Part = entry.Part,
        Material = entry.Job.Material,
        Color = entry.Job.Color,
        Copies = entry.Job.Copies,
    };

    /// <summary>A class that rejected the work is not asked again at that site, and nowhere once two sites rejected it on that class: then it is the class, not a site's slicer.</summary>
    private IEnumerable<MachineExclusion> Rejected(JobEntry entry)
    {
        if (entry.Rejections.IsEmpty)
        {
            yield break;
        }

        foreach (var machine in state.Sites.Values.SelectMany(s => s.Machines))
        {
            var alike = entry.Rejections.FindAll(r => r.MachineClass == machine.Profile.Name);
            if (alike.Exists(r => r.Machine.Site == machine.Id.Site) || alike.Select(r => r.Machine.Site).Distinct().Count() > 1)
            {
                yield return new MachineExclusion(machine.Id, $"{alike[0].Machine} rejected the work, and is of the same class");
            }
        }
    }

    private PlantMachine Machine(Machine machine, (MachineState State, string? Detail, DateTimeOffset? Since) now)
    {
        var status = sites.StatusOf(machine.Id)?.Status;
        return new()
        {
            Machine = status is null ? machine : machine with { Loaded = status.Loaded },
            State = now.State,
            Detail = now.Detail,
            Since = now.Since,
            Speed = state.Statistics.SpeedOf(machine.Id),
            FailureProbability = state.Statistics.FailureOf(machine.Id),
            Committed =
            [
                .. state.CommittedTo(machine.Id).Where(e => e.Job.ReplacedBy is null).OrderBy(e => e.Job.StartedAt is null)
                    .GroupBy(e => e.Job.RunKey).SelectMany(run => Committed([.. run], status)),
            ],
        };
    }

    private (MachineState State, string? Detail, DateTimeOffset? Since) StateOf(MachineId machine) => sites.StatusOf(machine) is { } live
        ? sites.IsOnline(machine.Site) ? (live.Status.State, live.Status.Detail, live.Since) : (MachineState.Offline, "its site is not connected", sites[machine.Site].LastSeenAt)
        : (MachineState.Offline, sites.IsOnline(machine.Site) ? "it has not told its state yet" : "its site is not connected", sites[machine.Site].LastSeenAt);

    /// <summary>Jobs that are made at once, or one.</summary>
    private IEnumerable<CommittedWork> Committed(List<JobEntry> run, MachineStatus? status)
    {
        // What a machine says is left holds as far as it can be: nobody keeps his machine booked for years by a number.
        double? left = run[0].Job.StartedAt is not { } started ? null
            : status is { RemainingSeconds: { } told } && run.Exists(e => e.Id == status.Job)
                && told <= MostOfEstimate * Math.Max(LongestDoubtless, run.Sum(e => e.Job.EstimatedSeconds ?? 0)) ? Math.Max(0, told)
            : run.TrueForAll(e => e.Job.EstimatedSeconds is not null) && run.Sum(e => e.Job.EstimatedSeconds!.Value) is var whole
                // Its site's clock may be years off: between nothing and all of it is left.
                ? Math.Clamp(whole - (time.GetUtcNow() - started).TotalSeconds, LeastRemainingSeconds, Math.Max(LeastRemainingSeconds, whole))
            : null;
        return run.Select((entry, i) => new CommittedWork
        {
            Job = entry.Id,
            Work = WorkOf(entry),
            HasStarted = entry.Job.StartedAt is not null,
            RemainingSeconds = left is { } all ? i == 0 ? all : 0 : entry.Job.EstimatedSeconds,
            IsWithPrevious = i > 0,
        });
    }
}
