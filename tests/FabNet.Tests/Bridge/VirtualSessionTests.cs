// What happens around a run: locks, resets, other hosts, clocks that jump, and the end of the session. In virtual time, so that each case happens as written.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class VirtualSessionTests
{
    [Fact]
    public void A_run_that_a_limit_ends_is_not_over_before_the_banner_so_that_every_later_answer_is_its_own()
    {
        using var program = EveryPosition.Cut();
        using var machine = VirtualMachine.Grbl(new GrblBuild { HardLimits = true });
        machine.Open();
        var outcome = machine.Run(program, strike: () => machine.Firmware.SetEndstop(0, pressed: true), strikeAfterS: 6);
        Assert.Contains("limit", Assert.IsType<RunOutcome.Failed>(outcome).Reason, StringComparison.Ordinal);
        Assert.Contains(machine.Send("$G").Lines, static line => line.StartsWith("[GC:", StringComparison.Ordinal));
        Assert.Contains("error 9", machine.Send("G0 X0").Error, StringComparison.Ordinal);
        Assert.Null(machine.Ask(SessionVerb.Clear));
        Assert.True(machine.Send("G1 X0 F100").IsOk);
    }

    [Theory]
    [InlineData("$G", "$I")]
    [InlineData("$I", "$G")]
    [InlineData("G4 P0.1", "$G")]
    public void A_command_that_meets_a_reset_at_the_machine_shifts_no_later_answer(string first, string second)
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        // The banner crosses the command: it is given up, and GRBL answers it all the same.
        machine.Simulation.HostWrite([0x18], machine.NowS);
        Assert.False(machine.Send(first).IsOk);
        var reply = machine.Send(second);
        Assert.True(reply.IsOk && reply.Lines.Any(line => line.StartsWith(second == "$G" ? "[GC:" : "[VER:", StringComparison.Ordinal)), $"{reply.Error}{string.Join(" | ", reply.Lines)}");
        Assert.Contains("error 20", machine.Send("G99").Error, StringComparison.Ordinal);
        Assert.True(machine.Send("G90").IsOk);
    }

    [Fact]
    public void A_command_whose_answer_is_lost_is_given_up_and_the_next_gets_its_own()
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild(), [new WireFault(WireFaultKind.LoseLine, 1)]);
        machine.Open();
        machine.Wire.Arm();
        Assert.Contains("lost on the wire", machine.Send("G90").Error, StringComparison.Ordinal);
        Assert.Contains("error 20", machine.Send("G99").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_that_the_session_switched_on_are_off_when_it_is_closed()
    {
        var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        machine.Until(() => false, 5);
        machine.Dispose();
        var orders = machine.Log.Snapshot().Select(static done => done.Text).Where(static text => text.StartsWith("M155", StringComparison.Ordinal));
        Assert.Equal(["M155 S2", "M155 S0"], orders);
        Assert.Equal("the session was closed", machine.Ended);
    }

    [Fact]
    public void A_session_is_closed_though_the_firmware_is_silent()
    {
        var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        machine.Simulation.Mute(machine.NowS, double.PositiveInfinity);
        machine.Dispose();
        Assert.Equal("the session was closed", machine.Ended);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(3000)]
    [InlineData(-3000)]
    public void A_clock_that_jumps_changes_nothing_of_a_run(int hours)
    {
        using var program = EveryPosition.Print();
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        var outcome = EveryPosition.Check(machine, program, () => machine.Time.JumpWallClock(TimeSpan.FromHours(hours)), strikeAfterS: 90);
        Bench.AssertCompleted(outcome);
        Assert.InRange(outcome.Duration.TotalMinutes, 1, 5);
        using var other = EveryPosition.Cut();
        using var router = VirtualMachine.Grbl(new GrblBuild());
        Bench.AssertCompleted(EveryPosition.Check(router, other, () => router.Time.JumpWallClock(TimeSpan.FromHours(hours)), strikeAfterS: 6));
    }

    [Theory]
    [InlineData(false, "N0 M110 N0*125\n")]
    [InlineData(true, "N0 M110 N0*125\n")]
    [InlineData(true, "M117 hello\nM117 hello\nM117 hello\n")]
    public void Another_host_on_a_marlins_port_is_found_and_the_heaters_are_off(bool isAdvanced, string says)
    {
        using var program = EveryPosition.Print();
        using var machine = VirtualMachine.Marlin(new MarlinBuild { AdvancedOk = isAdvanced });
        machine.Open();
        var failed = Assert.IsType<RunOutcome.Failed>(machine.Run(program, strike: () => machine.Simulation.HostWrite(Encoding.ASCII.GetBytes(says), machine.NowS), strikeAfterS: 95));
        Assert.Contains("another program talks to", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.Confirmed, failed.SafeState);
        Assert.False(machine.IsAnythingOn);
    }

    [Fact]
    public void Another_host_on_a_grbls_port_is_found_and_the_spindle_is_off()
    {
        using var program = EveryPosition.Cut();
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        var failed = Assert.IsType<RunOutcome.Failed>(machine.Run(program, strike: () => machine.Simulation.HostWrite("\n\n\n\n\n\n"u8, machine.NowS), strikeAfterS: 3));
        Assert.Contains("another program talks to", failed.Reason, StringComparison.Ordinal);
        Assert.False(machine.IsAnythingOn);
    }

    [Fact]
    public void A_run_that_is_called_off_at_any_time_stops_there_with_all_off()
    {
        using var program = EveryPosition.Print();
        var lines = EveryPosition.LinesOf(program);
        for (var afterS = 1.3; afterS < 150; afterS += 7)
        {
            using var machine = VirtualMachine.Marlin(new MarlinBuild { EmergencyParser = (int)afterS % 2 == 0 });
            machine.Open();
            var outcome = machine.Run(program, strike: () => machine.Ask(SessionVerb.Cancel, "enough"), strikeAfterS: afterS);
            var cancelled = Assert.IsType<RunOutcome.Cancelled>(outcome);
            Assert.Equal(SafeState.Confirmed, cancelled.SafeState);
            Assert.False(machine.IsAnythingOn);
            Assert.InRange(cancelled.LastExecutedLine, 0, lines.Count);
            Assert.True(machine.Until(() => machine.State is MachineState.Idle, 60), machine.Reason);
        }
    }
}
