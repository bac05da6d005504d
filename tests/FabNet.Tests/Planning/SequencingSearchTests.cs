// The sequencing search against exhaustion, against its own bound, and against published optima.

using FabNet.Planning.Search;
using FabNet.Planning.Sequencing;
using FabNet.Plans;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class SequencingSearchTests
{
    [Fact]
    public void Small_problems_are_solved_to_the_optimum() => Assert.All(Enumerable.Range(0, 100).Select(static seed => (uint)seed), static seed =>
    {
        var problem = Problem(seed, jobs: 1 + (int)(seed % 6), machines: 1 + (int)(seed % 3));
        Assert.Equal(Exhaustion.LeastMakespan(problem), SequencingSearch.Solve(problem, Steps(20_000)).Makespan);
    });

    [Fact]
    public void Nothing_is_done_before_the_bound() => Prop.ForAll<uint>(static seed =>
    {
        var problem = Problem(seed, jobs: 1 + (int)(seed % 40), machines: 1 + (int)(seed % 7));
        var found = SequencingSearch.Solve(problem, Steps(200));
        Assert.True(found.Makespan >= problem.LowerBound(), $"{found.Makespan} below {problem.LowerBound()}");
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void The_same_seed_and_steps_give_the_same_order() => Prop.ForAll<uint>(static seed =>
    {
        var problem = Problem(seed, jobs: 20, machines: 4);
        var options = Steps(1000) with { Chains = 3, MakespanLimit = seed % 2 == 0 ? null : 300 };
        Assert.True(Same(SequencingSearch.Solve(problem, options), SequencingSearch.Solve(problem, options)));
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Where_a_makespan_is_soon_enough_set_ups_are_few()
    {
        var problem = Problem(7, jobs: 40, machines: 4);
        var quick = SequencingSearch.Solve(problem, Steps(20_000));
        var calm = SequencingSearch.Solve(problem, Steps(20_000) with { MakespanLimit = 1.2 * quick.Makespan });
        Assert.True(calm.SetUpTime < quick.SetUpTime, $"{calm.SetUpTime} against {quick.SetUpTime}");
        Assert.InRange(calm.Makespan, quick.Makespan, 1.2 * quick.Makespan);
    }

    [Fact]
    public void A_makespan_that_cannot_be_kept_gives_the_soonest_that_is_found()
    {
        var problem = Problem(7, jobs: 40, machines: 4);
        var quick = SequencingSearch.Solve(problem, Steps(20_000));
        Assert.InRange(SequencingSearch.Solve(problem, Steps(20_000) with { MakespanLimit = 1 }).Makespan, problem.LowerBound(), 1.1 * quick.Makespan);
    }

    [Fact]
    public void A_job_that_no_machine_makes_is_refused() =>
        Assert.Contains("job 1", Assert.Throws<ArgumentException>(() => new SequencingProblem([0, 0], [[new Candidate(0, 1)], []], [new SetUpTable([0], [0])], [0])).Message, StringComparison.Ordinal);

    [Fact]
    public void Published_small_instances_are_solved_to_their_optimum()
    {
        var folder = TestData.Path("planning", "upmsp", "small");
        var published = PublishedValues.Beside(folder);
        Assert.All(Directory.GetFiles(folder), file =>
            Assert.Equal(published.Of(file).Makespan, SequencingSearch.Solve(InstanceText.Read(file, UpmspInstance.Read), Steps(100_000)).Makespan));
    }

    [Fact]
    public void A_plants_own_sequences_come_to_what_it_published_and_a_search_keeps_to_their_makespan_with_hardly_more_set_ups()
    {
        var folder = TestData.Path("planning", "factory");
        var published = PublishedValues.Beside(folder);
        Assert.All(Directory.GetFiles(Path.Combine(folder, "instances")), file =>
        {
            var plant = InstanceText.Read(file, FactoryInstance.Read);
            var number = Path.GetFileName(file).Split('_')[0];
            List<IReadOnlyList<int>> sequences =
            [
                .. File.ReadLines(Path.Combine(folder, "sequences", $"{number}_Sequence.txt"))
                    .Select(line => (IReadOnlyList<int>)[.. line.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Where(job => job < plant.Problem.Jobs)]),
            ];
            while (sequences.Count < plant.Problem.Machines)
                sequences.Add([]);
            var own = new Sequences(plant.Problem, sequences);
            var value = published.Of(file);
            Assert.Equal(value.Makespan!.Value, own.Makespan / (double)FactoryInstance.UnitsPerHour, 0.05);
            Assert.Equal(value.SetUpHours!.Value, (own.SetUpTime + plant.MaintenanceSetUp) / (double)FactoryInstance.UnitsPerHour, 0.05);
            var found = SequencingSearch.Solve(plant.Problem, Steps(60_000) with { MakespanLimit = own.Makespan });
            Assert.True(found.Makespan <= own.Makespan && found.SetUpTime <= 1.02 * own.SetUpTime, $"{number}: {found.Makespan} and {found.SetUpTime} against {own.Makespan} and {own.SetUpTime}");
        });
    }

    private static SearchOptions Steps(long steps) => new() { Progress = SearchOptions.Steps(steps) };

    private static bool Same(Sequences one, Sequences other) =>
        one.Makespan == other.Makespan && one.SetUpTime == other.SetUpTime && one.ByMachine.Zip(other.ByMachine).All(static pair => pair.First.SequenceEqual(pair.Second));

    private static SequencingProblem Problem(uint seed, int jobs, int machines)
    {
        var random = new Random((int)(seed % int.MaxValue));
        var families = 1 + random.Next(jobs);
        var tables = Enumerable.Range(0, machines).Select(_ => new SetUpTable(Times(families), Times(families * families))).ToArray();
        var candidates = Enumerable.Range(0, jobs)
            .Select(_ => Enumerable.Range(0, machines).Where(k => k == 0 || random.Next(3) > 0).Select(k => new Candidate(k, random.Next(100))).ToArray())
            .ToArray();
        return new SequencingProblem([.. Enumerable.Range(0, jobs).Select(_ => random.Next(families))], candidates, tables, Times(machines));

        int[] Times(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(50))];
    }
}
