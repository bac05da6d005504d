// Marlin's serial protocol, fact by fact, as exact transcripts.

using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class MarlinProtocolTests
{
    [Fact]
    public void Power_up_says_start_alone_on_its_line()
    {
        var bench = Bench.Marlin();
        bench.Simulation.Reset(bench.Now);
        Assert.Equal("", bench.Read(0.9));
        Assert.StartsWith("start\necho: External Reset\nMarlin 2.1.2\n", bench.Read(1));
    }

    [Fact]
    public void A_command_without_a_number_gets_a_plain_ok() => Assert.Equal("ok\n", Bench.Marlin().Exchange("M110 N0\n"));

    [Fact]
    public void Blank_and_comment_lines_get_no_reply() => Assert.Equal("", Bench.Marlin().Exchange("\n\r\n; a comment\n"));

    [Fact]
    public void M105_is_an_ok_with_temperatures() =>
        Assert.Equal("ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n", Bench.Marlin().Exchange("M105\n"));

    [Fact]
    public void Numbered_lines_in_order_are_executed_once_each()
    {
        var bench = Bench.Marlin();
        Assert.Equal("ok\nok\nok\n", bench.Exchange(Bench.Numbered(0, "M110 N0") + Bench.Numbered(1, "G90") + Bench.Numbered(2, "M83")));
        Assert.Equal(["M110 N0", "G90", "M83"], bench.Executed);
        Assert.Equal([0, 1, 2], bench.Log.Snapshot().Select(c => c.Number!.Value));
    }

    [Fact]
    public void The_second_N_of_M110_counts()
    {
        var bench = Bench.Marlin();
        Assert.Equal("ok\n", bench.Exchange(Bench.Numbered(7, "M110 N41")));
        Assert.Equal("ok\n", bench.Exchange(Bench.Numbered(42, "G90")));
    }

    [Fact]
    public void A_gap_asks_for_the_missing_line_with_error_resend_and_ok()
    {
        var bench = Bench.Marlin();
        bench.Exchange(Bench.Numbered(0, "M110 N0"));
        Assert.Equal("Error:Line Number is not Last Line Number+1, Last Line: 0\nResend: 1\nok\n", bench.Exchange(Bench.Numbered(2, "G91")));
        Assert.Equal(["M110 N0"], bench.Executed);
    }

    [Fact]
    public void A_wrong_checksum_asks_for_the_same_line()
    {
        var bench = Bench.Marlin();
        bench.Exchange(Bench.Numbered(0, "M110 N0"));
        Assert.Equal("Error:checksum mismatch, Last Line: 0\nResend: 1\nok\n", bench.Exchange("N1 G91*1\n"));
        Assert.Equal("ok\n", bench.Exchange(Bench.Numbered(1, "G91")));
    }

    [Fact]
    public void A_number_without_checksum_is_refused() =>
        Assert.Equal("Error:No Checksum with line number, Last Line: 0\nResend: 1\nok\n", Bench.Marlin().Exchange("N1 G91\n"));

    [Fact]
    public void Some_builds_omit_the_ok_after_a_resend() =>
        Assert.Equal("Error:checksum mismatch, Last Line: 0\nrs 1\n", Bench.Marlin(new MarlinBuild { OkAfterResend = false, ResendWord = "rs " }).Exchange("N1 G91*1\n"));

    [Fact]
    public void A_repeat_of_one_of_the_last_two_lines_gets_no_reply()
    {
        var bench = Bench.Marlin();
        bench.Exchange(Bench.Numbered(0, "M110 N5") + Bench.Numbered(6, "G90") + Bench.Numbered(7, "G91"));
        Assert.Equal("", bench.Exchange(Bench.Numbered(7, "G91") + Bench.Numbered(6, "G90")));
        Assert.Equal("Error:Line Number is not Last Line Number+1, Last Line: 7\nResend: 8\nok\n", bench.Exchange(Bench.Numbered(5, "G90")));
        Assert.Equal(3, bench.Log.Count);
    }

    [Fact]
    public void A_refusal_empties_the_receive_ring_so_lines_already_sent_are_lost_too()
    {
        // Without pacing all bytes are in the ring when the bad line is read.
        var bench = Bench.Marlin(baud: 0);
        bench.Exchange("G28\n", 0.1);
        bench.Write("G4 P1\nG4 P1\nG4 P1\n" + "N1 G91*1\n" + Bench.Numbered(1, "G90"));
        var replies = bench.Read(60);
        Assert.EndsWith("Resend: 1\nok\nok\nok\nok\n", replies);
        Assert.DoesNotContain("G90", bench.Executed);
    }

    [Fact]
    public void A_line_over_95_characters_loses_its_checksum_and_asks_for_itself_for_ever()
    {
        var bench = Bench.Marlin();
        var line = Bench.Numbered(1, "G1 X1" + new string(' ', 90) + "Y1");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("Error:No Checksum with line number, Last Line: 0\nResend: 1\nok\n", bench.Exchange(line));
        }
    }

    [Fact]
    public void Advanced_ok_tells_number_planner_and_slots()
    {
        var bench = Bench.Marlin(new MarlinBuild { AdvancedOk = true });
        Assert.Equal("ok N1 P15 B3\n", bench.Exchange(Bench.Numbered(1, "G90")));
        Assert.Equal("ok P15 B3\n", bench.Exchange("G90\n"));
        Assert.Equal("ok N2 P14 B3\n", bench.Exchange(Bench.Numbered(2, "G1 X10 F600"), 0.05));
        Assert.Equal("ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n", bench.Exchange("M105\n"));
    }

    [Fact]
    public void An_unknown_command_is_echoed_and_acknowledged() =>
        Assert.Equal("echo:Unknown command: \"M20\"\nok\necho:Unknown command: \"X5\"\nok\n", Bench.Marlin().Exchange("M20\nX5\n"));

    [Fact]
    public void A_blocking_command_says_busy_every_keep_alive_interval()
    {
        var bench = Bench.Marlin();
        Assert.Equal("", bench.Exchange("G4 S5\n", 1.9));
        Assert.Equal("echo:busy: processing\n", bench.Read(0.2));
        Assert.Equal("echo:busy: processing\n", bench.Read(2));
        Assert.Equal("ok\n", bench.Read(2));
    }

    [Fact]
    public void M113_sets_the_keep_alive_interval()
    {
        var bench = Bench.Marlin();
        bench.Exchange("M113 S1\n");
        Assert.Equal("echo:busy: processing\necho:busy: processing\nok\n", bench.Exchange("G4 P2500\n", 3));
    }

    [Fact]
    public void While_a_command_blocks_three_more_are_queued_and_the_rest_waits_in_the_ring()
    {
        var bench = Bench.Marlin();
        bench.Write("G4 S10\nG90\nG91\nG90\nG91\n");
        bench.Read(1);
        Assert.Equal(4, bench.Firmware.Received.Count);
    }

    [Fact]
    public void A_full_receive_ring_drops_bytes_without_a_word()
    {
        var bench = Bench.Marlin();
        bench.Write("G4 S10\nG90\nG91\nG90\n" + string.Concat(Enumerable.Repeat("M83\n", 50)));
        Assert.Equal("echo:busy: processing\n", bench.Read(3));
        Assert.Equal(127, bench.Firmware.Received.Count);
        Assert.Equal(200 - 127, bench.Firmware.Received.Dropped);
    }

    [Fact]
    public void An_idle_build_with_NO_TIMEOUTS_says_wait()
    {
        var bench = Bench.Marlin(new MarlinBuild { WaitMessageS = 1 });
        bench.Exchange("G90\n", 0.5);
        Assert.Equal("wait\nwait\n", bench.Read(2));
    }

    [Fact]
    public void M112_without_emergency_parser_acts_when_its_unnumbered_line_is_read()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G4 S10\n", 0.5);
        Assert.Equal("echo:M112 Shutdown\nError:Printer halted. kill() called!\n", bench.Exchange("M112\n"));
        Assert.Equal("", bench.Exchange("M105\n", 10));
    }

    [Fact]
    public void A_numbered_M112_without_emergency_parser_waits_in_the_queue()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G4 S10\n", 0.5);
        Assert.Equal("", bench.Exchange(Bench.Numbered(1, "M112"), 0.5));
        Assert.EndsWith("ok\necho:M112 Shutdown\nError:Printer halted. kill() called!\n", bench.Read(12));
    }

    [Fact]
    public void M112_with_emergency_parser_acts_at_once_even_behind_a_full_queue()
    {
        var bench = Bench.Marlin(new MarlinBuild { EmergencyParser = true });
        bench.Exchange("G4 S10\nG90\nG90\nG90\nG90\n", 0.5);
        Assert.Equal("echo:M112 Shutdown\nError:Printer halted. kill() called!\n", bench.Exchange(Bench.Numbered(1, "M112")));
    }

    [Fact]
    public void A_reset_after_a_kill_brings_the_firmware_back()
    {
        var bench = Bench.Marlin();
        bench.Exchange("M112\n");
        bench.Simulation.Reset(bench.Now);
        Assert.StartsWith("start\n", bench.Read(2));
        Assert.Equal("ok\n", bench.Exchange(Bench.Numbered(1, "G90")));
    }

    [Fact]
    public void M115_lists_capabilities_and_ends_with_ok()
    {
        var replies = Bench.Marlin(new MarlinBuild { EmergencyParser = true, AutoReportTemperatures = false }).Exchange("M115\n");
        Assert.StartsWith("FIRMWARE_NAME:Marlin 2.1.2 (", replies);
        Assert.Contains("Cap:EMERGENCY_PARSER:1\n", replies);
        Assert.Contains("Cap:AUTOREPORT_TEMP:0\n", replies);
        Assert.EndsWith("\nok\n", replies);
    }

    [Fact]
    public void M155_reports_temperatures_with_a_leading_blank_and_no_ok()
    {
        var bench = Bench.Marlin();
        Assert.Equal("ok\n", bench.Exchange("M155 S2\n"));
        Assert.Equal(" T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n", bench.Read(1.5));
        bench.Exchange("M155 S0\n");
        Assert.Equal("", bench.Read(10));
    }

    [Fact]
    public void M0_prompts_the_host_and_waits_for_M108()
    {
        var bench = Bench.Marlin(new MarlinBuild { EmergencyParser = true });
        Assert.Contains("//action:prompt_begin M0 Stop\n//action:prompt_button Continue\n//action:prompt_show\n", bench.Exchange("M0\n"));
        Assert.Contains("echo:busy: paused for user\n", bench.Read(2.5));
        Assert.Equal("//action:prompt_end\nok\nok\n", bench.Exchange("M108\n"));
    }

    [Fact]
    public void M876_answers_a_prompt()
    {
        var bench = Bench.Marlin(new MarlinBuild { EmergencyParser = true });
        bench.Exchange("M1\n");
        Assert.Equal("//action:prompt_end\nok\nok\n", bench.Exchange("M876 S0\n"));
    }

    [Fact]
    public void M118_echoes_for_hosts() => Assert.Equal("//action:pause\nok\necho:hello\nok\n", Bench.Marlin().Exchange("M118 A1 action:pause\nM118 E1 hello\n"));

    [Fact]
    public void M114_reports_the_program_position_and_the_steppers_own()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G28\n", 60);
        bench.Exchange("G1 X60 F600\n", 0.05);
        var replies = bench.Exchange("M114\n", 3);
        Assert.StartsWith("X:60.00 Y:0.00 Z:0.00 E:0.00 Count X:", replies);
        Assert.DoesNotContain("Count X:4800 ", replies);
        Assert.Contains("Count X:4800 Y:0 Z:0\n", bench.Exchange("M400\nM114\n", 10));
    }

    [Fact]
    public void Homed_axes_stay_inside_the_soft_endstops()
    {
        var bench = Bench.Marlin();
        bench.Exchange("G28\n", 60);
        bench.Exchange("G1 X999 Y-5 F6000\nM400\n", 10);
        Assert.Equal((250, 0), (bench.Log.FinalPosition.X, bench.Log.FinalPosition.Y));
    }

    [Fact]
    public void Cold_extrusion_is_prevented_and_the_move_still_made()
    {
        var bench = Bench.Marlin();
        Assert.Equal("echo: cold extrusion prevented\nok\n", bench.Exchange("G1 X10 E5 F600\n"));
        Assert.Equal(10, bench.Log.FinalPosition.X);
        Assert.Equal(0, bench.Log.FinalPosition.E);
    }

    [Fact]
    public void D576_counts_underruns_where_buffer_monitoring_is_built_in()
    {
        var bench = Bench.Marlin(new MarlinBuild { BufferMonitoring = true });
        bench.Exchange("G1 X1 F600\n", 2);
        Assert.StartsWith("D576 P:15 1 (0) B:3 ", bench.Exchange("D576\n"));
        Assert.Contains("Unknown command", Bench.Marlin().Exchange("D576\n"));
    }

    [Fact]
    public void Bytes_take_ten_bit_times_each_on_the_wire()
    {
        var bench = Bench.Marlin(baud: 9600);
        const double byteTime = 10 / 9600.0;
        Assert.Equal("", bench.Exchange("G90\n", 4.9 * byteTime));
        Assert.Equal("o", bench.Read(0.2 * byteTime));
        Assert.Equal("k", bench.Read(byteTime));
        Assert.Equal("\n", bench.Read(byteTime));
    }
}
