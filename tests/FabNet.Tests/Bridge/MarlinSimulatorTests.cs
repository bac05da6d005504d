// The whole serial way, over a real pty: SerialPort, session, streamer, and the simulated Marlin with its wire, queues, heaters and faults.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class MarlinSimulatorTests
{
    private const int Motions = 150;

    public static TheoryData<string, int> SurvivableFaults => new()
    {
        { "", 1 },
        { "lose-ok=40", 1 },
        { "double-ok=40", 1 },
        { "lose-ok=0.02", 3 },
        { "double-ok=0.02", 4 },
        { "corrupt-rx=0.001", 5 },
        { "drop-rx=0.0005", 6 },
        { "delay-tx=0.001:50ms", 7 },
    };

    [Theory(Timeout = 40_000)]
    [MemberData(nameof(SurvivableFaults))]
    public async Task Every_line_is_executed_in_order_once(string fault, int seed)
    {
        using var program = Bench.PrinterProgram(Motions);
        await using var machine = Start(seed, fault);
        var outcome = await RunAsync(machine, program);
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), Executed(machine));
        // Until a double of a plain `ok` is known for one, a line too many may overrun the buffer: it is refused and sent again.
        if (!fault.StartsWith("double-ok", StringComparison.Ordinal))
            Assert.Equal(0, machine.OverflowedBytes);
    }

    [Theory(Timeout = 40_000)]
    [InlineData("corrupt-tx=0.001", 8)]
    [InlineData("corrupt-tx=0.004", 9)]
    [InlineData("drop-tx=0.002", 10)]
    [InlineData("reset-at-line=80", 1)]
    [InlineData("stall-at-line=80:3s", 1)]
    public async Task The_lines_executed_are_the_programs_or_a_beginning_of_them(string fault, int seed)
    {
        using var program = Bench.PrinterProgram(Motions);
        await using var machine = Start(seed, fault);
        var outcome = await RunAsync(machine, program);
        var executed = Executed(machine);
        var motions = Bench.MotionsOf(program);
        Assert.Equal(motions[..executed.Count], executed);
        if (outcome is RunOutcome.Failed failed)
        {
            Assert.Contains("line", failed.Reason, StringComparison.Ordinal);
            Assert.InRange(executed.Count, failed.LastExecutedLine - 2, failed.LastSentLine);
        }
        else
        {
            Assert.Equal(motions.Count, executed.Count);
        }
    }

    [Theory(Timeout = 40_000)]
    [InlineData(true, true, 8)]
    [InlineData(true, false, 4)]
    [InlineData(false, true, 4)]
    public async Task Builds_differ_and_all_are_fed(bool advancedOk, bool okAfterResend, int slots)
    {
        using var program = Bench.PrinterProgram(Motions);
        await using var machine = Start(12, "corrupt-rx=0.0005", new MarlinBuild { BootTimeS = 0, AdvancedOk = advancedOk, OkAfterResend = okAfterResend, CommandSlots = slots, WaitMessageS = 1 });
        Bench.AssertCompleted(await RunAsync(machine, program));
        Assert.Equal(Bench.MotionsOf(program), Executed(machine));
        Assert.Equal(0, machine.OverflowedBytes);
    }

    [Fact(Timeout = 40_000)]
    public async Task Unplugging_ends_the_run_and_plugging_in_continues_nothing()
    {
        using var program = Bench.PrinterProgram(Motions);
        var link = Path.Combine(Directory.CreateTempSubdirectory("fabnet-bridge-").FullName, "port");
        await using var machine = Start(1, "unplug-at-line=80:30s", link: link);
        await using var session = Session(machine);
        var events = session.ReadEventsAsync(Bench.Limit(40)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await session.OpenAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30)));
        Assert.Equal(SafeState.LinkLost, failed.SafeState);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Offline);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
        await session.SendAsync("M114", Bench.Limit());
        var executed = Executed(machine);
        Assert.Equal(Bench.MotionsOf(program)[..executed.Count], executed);
        Assert.True(executed.Count < Motions);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_wire_too_noisy_for_the_checksum_stops_the_job()
    {
        using var program = Bench.PrinterProgram(1000);
        await using var machine = Start(13, "corrupt-rx=0.01");
        var failed = Assert.IsType<RunOutcome.Failed>(await RunAsync(machine, program));
        Assert.Contains("damaged", failed.Reason, StringComparison.Ordinal);
        Assert.True(Executed(machine).Count < 100);
    }

    [Fact(Timeout = 40_000)]
    public async Task Heating_is_waited_for_and_thermal_runaway_ends_the_run()
    {
        using var program = Bench.Admit(Bench.Printer, "G28\nM109 S200\nG90\nG1 X10 F6000\nG4 P3600000\nG1 X20\nM104 S0\n");
        await using var machine = Start(1, "");
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        var events = session.ReadEventsAsync(Bench.Limit(40)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await Bench.NextAsync<TemperaturesReported>(events, static report => report.Readings.Any(static reading => reading is { Kind: HeaterKind.HotEnd, CurrentC: > 195 }));
        machine.Faults.BreakHeater();
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit(35)));
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.Equal(MachineState.Alarm, session.State);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_heater_that_the_program_leaves_on_is_off_when_the_run_is_over()
    {
        using var program = Bench.Admit(Bench.Printer, "G28\nM140 S60\nG90\nG1 X10 F6000\n");
        await using var machine = Start(1, "");
        Bench.AssertCompleted(await RunAsync(machine, program));
        Assert.Equal(["M104 S0", "M140 S0", "M155 S0"], machine.Log.Snapshot().Select(static command => command.Text).SkipWhile(static text => text != "M400").Where(static text => text.EndsWith(" S0", StringComparison.Ordinal)));
    }

    private static SimulatedMachine Start(int seed, string fault, MarlinBuild? build = null, string? link = null) => SimulatedMachine.Start(new SimulatorOptions
    {
        Profile = Bench.Printer,
        Speed = 60,
        Seed = seed,
        Link = link,
        Faults = fault.Length == 0 ? [] : [Fault.Parse(fault)],
        Marlin = build ?? new MarlinBuild { BootTimeS = 0 },
    });

    private static MachineSession Session(SimulatedMachine machine) => new(Bench.Options() with { PortName = machine.PortPath, HotEnds = 1 });

    private static async Task<RunOutcome> RunAsync(SimulatedMachine machine, AdmittedProgram program)
    {
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        return await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(35));
    }

    private static List<string> Executed(SimulatedMachine machine) =>
        [.. machine.Log.Snapshot().Select(static command => command.Text).Where(static text => text.StartsWith("G1 ", StringComparison.Ordinal))];
}
