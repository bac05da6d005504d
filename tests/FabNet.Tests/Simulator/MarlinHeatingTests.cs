// Heating curves, waiting for them, and thermal protection.

using FabNet.FirmwareSimulator;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class MarlinHeatingTests
{
    [Fact]
    public void M109_reports_each_second_and_is_done_ten_seconds_after_the_target_is_reached()
    {
        var bench = Bench.Marlin();
        var before = bench.Now;
        var replies = bench.Exchange("M109 S200\n", 0) + bench.ReadUntil("ok");
        var seconds = bench.Now - before;
        Assert.InRange(seconds, 50, 120);
        Assert.Contains(" /200.00 B:21.00 /0.00 @:127 B@:0 W:?\n", replies);
        Assert.Contains(" W:9\n", replies);
        Assert.InRange(replies.Split("echo:busy: processing\n").Length - 1, (int)(seconds / 2) - 1, (int)(seconds / 2) + 1);
        Assert.InRange(bench.Firmware.NextWorkAt, double.PositiveInfinity, double.PositiveInfinity);
    }

    [Fact]
    public void M104_does_not_wait_and_the_reading_rises_to_the_target_and_stays()
    {
        var bench = Bench.Marlin();
        Assert.Equal("ok\n", bench.Exchange("M104 S150\n"));
        var warm = bench.Exchange("M105\n", 10);
        Assert.Matches(@"^ok T:(2[1-9]|[3-6]\d)\.\d\d /150\.00", warm);
        bench.Read(200);
        Assert.StartsWith("ok T:150.00 /150.00", bench.Exchange("M105\n"));
        bench.Exchange("M104 S0\n", 60);
        Assert.Matches(@"^ok T:\d\d\.\d\d /0\.00", bench.Exchange("M105\n"));
    }

    [Fact]
    public void M190_waits_for_the_bed()
    {
        var bench = Bench.Marlin();
        bench.Write("M190 S60\n");
        bench.ReadUntil("ok");
        Assert.InRange(bench.Now, 60, 200);
    }

    [Fact]
    public void M108_ends_the_waiting()
    {
        var bench = Bench.Marlin();
        bench.Exchange("M109 S250\n", 5);
        Assert.EndsWith("ok\nok\n", bench.Exchange("M108\n"));
    }

    [Fact]
    public void A_target_above_the_hot_end_limit_is_clamped()
    {
        var bench = Bench.Marlin();
        bench.Exchange("M104 S400\n");
        Assert.Contains(" /290.00 ", bench.Exchange("M105\n"));
    }

    [Fact]
    public void A_heater_that_comes_loose_at_temperature_is_a_thermal_runaway_and_halts()
    {
        var bench = Bench.Marlin();
        bench.Exchange("M109 S200\n", 200);
        bench.Firmware.BreakHeater();
        var replies = bench.ReadUntil("kill() called!", 120);
        Assert.EndsWith("Error:Thermal Runaway, system stopped! Heater_ID: 0\necho:Thermal Runaway\nError:Printer halted. kill() called!\n", replies);
        Assert.Equal("", bench.Exchange("M105\n", 5));
    }

    [Fact]
    public void A_heater_that_is_loose_from_the_start_fails_to_heat()
    {
        var bench = Bench.Marlin(faults: "thermal-runaway-at=10s");
        bench.Read(10);
        bench.Write("M109 S200\n");
        Assert.Contains("Error:Heating failed, system stopped! Heater_ID: 0\n", bench.ReadUntil("kill() called!", 60));
    }
}
