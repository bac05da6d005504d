// A snapshot as a scheduling problem: designs and profiles become times, masses and set-ups.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;

namespace FabNet.Planning;

/// <summary>Compiles one snapshot. What a site or a design claims is bounded, so that nobody's absurd number keeps the others' jobs from being planned.</summary>
internal sealed class SnapshotCompiler
{
    private const double MostMinutes = 1e5;
    private const double MostGrams = 1e6;
    private const double MostPerPiece = 1e-3;

    // What a slicer keeps between parts, and a skirt's room around them; a bed is smaller than what its machine reaches.
    private const double BedClearanceMm = 6;
    private const double BedMarginMm = 15;

    private static readonly TimeSpan Furthest = TimeSpan.FromDays(3650);

    private readonly PlantSnapshot _snapshot;
    private readonly List<(MachineProfile Profile, bool SharesBeds, MachineClass Class)> _classes = [];
    private readonly Dictionary<Kind, IReadOnlyDictionary<string, RunOnClass>> _kinds = [];

    private SnapshotCompiler(PlantSnapshot snapshot) => _snapshot = snapshot;

    /// <summary>Compiles a snapshot, in an order that does not depend on how it was written.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="machines">Its machines in service, in the problem's order.</param>
    /// <param name="jobs">Its jobs, in the problem's order.</param>
    public static ScheduleProblem Compile(PlantSnapshot snapshot, IReadOnlyList<PlantMachine> machines, IReadOnlyList<OpenJob> jobs) => new SnapshotCompiler(snapshot).Compile(machines, jobs);

    private ScheduleProblem Compile(IReadOnlyList<PlantMachine> machines, IReadOnlyList<OpenJob> jobs)
    {
        var units = machines.Select(Machine).ToList();
        var ids = units.Select(static m => m.Id).ToHashSet(StringComparer.Ordinal);
        var sites = _snapshot.Sites.OrderBy(static s => s.Id.Value, StringComparer.Ordinal).ToList();
        var elsewhere = jobs.Select(static j => j.Destination?.Value).OfType<string>().Except(sites.Select(static s => s.Id.Value)).Order(StringComparer.Ordinal);
        return new ScheduleProblem
        {
            Now = _snapshot.Now,
            WaitingPerHour = _snapshot.WaitingPerHour,
            ChangeWorth = _snapshot.ChangeWorth,
            Workshops = [.. sites.Select(Workshop), .. elsewhere.Select(static id => new Workshop { Id = id })],
            Machines = units,
            Jobs = [.. jobs.Select(j => Job(j, ids))],
            Classes = [.. _classes.Select(static c => c.Class)],
        };
    }

    private static Workshop Workshop(Site site)
    {
        var isPlaced = site is { Latitude: >= -90 and <= 90, Longitude: >= -180 and <= 180 };
        var prices = site.Prices;
        return new Workshop
        {
            Id = site.Id.Value,
            Latitude = isPlaced ? site.Latitude : null,
            Longitude = isPlaced ? site.Longitude : null,
            TimeZone = site.TimeZone,
            Hours = site.Hours,
            Prices = prices with
            {
                MachinePerHour = Bounded(prices.MachinePerHour),
                LabourPerHour = Bounded(prices.LabourPerHour),
                DefaultMaterialPerKg = Bounded(prices.DefaultMaterialPerKg),
                MaterialPerKg = prices.MaterialPerKg.ToDictionary(static m => m.Key, static m => Bounded(m.Value), StringComparer.Ordinal),
                EnergyPerKwh = Bounded(prices.EnergyPerKwh),
                EnergyPerKwhByHour = [.. prices.EnergyPerKwhByHour.Select(static p => Math.Clamp(p, -100, 100))],
                TransportFixed = Bounded(prices.TransportFixed),
                TransportPerKmKg = Bounded(prices.TransportPerKmKg),
                LatenessPerHour = Bounded(prices.LatenessPerHour),
                Co2GramsPerKwh = Bounded(prices.Co2GramsPerKwh, 0, 1e5),
            },
        };
    }

