// A network of workshops made from a seed: what `fabnet plan bench network` schedules.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;
using FabNet.Planning.Search;

namespace FabNet.Plans;

/// <summary>
/// Workshops some hundred kilometres apart, each with its prices and opening hours; printers of two sizes and mills; jobs of a few hours in a limited number of set-ups, whose popularity follows Zipf's law, ordered over a week and due days later.
/// </summary>
/// <param name="Sites">How many workshops.</param>
/// <param name="Machines">How many machines, spread evenly.</param>
/// <param name="Jobs">How many jobs, one order each.</param>
/// <param name="Families">How many set-ups.</param>
/// <param name="Seed">What all of it follows from.</param>
internal sealed record SyntheticNetwork(int Sites, int Machines, int Jobs, int Families, ulong Seed)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private static readonly string[] Plastics = ["PLA", "PETG", "ABS", "TPU", "ASA"];

    private static readonly string[] Boards = ["PLYWOOD", "MDF", "ACRYLIC", "ALUMINIUM"];

    private static readonly string[] Colors = ["black", "white", "grey", "red", "blue", "green", "yellow", "orange", "natural"];

    private static readonly double[] Nozzles = [0.4, 0.6];

    /// <summary>Makes it.</summary>
    public ScheduleProblem Create()
    {
        var random = new SearchRandom(Seed);
        var families = new List<(string Process, SetUpOf Needs)>();
        for (var tries = 0; families.Count < Families && tries < 100 * Families; tries++)
        {
            var family = random.Below(5) > 0
                ? ("3DP", new SetUpOf { Material = Plastics[Skewed(ref random, Plastics.Length)], Color = Colors[Skewed(ref random, Colors.Length)], NozzleMm = Nozzles[Skewed(ref random, Nozzles.Length)] })
                : ("CNC", new SetUpOf { Material = Boards[random.Below(Boards.Length)], Tool = $"mill-{1 + random.Below(4)}", Fixture = random.Below(2) == 0 ? "clamps" : "vacuum" });
            if (!families.Contains(family))
            {
                families.Add(family);
            }
        }

        return new ScheduleProblem
        {
            Now = Start,
            Workshops = [.. Enumerable.Range(0, Sites).Select(i => Workshop(i, ref random))],
            Classes =
            [
                new MachineClass { Name = "printer", Process = "3DP", SizeMm = new Size3(220, 220, 250), SharesBeds = true, NozzlesMm = Nozzles, MinutesPerMmHeight = 0.1 },
                new MachineClass
                {
                    Name = "large-printer", Process = "3DP", SizeMm = new Size3(350, 350, 400), SharesBeds = true, NozzlesMm = Nozzles, MinutesPerMmHeight = 0.1,
                    SetUp = new SetUpCosts { WarmUpMinutes = 8, PurgeGrams = 15, DarkToLightPurgeGrams = 20 }, Power = new PowerDraw { RunningW = 280, WarmUpW = 500 },
                },
                new MachineClass
                {
                    Name = "mill", Process = "CNC", SizeMm = new Size3(800, 800, 90), RunsUnattended = false,
                    SetUp = new SetUpCosts { ClearMinutes = 6, MaterialChangeMinutes = 10, ToolChangeMinutes = 12, PurgeGrams = 0, WarmUpMinutes = 1 }, Power = new PowerDraw { RunningW = 700, WarmUpW = 100 },
                },
            ],
            Machines = [.. Enumerable.Range(0, Machines).Select(i => Machine(i, families, ref random))],
            Jobs = [.. Enumerable.Range(0, Jobs).Select(i => Job(i, families, ref random))],
        };
    }

    private static int Skewed(ref SearchRandom random, int count) => (int)(count * random.Unit() * random.Unit());

    private static Workshop Workshop(int index, ref SearchRandom random) => new()
    {
        Id = $"lab-{index + 1}",
        Latitude = 40 + (random.Unit() * 12),
        Longitude = -8 + (random.Unit() * 20),
        Prices = new SitePrices
        {
            MachinePerHour = Math.Round(1.2m + (decimal)(random.Unit() * 1.6), 2),
            LabourPerHour = Math.Round(14m + (decimal)(random.Unit() * 8), 2),
            EnergyPerKwh = Math.Round(0.18m + (decimal)(random.Unit() * 0.2), 3),
            TransportFixed = 5,
        },
        Hours = random.Below(3) == 0 ? [] : [WeeklyHours.Parse("mon-sat 08:00-20:00")],
    };

    private WorkshopMachine Machine(int index, List<(string Process, SetUpOf Needs)> families, ref SearchRandom random)
    {
        var kind = random.Below(10) switch { < 6 => "printer", < 8 => "large-printer", _ => "mill" };
        var process = kind == "mill" ? "CNC" : "3DP";
        var loaded = families.Where(f => f.Process == process).Select(static f => f.Needs).DefaultIfEmpty().ToList();
        return new WorkshopMachine
        {
            Id = $"lab-{(index % Sites) + 1}/m{(index / Sites) + 1}",
            Workshop = $"lab-{(index % Sites) + 1}",
            Class = kind,
            Loaded = loaded[random.Below(loaded.Count)],
            Speed = Math.Round(0.8 + (random.Unit() * 0.5), 2),
            FailureProbability = Math.Round(0.01 + (random.Unit() * 0.07), 3),
        };
    }

    private ScheduleJob Job(int index, List<(string Process, SetUpOf Needs)> families, ref SearchRandom random)
    {
        var (process, needs) = families[Skewed(ref random, families.Count)];
        var isPrinted = process == "3DP";
        var side = 20 + (random.Unit() * random.Unit() * (isPrinted ? 160 : 400));
        var release = random.Below(3) == 0 ? Start.AddHours(random.Unit() * 72) : Start;
        return new ScheduleJob
        {
            Id = $"o-{index + 1}.1",
            Order = $"o-{index + 1}",
            Part = $"part-{index + 1}",
            Quantity = 1 + Skewed(ref random, 4),
            Process = process,
            Needs = needs,
            SizeMm = new Size3(Math.Round(side), Math.Round(side * (0.5 + (random.Unit() / 2))), Math.Round(5 + (random.Unit() * 60))),
            GramsEach = Math.Round(3 + (side * random.Unit())),
            MinutesEach = Math.Round(10 + (side * (0.4 + random.Unit()))),
            Release = release == Start ? null : release,
            Due = random.Below(5) == 0 ? null : release.AddHours(12 + (random.Unit() * 120)),
            Priority = random.Below(10) == 0 ? 5 : 1,
            Destination = $"lab-{1 + random.Below(Sites)}",
        };
    }
}
