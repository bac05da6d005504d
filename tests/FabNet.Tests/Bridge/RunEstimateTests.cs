// The time left while a program runs: by the model at first, then by the machine's own pace, whatever was waited for before.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class RunEstimateTests
{
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(600, 1.0)]
    [InlineData(600, 1.3)]
    [InlineData(60, 0.05)]
    public void The_time_left_follows_the_machines_pace_and_forgets_the_heating(double heatingS, double pace)
    {
        var text = "G28\nM109 S200\nG90\n" + string.Concat(Enumerable.Range(1, 400).Select(static n => $"G1 X{(n % 2 * 100) + 10} F1200\n"));
        using var program = Admission.Check(new MemoryStream(Encoding.ASCII.GetBytes(text)), Bench.Printer, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken).Program!;
        var run = new ActiveRun(program, new RunOptions(), new TaskCompletionSource<RunOutcome>()) { StartedMs = 0, Phase = RunPhase.Streaming };
        var total = program.SecondsUntilLine(program.LineCount);
        for (var line = 1; line <= program.LineCount; line++)
        {
            var modelled = program.SecondsUntilLine(line);
            var (fraction, remaining) = run.Estimate(line, plannerBlocks: 0, (long)(((line > 1 ? heatingS : 0) + (modelled * pace)) * 1000));
            if (modelled < 200)
                continue;
            Assert.Equal(modelled / total, fraction, 1e-9);
            Assert.Equal((total - modelled) * pace, remaining!.Value.TotalSeconds, 0.01 * total * pace);
        }
    }

    [Fact]
    public void What_the_planner_still_holds_is_time_left()
    {
        const int planned = 15;
        var text = "G28\n" + string.Concat(Enumerable.Range(1, 100).Select(static n => $"G1 X{(n % 2 * 100) + 10} F600\n"));
        using var program = Bench.Admit(Bench.Printer, text);
        var run = new ActiveRun(program, new RunOptions(), new TaskCompletionSource<RunOutcome>()) { StartedMs = 0, Phase = RunPhase.Streaming };
        var total = program.SecondsUntilLine(program.LineCount);
        for (var second = 0; second <= (int)total; second++)
        {
            // The firmware takes as many lines ahead of what it executes as it has room for.
            var executing = Enumerable.Range(1, program.LineCount).First(line => program.SecondsUntilLine(line) >= second);
            var (fraction, remaining) = run.Estimate(Math.Min(program.LineCount, executing + planned - 1), planned, second * 1000);
            Assert.Equal(second / total, fraction, 0.01);
            Assert.Equal(total - second, remaining!.Value.TotalSeconds, 0.02 * total);
        }

        Assert.Equal(TimeSpan.Zero, run.Estimate(program.LineCount, plannerBlocks: 0, (long)(total * 1000)).Remaining);
    }

    [Fact]
    public void A_pause_does_not_bring_the_end_nearer()
    {
        using var program = Bench.Admit(Bench.Printer, "G28\n" + string.Concat(Enumerable.Range(1, 100).Select(static n => $"G1 X{(n % 2 * 100) + 10} F600\n")));
        var run = new ActiveRun(program, new RunOptions(), new TaskCompletionSource<RunOutcome>()) { StartedMs = 0, Phase = RunPhase.Streaming };
        var before = run.Estimate(40, 15, 200_000);
        (run.IsPaused, run.PausedSinceMs) = (true, 200_000);
        Assert.Equal(before, run.Estimate(40, 15, 500_000));
    }
}
