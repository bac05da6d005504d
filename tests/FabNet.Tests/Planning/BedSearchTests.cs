// The bed search: its builds keep every rule of bed, height, precision and release, and come near what was published.

using FabNet.Planning.Beds;
using FabNet.Planning.Search;
using FabNet.Plans;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class BedSearchTests
{
    [Fact]
    public void Builds_keep_every_rule_and_end_when_they_say() => Prop.ForAll<uint>(static seed =>
    {
        var problem = Problem(seed);
        var plan = BedSearch.Solve(problem, Steps(300));
        Assert.Equal(MakespanOf(problem, plan), plan.Makespan, 1e-6);
        Assert.True(plan.Makespan >= problem.LowerBound() - 1e-9);
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Parts_that_share_a_bed_are_done_sooner_than_one_by_one()
    {
        var problem = new BedProblem([new BedMachine(100, 400, 3, 60, 0, 1)], [.. Enumerable.Repeat(new BedPart(10, 20, 100, 1, 0), 8)]);
        var plan = BedSearch.Solve(problem, Steps(500));
        Assert.Equal([4, 4], plan.Builds[0].Select(static build => build.Count));
        Assert.Equal(160, plan.Makespan, 1e-9);
    }

    [Fact]
    public void Two_parts_go_apart_where_a_machine_stands_by()
    {
        // Together they take one set-up less and a little longer; only the first machine can make the second part.
        var problem = new BedProblem(
            [new BedMachine(20, 100, 2, 10_000, 0.03, 0.7), new BedMachine(20, 400, 1, 10_000, 0.03, 0.7)],
            [new BedPart(868.11, 4, 18.64, 1, 0), new BedPart(133.51, 19.3, 26.01, 2, 0)]);
        Assert.Equal(10_028.8433, BedSearch.Solve(problem, Steps(2000)).Makespan, 1e-6);
    }

    [Fact]
    public void The_same_seed_and_steps_give_the_same_builds()
    {
        var problem = Problem(99);
        var options = Steps(2000) with { Chains = 2 };
        Assert.Equal(BedSearch.Solve(problem, options).Builds, BedSearch.Solve(problem, options).Builds);
    }

    [Fact]
    public void A_part_that_fits_no_machine_is_refused() =>
        Assert.Contains("Part 0 fits no machine", Assert.Throws<ArgumentException>(() => new BedProblem([new BedMachine(10, 10, 1, 1, 1, 1)], [new BedPart(1, 11, 1, 1, 0)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Published_instances_of_ten_parts_are_solved_as_well_as_published()
    {
        var folder = TestData.Path("planning", "am_batch");
        var published = PublishedValues.Beside(folder);
        Assert.All(Directory.GetFiles(Path.Combine(folder, "instances"), "AM_*_10_*.txt"), file =>
        {
            var problem = InstanceText.Read(file, BedInstance.Read);
            var plan = BedSearch.Solve(problem, Steps(20_000));
            Assert.Equal(MakespanOf(problem, plan), plan.Makespan, 1e-6);
            Assert.True(plan.Makespan <= published.Of(file).Makespan * 1.0001, $"{plan.Makespan} against {published.Of(file).Makespan}");
        });
    }

    private static SearchOptions Steps(long steps) => new() { Progress = SearchOptions.Steps(steps) };

    private static double MakespanOf(BedProblem problem, BedPlan plan)
    {
        var seen = new HashSet<int>();
        var makespan = 0.0;
        for (var k = 0; k < problem.Machines.Length; k++)
        {
            var machine = problem.Machines[k];
            var end = 0.0;
            foreach (var build in plan.Builds[k])
            {
                Assert.NotEmpty(build);
                Assert.All(build, number => Assert.True(seen.Add(number), $"part {number} is made twice"));
                BedPart[] parts = [.. build.Select(number => problem.Parts[number])];
                Assert.True(parts.Sum(static part => part.Area) <= machine.Area + 1e-9);
                Assert.All(parts, part => Assert.True(part.Height <= machine.Height && part.Precision <= machine.Precision));
                end = Math.Max(end, parts.Max(static part => part.Release)) + machine.SetUp + (machine.PerVolume * parts.Sum(static part => part.Volume)) + (machine.PerHeight * parts.Max(static part => part.Height));
            }

            makespan = Math.Max(makespan, end);
        }

        Assert.Equal(problem.Parts.Length, seen.Count);
        return makespan;
    }

    private static BedProblem Problem(uint seed)
    {
        var random = new Random((int)(seed % int.MaxValue));
        BedMachine[] machines = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(k => new BedMachine(k == 0 ? 50 : 20 + random.Next(30), k == 0 ? 1000 : 300 + random.Next(900), k == 0 ? 3 : 1 + random.Next(3), random.Next(40), random.NextDouble() / 10, random.NextDouble() * 2))];
        BedPart[] parts = [.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ => new BedPart(random.Next(3000), 1 + random.Next(49), 1 + random.Next(900), 1 + random.Next(3), random.Next(200)))];
        return new BedProblem(machines, parts);
    }
}
