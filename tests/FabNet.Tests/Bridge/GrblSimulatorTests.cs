// GRBL over a real pty, against the simulated GRBL with its receive ring, planner, alarms and faults.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class GrblSimulatorTests
{
    [Theory(Timeout = 40_000)]
    [InlineData("", 1, true)]
    [InlineData("double-ok=40", 1, true)]
    [InlineData("lose-ok=40", 1, false)]
    [InlineData("reset-at-line=60", 1, false)]
    [InlineData("corrupt-tx=0.002", 5, false)]
    public async Task The_lines_executed_are_the_programs_or_a_beginning_of_them(string fault, int seed, bool mustComplete)
    {
        using var program = Bench.RouterProgram(150);
        await using var machine = Start(seed, fault);
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        var lostBefore = machine.OverflowedBytes;
        var outcome = await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(35));
        var executed = Executed(machine);
        Assert.Equal(Bench.MotionsOf(program)[..executed.Count], executed);
        // What is sent while a board boots is lost too.
        if (!fault.StartsWith("reset", StringComparison.Ordinal))
            Assert.Equal(lostBefore, machine.OverflowedBytes);
        if (mustComplete)
            Bench.AssertCompleted(outcome);
        if (outcome is RunOutcome.Completed)
            Assert.Equal(150, executed.Count);
        else
            Assert.Contains("line", Assert.IsType<RunOutcome.Failed>(outcome).Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_pressed_limit_switch_ends_the_run_in_alarm()
    {
        using var program = Bench.RouterProgram(600);
        await using var machine = Start(1, "", new GrblBuild { HardLimits = true });
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await machine.Log.WaitForCountAsync(60, Bench.Limit());
        machine.Faults.PressEndstop(0);
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit(30)));
        Assert.Contains("limit", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(MachineState.Alarm, session.State);
    }

    [Fact(Timeout = 40_000)]
    public async Task Cancel_keeps_position()
    {
        using var program = Bench.RouterProgram(600);
        await using var machine = Start(1, "");
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        await machine.Log.WaitForCountAsync(60, Bench.Limit());
        Assert.Null(await session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit(30)));
        Assert.Equal(SafeState.FirmwareStopped, cancelled.SafeState);
        Assert.Equal(MachineState.Idle, session.State);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_change_of_tool_stops_for_a_person_who_may_probe_and_zero()
    {
        using var program = Bench.Admit(Bench.Router, "G20\nG90\nM3 S5000\nG1 X0.5 F20\nT2 M6\nM3 S5000\nX1\nY1\n");
        await using var machine = Start(1, "", new GrblBuild { ProbeSurfaceZ = -3 });
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        await using var events = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        var prompt = await Bench.NextAsync<PromptRaised>(events);
        Assert.Contains("T2", prompt.Text, StringComparison.Ordinal);
        Assert.Equal("M5", machine.Log.Snapshot().Last(static command => command.Text[0] != '$').Text);
        Assert.True((await session.OperateAsync(ManualOperation.Parse("jog X-5 F1000"), Bench.Limit())).IsOk);
        CommandReply probed;
        do
        {
            // Refused until the jog is over.
            probed = await session.OperateAsync(ManualOperation.Parse("probe Z-10 F500"), Bench.Limit());
        }
        while (!probed.IsOk);

        Assert.Contains(probed.Lines, static line => line.Contains("-3.000:1", StringComparison.Ordinal));
        Assert.Null(await session.ResumeAsync(Bench.Limit()));
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit(30)));
        Assert.DoesNotContain(machine.Log.Snapshot(), static command => command.Text.Contains("M6", StringComparison.Ordinal));
        Assert.Equal(25.4, machine.Position.X, 0.01);
        Assert.Equal(25.4, machine.Position.Y, 0.01);
    }

    [Fact(Timeout = 40_000)]
    public async Task GrblHAL_takes_long_lines_and_forgets_an_error_before_the_next_program()
    {
        using var program = Bench.Admit(Bench.Router with { MaxLineBytes = 254 }, LongLine);
        await using var machine = Start(1, "", new GrblBuild { Name = "GrblHAL", LineBytes = 256, ReceiveBytes = 1024 });
        await using var session = Session(machine);
        var info = await session.OpenAsync(Bench.Limit());
        Assert.Equal((254, 1024), (info.MaxLineBytes, info.ReceiveBufferBytes));
        Assert.False((await session.SendAsync("G1 Q1", Bench.Limit())).IsOk);
        Bench.AssertCompleted(await session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None).WaitAsync(Bench.Limit(30)));
        Assert.Equal((12.5, 7.25), (Math.Round(machine.Position.X, 2), Math.Round(machine.Position.Y, 2)));
    }

    [Fact(Timeout = 40_000)]
    public async Task A_program_with_longer_lines_than_this_GRBL_takes_is_refused_before_it_starts()
    {
        using var program = Bench.Admit(Bench.Router with { MaxLineBytes = 254 }, LongLine);
        await using var machine = Start(1, "");
        await using var session = Session(machine);
        Assert.Equal(79, (await session.OpenAsync(Bench.Limit())).MaxLineBytes);
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30)));
        Assert.Contains("takes 79", failed.Reason, StringComparison.Ordinal);
        Assert.Empty(Executed(machine));
    }

    private const string LongLine = "G21\nG90\nG1 G17 G21 G90 G94 X12.50000000000 Y7.250000000000 Z0.000000000000 F1000.000000000 S0.000000000000 M5 M9\n";

    private static SimulatedMachine Start(int seed, string fault, GrblBuild? build = null) => SimulatedMachine.Start(new SimulatorOptions
    {
        Profile = Bench.Router,
        Speed = 20,
        Seed = seed,
        Faults = fault.Length == 0 ? [] : [Fault.Parse(fault)],
        // A board takes its time to boot: what is on the wire meanwhile is lost, as on a real one.
        Grbl = build ?? new GrblBuild(),
    });

    private static MachineSession Session(SimulatedMachine machine) => new(Bench.Options() with { PortName = machine.PortPath });

    private static List<string> Executed(SimulatedMachine machine) =>
        [.. machine.Log.Snapshot().Select(static command => command.Text).Where(static text => text.StartsWith("G1", StringComparison.Ordinal))];
}
