// How long the coordinator's planner takes to plan 500 jobs on 50 machines anew after something happened.

using System.Diagnostics;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using FabNet.Planning;
using FabNet.Planning.Search;

namespace FabNet.Benchmarks.Planning;

internal static class ReplanBenchmark
{
    private const int Sites = 12;
    private const int Machines = 50;
    private const int Jobs = 500;

    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly string[] Headings = ["what happened", "ms", "jobs that moved", "not placed"];

    public static void Run(BenchmarkOptions options)
    {
        var before = Snapshot();
        var plan = Planner.Plan(before);
        var inForce = before with { InForce = plan.Assignments.ToDictionary(static a => a.Job, static a => new PlaceInForce(a.Machine, a.Sequence)) };
        var (first, last) = (plan.Assignments[0], plan.Assignments[^1]);
        Table.Print($"{Jobs} jobs on {Machines} machines of {Sites} sites, planned anew", Headings,
        [
            Measure("nothing", inForce, plan, options.Repeat),
            Measure("a machine fails", inForce with { Machines = [.. inForce.Machines.Select(m => m.Machine.Id == first.Machine ? m with { State = MachineState.Alarm } : m)] }, plan, options.Repeat),
            Measure("an offer is declined", Changed(inForce, first.Job, j => j with { Exclusions = [new MachineExclusion(first.Machine, "it declined")] }), plan, options.Repeat),
            Measure("a job is late", Changed(inForce, last.Job, static j => j with { Due = Now.AddHours(-1) }), plan, options.Repeat),
            Measure("an urgent order", inForce with { Jobs = [.. inForce.Jobs, inForce.Jobs[0] with { Id = JobId.FromNumber(OrderId.FromNumber(Jobs + 1), 1), PlacedAt = Now, Due = Now.AddHours(2) }] }, plan, options.Repeat),
            Measure("all machines of a material fail", inForce with { Machines = [.. inForce.Machines.Select(static m => m.Machine.Profile.Materials.Contains("TPU") ? m with { State = MachineState.Offline } : m)] }, plan, options.Repeat),
        ]);
    }

    private static PlantSnapshot Changed(PlantSnapshot snapshot, JobId job, Func<OpenJob, OpenJob> change) => snapshot with { Jobs = [.. snapshot.Jobs.Select(j => j.Id == job ? change(j) : j)] };

    private static string[] Measure(string what, PlantSnapshot snapshot, Plan before, int repeat)
    {
        var (time, plan) = (new Figure(), before);
        for (var i = 0; i < repeat; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            plan = Planner.Plan(snapshot);
            time.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        var places = before.Assignments.ToDictionary(static a => a.Job, static a => a.Machine);
        return [what, time.Text("0"), $"{plan.Assignments.Count(a => places.TryGetValue(a.Job, out var there) && there != a.Machine)}", $"{plan.Unplaced.Count}"];
    }

    // Printers of three materials each, and jobs of 40 set-ups between them.
    private static PlantSnapshot Snapshot()
    {
        var random = new SearchRandom(1);
        string[] materials = ["PLA", "PETG", "ABS", "ASA", "TPU"];
        string[] colors = ["black", "white", "grey", "red", "blue", "green", "yellow", "orange"];
        var machines = new List<PlantMachine>();
        for (var i = 0; i < Machines; i++)
        {
            var size = random.Below(4) == 0 ? 350.0 : 220;
            var axis = new AxisLimits { RangeMm = new AxisRange(0, size), MaxFeedMmPerMin = 9000, AccelerationMmPerS2 = 1000 };
            string[] able = [materials[0], materials[1], materials[2 + random.Below(3)]];
            var profile = new MachineProfile
            {
                Name = $"printer-{size:0}-{able[2]}", Title = "Printer", Process = FabricationProcess.Printing, Dialect = FirmwareDialect.Marlin,
                X = axis, Y = axis, Z = axis, HotEnds = [new HotEnd { NozzleMm = 0.4, MaxTemperatureC = 280 }], Materials = able,
                Slicer = new Dictionary<string, string>(StringComparer.Ordinal) { ["nozzle_diameter"] = "0.4" },
            };
            machines.Add(new PlantMachine
            {
                Machine = new Machine { Id = MachineId.Parse($"lab-{i % Sites}/m{i}"), Profile = profile, Loaded = new LoadedMaterial(able[random.Below(3)], colors[random.Below(colors.Length)]) },
                State = MachineState.Idle,
            });
        }

        var jobs = new List<OpenJob>();
        for (var i = 0; i < Jobs; i++)
        {
            var side = 20.0 + random.Below(120);
            var part = new DesignPart
            {
                Name = $"part-{i}", Process = FabricationProcess.Printing, OuterDimensionsMm = new Size3(side, side, 20), VolumeMm3 = side * side * 8,
                Artefacts = [new Artefact { Path = "a.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of([1]), Size = 1000 }],
            };
            jobs.Add(new OpenJob
            {
                Id = JobId.FromNumber(OrderId.FromNumber(i + 1), 1),
                Work = new Work { Design = new DesignRef("part", "1.0.0", Digest.Of([0])), Part = part, Material = materials[random.Below(materials.Length)], Color = colors[random.Below(colors.Length)] },
                PlacedAt = Now.AddMinutes(-random.Below(600)),
                Due = random.Below(3) == 0 ? null : Now.AddHours(12 + random.Below(120)),
                Destination = SiteId.Parse($"lab-{random.Below(Sites)}"),
            });
        }

        return new PlantSnapshot
        {
            Now = Now,
            Sites = [.. Enumerable.Range(0, Sites).Select(i => new Site { Id = SiteId.Parse($"lab-{i}"), Title = $"Lab {i}", Latitude = 40 + i, Longitude = -8 + (1.5 * i), Machines = [.. machines.Where(m => m.Machine.Id.Site.Value == $"lab-{i}").Select(static m => m.Machine)] })],
            Machines = machines,
            Jobs = jobs,
        };
    }
}
