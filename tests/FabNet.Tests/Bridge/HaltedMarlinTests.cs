// A Marlin that has halted stays so until it is reset: clearing it resets its board over the port where the board obeys that, and says what came of it.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;
using FabNet.Tests.Ports;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class HaltedMarlinTests
{
    private const int TimeoutMs = 60_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_board_that_obeys_dtr_is_ready_again_once_it_is_cleared(bool isRunning)
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild(), resetsOnOpen: false, hasDtr: true);
        machine.Open();
        Halt(machine, isRunning);
        Assert.Equal((MachineState.Alarm, true), (machine.State, ((MarlinFirmware)machine.Firmware).IsHalted));
        Assert.Contains("clearing it tries that", machine.Reason, StringComparison.Ordinal);
        Assert.Null(machine.Ask(SessionVerb.Clear));
        Assert.True(machine.Until(() => machine.State is MachineState.Idle, 60), machine.Reason);
        Assert.Equal(2, machine.Openings);
        using var program = Bench.Admit(Bench.Printer, "G28\nG1 X5 F600\n");
        Bench.AssertCompleted(machine.Run(program));
    }

    [Fact]
    public void A_board_without_that_line_is_ready_once_a_person_has_reset_it()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild(), resetsOnOpen: false);
        machine.Open();
        Halt(machine, isRunning: false);
        Assert.Null(machine.Ask(SessionVerb.Clear));
        Assert.False(machine.Until(() => machine.State is not (MachineState.Alarm or MachineState.Offline), 60));
        Assert.Equal((MachineState.Offline, true), (machine.State, ((MarlinFirmware)machine.Firmware).IsHalted));
        machine.Simulation.Reset(machine.NowS);
        Assert.True(machine.Until(() => machine.State is MachineState.Idle, 60), machine.Reason);
        Assert.True(machine.Send("M114").IsOk);
    }

    [Fact]
    public void Nothing_is_reset_before_a_person_has_cleared_the_machine()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild(), resetsOnOpen: false, hasDtr: true);
        machine.Open();
        Halt(machine, isRunning: true);
        machine.Until(() => false, 300);
        Assert.Equal((MachineState.Alarm, true, 1), (machine.State, ((MarlinFirmware)machine.Firmware).IsHalted, machine.Openings));
        using var program = Bench.Admit(Bench.Printer, "G28\n");
        Assert.Contains("not ready", machine.Run(program).ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_simulated_board_that_resets_as_its_port_is_opened_is_ready_again_once_it_is_cleared()
    {
        await using var machine = Start(resetsOnOpen: true);
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath });
        var events = await HaltAsync(session);
        Assert.Null(await session.ClearAsync(Bench.Limit()));
        await Bench.NextAsync<MachineNoted>(events, static note => note.Text.Contains("answers again behind its reset", StringComparison.Ordinal));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
        Assert.True((await session.SendAsync("M114", Bench.Limit())).IsOk);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_person_is_told_to_press_reset_where_the_port_can_not()
    {
        await using var machine = Start(resetsOnOpen: false);
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath, Timings = Bench.Quick with { Connect = TimeSpan.FromSeconds(1) } });
        var events = await HaltAsync(session);
        Assert.Null(await session.ClearAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Offline && change.Reason!.Contains("press its reset", StringComparison.Ordinal));
        machine.Faults.Reset();
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
        Assert.True((await session.SendAsync("M114", Bench.Limit())).IsOk);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_port_whose_dtr_is_left_alone_resets_nothing()
    {
        await using var machine = Start(resetsOnOpen: true);
        await using var session = new MachineSession(Bench.Options() with { PortName = machine.PortPath, RaiseDtr = false });
        await HaltAsync(session);
        Assert.Contains("its button", await session.ClearAsync(Bench.Limit()), StringComparison.Ordinal);
        Assert.Equal(MachineState.Alarm, session.State);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_reset_over_the_port_gives_the_line_its_time()
    {
        using var pty = new Pty();
        var time = new ManualTimeProvider();
        var opening = SerialPortOpener.OpenAndResetAsync(Bench.Options() with { PortName = pty.PortName }, 115200, time, Bench.Limit());
        Assert.False(opening.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await using var port = await opening;
        Assert.True(port.CanWrite);
    }

    private static void Halt(VirtualMachine machine, bool isRunning)
    {
        using var program = Bench.Admit(Bench.Printer, "G28\n" + string.Concat(Enumerable.Range(1, 60).Select(static x => $"G1 X{x} F600\n")));
        if (!isRunning)
        {
            machine.EmergencyStop();
            Assert.True(machine.Until(() => machine.State is MachineState.Alarm, 10));
            machine.Until(() => false, 5);
            return;
        }

        var failed = Assert.IsType<RunOutcome.Failed>(machine.Run(program, strikeAfterS: 50, strike: machine.EmergencyStop));
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
    }

    private static async Task<IAsyncEnumerator<MachineEvent>> HaltAsync(MachineSession session)
    {
        var events = session.ReadEventsAsync(Bench.Limit(50)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await session.OpenAsync(Bench.Limit());
        await session.EmergencyStopAsync(Bench.Limit());
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Alarm && change.Reason!.Contains("halted", StringComparison.Ordinal));
        return events;
    }

    private static SimulatedMachine Start(bool resetsOnOpen) => SimulatedMachine.Start(new SimulatorOptions
    {
        Profile = Bench.Printer,
        Speed = 20,
        ResetsOnOpen = resetsOnOpen,
        Marlin = new MarlinBuild { BootTimeS = 0 },
    });
}
