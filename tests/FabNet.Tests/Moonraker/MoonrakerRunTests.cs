// Runs on a Klipper machine that nothing disturbs.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Tests.Bridge;
using Xunit;

namespace FabNet.Tests.Moonraker;

public sealed class MoonrakerRunTests
{
    [Fact(Timeout = 60_000)]
    public async Task Every_line_of_a_program_is_executed_once_and_the_machine_ends_still_and_with_its_heaters_off()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        Assert.StartsWith("Klipper v", stand.Session.Info!.Firmware, StringComparison.Ordinal);
        using var program = MoonrakerStand.Program();
        var journaled = 0;
        var options = new RunOptions
        {
            Name = "o-1/1",
            StartKey = "o-1/1",
            BeforeFirstMotion = _ =>
            {
                journaled += stand.Moves.Count + 1;
                return Task.CompletedTask;
            },
        };
        var outcome = await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit());
        Bench.AssertCompleted(outcome);
        Assert.Equal(program.LineCount, outcome.LastExecutedLine);
        Assert.Equal(1, journaled);
        Assert.True(stand.Printer.IsStill);
        Assert.Equal((0, 0), stand.Printer.Targets);
        string[] startModes = ["G21", "G90", "M82", "G92 E0", "M220 S100", "M221 S100"];
        Assert.Equal([.. startModes, .. Lines(program)], [.. stand.Printer.Log.Snapshot().Select(static command => command.Text).Take(startModes.Length + program.LineCount)]);
        Assert.Equal(program.LineCount, (await Bench.NextAsync<ProgressReported>(stand.Events, progress => progress.Line == program.LineCount)).LineCount);
        await stand.StateAsync(MachineState.NeedsClearing);
        var refused = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("last part", refused.Reason, StringComparison.Ordinal);
        Assert.Null(await stand.Session.ClearAsync(Bench.Limit()));
        var repeated = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("made before", repeated.Reason, StringComparison.Ordinal);
        Assert.False(repeated.WasStarted);
        Assert.Equal(Bench.MotionsOf(program), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_is_paused_and_goes_on()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 20);
        Assert.Null(await stand.Session.PauseAsync(Bench.Limit()));
        await stand.StateAsync(MachineState.Paused);
        stand.Printer.Faults.HoldAtLine(0);
        Assert.Equal(15, stand.Moves.Count);
        Assert.Null(await stand.Session.ResumeAsync(Bench.Limit()));
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(Bench.MotionsOf(program), stand.Moves);
        Assert.NotNull(await stand.Session.ResumeAsync(Bench.Limit()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_run_ends_at_its_line_with_heaters_off()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        Assert.Equal((200, 60), stand.Printer.Targets);
        Assert.Null(await stand.Session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal("enough", cancelled.Reason);
        Assert.Equal(SafeState.Confirmed, cancelled.SafeState);
        Assert.Equal((0, 0), stand.Printer.Targets);
        Assert.Equal(29, cancelled.LastExecutedLine);
        Assert.Equal(Bench.MotionsOf(program).Take(25), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancel_that_waits_for_a_heat_up_ends_as_an_emergency_stop_and_clearing_restarts_klipper()
    {
        // At this speed the bed takes some 20 s of real time; Klipper cancels only after it.
        await using var stand = await MoonrakerStand.OpenAsync(static options => options with { StopPatience = TimeSpan.FromMilliseconds(300) }, speed: 4);
        using var program = MoonrakerStand.Program("M190 S100\n");
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await stand.StateAsync(MachineState.Running);
        Assert.Null(await stand.Session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.FirmwareStopped, cancelled.SafeState);
        Assert.Equal((0, 0), stand.Printer.Targets);
        await stand.StateAsync(MachineState.Alarm);
        Assert.Null(await stand.Session.ClearAsync(Bench.Limit()));
        await stand.StateAsync(MachineState.Idle);
        Assert.Empty(stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_emergency_stop_shuts_klipper_down_and_ends_the_run()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        await stand.Session.EmergencyStopAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit()));
        Assert.Contains("emergency stop", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.Equal((0, 0), stand.Printer.Targets);
        Assert.Contains("webhooks request", (await stand.StateAsync(MachineState.Alarm)).Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Closing_the_session_stops_its_run_safely()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        await stand.Session.DisposeAsync();
        Assert.Equal(SafeState.Confirmed, Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit())).SafeState);
        Assert.Equal((0, 0), stand.Printer.Targets);
        Assert.Equal("ready/cancelled", stand.Printer.State);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_console_command_brings_its_answer_or_its_error()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        var reply = await stand.Session.SendAsync("M105", Bench.Limit());
        Assert.True(reply.IsOk, reply.Error);
        Assert.Contains(reply.Lines, static line => line.Contains("T:", StringComparison.Ordinal));
        var refused = await stand.Session.SendAsync("SDCARD_PRINT_FILE FILENAME=\"none.gcode\"", Bench.Limit());
        Assert.False(refused.IsOk);
        Assert.Equal("Unable to open file", refused.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hook_that_fails_starts_nothing()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var options = new RunOptions { BeforeFirstMotion = static _ => throw new IOException("the disk is full") };
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("the disk is full", failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.WasStarted);
        Assert.Equal(SafeState.NotNeeded, failed.SafeState);
        Assert.Equal(MachineState.Idle, stand.Session.State);
        Assert.Empty(stand.Printer.Log.Snapshot());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_after_its_time_is_not_made()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var options = new RunOptions { StartBefore = DateTimeOffset.UnixEpoch };
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("right to start ended", failed.Reason, StringComparison.Ordinal);
        Assert.Empty(stand.Printer.Log.Snapshot());
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_the_newest_run_files_stay_on_the_machine()
    {
        await using var stand = await MoonrakerStand.OpenAsync(static options => options with { KeptFiles = 2 });
        using var program = MoonrakerStand.Program(moves: 1);
        for (var run = 1; run <= 4; run++)
            Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions { Name = $"run-{run}", LeavesPart = false }, CancellationToken.None).WaitAsync(Bench.Limit()));
        // The console's command comes after the clean-up's requests.
        await stand.Session.SendAsync("M105", Bench.Limit());
        await stand.Session.SendAsync("M105", Bench.Limit());
        Assert.Equal(2, stand.Files.Length);
    }

    private static List<string> Lines(AdmittedProgram program)
    {
        var lines = new List<string>();
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
            lines.Add(Encoding.ASCII.GetString(line));
        return lines;
    }
}
