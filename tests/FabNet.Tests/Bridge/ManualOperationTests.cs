// What a person does by hand: one text for every firmware, in the words of each.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.Model.Machines;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class ManualOperationTests
{
    [Theory]
    [InlineData("home", "G28", "$H")]
    [InlineData("home X", "G28 X", "$HX")]
    [InlineData("jog X10 y-5.25 F1200", "G91 / G1 X10 Y-5.25 F1200 / G90", "$J=G91G21X10Y-5.25F1200")]
    [InlineData("probe Z-20 F50", "G30", "G21G91G38.2Z-20F50 / G90")]
    [InlineData("zero XYZ", "G92 X0 Y0 Z0", "G10L20P0X0Y0Z0")]
    [InlineData("FEED 80%", "M220 S80", "90 92 92")]
    [InlineData("feed 137", "M220 S137", "90 91 91 91 93 93 93 93 93 93 93")]
    [InlineData("spindle 99", "-", "99 9D")]
    [InlineData("rapid 25", "-", "97")]
    [InlineData("rapid 30", "-", "-")]
    [InlineData("flow 95", "M221 S95", "-")]
    [InlineData("jog stop", "M410", "85")]
    public void An_operation_is_said_in_each_firmwares_words(string text, string marlin, string grbl)
    {
        var operation = ManualOperation.Parse(text);
        Assert.Equal(marlin == "M410" ? "4D 34 31 30 0A" : marlin, Said(MarlinOperations.Plan(operation)));
        Assert.Equal(grbl, Said(GrblOperations.Plan(operation)));

        static string Said(FabNet.FirmwareBridge.Streaming.OperationPlan plan) =>
            plan.Refusal is not null ? "-" : plan.Lines.Count > 0 ? string.Join(" / ", plan.Lines) : string.Join(' ', plan.Urgent.Select(static value => value.ToString("X2", null)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("jog")]
    [InlineData("jog X0")]
    [InlineData("jog X1e3")]
    [InlineData("jog X10 X20")]
    [InlineData("jog X10;M104 S300")]
    [InlineData("jog X99999")]
    [InlineData("jog X10 F0")]
    [InlineData("home Q")]
    [InlineData("home XX")]
    [InlineData("probe Z5")]
    [InlineData("feed 500")]
    [InlineData("zero")]
    [InlineData("M104 S200")]
    public void What_is_no_operation_is_refused_with_what_may_be_said(string text) =>
        Assert.Contains("jog X10", Assert.Throws<FormatException>(() => ManualOperation.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void No_text_makes_a_line_that_is_not_one_command() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), static text =>
        {
            foreach (var verb in (string[])["", "home ", "jog ", "probe ", "zero ", "feed "])
            {
                try
                {
                    var operation = ManualOperation.Parse(verb + text.Get);
                    foreach (var line in (string[])[.. MarlinOperations.Plan(operation).Lines, .. GrblOperations.Plan(operation).Lines])
                        Assert.Matches("^[$A-Z][A-Z0-9 .=-]*$", line);
                }
                catch (FormatException)
                {
                    continue;
                }
            }
        }));

    [Fact(Timeout = 40_000)]
    public async Task A_jog_is_stopped_and_the_position_is_kept()
    {
        await using var machine = Start(new GrblBuild());
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath });
        await session.OpenAsync(Bench.Limit());
        Assert.True((await session.OperateAsync(ManualOperation.Parse("jog X250 F200"), Bench.Limit())).IsOk);
        while (session.State != MachineState.Maintenance)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False((await session.OperateAsync(ManualOperation.Parse("home"), Bench.Limit())).IsOk);
        Assert.True((await session.OperateAsync(ManualOperation.Parse("jog stop"), Bench.Limit())).IsOk);
        while (session.State != MachineState.Idle)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.InRange(machine.Position.X, 0, 249);
        using var program = Bench.RouterProgram(20);
        Bench.AssertCompleted(await session.RunAsync(program, new RunOptions { LeavesPart = false }, TestContext.Current.CancellationToken).WaitAsync(Bench.Limit(30)));
    }

    [Fact(Timeout = 40_000)]
    public async Task A_locked_machine_can_be_homed_and_a_probe_says_where_it_touched()
    {
        await using var machine = Start(new GrblBuild { Homing = true, ProbeSurfaceZ = -12 });
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath });
        await session.OpenAsync(Bench.Limit());
        Assert.Equal(MachineState.Alarm, session.State);
        Assert.Contains("lock", (await session.OperateAsync(ManualOperation.Parse("jog X1"), Bench.Limit())).Error, StringComparison.Ordinal);
        var homed = await session.OperateAsync(ManualOperation.Parse("home"), Bench.Limit(35));
        Assert.True(homed.IsOk, homed.Error);
        while (session.State != MachineState.Idle)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        var probed = await session.OperateAsync(ManualOperation.Parse("probe Z-40 F600"), Bench.Limit(35));
        Assert.True(probed.IsOk, probed.Error);
        Assert.Contains(probed.Lines, static line => line.StartsWith("[PRB:", StringComparison.Ordinal) && line.Contains("-12.000:1", StringComparison.Ordinal));
        Assert.True((await session.OperateAsync(ManualOperation.Parse("zero Z"), Bench.Limit())).IsOk);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_probe_that_touches_nothing_is_an_error_though_grbl_answers_ok()
    {
        await using var machine = Start(new GrblBuild());
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath });
        await session.OpenAsync(Bench.Limit());
        var probed = await session.OperateAsync(ManualOperation.Parse("probe Z-2 F600"), Bench.Limit(35));
        Assert.False(probed.IsOk);
        Assert.Contains("alarm 5", probed.Error, StringComparison.Ordinal);
        Assert.Contains(probed.Lines, static line => line.StartsWith("[PRB:", StringComparison.Ordinal));
        Assert.Null(await session.ClearAsync(Bench.Limit()));
        Assert.True((await session.SendAsync("G0X1", Bench.Limit())).IsOk);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_running_program_takes_overrides_and_nothing_else()
    {
        using var program = Bench.RouterProgram(800);
        await using var machine = Start(new GrblBuild());
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath });
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await machine.Log.WaitForCountAsync(30, Bench.Limit());
        Assert.Contains("running", (await session.OperateAsync(ManualOperation.Parse("jog X1"), Bench.Limit())).Error, StringComparison.Ordinal);
        Assert.True((await session.OperateAsync(ManualOperation.Parse("feed 50"), Bench.Limit())).IsOk);
        Assert.Null(await session.CancelAsync("enough", Bench.Limit()));
        await running.WaitAsync(Bench.Limit(30));
    }

    private static SimulatedMachine Start(GrblBuild build) => SimulatedMachine.Start(new SimulatorOptions { Profile = Bench.Router, Speed = 20, Grbl = build });
}
