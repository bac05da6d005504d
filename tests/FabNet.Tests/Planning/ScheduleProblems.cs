// Small scheduling problems from a seed, with everything that a problem can have.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;
using FabNet.Planning.Search;

namespace FabNet.Tests.Planning;

internal static class ScheduleProblems
{
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static ScheduleProblem Create(uint seed, int jobs, int machines, int sites = 2)
    {
        var random = new SearchRandom(seed);
        string[] colors = ["black", "white", "red"];
        var byHour = Enumerable.Range(0, 24).Select(static h => h < 6 ? 0.1m : 0.4m).ToArray();
        var workshops = Enumerable.Range(0, sites).Select(i => new Workshop
        {
            Id = $"lab-{i}",
            Latitude = 40 + (i % 40),
            Longitude = i,
            TimeZone = i % 2 == 0 ? "Europe/Lisbon" : "UTC",
            Hours = random.Below(2) == 0 ? [WeeklyHours.Parse("mon,tue,thu 08:00-17:30"), WeeklyHours.Parse("fri 20:00-02:00")] : [],
            Prices = new SitePrices { LatenessPerHour = 2, EnergyPerKwhByHour = random.Below(2) == 0 ? byHour : [], MaterialPerKg = new Dictionary<string, decimal> { ["PETG"] = 30 } },
        }).ToList();
        var units = Enumerable.Range(0, machines).Select(i => new WorkshopMachine
        {
            Id = $"lab-{i % sites}/m{i}",
            Workshop = $"lab-{i % sites}",
            Class = i % 3 == 2 ? "mill" : "printer",
            Loaded = new SetUpOf { Material = random.Below(3) == 0 ? null : "PLA", Color = colors[random.Below(3)] },
            Queue = random.Below(3) == 0 ? [new QueuedWork(new SetUpOf { Material = "PETG", Color = "red" }, random.Below(500), HasStarted: random.Below(2) == 0)] : [],
            Speed = 0.5 + random.Unit(),
            FailureProbability = random.Below(2) == 0 ? random.Unit() * 0.2 : null,
            Blocked = random.Below(3) == 0 ? [new BlockedTime(Now.AddHours(random.Below(10)), Now.AddHours(12), "maintenance")] : [],
        }).ToList();
        return new ScheduleProblem
        {
            Now = Now,
            Workshops = workshops,
            Classes =
            [
                new MachineClass { Name = "printer", Process = "3DP", SizeMm = new Size3(200, 200, 200), SharesBeds = true, MinutesPerMmHeight = 0.2, NozzlesMm = [0.4, 0.6] },
                new MachineClass { Name = "mill", Process = "CNC", RunsUnattended = false, SetUp = new SetUpCosts { PurgeGrams = 0 } },
            ],
            Machines = units,
            Jobs =
            [
                .. Enumerable.Range(0, jobs).Select(i =>
                {
                    var isMilled = random.Below(6) == 0;
                    return new ScheduleJob
                    {
                        Id = $"o-{i / 2}.{i}",
                        Order = $"o-{i / 2}",
                        Process = isMilled ? "CNC" : "3DP",
                        Quantity = 1 + random.Below(3),
                        Needs = isMilled ? new SetUpOf { Material = "PLYWOOD", Tool = $"t{random.Below(2)}" }
                            : new SetUpOf { Material = random.Below(5) == 0 ? null : random.Below(2) == 0 ? "PLA" : "PETG", Color = random.Below(4) == 0 ? null : colors[random.Below(3)], NozzleMm = random.Below(3) == 0 ? 0.6 : null },
                        SizeMm = random.Below(5) == 0 ? null : new Size3(20 + random.Below(100), 20 + random.Below(100), 5 + random.Below(50)),
                        GramsEach = random.Below(60),
                        MinutesEach = 5 + random.Below(120),
                        Release = random.Below(3) == 0 ? Now.AddMinutes(random.Below(600)) : null,
                        Due = random.Below(2) == 0 ? Now.AddMinutes(600 + random.Below(2000)) : null,
                        Priority = 1 + random.Below(3),
                        Destination = random.Below(4) == 0 ? null : $"lab-{random.Below(sites)}",
                        NotOn = random.Below(6) == 0 ? new Dictionary<string, string> { [units[random.Below(machines)].Id] = "it declined" } : new Dictionary<string, string>(),
                    };
                }),
            ],
            WaitingPerHour = random.Below(2) * 0.5,
        };
    }

    public static SearchOptions Steps(long count, int chains = 1) => new() { Progress = SearchOptions.Steps(count), Chains = chains };
}
