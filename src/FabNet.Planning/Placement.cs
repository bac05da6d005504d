// Makes a plan: orders the jobs, places each where it costs least, improves each machine's sequence, and writes it down.

using System.Runtime.InteropServices;
using FabNet.Model;
using FabNet.Model.Plans;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>One making of one plan.</summary>
internal sealed class Placement
{
    /// <summary>Jobs of one order follow one another: a few families at a time are enough, and memory stays bounded.</summary>
    private const int CachedFamilies = 128;

    private readonly PlantSnapshot _snapshot;
    private readonly MachineTimeline[] _machines;
    private readonly Dictionary<SiteId, Site> _sites;
    private readonly Dictionary<Family, FamilyFit> _families = [];
    private readonly Queue<Family> _familyAge = new();
    private readonly List<UnplacedJob> _unplaced = [];

    public Placement(PlantSnapshot snapshot)
    {
        _snapshot = snapshot;
        _sites = snapshot.Sites.ToDictionary(s => s.Id);
        _machines = [.. snapshot.Machines
            .OrderBy(m => m.Machine.Id.Site.Value, StringComparer.Ordinal)
            .ThenBy(m => m.Machine.Id.Name, StringComparer.Ordinal)
            .Select(m => new MachineTimeline(m, SiteOf(m), snapshot))];
    }

    public Plan Run()
    {
        foreach (var job in _snapshot.Jobs.Order(JobOrder.Instance))
        {
            Place(job);
        }

        var assignments = new List<Assignment>(_snapshot.Jobs.Count);
        foreach (var machine in _machines)
        {
            SequenceSearch.Improve(machine, _snapshot.WaitingPerHour);
            Write(machine, assignments);
        }

        return new Plan { Assignments = assignments, Unplaced = _unplaced };
    }

    private Site SiteOf(PlantMachine machine) => _sites.TryGetValue(machine.Machine.Id.Site, out var site) ? site
        : throw new ArgumentException($"The snapshot has machine {machine.Machine.Id} but not its site.");

    private void Place(OpenJob job)
    {
        var fit = FitOf(job);
        if (fit.Candidates.Count == 0)
        {
            _unplaced.Add(new UnplacedJob(job.Id, fit.Reason ??= PlanWords.Unplaced(job, _machines)));
            return;
        }

        var due = job.Due is { } at ? (at - _snapshot.Now).TotalMinutes : double.PositiveInfinity;
        Choice? best = null;
        Choice? next = null;
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(fit.Candidates))
        {
            var machine = _machines[candidate.Machine];
            var slot = machine.Next(job, candidate.Run, due);
            var choice = new Choice(candidate, slot, slot.Cost.Total + (slot.EndMinutes / 60 * _snapshot.WaitingPerHour), machine.Rates.Currency);
            if (best is not { } b || choice.IsBetterThan(b))
            {
                (best, next) = (choice, best);
            }
            else if (next is not { } n || choice.IsBetterThan(n))
            {
                next = choice;
            }
        }

