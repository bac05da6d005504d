// The lower bound of costs, held against the best schedule that there is: found by trying all.

using FabNet.Planning.Scheduling;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class CostBoundTests
{
    [Fact]
    public void No_schedule_costs_less_than_the_bound() => Prop.ForAll<uint>(static seed =>
    {
        var problem = ScheduleProblems.Create(seed, jobs: 1 + (int)(seed % 4), machines: 1 + (int)(seed / 4 % 4), sites: 1 + (int)(seed / 16 % 3)) with { WaitingPerHour = 0 };
        var plant = Plant.Of(problem);
        int[] left = [.. plant.Jobs.Where(j => !Array.Exists(plant.Machines, j.IsAble)).Select(static j => j.Index)];
        var least = LeastCost(plant, left);
        var bound = CostBound.Of(plant, left);
        Assert.InRange(bound, 0, least + 1e-6);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Deliveries_and_set_ups_that_no_schedule_avoids_are_in_the_bound()
    {
        // The one workshop that has a machine, loaded with something else, delivers to both others.
        var problem = ScheduleProblems.Create(1, jobs: 0, machines: 1, sites: 3) with { WaitingPerHour = 0 };
        var machine = problem.Machines[0] with { Loaded = new SetUpOf { Material = "PLA", Color = "red" }, Queue = [], Blocked = [] };
        ScheduleJob Job(int index, string destination) => new()
        {
            Id = $"j{index}", Process = "3DP", Needs = new SetUpOf { Material = "PETG", Color = "black" }, MinutesEach = 60, GramsEach = 10, Destination = destination,
        };
        problem = problem with { Machines = [machine], Jobs = [Job(1, "lab-1"), Job(2, "lab-1"), Job(3, "lab-2")] };
        var schedule = ScheduleSearch.Solve(problem, ScheduleProblems.Steps(200));
        var prices = problem.Workshops[0].Prices;
        var without = ScheduleSearch.Solve(
            problem with { Machines = [machine with { Loaded = new SetUpOf { Material = "PETG", Color = "black" } }], Jobs = [.. problem.Jobs.Select(static j => j with { Destination = null })] },
            ScheduleProblems.Steps(200));
        Assert.True(schedule.LowerBound >= without.LowerBound + (2 * (double)prices.TransportFixed), $"{schedule.LowerBound} beside {without.LowerBound}");
        Assert.InRange(schedule.Gap, 0, 0.1);
    }

    // Every job, in every order, behind all others of every machine or in its last run: that reaches every schedule.
    private static double LeastCost(Plant plant, int[] left)
    {
        var state = new ScheduleState(plant, [.. Enumerable.Range(0, plant.Machines.Length)]);
        var least = double.PositiveInfinity;
        Append([.. plant.Jobs.Where(j => !left.Contains(j.Index))]);
        return least;

        void Append(List<JobFacts> open)
        {
            if (open.Count == 0)
            {
                least = Math.Min(least, state.Cost);
            }

            foreach (var job in open)
            {
                foreach (var track in state.Tracks.Where(t => job.IsAble(t!.Machine)))
                {
                    foreach (var place in new[] { track!.AtEnd(job), track.AtEnd(job, joinsFrom: 0) }.Distinct())
                    {
                        state.Insert(job, track, place);
                        Append([.. open.Where(j => j != job)]);
                        state.Remove(job.Index);
                    }
                }
            }
        }
    }
}
