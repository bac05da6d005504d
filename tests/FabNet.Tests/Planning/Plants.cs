// Snapshots for planner tests: readable by hand, and generated.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning;
using FsCheck;
using FsCheck.Fluent;

namespace FabNet.Tests.Planning;

internal static class Plants
{
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static MachineProfile Printer(string name = "printer", double sizeMm = 200, params string[] materials) => new()
    {
        Name = name,
        Title = name,
        Process = FabricationProcess.Printing,
        Dialect = FirmwareDialect.Marlin,
        X = Axis(sizeMm),
        Y = Axis(sizeMm),
        Z = Axis(sizeMm),
        HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 280 }],
        Materials = materials.Length > 0 ? materials : ["PLA", "PETG"],
        Slicer = new Dictionary<string, string>(StringComparer.Ordinal) { ["nozzle_diameter"] = "0.4" },
    };

    public static MachineProfile Mill(string name = "shapeoko-3") => Printer(name, 400, "PLYWOOD") with { Process = FabricationProcess.Milling, Dialect = FirmwareDialect.Grbl, HotEnds = [] };

    public static AxisLimits Axis(double sizeMm) => new() { RangeMm = new AxisRange(0, sizeMm), MaxFeedMmPerMin = 9000, AccelerationMmPerS2 = 1000 };

    public static Site Site(string id, params Machine[] machines) => new() { Id = SiteId.Parse(id), Title = id, Machines = machines };

    public static PlantMachine At(string id, MachineProfile profile, string? material = null, string? color = null, MachineState state = MachineState.Idle, params CommittedWork[] committed) => new()
    {
        Machine = new Machine { Id = MachineId.Parse(id), Profile = profile, Loaded = new LoadedMaterial(material, color) },
        State = state,
        Committed = committed,
    };

    /// <summary>The same machine at a site that makes several jobs on one bed, or does not.</summary>
    public static PlantMachine SharingBeds(this PlantMachine machine, bool isShared = true) => machine with { Machine = machine.Machine with { SharesBeds = isShared } };

    public static DesignPart Part(string name = "clip", double sizeMm = 20, FabricationProcess process = FabricationProcess.Printing, string? toolpathFor = null) => new()
    {
        Name = name,
        Process = process,
        OuterDimensionsMm = new Size3(sizeMm, sizeMm, sizeMm),
        VolumeMm3 = sizeMm * sizeMm * sizeMm,
        Artefacts = toolpathFor is null
            ? [new Artefact { Path = "a.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of([1]), Size = 1000 }]
            : [new Artefact { Path = "a.nc", Kind = ArtefactKind.Toolpath, MediaType = "text/x-gcode", Digest = Digest.Of([2]), Size = 24_000, MachineClass = toolpathFor }],
    };

    public static Work Work(DesignPart? part = null, string? material = "PLA", string? color = null) =>
        new() { Design = new DesignRef("clip", "1.0.0", Digest.Of([0])), Part = part ?? Part(), Material = material, Color = color };

    public static OpenJob Job(string id, Work? work = null, DateTimeOffset? due = null, int placedMinutesAgo = 10) =>
        new() { Id = JobId.Parse(id), Work = work ?? Work(), Due = due, PlacedAt = Now.AddMinutes(-placedMinutesAgo) };

    public static PlantSnapshot Snapshot(IReadOnlyList<PlantMachine> machines, params OpenJob[] jobs) => new()
    {
        Now = Now,
        Sites = [.. machines.Select(m => m.Machine.Id.Site).Distinct().Select(s => Site(s.Value))],
        Machines = machines,
        Jobs = jobs,
    };

    /// <summary>Networks of up to 9 machines on 3 sites of mixed classes, currencies and states, and up to 25 jobs of mixed needs.</summary>
    public static readonly Gen<PlantSnapshot> Any =
        from machineSeeds in Gen.ArrayOf(Gen.Choose(0, int.MaxValue - 1)).Where(a => a.Length <= 9)
        from jobSeeds in Gen.ArrayOf(Gen.Choose(0, int.MaxValue - 1)).Where(a => a.Length <= 25)
        from prices in Gen.ArrayOf(Gen.Choose(0, 500), 3)
        select Build(machineSeeds, jobSeeds, prices);

    private static PlantSnapshot Build(int[] machineSeeds, int[] jobSeeds, int[] prices)
    {
        string[] materials = ["PLA", "PETG", "PLYWOOD", "PA"];
        string?[] colors = [null, "black", "white", "red"];
        var machines = machineSeeds.Select((seed, i) => (new Random(seed), i)).Select(m =>
        {
            var (random, i) = m;
            var profile = random.Next(3) switch { 0 => Printer("small", 60), 1 => Printer("large", 300, "PLA", "PETG", "PA"), _ => Mill() };
            var states = Enum.GetValues<MachineState>();
            var machine = At(
                $"lab-{(char)('a' + random.Next(3))}/m{i}",
                profile,
                random.Next(3) == 0 ? null : profile.Materials[random.Next(profile.Materials.Count)],
                colors[random.Next(4)],
                random.Next(3) > 0 ? MachineState.Idle : states[random.Next(states.Length)],
                [.. Enumerable.Range(0, random.Next(3)).Select(k => new CommittedWork
                {
                    Job = JobId.Parse($"o-{1000 + i}.{k + 1}"),
                    Work = Work(material: profile.Materials[0], color: colors[random.Next(4)]),
                    HasStarted = k == 0 && random.Next(2) == 0,
                    RemainingSeconds = random.Next(2) == 0 ? random.Next(7200) : null,
                })]).SharingBeds(random.Next(2) == 0);
            return random.Next(4) > 0 ? machine : machine with
            {
                Machine = machine.Machine with
                {
                    Reserved = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(k => Now.AddMinutes((k * 700) + random.Next(-60, 300))).Select(from => new Reservation(from, from.AddMinutes(random.Next(5, 400)), "class"))],
                },
            };
        }).ToList();
        var jobs = jobSeeds.Select((seed, i) => (new Random(seed), i)).Select(j =>
        {
            var (random, i) = j;
            var part = random.Next(5) switch
            {
                0 => Part("plate", 100),
                1 => Part("panel", 50, FabricationProcess.Milling, "shapeoko-3"),
                2 => Part("odd", 30, FabricationProcess.Unknown),
                _ => Part("clip", 5 + random.Next(50)),
            };
            return Job($"o-{i + 1}.1", Work(part, random.Next(4) == 0 ? null : materials[random.Next(4)], colors[random.Next(4)]), random.Next(3) == 0 ? Now.AddMinutes(random.Next(-600, 6000)) : null, random.Next(600)) with
            {
                Destination = random.Next(3) == 0 ? SiteId.Parse($"lab-{(char)('a' + random.Next(4))}") : null,
                Exclusions = machines.Count > 0 && random.Next(3) == 0 ? [new MachineExclusion(machines[random.Next(machines.Count)].Machine.Id, "it said no")] : [],
            };
        });
        return Snapshot(machines, [.. jobs]) with
        {
            Sites = [.. Enumerable.Range(0, 3).Select(i => Site($"lab-{(char)('a' + i)}") with
            {
                Latitude = 40 + (i * 5),
                Longitude = -9 + (i * 7),
                Prices = new SitePrices { Currency = i == 2 && prices[2] > 250 ? "CHF" : "EUR", MachinePerHour = prices[i] / 100m, LabourPerHour = prices[(i + 1) % 3] / 10m },
            })],
        };
    }
}
