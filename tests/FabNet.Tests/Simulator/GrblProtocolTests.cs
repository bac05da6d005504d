// GRBL's serial protocol, fact by fact, as exact transcripts.

using FabNet.FirmwareSimulator.Grbl;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class GrblProtocolTests
{
    private const byte SoftReset = 0x18;
    private const string Banner = "\r\nGrbl 1.1h ['$' for help]\r\n";
    private const string Unlock = "[MSG:'$H'|'$X' to unlock]\r\n";

    [Fact]
    public void A_soft_reset_greets_with_the_banner() => Assert.Equal(Banner, Reset(Bench.Grbl()));

    [Fact]
    public void A_machine_with_homing_wakes_up_locked()
    {
        var bench = Bench.Grbl(new GrblBuild { Homing = true });
        Assert.Equal("error:9\r\n", bench.Exchange("G1X1F100\n"));
        Assert.Equal("[MSG:Caution: Unlocked]\r\nok\r\n", bench.Exchange("$X\n"));
        Assert.Equal("ok\r\n", bench.Exchange("G1X1F100\n", 5));
    }

    [Fact]
    public void Every_line_gets_one_answer_in_order() => Assert.Equal("ok\r\nerror:20\r\nok\r\nerror:1\r\nok\r\n", Bench.Grbl().Exchange("G90\nG5\n\n5\n(comment)\n"));

    [Theory]
    [InlineData("X", 2)]
    [InlineData("G1X", 2)]
    [InlineData("G1.5", 23)]
    [InlineData("G0G1X1", 24)]
    [InlineData("G90G91", 21)]
    [InlineData("M3M4", 21)]
    [InlineData("G1X1", 22)]
    [InlineData("G1X1X2F100", 25)]
    [InlineData("G1X1F-1", 4)]
    [InlineData("G2X1Y1F100", 35)]
    [InlineData("G2Z1I1F100", 32)]
    [InlineData("G2F100", 26)]
    [InlineData("G2X10Y0I1J0F100", 33)]
    [InlineData("G2X10R1F100", 34)]
    [InlineData("G4", 28)]
    [InlineData("G10L2P9X0", 29)]
    [InlineData("G10L2P1", 26)]
    [InlineData("G53G2X1Y1I1F100", 30)]
    [InlineData("G80X1", 31)]
    [InlineData("G0X1I5", 36)]
    [InlineData("G43.1X1", 37)]
    [InlineData("T300", 38)]
    [InlineData("N20000000", 27)]
    [InlineData("M7", 20)]
    [InlineData("G92.2", 20)]
    [InlineData("A1", 20)]
    [InlineData("$Q", 2)]
    [InlineData("$GX", 3)]
    [InlineData("$H", 5)]
    [InlineData("$0=2", 6)]
    [InlineData("$20=1", 10)]
    [InlineData("$99=1", 3)]
    [InlineData("$J=G1X1", 22)]
    [InlineData("$J=G91G17X1F100", 16)]
    [InlineData("$J", 3)]
    public void Errors_have_their_numbers(string line, int error) => Assert.Equal($"error:{error}\r\n", Bench.Grbl().Exchange(line + "\n"));

    [Fact]
    public void A_line_of_80_characters_overflows()
    {
        var bench = Bench.Grbl();
        Assert.Equal("ok\r\n", bench.Exchange("G1F100" + new string('0', 70) + "X1\n", 10));
        Assert.Equal("error:11\r\n", bench.Exchange(new string('X', 80) + "\n"));
    }

    [Fact]
    public void A_status_report_comes_at_once_and_tells_offset_and_overrides_now_and_then()
    {
        var bench = Bench.Grbl();
        Assert.Equal("<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n", bench.Exchange("?"));
        Assert.Equal("<Idle|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,100>\r\n", bench.Exchange("?"));
        Assert.Equal("<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n", bench.Exchange("?"));
        bench.Exchange("G92X5\n");
        Assert.Equal("<Idle|MPos:0.000,0.000,0.000|FS:0,0|WCO:-5.000,0.000,0.000>\r\n", bench.Exchange("?"));
    }

    [Fact]
    public void The_report_mask_adds_buffers_and_switches_to_work_position()
    {
        var bench = Bench.Grbl();
        bench.Exchange("$10=2\n");
        bench.Exchange("G92X5\n");
        Assert.StartsWith("<Idle|WPos:5.000,0.000,0.000|Bf:15,128|FS:0,0|WCO:", bench.Exchange("?"));
    }

    [Fact]
    public void A_running_machine_reports_position_feed_and_spindle()
    {
        var bench = Bench.Grbl();
        bench.Exchange("M3S5000\nG1X100F600\n", 1);
        var report = bench.Exchange("?", 0.05);
        Assert.Matches(@"^<Run\|MPos:(8|9|10)\.\d{3},0\.000,0\.000\|FS:600,5000\|WCO:", report);
        Assert.Contains("|Ov:100,100,100|A:S>", bench.Exchange("?", 0.05));
    }

    [Fact]
    public void A_feed_hold_slows_down_and_waits_and_a_resume_goes_on()
    {
        var bench = Bench.Grbl();
        bench.Exchange("G1X100F3000\n", 1);
        Assert.StartsWith("<Hold:1|", bench.Exchange("!?", 0.02));
        bench.Read(1);
        var held = bench.Exchange("?");
        Assert.StartsWith("<Hold:0|", held);
        Assert.Equal(Field(held, "MPos"), Field(bench.Exchange("?", 10), "MPos"));
        Assert.Equal("", bench.Exchange("G90\n"));
        bench.Write("~");
        Assert.Equal("ok\r\n", bench.Read(10));
        Assert.StartsWith("<Idle|MPos:100.000,", bench.Exchange("?"));
    }

    [Fact]
    public void A_reset_in_a_finished_hold_keeps_the_position()
    {
        var bench = Bench.Grbl();
        bench.Exchange("G1X100F3000\n", 1);
        bench.Exchange("!", 2);
        Assert.Equal(Banner, Reset(bench));
        Assert.StartsWith("<Idle|", bench.Exchange("?"));
    }

    [Fact]
    public void A_reset_while_moving_is_alarm_3_and_locks()
    {
        var bench = Bench.Grbl();
        bench.Exchange("G1X100F600\n", 1);
        Assert.Equal("ALARM:3\r\n" + Banner + Unlock, Reset(bench));
        Assert.StartsWith("<Alarm|", bench.Exchange("?"));
        Assert.Equal("error:9\r\n", bench.Exchange("G0X0\n"));
    }

    [Fact]
    public void A_pressed_limit_switch_is_alarm_1_and_waits_for_a_reset()
    {
        var bench = Bench.Grbl(new GrblBuild { HardLimits = true });
        bench.Exchange("G1X100F600\n", 1);
        bench.Firmware.SetEndstop(0, pressed: true);
        Assert.Equal("ALARM:1\r\n[MSG:Reset to continue]\r\n", bench.Read(0.1));
        Assert.Equal("", bench.Exchange("?G0X0\n$X\n"));
        Assert.Equal(Banner + "[MSG:Check Limits]\r\n" + Unlock, Reset(bench));
        Assert.Contains("|Pn:X", bench.Exchange("?"));
    }

    [Fact]
    public void A_target_beyond_the_travel_is_alarm_2_and_keeps_the_position()
    {
        var bench = Bench.Grbl(new GrblBuild { Homing = true, SoftLimits = true });
        bench.Exchange("$H\n", 200);
        Assert.Equal("ok\r\nALARM:2\r\n[MSG:Reset to continue]\r\n", bench.Exchange("G1X-50F3000\nG1X-999\n", 10));
        Assert.Equal("ok\r\n" + Banner + Unlock, Reset(bench));
        var position = Field(bench.Exchange("?"), "MPos");
        Assert.Matches(@"^-\d+\.\d{3},-1\.000,-1\.000$", position);
    }

    [Fact]
    public void Homing_takes_its_time_pulls_off_and_answers_no_status_meanwhile()
    {
        var bench = Bench.Grbl(new GrblBuild { Homing = true });
        Assert.Equal("", bench.Exchange("$H\n?", 3));
        Assert.Matches("^<Idle\\|MPos:-1.000,-1.000,-1.000\\|FS:0,0\\|WCO:0.000,0.000,0.000>\r\nok\r\n$", bench.Read(60));
    }

    [Fact]
    public void A_reset_during_homing_is_alarm_6()
    {
        var bench = Bench.Grbl(new GrblBuild { Homing = true });
        bench.Exchange("$H\n", 1);
        Assert.Equal("ALARM:6\r\nok\r\n" + Banner + Unlock, Reset(bench));
    }

    [Fact]
    public void Settings_are_listed_stored_and_kept_over_a_reset()
    {
        var bench = Bench.Grbl();
        Assert.Contains("$110=5000.000\r\n", bench.Exchange("$$\n"));
        Assert.Equal("ok\r\n", bench.Exchange("$110=1200\n"));
        Reset(bench);
        Assert.Contains("$110=1200.000\r\n", bench.Exchange("$$\n"));
    }

    [Fact]
    public void Bytes_that_arrive_while_the_EEPROM_is_written_are_lost()
    {
        var bench = Bench.Grbl();
        Assert.Equal("ok\r\n", bench.Exchange("$110=1200\nG1X5F100\n", 5));
        Assert.Equal(["$110=1200"], bench.Executed);
        Assert.Equal(9, bench.Firmware.Received.Dropped);
        Assert.Equal("ok\r\n", bench.Exchange("G1X5F100\n", 5));
    }

    [Fact]
    public void A_stream_larger_than_the_ring_loses_bytes_without_a_word()
    {
        var bench = Bench.Grbl();
        bench.Write("G4P5\n" + string.Concat(Enumerable.Repeat("G1X1F100\n", 30)));
        var replies = bench.Read(30);
        Assert.True(bench.Firmware.Received.Dropped > 0);
        Assert.True(replies.Split('\n').Length - 1 < 31);
    }

    [Fact]
    public void Realtime_bytes_pass_a_full_ring()
    {
        var bench = Bench.Grbl();
        bench.Write("G4P5\n" + string.Concat(Enumerable.Repeat("G1X1F100\n", 30)) + "?");
        Assert.StartsWith("<", bench.Read(1));
    }

    [Fact]
    public void Build_info_tells_planner_and_receive_size() => Assert.Equal("[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n", Bench.Grbl().Exchange("$I\n"));

    [Fact]
    public void The_parser_state_lists_the_modes()
    {
        var bench = Bench.Grbl();
        Assert.Equal("[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n", bench.Exchange("$G\n"));
        bench.Exchange("G20G91G55M3S100M8T2\nG1X0.1F10\n", 30);
        Assert.Equal("[GC:G1 G55 G17 G20 G91 G94 M3 M8 T2 F254 S100]\r\nok\r\n", bench.Exchange("$G\n"));
    }

    [Fact]
    public void Coordinate_systems_are_stored_listed_and_applied()
    {
        var bench = Bench.Grbl();
        bench.Exchange("G10L2P2X10Y20Z30\n");
        Assert.Contains("[G55:10.000,20.000,30.000]\r\n", bench.Exchange("$#\n"));
        bench.Exchange("G55\nG0X1Y1Z1\n", 20);
        Assert.Equal("11.000,21.000,31.000", Field(bench.Exchange("?"), "MPos"));
        bench.Exchange("G10L20P2X0\n");
        Assert.Contains("[G55:11.000,20.000,30.000]\r\n", bench.Exchange("$#\n"));
        bench.Exchange("G43.1Z5\nG28.1\n");
        Assert.Contains("[TLO:5.000]\r\n", bench.Exchange("$#\n"));
        bench.Exchange("G0X50\nG28\n", 20);
        Assert.Equal("11.000,21.000,31.000", Field(bench.Exchange("?"), "MPos"));
    }

    [Fact]
    public void M0_waits_for_a_cycle_start_and_answers_then()
    {
        var bench = Bench.Grbl();
        Assert.Equal("ok\r\n", bench.Exchange("G1X5F3000\nM0\n", 3));
        Assert.StartsWith("<Hold:0|", bench.Exchange("?"));
        Assert.Equal("ok\r\n", bench.Exchange("~"));
    }

    [Fact]
    public void M30_ends_the_program_and_its_modes()
    {
        var bench = Bench.Grbl();
        Assert.EndsWith("[MSG:Pgm End]\r\nok\r\n", bench.Exchange("G91G18M3S100\nM30\n"));
        Assert.StartsWith("[GC:G1 G54 G17 G21 G90 G94 M5 M9 ", bench.Exchange("$G\n"));
    }

    [Fact]
    public void Check_mode_answers_and_moves_nothing()
    {
        var bench = Bench.Grbl();
        Assert.Equal("[MSG:Enabled]\r\nok\r\n", bench.Exchange("$C\n"));
        Assert.Equal("ok\r\nerror:20\r\n", bench.Exchange("G1X50F100\nG5\n"));
        Assert.StartsWith("<Check|MPos:0.000,", bench.Exchange("?"));
        Assert.Equal("[MSG:Disabled]\r\nok\r\n" + Banner, bench.Exchange("$C\n"));
    }

    [Fact]
    public void Jogging_shows_its_state_and_a_jog_cancel_ends_it_at_rest()
    {
        var bench = Bench.Grbl();
        Assert.Equal("ok\r\n", bench.Exchange("$J=G91X200F3000\n", 0.5));
        Assert.StartsWith("<Jog|", bench.Exchange("?", 0.05));
        Assert.Equal("error:9\r\n", bench.Exchange("G0X0\n", 0.1));
        bench.Write(0x85);
        bench.Read(1);
        var report = bench.Exchange("?");
        Assert.StartsWith("<Idle|", report);
        Assert.False(Field(report, "MPos").StartsWith("200", StringComparison.Ordinal));
        Assert.Equal("ok\r\n", bench.Exchange("G0X0\n", 10));
        Assert.Equal("0.000,0.000,0.000", Field(bench.Exchange("?"), "MPos"));
    }

    [Fact]
    public void Overrides_scale_feed_and_rapid_at_once()
    {
        var bench = Bench.Grbl();
        bench.Exchange("G1X200F600\n", 1);
        bench.Write(0x91, 0x91);
        bench.Read(1);
        Assert.Contains("|FS:720,0|", bench.Exchange("?", 0.05));
        bench.Write(0x96);
        Assert.Contains("|Ov:120,50,100", bench.Exchange("??", 0.05));
    }

    [Fact]
    public void A_probe_reports_where_it_touched()
    {
        var bench = Bench.Grbl(new GrblBuild { ProbeSurfaceZ = -3.5 });
        Assert.Equal("[PRB:0.000,0.000,-3.500:1]\r\nok\r\n", bench.Exchange("G38.2Z-10F100\n", 20));
    }

    [Fact]
    public void A_probe_that_touches_nothing_is_alarm_5_and_one_that_touches_already_alarm_4()
    {
        Assert.StartsWith("ALARM:5\r\n", Bench.Grbl().Exchange("G38.2Z-10F600\n", 20));
        Assert.StartsWith("ALARM:4\r\n", Bench.Grbl(new GrblBuild { ProbeSurfaceZ = 1 }).Exchange("G38.2Z-10F600\n", 20));
        Assert.Equal("[PRB:0.000,0.000,-10.000:0]\r\nok\r\n", Bench.Grbl().Exchange("G38.3Z-10F600\n", 20));
    }

    [Fact]
    public void A_door_stops_the_machine_and_a_cycle_start_restores_it()
    {
        var bench = Bench.Grbl();
        bench.Exchange("M3S100\nG1X100F600\n", 1);
        bench.Write(0x84);
        bench.Read(1);
        Assert.StartsWith("<Door:0|", bench.Exchange("?"));
        Assert.StartsWith("<Door:3|", bench.Exchange("~?"));
        bench.Read(30);
        Assert.StartsWith("<Idle|MPos:100.000,", bench.Exchange("?"));
    }

    [Fact]
    public void A_start_up_line_runs_after_a_reset_and_answers_nobody()
    {
        var bench = Bench.Grbl();
        Assert.Equal("ok\r\n", bench.Exchange("$N0=G20\n"));
        Assert.Equal("$N0=G20\r\n$N1=\r\nok\r\n", bench.Exchange("$N\n"));
        Assert.Equal(Banner + ">G20:ok\r\n", Reset(bench));
    }

    [Fact]
    public void Sleep_needs_a_reset_and_wakes_up_locked()
    {
        var bench = Bench.Grbl();
        Assert.Equal("[MSG:Sleeping]\r\nok\r\n", bench.Exchange("$SLP\n"));
        Assert.StartsWith("<Sleep|", bench.Exchange("?"));
        Assert.Equal(Banner + Unlock, Reset(bench));
    }

    [Fact]
    public void A_move_takes_the_time_that_speed_and_acceleration_give()
    {
        // 100 mm at 50 mm/s with 300 mm/s²: two ramps of 1/6 s over 25/6 mm each.
        var bench = Bench.Grbl();
        bench.Write("G1X100F3000\nG4P0\n");
        var before = bench.Now;
        bench.ReadUntil("ok");
        bench.ReadUntil("ok");
        Assert.Equal((2 / 6.0) + ((100 - (50 / 6.0)) / 50), bench.Now - before, 0.01);
    }

    private static string Reset(Bench bench)
    {
        bench.Write(SoftReset);
        return bench.Read(1);
    }

    private static string Field(string report, string name)
    {
        var start = report.IndexOf(name + ":", StringComparison.Ordinal) + name.Length + 1;
        return report[start..report.IndexOfAny(['|', '>'], start)];
    }
}
