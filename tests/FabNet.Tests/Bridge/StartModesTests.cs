// A program starts in the modes that admission went by, whatever ran or was typed before it, and leaves zero where a person set it.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class StartModesTests
{
    [Fact]
    public void A_marlin_that_was_left_relative_and_overridden_goes_where_admission_followed_the_program()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        foreach (var left in (string[])["G28", "M220 S300", "M221 S200", "G92 E500", "G1 X50 F600", "G91", "M83"])
            Assert.True(machine.Send(left).IsOk);
        using var program = Bench.Admit(Bench.Printer, "G1 X10 F600\nG1 X20\nM104 S200\nG1 X30 E1\n");
        Bench.AssertCompleted(machine.Run(program));
        Assert.Equal(30, machine.Firmware.Motion.Target.X, 3);
        var position = Assert.Single(machine.Send("M114").Lines, static line => line.StartsWith("X:", StringComparison.Ordinal));
        Assert.StartsWith("X:30.00 Y:0.00 Z:0.00 E:1.00", position, StringComparison.Ordinal);
        Assert.Contains(machine.Send("M220").Lines, static line => line.EndsWith("FR: 100%", StringComparison.Ordinal));
        Assert.Contains(machine.Send("M221").Lines, static line => line.EndsWith("Flow: 100%", StringComparison.Ordinal));
    }

    [Fact]
    public void A_grbl_that_was_left_in_inches_relative_and_with_a_speed_goes_where_admission_followed_the_program()
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        foreach (var left in (string[])["G21 G1 X5 F600", "S9000", "G20", "G91", "G18", "G93"])
            Assert.True(machine.Send(left).IsOk);
        using var program = Bench.Admit(Bench.Router, "X10\nX20\nM3\nG1X21F600\nM5\n");
        Bench.AssertCompleted(machine.Run(program));
        Assert.Equal(21, machine.Firmware.Motion.Target.X, 3);
        Assert.Contains(machine.Send("$G").Lines, static line => line.StartsWith("[GC:G1 G54 G17 G21 G90 G94 M5 M9 T0 F600 S0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("G92 X100\nG0 X110\n")]
    [InlineData("G43.1 Z-5\nG0 Z1\n")]
    [InlineData("G92 X7\nG55\nG0 Y5\n")]
    public void What_a_program_shifted_does_not_shift_the_next(string program)
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        using var shifting = Bench.Admit(Bench.Router, program);
        Bench.AssertCompleted(machine.Run(shifting));
        using var next = Bench.Admit(Bench.Router, "G0X30Y30Z-1\n");
        Bench.AssertCompleted(machine.Run(next));
        var at = machine.Firmware.Motion.Target;
        Assert.Equal((30.0, 30.0, -1.0), (Math.Round(at.X, 3), Math.Round(at.Y, 3), Math.Round(at.Z, 3)));
    }

    [Theory]
    [InlineData("G92 X100\nG0 X110\n", "G0X1\n", 21)]
    [InlineData("G57\nG0 X3\n", "G0X2\n", 22)]
    public void The_offset_that_a_person_chose_is_in_force_again_behind_a_program_that_shifts(string program, string next, double machineX)
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        foreach (var set in (string[])["G10 L2 P2 X20", "G55"])
            Assert.Equal((set, true, null), (set, machine.Send(set) is var reply && reply.IsOk, reply.Error));
        foreach (var text in (string[])[program, next])
        {
            using var run = Bench.Admit(Bench.Router, text);
            Bench.AssertCompleted(machine.Run(run));
        }

        Assert.Equal(machineX, machine.Firmware.Motion.Target.X, 3);
    }

    [Fact]
    public void Asking_for_the_modes_while_a_program_runs_does_not_stop_it()
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        using var program = EveryPosition.Cut();
        var replies = new List<CommandReply>();
        Bench.AssertCompleted(machine.Run(program, strikeAfterS: 2, strike: () =>
        {
            for (var i = 0; i < 40; i++)
            {
                replies.Add(machine.Send("$G"));
                machine.Until(() => false, 0.07);
            }
        }));
        Assert.All(replies, static reply => Assert.Contains(reply.Lines, static line => line.StartsWith("[GC:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Zero_that_a_person_set_outlives_a_program_that_does_not_touch_it()
    {
        using var machine = VirtualMachine.Grbl(new GrblBuild());
        machine.Open();
        foreach (var set in (string[])["G55", "G92 X10"])
            Assert.True(machine.Send(set).IsOk);
        using var program = Bench.Admit(Bench.Router, "G0X30\n");
        Bench.AssertCompleted(machine.Run(program));
        Assert.Equal(20, machine.Firmware.Motion.Target.X, 3);
        Assert.Contains(machine.Send("$G").Lines, static line => line.Contains(" G55 ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_marlin_without_hot_ends_is_not_asked_for_modes_of_filament()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer with { E = null, HotEnds = [] }, "G28\nG1 X5 F600\n");
        Bench.AssertCompleted(machine.Run(program));
        var sent = machine.Log.Snapshot().Select(static done => done.Text).ToArray();
        Assert.Contains("G90", sent);
        Assert.DoesNotContain(sent, static text => text is "M82" or "G92 E0" or "M221 S100");
    }

    [Fact]
    public void A_marlin_that_passes_over_a_mode_stops_the_program()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer with { ExtraCommands = ["G20"] }, "G28\nG20\nG4 P2000\nG1 X1 F30\n");
        var failed = Assert.IsType<RunOutcome.Failed>(machine.Run(program));
        Assert.Contains("does not know G20", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(MachineState.Idle, machine.State);
    }

    [Fact]
    public void A_program_is_held_where_a_marlin_passes_over_a_change_of_filament()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer, "G28\nM600\n" + string.Concat(Enumerable.Range(1, 40).Select(static x => $"G1 X{x} F600\n")));
        Bench.AssertCompleted(machine.Run(program, strikeAfterS: 120, strike: () =>
        {
            Assert.Equal(MachineState.Paused, machine.State);
            Assert.InRange(machine.Firmware.Motion.Target.X, 0, 39);
            Assert.Null(machine.Ask(SessionVerb.Resume));
        }));
        Assert.Equal(40, machine.Firmware.Motion.Target.X, 3);
    }
}
