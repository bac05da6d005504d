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
            var (fraction, remaining) = run.Estimate(line, (long)(((line > 1 ? heatingS : 0) + (modelled * pace)) * 1000));
            if (modelled < 200)
                continue;
            Assert.Equal(modelled / total, fraction, 1e-9);
            Assert.Equal((total - modelled) * pace, remaining!.Value.TotalSeconds, 0.01 * total * pace);
        }
    }
}