    private WorkshopMachine Machine(PlantMachine machine)
    {
        var profile = machine.Machine.Profile;
        return new WorkshopMachine
        {
            Id = machine.Machine.Id.ToString(),
            Workshop = machine.Machine.Id.Site.Value,
            Class = ClassOf(machine.Machine).Name,
            Loaded = new SetUpOf { Material = machine.Machine.Loaded.Material, Color = machine.Machine.Loaded.Color },
            Blocked = [.. machine.Machine.Reserved.Where(r => r.To > r.From && r.To > _snapshot.Now).Select(r => new BlockedTime(Near(_snapshot.Now, r.From), Near(_snapshot.Now, r.To), r.Reason)).Where(static b => b.To > b.From)],
            Speed = SpeedOf(machine),
            FailureProbability = machine.FailureProbability is { } failure ? Bounded(failure, 0, 0.99) : null,
            Queue = QueueOf(machine, profile),
        };
    }

    private List<QueuedWork> QueueOf(PlantMachine machine, MachineProfile profile)
    {
        var queue = new List<QueuedWork>(machine.Committed.Count);
        foreach (var work in machine.Committed)
        {
            var minutes = Bounded((work.RemainingSeconds is >= 0 and var left && double.IsFinite(left) ? left : EstimateOf(work.Work, profile).Seconds / SpeedOf(machine)) / 60, 0, 1e6);
            if (work.IsWithPrevious && queue.Count > 0)
            {
                queue[^1] = queue[^1] with { Minutes = Math.Min(1e6, queue[^1].Minutes + minutes) };
            }
            else
            {
                queue.Add(new QueuedWork(NeedsOf(work.Work), minutes, work.HasStarted));
            }
        }

        return queue;
    }

    // Profiles of one name are one class where they agree in all that matters here.
    private MachineClass ClassOf(Machine machine)
    {
        var (profile, sharesBeds) = (machine.Profile, machine.SharesBeds && machine.Profile.Process is FabricationProcess.Printing);
        foreach (var (known, shares, machineClass) in _classes)
        {
            if (shares == sharesBeds && (ReferenceEquals(known, profile) || (known.Name == profile.Name && known.Process == profile.Process && known.SetUp == profile.SetUp && known.Power == profile.Power
                && known.EnvelopeMm == profile.EnvelopeMm && known.Materials.SequenceEqual(profile.Materials) && known.Slicer.Count > 0 == profile.Slicer.Count > 0)))
            {
                return machineClass;
            }
        }

        var alike = _classes.Count(c => c.Profile.Name == profile.Name);
        var added = new MachineClass
        {
            Name = alike == 0 ? profile.Name : $"{profile.Name}#{alike + 1}",
            Process = profile.Process is FabricationProcess.Printing ? "3DP" : "other",
            SizeMm = sharesBeds ? new Size3(profile.EnvelopeMm.X.Length, profile.EnvelopeMm.Y.Length, profile.EnvelopeMm.Z.Length) : null,
            SharesBeds = sharesBeds,
            ClearanceMm = BedClearanceMm,
            MarginMm = BedMarginMm,
            SetUp = SetUpOf(profile),
            Power = new PowerDraw { RunningW = Bounded(profile.Power.RunningW, 0, 1e6), WarmUpW = Bounded(profile.Power.WarmUpW, 0, 1e6) },
        };
        _classes.Add((profile, sharesBeds, added));
        return added;
    }

    /// <summary>What changes take on a machine of a profile.</summary>
    internal static SetUpCosts SetUpOf(MachineProfile profile) => new()
    {
        ClearMinutes = Bounded(profile.SetUp.ClearMinutes, 0, 1e4),
        MaterialChangeMinutes = Bounded(profile.SetUp.MaterialChangeMinutes, 0, 1e4),
        ColorChangeMinutes = Bounded(profile.SetUp.ColorChangeMinutes, 0, 1e4),
        ToolChangeMinutes = Bounded(profile.SetUp.ToolChangeMinutes, 0, 1e4),
        PurgeGrams = Bounded(profile.SetUp.PurgeGrams, 0, 1e4),
        DarkToLightPurgeGrams = Bounded(profile.SetUp.DarkToLightPurgeGrams, 0, 1e4),
        WarmUpMinutes = Bounded(profile.SetUp.WarmUpMinutes, 0, 1e4),
    };

