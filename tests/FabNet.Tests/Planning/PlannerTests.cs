// The planner's choices and sentences, by cases that a person can check.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning;
using FabNet.Planning.Scheduling;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class PlannerTests
{
    [Fact]
    public void A_job_shares_the_loaded_set_up_and_says_so()
    {
        var plan = Planner.Plan(Plants.Snapshot(
            [Plants.At("lab-a/left", Plants.Printer(), "PETG", "white"), Plants.At("lab-a/right", Plants.Printer(), "PLA", "black")],
            Plants.Job("o-1.1", Plants.Work(color: "black"))));
        var assignment = Assert.Single(plan.Assignments);
        Assert.Equal("lab-a/right", assignment.Machine.ToString());
        Assert.Equal(7, assignment.SetUpMinutes); // 3 to clear, 4 to warm up.
        Assert.StartsWith("shares loaded PLA black on lab-a/right; next best lab-a/left +", assignment.Why);
        Assert.EndsWith("EUR, 6 min later", assignment.Why);
    }

    [Theory]
    [InlineData("PLA", "black", "PLA", "black", 7, 0)]
    [InlineData("PLA", "black", "PLA", null, 7, 0)]
    [InlineData("PLA", "black", null, null, 7, 0)]
    [InlineData("PLA", "black", "PLA", "white", 11, 20)]
    [InlineData("PLA", "white", "PLA", "black", 11, 8)]
    [InlineData("PLA", "black", "PETG", "black", 13, 8)]
    [InlineData(null, null, "PLA", "black", 13, 8)]
    public void Set_up_depends_on_what_came_before(string? loaded, string? loadedColor, string? material, string? color, double minutes, double purge)
    {
        var snapshot = Plants.Snapshot([Plants.At("lab-a/left", Plants.Printer(), loaded, loadedColor)], Plants.Job("o-1.1", Plants.Work(material: material, color: color)));
        var plant = Plant.Of(SnapshotCompiler.Compile(snapshot, snapshot.Machines, snapshot.Jobs));
        var effort = plant.Classes[0].Effort(plant.Machines[0].Loaded, plant.Jobs[0].Needs);
        Assert.Equal(minutes, effort.Minutes);
        Assert.Equal(purge, effort.PurgeGrams);
    }

    [Fact]
    public void A_mill_is_set_up_once_for_runs_of_one_part()
    {
        var panel = Plants.Work(Plants.Part("panel", 50, FabricationProcess.Milling, "shapeoko-3"), "PLYWOOD");
        var plan = Planner.Plan(Plants.Snapshot([Plants.At("lab-a/mill", Plants.Mill(), "PLYWOOD")], Plants.Job("o-1.1", panel), Plants.Job("o-1.2", panel)));
        Assert.Equal([22, 7], plan.Assignments.Select(a => a.SetUpMinutes));
    }

    [Fact]
    public void Each_term_of_the_cost_can_be_computed_by_hand()
    {
        var work = Plants.Work(color: "black");
        var key = new RunKey(work.Design.Manifest, work.Part.Name, "printer");
        var there = Plants.Site("lab-b") with { Latitude = 0, Longitude = 1 };
        var plan = Planner.Plan(Plants.Snapshot([Plants.At("lab-a/left", Plants.Printer(), "PLA", "black")], Plants.Job("o-1.1", work, due: Plants.Now) with { Destination = there.Id }) with
        {
            Sites = [Plants.Site("lab-a") with { Latitude = 0, Longitude = 0 }, there],
            History = new Dictionary<RunKey, RunHistory> { [key] = new() { Completed = 10, SecondsEach = 3600, LateSecondsEach = 3900, GramsEach = 20, FailureProbability = 0.025 } },
        });

        var assignment = Assert.Single(plan.Assignments);
        var cost = assignment.Cost;
        Assert.Equal(Plants.Now.AddMinutes(67), assignment.EndsAt);
        Assert.Equal(Plants.Now.AddMinutes(72), assignment.PromisedBy);
        Assert.Equal(2.00m, cost.MachineTime); // 1 h × 2.00
        Assert.Equal(1.1333m, cost.SetUp); // 3 min × 18.00 + 7 min × 2.00
        Assert.Equal(0.50m, cost.Material); // 20 g × 25.00 a kg
        Assert.Equal(0.0410m, cost.Energy); // (120 W × 60 min + 250 W × 4 min) × 0.30
        Assert.Equal(4.0222m, cost.Transport); // 4.00 + 0.01 × 111.195 km × 0.02 kg
        Assert.Equal(1.1167m, cost.Lateness); // 67 min × 1.00 an hour
        Assert.Equal(0.0919m, cost.Risk); // 0.5 in 20 × (2.00 + 1.1333 + 0.50 + 0.0410)
        Assert.Equal(34.2, cost.Co2Grams);
    }

    [Fact]
    public void A_sequence_joins_runs_of_one_colour()
    {
        string[] colors = ["black", "white", "black", "white", "black", "white"];
        var plan = Planner.Plan(Plants.Snapshot(
            [Plants.At("lab-a/left", Plants.Printer(), "PLA", "black")],
            [.. colors.Select((c, i) => Plants.Job($"o-{i + 1}.1", Plants.Work(color: c), placedMinutesAgo: 60 - i))]));
        Assert.Equal(["o-1.1", "o-3.1", "o-5.1", "o-2.1", "o-4.1", "o-6.1"], plan.Assignments.Select(a => a.Job.Value));
        Assert.Equal(1, plan.Assignments.Count(a => a.SetUpMinutes > 7));
    }

    [Fact]
    public void A_set_up_waits_until_somebody_is_there()
    {
        // The snapshot's moment is Monday 9:00 UTC: 10:00 in Paris.
        var snapshot = Plants.Snapshot([Plants.At("lab-a/left", Plants.Printer(), "PLA", "black")], Plants.Job("o-1.1", Plants.Work(color: "black"))) with
        {
            Sites = [Plants.Site("lab-a") with { TimeZone = "Europe/Paris", Hours = [WeeklyHours.Parse("mon-fri 14:00-20:00")] }],
        };
        Assert.Equal(Plants.Now.AddHours(4), Assert.Single(Planner.Plan(snapshot).Assignments).StartsAt);
    }

    [Fact]
    public void What_is_due_first_goes_first()
    {
        var plan = Planner.Plan(Plants.Snapshot(
            [Plants.At("lab-a/left", Plants.Printer(), "PLA")],
            Plants.Job("o-1.1", placedMinutesAgo: 90), Plants.Job("o-2.1", due: Plants.Now.AddHours(3)), Plants.Job("o-3.1", due: Plants.Now.AddHours(1), placedMinutesAgo: 1)));
        Assert.Equal(["o-3.1", "o-2.1", "o-1.1"], plan.Assignments.Select(a => a.Job.Value));
    }

    [Fact]
    public void Currencies_are_never_converted_and_the_earlier_end_decides_between_them()
    {
        var snapshot = Plants.Snapshot(
            [Plants.At("lab-a/left", Plants.Printer(), "PETG"), Plants.At("lab-b/right", Plants.Printer(), "PLA")], Plants.Job("o-1.1")) with
        {
            Sites = [Plants.Site("lab-a"), Plants.Site("lab-b") with { Prices = new SitePrices { Currency = "CHF", MachinePerHour = 900 } }],
        };
        var assignment = Assert.Single(Planner.Plan(snapshot).Assignments);
        Assert.Equal("CHF", assignment.Cost.Currency);
        Assert.Contains("next best lab-a/left at ", assignment.Why);
    }

    [Fact]
    public void Measured_runs_count_more_than_programs_and_programs_more_than_meshes()
    {
        var (work, profile) = (Plants.Work(), Plants.Printer());
        Assert.Equal(EstimateBasis.Volume, WorkEstimate.Of(work, profile, null).Basis);
        Assert.Equal(new WorkEstimate(500, 4, EstimateBasis.Program, 600), WorkEstimate.Of(work, profile, new RunHistory { SecondsEach = 500, GramsEach = 4 }));
        Assert.Equal(
            new WorkEstimate(300, 5, EstimateBasis.Measured, 310),
            WorkEstimate.Of(work, profile, new RunHistory { Completed = 2, SecondsEach = 300, LateSecondsEach = 310, GramsEach = 5 }));
    }

    [Fact]
    public void A_mesh_of_a_20_mm_cube_is_guessed_like_a_slicer_would()
    {
        // PrusaSlicer 2.5, its defaults with 0.2 mm layers and 20 % infill, says 19 min 11 s and 3.62 cm³, which is 4.5 g of PLA.
        var estimate = WorkEstimate.Of(Plants.Work(), Plants.Printer(), null);
        Assert.InRange(estimate.Seconds / 60, 19.2 / 1.5, 19.2 * 1.5);
        Assert.InRange(estimate.Grams, 4.5 / 1.3, 4.5 * 1.3);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    [InlineData(-5)]
    public void Absurd_claims_of_a_design_give_a_bounded_estimate(double volume)
    {
        var estimate = WorkEstimate.Of(Plants.Work(Plants.Part() with { VolumeMm3 = volume, OuterDimensionsMm = new Size3(volume, volume, volume), MassGrams = volume }), Plants.Printer(), null);
        Assert.InRange(estimate.Seconds, 1, 1e7);
        Assert.InRange(estimate.Grams, 0, 1e7);
    }

    [Fact]
    public void A_job_that_no_class_works_is_told_what_is_worked() =>
        Assert.Contains("works PEEK; they work PETG, PLA. Order one of these", Reason([Plants.At("lab-a/left", Plants.Printer())], Plants.Work(material: "PEEK")));

    [Fact]
    public void A_job_that_waits_for_a_machine_is_told_which_and_since_when() => Assert.Equal(
        "No machine in service now can work PETG: lab-a/left is offline since 08:30 UTC (its site is not connected).",
        Reason([Plants.At("lab-a/left", Plants.Printer(), state: MachineState.Offline) with { Since = Plants.Now.AddMinutes(-30), Detail = "its site is not connected" }], Plants.Work(material: "PETG")));

    [Fact]
    public void A_part_that_is_too_large_is_told_the_largest_machine() =>
        Assert.Contains("(250 × 250 × 250 mm) fits no machine that works PLA; the largest of them is lab-a/left with 200 × 200 × 200 mm", Reason([Plants.At("lab-a/left", Plants.Printer())], Plants.Work(Plants.Part(sizeMm: 250))));

    [Fact]
    public void A_part_without_a_program_for_the_class_is_told_so() =>
        Assert.Contains("nor a toolpath proven on ", Reason([Plants.At("lab-a/mill", Plants.Mill())], Plants.Work(Plants.Part("panel", 50, FabricationProcess.Milling, "3018"), "PLYWOOD")));

    [Fact]
    public void A_job_that_everyone_declined_is_told_by_whom() => Assert.Contains(
        "lab-a/left (it said: full)",
        Assert.Single(Planner.Plan(Plants.Snapshot([Plants.At("lab-a/left", Plants.Printer())], Plants.Job("o-1.1") with { Exclusions = [new(MachineId.Parse("lab-a/left"), "it said: full")] })).Unplaced).Reason);

    [Fact]
    public void A_part_fits_when_turned()
    {
        var profile = Plants.Printer() with { X = Plants.Axis(100), Y = Plants.Axis(300) };
        var part = Plants.Part() with { OuterDimensionsMm = new Size3(280, 90, 10) };
        Assert.Single(Planner.Plan(Plants.Snapshot([Plants.At("lab-a/left", profile)], Plants.Job("o-1.1", Plants.Work(part)))).Assignments);
    }

    [Fact]
    public void Distances_follow_the_great_circle()
    {
        Assert.Equal(Math.PI / 2 * 6371.0088, GreatCircle.Kilometres(0, 0, 0, 90), 1e-6);
        Assert.Equal(Math.PI * 6371.0088, GreatCircle.Kilometres(90, 0, -90, 45), 1e-6);
        Assert.Equal(1453, GreatCircle.Kilometres(38.7223, -9.1393, 48.8566, 2.3522), 1.0); // Lisbon to Paris.
    }

    [Theory]
    [InlineData(false, 210)] // It waits for the reservation's end, and so does what comes behind it.
    [InlineData(true, 60)] // It runs already.
    public void What_a_machine_has_taken_goes_around_a_reservation_unless_it_runs_already(bool hasStarted, double freeMinutes)
    {
        var reserved = new Reservation(Plants.Now.AddMinutes(30), Plants.Now.AddMinutes(150), "class");
        var machine = Plants.At("lab-a/m1", Plants.Printer(), "PLA", "black", committed: new CommittedWork { Job = JobId.Parse("o-9.1"), Work = Plants.Work(), HasStarted = hasStarted, RemainingSeconds = 3600 });
        var snapshot = Plants.Snapshot([machine with { Machine = machine.Machine with { Reserved = [reserved] } }], Plants.Job("o-1.1"));
        var start = Assert.Single(Planner.Plan(snapshot).Assignments).StartsAt;
        Assert.True(start >= Plants.Now.AddMinutes(Math.Max(freeMinutes, 150)) && start < Plants.Now.AddMinutes(Math.Max(freeMinutes, 150) + 30), $"it starts at {start}");
    }

    [Fact]
    public void Where_many_machines_are_idle_and_alike_the_first_schedule_gives_each_of_them_work()
    {
        var machines = Enumerable.Range(0, 1000).Select(static i => Plants.At($"lab-{i % 200}/m{i}", Plants.Printer(), "PLA", i % 2 == 0 ? "black" : "white")).ToList();
        var snapshot = Plants.Snapshot(machines, [.. Enumerable.Range(1, 1200).Select(static n => Plants.Job($"o-{n}.1", Plants.Work(color: n % 2 == 0 ? "black" : "white")))]);
        var plan = Planner.Plan(snapshot);
        Assert.Equal(1200, plan.Assignments.Count);
        Assert.True(plan.Assignments.Select(static a => a.Machine).Distinct().Count() > 950, $"{plan.Assignments.Select(static a => a.Machine).Distinct().Count()} machines have work");
    }

    [Fact(Timeout = 120_000)]
    public async Task Ten_thousand_jobs_on_a_thousand_machines_are_planned_whole()
    {
        var machines = Enumerable.Range(0, 1000).Select(i => Plants.At($"lab-{i % 40}/m{i}", Plants.Printer($"class-{i % 7}"), i % 2 == 0 ? "PLA" : "PETG", i % 3 == 0 ? "black" : "white")).ToList();
        var jobs = Enumerable.Range(0, 10_000).Select(i => Plants.Job($"o-{(i / 10) + 1}.{(i % 10) + 1}", Plants.Work(Plants.Part($"p{i / 10}"), i % 20 < 10 ? "PLA" : "PETG", (i / 20) % 2 == 0 ? "black" : "white"), placedMinutesAgo: 10_000 - i));
        var plan = await Task.Run(() => Planner.Plan(Plants.Snapshot(machines, [.. jobs])), TestContext.Current.CancellationToken);
        Assert.Equal(10_000, plan.Assignments.Count);
    }

    private static string Reason(IReadOnlyList<PlantMachine> machines, Work work) => Assert.Single(Planner.Plan(Plants.Snapshot(machines, Plants.Job("o-1.1", work))).Unplaced).Reason;
}
