// Faults: what they do, and that a seed decides all of it.

using FabNet.FirmwareSimulator.Faults;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class FaultTests
{
    private const string Job = "G28\nG1 X10 F3000\nG1 X20\nG1 X30\nM105\nG1 X40\nG1 X50\nM114\n";

    [Fact]
    public void The_same_seed_damages_the_same_bytes()
    {
        string[] faults = ["corrupt-rx=0.05", "drop-tx=0.05", "delay-rx=0.02:20ms", "lose-ok=0.2"];
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));

        string Run(int seed) => Bench.Marlin(seed: seed, faults: faults).Exchange(Job, 60);
    }

    [Fact]
    public void The_nth_ok_is_lost()
    {
        var bench = Bench.Marlin(faults: "lose-ok=2");
        Assert.Equal("ok\n", bench.Exchange("G90\n"));
        Assert.Equal("", bench.Exchange("G91\n"));
        Assert.Equal("ok\n", bench.Exchange("G90\n"));
        Assert.Equal(["G90", "G91", "G90"], bench.Executed);
    }

    [Fact]
    public void The_nth_ok_comes_twice() => Assert.Equal("ok\nok\nok\n", Bench.Marlin(faults: "double-ok=2").Exchange("G90\nG91\n"));

    [Fact]
    public void A_reset_after_a_count_of_commands_strikes_between_two_commands()
    {
        var bench = Bench.Marlin(faults: "reset-at-line=3");
        var replies = bench.Exchange("M110 N0\nG90\nG91\nG90\nG91\n", 3);
        Assert.StartsWith("ok\nok\nok\nstart\n", replies);
        Assert.Equal(3, bench.Log.Count);
        Assert.Equal("Error:Line Number is not Last Line Number+1, Last Line: 0\nResend: 1\nok\n", bench.Exchange(Bench.Numbered(4, "G90")));
        bench.Exchange("G90\n");
        Assert.Equal((4, 2), (bench.Log.Snapshot()[^1].Sequence, bench.Log.Snapshot()[^1].Boot));
    }

    [Fact]
    public void A_stall_delays_everything_and_loses_nothing()
    {
        var bench = Bench.Marlin(faults: "stall-at=3s:5s");
        bench.Read(1.5);
        Assert.Equal("", bench.Exchange("G90\nG91\n", 4));
        Assert.Equal("ok\nok\n", bench.Read(1));
    }

    [Fact]
    public void A_mute_machine_works_on()
    {
        var bench = Bench.Marlin(faults: "mute-at=3s:5s");
        bench.Read(1.5);
        Assert.Equal("", bench.Exchange("G90\n", 5));
        Assert.Equal("ok\n", bench.Exchange("G91\n"));
        Assert.Equal(["G90", "G91"], bench.Executed);
    }

    [Fact]
    public void An_unplugged_cable_loses_what_is_under_way_and_the_firmware_goes_on()
    {
        var bench = Bench.Marlin(faults: "unplug-at=3s:5s");
        bench.Exchange(Bench.Numbered(0, "M110 N0"));
        bench.Read(0.5);
        Assert.False(bench.Simulation.IsPlugged);
        Assert.Equal("", bench.Exchange(Bench.Numbered(1, "G90"), 4.9));
        Assert.True(bench.Simulation.IsPlugged);
        Assert.Equal("ok\n", bench.Exchange(Bench.Numbered(1, "G90")));
    }

    [Theory]
    [InlineData("corrupt-rx=0.001", FaultKind.CorruptRx)]
    [InlineData("lose-ok=17", FaultKind.LoseOk)]
    [InlineData("double-ok=0.01", FaultKind.DoubleOk)]
    [InlineData("reset-at-line=500", FaultKind.Reset)]
    [InlineData("unplug-at=30s:5s", FaultKind.Unplug)]
    [InlineData("thermal-runaway-at=1m", FaultKind.ThermalRunaway)]
    [InlineData("endstop-at-line=100:z", FaultKind.Endstop)]
    public void Faults_are_written_as_words(string text, FaultKind kind) => Assert.Equal(kind, Fault.Parse(text).Kind);

    [Theory]
    [InlineData("lose-ok")]
    [InlineData("lose-ok=many")]
    [InlineData("corrupt-rx=2")]
    [InlineData("stall-at=30s")]
    [InlineData("explode-at=30s")]
    [InlineData("unplug-at=30x:5s")]
    [InlineData("endstop-at=3s:q")]
    [InlineData("reset-at=1s:2s:3s")]
    public void A_fault_that_cannot_be_read_is_explained(string text) => Assert.Contains(text, Assert.Throws<FormatException>(() => Fault.Parse(text)).Message);
}