    private ScheduleJob Job(OpenJob job, HashSet<string> machines)
    {
        var planned = _snapshot.InForce.TryGetValue(job.Id, out var place) && machines.Contains(place.Machine.ToString()) ? new PlannedPlace(place.Machine.ToString(), place.Sequence) : null;
        return new ScheduleJob
        {
            Id = job.Id.Value,
            Quantity = Math.Clamp(job.Work.Copies, 1, 1_000_000),
            Needs = NeedsOf(job.Work),
            SizeMm = job.Work.Part.OuterDimensionsMm is { Width: > 0 and <= 1e5, Depth: > 0 and <= 1e5, Height: > 0 and <= 1e5 } size ? size : null,
            ByClass = KnownOf(job.Work),
            MinutesEach = null,
            Due = job.Due is { } due ? Near(_snapshot.Now, due) - MarginOf(job.Work) : null,
            Destination = job.Destination?.Value,
            NotOn = job.Exclusions.Select(static e => (Machine: e.Machine.ToString(), e.Reason)).Where(e => machines.Contains(e.Machine)).DistinctBy(static e => e.Machine)
                .ToDictionary(static e => e.Machine, static e => e.Reason, StringComparer.Ordinal),
            Planned = planned,
        };
    }

    private IReadOnlyDictionary<string, RunOnClass> KnownOf(Work work)
    {
        var kind = new Kind(work.Design.Manifest, work.Part.Name, work.Material, work.Copies);
        if (_kinds.TryGetValue(kind, out var known))
        {
            return known;
        }

        var copies = Math.Clamp(work.Copies, 1, 1_000_000);
        var classes = new Dictionary<string, RunOnClass>(StringComparer.Ordinal);
        foreach (var (profile, _, machineClass) in _classes)
        {
            if (Eligibility.OfWork(work, profile) is Obstacle.None)
            {
                var estimate = EstimateOf(work, profile);
                classes.Add(machineClass.Name, new RunOnClass(
                    Bounded(estimate.Seconds / 60, MostPerPiece, MostMinutes) / copies,
                    Bounded(estimate.Grams, 0, MostGrams) / copies,
                    HistoryOf(_snapshot, work, profile)?.FailureProbability is { } failure ? Bounded(failure, 0, 0.99) : null,
                    IsAlone: work.Material is null || Toolpath.For(work, profile) is not null)); // What is sliced together is sliced for one material.
            }
        }

        // A problem's jobs name at least one class, or a time of their own: this one has neither, and stays without a machine.
        return _kinds[kind] = classes;
    }

    // What is due is planned as if it were due sooner, by what one run in five takes longer than the time that is reckoned with; on the surest class.
    private TimeSpan MarginOf(Work work)
    {
        var seconds = _classes.Where(c => Eligibility.OfWork(work, c.Profile) is Obstacle.None)
            .Select(c => EstimateOf(work, c.Profile)).Select(static e => e.LateSeconds - e.Seconds).DefaultIfEmpty(0).Min();
        return TimeSpan.FromSeconds(seconds);
    }

    private WorkEstimate EstimateOf(Work work, MachineProfile profile) => EstimateOf(_snapshot, work, profile);

    /// <summary>What a work takes on a class, by what was learnt.</summary>
    internal static WorkEstimate EstimateOf(PlantSnapshot snapshot, Work work, MachineProfile profile) => WorkEstimate.Of(work, profile, HistoryOf(snapshot, work, profile));

    /// <summary>A machine's pace beside its class's.</summary>
    internal static double SpeedOf(PlantMachine machine) => machine.Speed > 0 ? Bounded(machine.Speed, 0.01, 100) : 1;

    private static RunHistory? HistoryOf(PlantSnapshot snapshot, Work work, MachineProfile profile) =>
        snapshot.History.GetValueOrDefault(new RunKey(work.Design.Manifest, work.Part.Name, profile.Name));

    /// <summary>What a work needs set up.</summary>
    internal static SetUpOf NeedsOf(Work work) => new()
    {
        Material = work.Material,
        Color = work.Color,

        // What is cut needs its own tool and work offset.
        Tool = work.Part.Process is FabricationProcess.Milling ? $"{work.Design.Manifest.Value} {work.Part.Name}" : null,
    };

    /// <summary>A moment, brought within ten years of now.</summary>
    internal static DateTimeOffset Near(DateTimeOffset now, DateTimeOffset moment) => moment - now > Furthest ? now + Furthest : now - moment > Furthest ? now - Furthest : moment;

    /// <summary>A price, brought within what a plan reckons with.</summary>
    internal static decimal Bounded(decimal price) => Math.Clamp(price, 0, 1_000_000);

    private static double Bounded(double value, double least, double most) => double.IsNaN(value) ? least : Math.Clamp(value, least, most);

    private readonly record struct Kind(Digest Manifest, string Part, string? Material, int Copies);
}
