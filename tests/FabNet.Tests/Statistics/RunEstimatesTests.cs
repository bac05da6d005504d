// What is expected of the next run: with no run, with one, with many, and with a liar among those who tell.

using FabNet.Planning;
using FabNet.Planning.Learning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Statistics;

public sealed class RunEstimatesTests
{
    private static readonly ClassPace Typical = new(1, RunEstimates.TypicalFailure);

    [Fact]
    public void Without_a_run_the_programs_time_holds_as_its_class_keeps_times()
    {
        var history = RunEstimates.Of([Site(program: 1000)], new ClassPace(1.1, 0.05));
        Assert.Equal((0, 1100, 1320), (history.Completed, (int)Math.Round(history.SecondsEach!.Value), (int)Math.Round(history.LateSecondsEach!.Value)));
        Assert.Null(history.FailureProbability);
    }

    [Fact]
    public void Nothing_known_is_nothing_told() => Assert.Equal(new RunHistory(), RunEstimates.Of([], Typical));

    [Fact]
    public void Each_run_draws_the_estimate_further_from_the_programs_time_to_what_was_measured()
    {
        double[] after = [.. Enumerable.Range(0, 6).Select(n => RunEstimates.Of([Site(1000, [.. Enumerable.Repeat(1500.0, n)])], Typical).SecondsEach!.Value)];
        Assert.Equal(1000, after[0], 1e-6);
        Assert.Equal(Math.Sqrt(1000 * 1500.0), after[1], 1e-6); // One run counts as much as the program.
        Assert.Equal(Math.Cbrt(1000.0 * 1500 * 1500), after[2], 1e-6);
        Assert.All(after.Zip(after.Skip(1)), static p => Assert.True(p.Second > p.First));
        Assert.InRange(after[5], 1380, 1500);
    }

    [Fact]
    public void The_first_run_at_another_site_serves_one_that_has_none()
    {
        var history = RunEstimates.Of([Site(1000, 1300), Site(1000)], Typical);
        Assert.InRange(history.SecondsEach!.Value, 1100, 1300);
    }

    [Theory]
    [InlineData(1e7)]
    [InlineData(1e-3)]
    public void One_liar_among_three_moves_nobodys_estimate_out_of_what_honest_sites_measured(double lie)
    {
        SiteRuns[] honest = [Site(1000, 1180, 1200, 1210), Site(1000, 1190, 1220)];
        var without = RunEstimates.Of(honest, Typical).SecondsEach!.Value;
        var with = RunEstimates.Of([.. honest, Site(1000, [.. Enumerable.Repeat(lie, 500)])], Typical).SecondsEach!.Value;
        Assert.InRange(with, 1000, 1220);
        Assert.InRange(with / without, 0.9, 1.1);
    }

    [Theory]
    [InlineData(1e7)]
    [InlineData(1e-3)]
    public void Of_two_sites_a_liar_is_outvoted_by_the_program(double lie) =>
        Assert.InRange(RunEstimates.Of([Site(1000, 1200, 1200), Site(1000, [.. Enumerable.Repeat(lie, 500)])], Typical).SecondsEach!.Value, 999, 1201);

    [Fact]
    public void A_site_that_is_heard_alone_moves_an_estimate_four_times_at_most()
    {
        Assert.InRange(RunEstimates.Of([Site(1000, [.. Enumerable.Repeat(1e7, 500)])], Typical).SecondsEach!.Value, 1000, 4000);
        Assert.InRange(RunEstimates.Of([Site(1000, [.. Enumerable.Repeat(1e-3, 500)])], Typical).SecondsEach!.Value, 250, 1000);
    }

    [Fact]
    public void One_sites_absurd_program_is_outvoted() =>
        Assert.InRange(RunEstimates.Of([Site(1000), Site(1e7), Site(1010)], Typical).SecondsEach!.Value, 1000, 1010);

    [Fact]
    public void The_promised_time_follows_how_runs_scatter()
    {
        var narrow = RunEstimates.Of([Site(1000, [.. Enumerable.Repeat(1000.0, 12)])], Typical);
        var wide = RunEstimates.Of([Site(1000, 500, 600, 700, 800, 900, 1000, 1100, 1300, 1600, 2000, 2400)], Typical);
        Assert.True(narrow.LateSecondsEach / narrow.SecondsEach < 1.15);
        Assert.True(wide.LateSecondsEach / wide.SecondsEach > 1.3);
    }

    [Fact]
    public void A_machine_is_told_from_its_class_by_its_own_runs_the_more_the_more_there_are()
    {
        var slow = Math.Log(1.5);
        double[] speeds = [.. Enumerable.Range(0, 20).Select(n => RunEstimates.Speed([.. Enumerable.Repeat(slow, n)], 1))];
        Assert.Equal(1, speeds[0]);
        Assert.All(speeds.Zip(speeds.Skip(1)), static p => Assert.True(p.Second < p.First));
        Assert.InRange(speeds[^1], 1 / 1.5, 0.75);
    }

    [Fact]
    public void A_part_that_fails_more_than_others_says_so_and_one_that_does_not_leaves_it_to_the_machine()
    {
        Assert.Null(RunEstimates.Of([Site(1000, 1000) with { Completed = 30 }], Typical).FailureProbability);
        Assert.Equal((5 + 0.5) / 20, RunEstimates.Of([Site(1000, 1000) with { Completed = 5, Failed = 5 }], Typical).FailureProbability!.Value, 1e-9);

        // One site's thousand failures count as ten; and where two others make it, they are outvoted.
        Assert.InRange(RunEstimates.Of([Site(1000) with { Failed = 1000 }], Typical).FailureProbability!.Value, 0.5, 0.55);
        Assert.InRange(RunEstimates.FailureOf([Site(1000) with { Failed = 1000 }, Site(1000) with { Completed = 20 }, Site(1000) with { Completed = 20, Failed = 1 }], 0.05), 0, 0.06);
    }

    [Fact]
    public void Whatever_sites_tell_the_estimate_is_a_time_within_it_and_the_promise_is_not_sooner() => Prop.ForAll(
        (from sites in Gen.ArrayOf(from program in Gen.Choose(0, 100_000) from runs in Gen.ArrayOf(Gen.Choose(1, 1_000_000)) select Site(program, [.. runs.Select(static r => (double)r)]))
         from ratio in Gen.Choose(25, 400)
         select (Sites: sites, Ratio: ratio / 100.0)).ToArbitrary(),
        told =>
        {
            var history = RunEstimates.Of(told.Sites, new ClassPace(told.Ratio, 0.05));
            double[] values = [.. told.Sites.SelectMany(static s => s.Seconds), .. told.Sites.Where(static s => s.ProgramSeconds > 0).Select(s => s.ProgramSeconds!.Value * told.Ratio)];
            return values.Length == 0
                ? history.SecondsEach is null && history.LateSecondsEach is null
                : history.SecondsEach >= values.Min() * 0.999 && history.SecondsEach <= values.Max() * 1.001 && history.LateSecondsEach >= history.SecondsEach;
        }).QuickCheckThrowOnFailure();

    private static SiteRuns Site(double program, params double[] seconds) => new()
    {
        ProgramSeconds = program > 0 ? program : null, ProgramGrams = 10, Seconds = seconds, Grams = [.. seconds.Select(static _ => 10.0)], Completed = seconds.Length,
    };
}