        var chosen = best!.Value;
        _machines[chosen.Candidate.Machine].Add(
            new PlacedJob
            {
                Job = job,
                Run = chosen.Candidate.Run,
                DueMinutes = due,
                NextBest = next is { } other ? new Alternative(other.Candidate.Machine, other.Slot.Cost.Total, other.Slot.EndMinutes) : null,
                ChosenTotal = chosen.Slot.Cost.Total,
                ChosenEndMinutes = chosen.Slot.EndMinutes,
            },
            chosen.Slot);
    }

    private FamilyFit FitOf(OpenJob job)
    {
        var family = Family.Of(job);
        if (_families.TryGetValue(family, out var fit))
        {
            return fit;
        }

        if (_familyAge.Count == CachedFamilies)
        {
            _families.Remove(_familyAge.Dequeue());
        }

        fit = new FamilyFit();
        for (var i = 0; i < _machines.Length; i++)
        {
            if (Eligibility.Of(job, _machines[i].Machine) is Obstacle.None)
            {
                fit.Candidates.Add(new Candidate(i, RunCostOf(job, _machines[i])));
            }
        }

        _families.Add(family, fit);
        _familyAge.Enqueue(family);
        return fit;
    }

    private RunCost RunCostOf(OpenJob job, MachineTimeline machine)
    {
        var history = _snapshot.History.GetValueOrDefault(MachineTimeline.KeyOf(job.Work, machine.Profile));
        var estimate = WorkEstimate.Of(job.Work, machine.Profile, history);
        var stays = job.Destination is null || job.Destination == machine.Site.Id;
        var kilometres = !stays && _sites.TryGetValue(job.Destination!.Value, out var destination) ? GreatCircle.Kilometres(machine.Site, destination) : 0;
        return new(
            estimate.Seconds / 60,
            estimate.Grams,
            machine.Rates.MaterialPerGram(job.Work.Material ?? machine.CommittedState.Loaded.Material),
            machine.Rates.Transport(stays, kilometres, estimate.Grams),
            (history ?? new RunHistory()).FailureProbability);
    }

    private void Write(MachineTimeline machine, List<Assignment> assignments)
    {
        var (free, state) = (machine.CommittedMinutes, machine.CommittedState);
        for (var i = 0; i < machine.Placed.Count; i++)
        {
            var placed = machine.Placed[i];
            var slot = machine.SlotAfter(free, state, placed.Job, placed.Run, placed.DueMinutes);
            assignments.Add(new Assignment
            {
                Job = placed.Job.Id,
                Machine = machine.Machine.Machine.Id,
                Sequence = machine.Machine.Committed.Count + i,
                StartsAt = At(slot.StartMinutes),
                EndsAt = At(slot.EndMinutes),
                SetUpMinutes = slot.Change.Minutes,
                Cost = slot.Cost.ToBreakdown(machine.Rates.Currency),
                Why = PlanWords.Why(machine, state, placed, slot, placed.NextBest is { } next ? _machines[next.Machine] : null),
            });
            (free, state) = (slot.EndMinutes, slot.Change.After);
        }
    }

    private DateTimeOffset At(double minutes) => _snapshot.Now.AddMinutes(Math.Min(minutes, MachineTimeline.HorizonMinutes));

    /// <summary>Jobs that are alike in everything but their order's times.</summary>
    private readonly record struct Family(Digest Manifest, string Part, string? Material, string? Color, int Copies, SiteId? Destination, int ExclusionHash, IReadOnlyList<MachineExclusion> Exclusions)
    {
        public static Family Of(OpenJob job)
        {
            var hash = new HashCode();
            foreach (var exclusion in job.Exclusions)
            {
                hash.Add(exclusion);
            }

            var work = job.Work;
            return new(work.Design.Manifest, work.Part.Name, work.Material, work.Color, work.Copies, job.Destination, hash.ToHashCode(), job.Exclusions);
        }

        public bool Equals(Family other) =>
            Manifest == other.Manifest && Part == other.Part && Material == other.Material && Color == other.Color && Copies == other.Copies
            && Destination == other.Destination && ExclusionHash == other.ExclusionHash && Exclusions.SequenceEqual(other.Exclusions);

        public override int GetHashCode() => HashCode.Combine(Manifest, Part, Material, Color, Copies, Destination, ExclusionHash);
    }

    private readonly record struct Candidate(int Machine, RunCost Run);

    private sealed class FamilyFit
    {
        public List<Candidate> Candidates { get; } = [];

        public string? Reason { get; set; }
    }

    private readonly record struct Choice(Candidate Candidate, Slot Slot, double Score, string Currency)
    {
        private const double Cent = 1e-6;

        /// <summary>Less cost within a currency; across currencies, the earlier end. Candidates come by machine id, so an equal one that comes later is not better.</summary>
        public bool IsBetterThan(in Choice other) => Currency != other.Currency ? Slot.EndMinutes < other.Slot.EndMinutes
            : Score < other.Score - Cent || (Score <= other.Score + Cent && Slot.EndMinutes < other.Slot.EndMinutes - Cent);
    }
}

/// <summary>The order in which jobs are placed: due, then placed, then by number. Total, so that plans are deterministic.</summary>
internal sealed class JobOrder : IComparer<OpenJob>
{
    public static readonly JobOrder Instance = new();

    public int Compare(OpenJob? x, OpenJob? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var order = (x.Due ?? DateTimeOffset.MaxValue).CompareTo(y.Due ?? DateTimeOffset.MaxValue);
        order = order != 0 ? order : x.PlacedAt.CompareTo(y.PlacedAt);
        order = order != 0 ? order : x.Id.Value.Length.CompareTo(y.Id.Value.Length);
        return order != 0 ? order : string.CompareOrdinal(x.Id.Value, y.Id.Value);
    }
}
