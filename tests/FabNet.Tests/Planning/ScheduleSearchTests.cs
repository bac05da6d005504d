// The scheduler: no rule is broken, no cost is reckoned twice differently, and small problems are solved to the optimum.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Scheduling;
using FabNet.Planning.Search;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class ScheduleSearchTests
{
    [Fact]
    public void No_schedule_breaks_a_rule() => Prop.ForAll<uint>(static seed =>
    {
        var problem = ScheduleProblems.Create(seed, jobs: 1 + (int)(seed % 30), machines: 1 + (int)(seed % 7));
        ScheduleRules.Check(problem, ScheduleSearch.Solve(problem, ScheduleProblems.Steps(60)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void What_the_search_reckons_is_what_the_books_say() => Prop.ForAll<uint>(static seed =>
    {
        var problem = ScheduleProblems.Create(seed, jobs: 1 + (int)(seed % 20), machines: 1 + (int)(seed % 5)) with { WaitingPerHour = 0 };
        var plant = Plant.Of(problem);
        var (state, left) = ScheduleSearch.Search(plant, ScheduleProblems.Steps(100));
        var schedule = ScheduleWriter.Write(plant, state, left);
        Assert.Equal(state.Cost, schedule.TotalCost, 0.01);
        Assert.Equal(problem.Jobs.Count, schedule.Runs.Sum(static r => r.Jobs.Count) + schedule.Unscheduled.Count);
        Assert.True(schedule.LowerBound <= schedule.TotalCost + 0.01, $"bound {schedule.LowerBound} above {schedule.TotalCost}");

        // Put together anew from what was written, it costs the same.
        var again = new ScheduleState(plant, state.Machines);
        foreach (var machine in state.Machines)
        {
            foreach (ref readonly var run in state.Tracks[machine]!.Runs)
            {
                var begun = again.Tracks[machine]!.Runs.Length;
                foreach (var job in state.Tracks[machine]!.JobsOf(run))
                {
                    again.Insert(plant.Jobs[job], again.Tracks[machine]!, again.Tracks[machine]!.AtEnd(plant.Jobs[job], begun));
                }
            }
        }

        Assert.Equal(again.Cost, state.Cost, 1e-6);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Small_problems_are_solved_to_the_optimum() => Assert.All(Enumerable.Range(0, 60), static seed =>
    {
        var problem = ScheduleProblems.Create((uint)seed, jobs: 1 + (seed % 4), machines: 1 + (seed % 2)) with { WaitingPerHour = 0 };
        var plant = Plant.Of(problem);
        var (state, left) = ScheduleSearch.Search(plant, ScheduleProblems.Steps(3000));
        Assert.Equal(Least(plant, left), state.Cost, 1e-6);
    });

    [Fact]
    public void The_same_seed_and_steps_give_the_same_schedule()
    {
        var problem = ScheduleProblems.Create(5, jobs: 60, machines: 8);
        var (first, second) = (ScheduleSearch.Solve(problem, ScheduleProblems.Steps(400, chains: 2)), ScheduleSearch.Solve(problem, ScheduleProblems.Steps(400, chains: 2)));
        Assert.Equal(first.TotalCost, second.TotalCost);
        Assert.Equal(first.Runs.Select(Text), second.Runs.Select(Text));
    }

    [Fact]
    public void A_large_network_is_searched_in_regions_without_losing_a_job()
    {
        var problem = ScheduleProblems.Create(9, jobs: 4000, machines: 300, sites: 60);
        var first = ScheduleSearch.Solve(problem, new SearchOptions { Progress = static _ => 1 });
        var searched = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(300, chains: 2));
        ScheduleRules.Check(problem, first);
        ScheduleRules.Check(problem, searched);
        Assert.True(searched.TotalCost < first.TotalCost, $"{searched.TotalCost} is not below {first.TotalCost}");
    }

    [Fact]
    public void Jobs_of_one_set_up_share_a_bed_where_they_fit()
    {
        var problem = Simple(4, static job => job with { SizeMm = new Size3(80, 80, 10) });
        var run = Assert.Single(ScheduleSearch.Solve(problem, ScheduleProblems.Steps(500)).Runs);
        Assert.Equal(4, run.Jobs.Count);
        Assert.Equal(1, ScheduleSearch.Solve(Simple(4, static job => job with { SizeMm = new Size3(120, 120, 10) }), ScheduleProblems.Steps(500)).Runs.Max(static r => r.Jobs.Count));
    }

    [Fact]
    public void A_bed_whose_margins_meet_takes_one_copy_after_another()
    {
        var problem = Simple(2, static job => job with { SizeMm = new Size3(80, 40, 10), Quantity = 3 });
        problem = problem with { Classes = [problem.Classes[0] with { MarginMm = 130, ClearanceMm = 0, MinutesPerMmHeight = 1 }] };
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(50));
        Assert.All(schedule.Runs, run => Assert.Equal(problem.Jobs[0].MinutesEach * 3, (run.EndsAt - run.StartsAt).TotalMinutes - run.SetUpMinutes));
        Assert.Equal(2, schedule.Runs.Count);
        Assert.InRange(schedule.LowerBound, 0, schedule.TotalCost + 0.01);
    }

    [Theory]
    [InlineData("tue 13:00-13:10", 0)]
    [InlineData("sat,sun 20:00-02:00", 0)]
    [InlineData("mon-fri 09:00-17:00", 100)]
    [InlineData("mon-sat 00:00-00:00", 500)]
    public void Opening_hours_hold_however_far_work_reaches(string hours, int closedDays)
    {
        var problem = Simple(30, static job => job);
        problem = problem with
        {
            Workshops = [problem.Workshops[0] with { Hours = [WeeklyHours.Parse(hours)], TimeZone = "America/New_York" }],
            Machines = [problem.Machines[0] with { Blocked = closedDays > 0 ? [new BlockedTime(problem.Now, problem.Now.AddDays(closedDays), "moved")] : [] }],
        };
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(50));
        Assert.Equal(30, schedule.Runs.Count);
        ScheduleRules.Check(problem, schedule);
    }

    [Fact]
    public void What_goes_to_one_place_on_one_day_goes_together()
    {
        var problem = Simple(4, static job => job with { Destination = "there" });
        problem = problem with { Workshops = [.. problem.Workshops, new Workshop { Id = "there" }] };
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(500));
        Assert.Equal(4, Assert.Single(schedule.Deliveries).Jobs.Count);
        Assert.Equal(4.00m, schedule.Costs[0].Transport);
    }

    [Fact]
    public void S_is_what_making_it_together_saves()
    {
        // Each alone pays clearing, warm-up and their energy; together they pay them once.
        var problem = Simple(2, static job => job with { SizeMm = new Size3(50, 50, 10), FailureProbability = 0 });
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(200));
        var alone = 2 * ScheduleSearch.Solve(problem with { Jobs = [problem.Jobs[0]] }, ScheduleProblems.Steps(200)).TotalCost;
        Assert.Equal(alone, schedule.Scope!.StandAloneCost, 1e-3);
        Assert.Equal((alone - schedule.TotalCost) / schedule.TotalCost, schedule.Scope.S, 1e-3);
        Assert.InRange(schedule.Scope.S, 0.05, 1);
    }

    [Fact]
    public void A_plan_in_force_is_never_left_for_a_worse_one_and_small_gains_move_nothing()
    {
        var problem = ScheduleProblems.Create(3, jobs: 40, machines: 6) with { WaitingPerHour = 0 };
        var before = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(2000));
        var places = before.Runs.SelectMany(static r => r.Jobs.Select(j => (j.Id, Place: new PlannedPlace(r.Machine, r.Sequence)))).ToDictionary(static p => p.Id, static p => p.Place);
        var warm = problem with { Jobs = [.. problem.Jobs.Select(j => j with { Planned = places.GetValueOrDefault(j.Id) })] };
        var next = ScheduleSearch.Solve(warm, ScheduleProblems.Steps(50));
        Assert.True(next.TotalCost <= before.TotalCost + 0.01, $"{next.TotalCost} is above {before.TotalCost}");

        var held = ScheduleSearch.Solve(warm with { ChangeWorth = 1000 }, ScheduleProblems.Steps(300));
        Assert.All(held.Runs.SelectMany(static r => r.Jobs.Select(j => (j.Id, r.Machine))), job => Assert.Equal(places[job.Id].Machine, job.Machine));
    }

    [Fact]
    public void A_job_that_no_machine_can_make_says_why()
    {
        var problem = Simple(1, static job => job with { Needs = new SetUpOf { Material = "PEEK" } });
        problem = problem with { Classes = [problem.Classes[0] with { Materials = ["PLA"] }] };
        Assert.Equal("No machine can make it: printer does not work PEEK.", Assert.Single(ScheduleSearch.Solve(problem, ScheduleProblems.Steps(10)).Unscheduled).Reason);
    }

    [Fact]
    public void An_explanation_names_every_machine_and_what_it_would_cost_there()
    {
        var problem = ScheduleProblems.Create(11, jobs: 30, machines: 6) with { WaitingPerHour = 0 };
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(2000));
        var subject = schedule.Runs[0].Jobs[0].Id;
        var explanation = ScheduleExplanation.Of(problem, schedule, subject);
        Assert.Equal(problem.Machines.Count, explanation.Places.Count);
        Assert.Equal(schedule.Runs[0].Machine, explanation.Machine);
        Assert.Equal(explanation.Machine, explanation.Places[0].Machine);
        Assert.InRange(explanation.Places[0].Extra!.Value, -1000, 1e-6);
        Assert.All(explanation.Places, static p => Assert.True(p.Extra is null == p.Obstacle is not null));
    }

    [Fact]
    public void First_come_first_served_costs_more()
    {
        var problem = ScheduleProblems.Create(2, jobs: 60, machines: 6) with { WaitingPerHour = 0 };
        var first = Baselines.FirstComeFirstServed(problem);
        ScheduleRules.Check(problem, first);
        var together = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(2000)).TotalCost;
        Assert.True(together < first.TotalCost, $"{together} is not below {first.TotalCost}");
        Assert.True(together <= Baselines.EachWorkshopAlone(problem, static _ => ScheduleProblems.Steps(2000)).Sum(static c => (double)c.Total), "alone costs less");
    }

    [Fact]
    public void No_place_that_costs_least_is_passed_over_at_a_glimpse()
    {
        var looked = 0;
        for (uint seed = 1; seed <= 150; seed++)
        {
            var problem = ScheduleProblems.Create(seed, 24, 4);
            var (plant, reckoned) = (Plant.Of(problem), Plant.Of(problem));
            foreach (var of in reckoned.Classes)
            {
                of.SetUps = null; // Then there is nothing to glimpse at, and each place is reckoned out.
            }

            var (state, other) = (new ScheduleState(plant, [0, 1, 2, 3]), new ScheduleState(reckoned, [0, 1, 2, 3]));
            var random = new SearchRandom(1);
            foreach (var job in plant.Jobs.Index().Where(static j => j.Item.Minutes.Any(double.IsFinite)).Select(static j => j.Index))
            {
                var ((track, place), (same, exact)) = (state.Best(plant.Jobs[job], ref random, 0), other.Best(reckoned.Jobs[job], ref random, 0));
                if (track is null || same is null)
                {
                    Assert.Equal(same?.Machine.Index, track?.Machine.Index);
                    continue;
                }

                Assert.Equal(exact.Cost, place.Cost, 1e-6);
                Assert.Equal((seed, job, same.Machine.Index, exact.Run, exact.Joins), (seed, job, track.Machine.Index, place.Run, place.Joins));
                looked++;
                state.Insert(plant.Jobs[job], track, place);
                other.Insert(reckoned.Jobs[job], same, exact);
            }
        }

        Assert.True(looked > 1000, $"only {looked} jobs had a place");
    }

    private static ScheduleProblem Simple(int jobs, Func<ScheduleJob, ScheduleJob> job) => new()
    {
        Now = ScheduleProblems.Now,
        Workshops = [new Workshop { Id = "lab" }],
        Classes = [new MachineClass { Name = "printer", SizeMm = new Size3(200, 200, 200), SharesBeds = true }],
        Machines = [new WorkshopMachine { Id = "lab/one", Workshop = "lab", Class = "printer", Loaded = new SetUpOf { Material = "PLA", Color = "black" } }],
        Jobs = [.. Enumerable.Range(0, jobs).Select(i => job(new ScheduleJob { Id = $"j{i}", Needs = new SetUpOf { Material = "PLA", Color = "black" }, MinutesEach = 30, GramsEach = 10 }))],
    };

    private static string Text(ScheduledRun run) => $"{run.Machine} {run.StartsAt:O} {string.Join(' ', run.Jobs.Select(static j => j.Id))}";

    // Every sequence and every sharing of beds: each job in turn at every place there is.
    private static double Least(Plant plant, List<int> left)
    {
        var jobs = plant.Jobs.Where(j => !left.Contains(j.Index)).ToArray();
        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        var least = double.PositiveInfinity;
        Place(0);
        return least;

        void Place(int index)
        {
            if (index == jobs.Length)
            {
                least = Math.Min(least, state.Cost);
                return;
            }

            foreach (var machine in plant.Machines.Where(jobs[index].IsAble))
            {
                foreach (var place in state.Tracks[machine.Index]!.Places(jobs[index]))
                {
                    state.Insert(jobs[index], state.Tracks[machine.Index]!, place);
                    Place(index + 1);
                    state.Remove(jobs[index].Index);
                }
            }
        }
    }
}
