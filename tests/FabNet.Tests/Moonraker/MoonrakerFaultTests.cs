// What goes wrong between a host and a Klipper machine.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Moonraker;
using FabNet.Model.Machines;
using FabNet.Tests.Bridge;
using Xunit;

namespace FabNet.Tests.Moonraker;

public sealed class MoonrakerFaultTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_shutdown_of_klipper_fails_the_run_with_klippers_own_words()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        stand.Printer.Faults.ShutDown("Lost communication with MCU 'mcu'");
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit()));
        Assert.Contains("Lost communication with MCU 'mcu'", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("line that Klipper took is 29", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.InRange(failed.LastExecutedLine, 0, 29);
        Assert.InRange(failed.LastSentLine, 30, program.LineCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_error_in_the_print_fails_the_run_and_leaves_the_heaters_off()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        stand.Printer.Faults.FailAtLine(30, "Move out of range: 500.000 0.000 0.000 [0.000]");
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("Move out of range", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.Confirmed, failed.SafeState);
        Assert.Equal(29, failed.LastExecutedLine);
        Assert.Equal((0, 0), stand.Printer.Targets);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_that_is_cut_and_comes_back_does_not_end_the_print()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        stand.Printer.Faults.GoAway();
        await stand.StateAsync(MachineState.Offline);
        stand.Printer.Faults.ComeBack();
        await stand.StateAsync(MachineState.Running);
        stand.Printer.Faults.HoldAtLine(0);
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(Bench.MotionsOf(program), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_print_that_ends_while_nobody_is_connected_is_found_complete()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        stand.Printer.Faults.GoAway();
        await stand.StateAsync(MachineState.Offline);
        stand.Printer.Faults.HoldAtLine(0);
        await stand.Printer.WaitForPrintAsync("complete", Bench.Limit());
        stand.Printer.Faults.ComeBack();
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_of_klipper_in_mid_print_is_found_in_moonrakers_history()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        stand.Printer.Faults.RestartKlipper();
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit()));
        Assert.Contains("klippy_disconnect", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.Confirmed, failed.SafeState);
        Assert.InRange(failed.LastExecutedLine, 0, 28);
        Assert.Equal(Bench.MotionsOf(program).Take(25), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_machine_that_stays_away_is_given_up_as_lost()
    {
        await using var stand = await MoonrakerStand.OpenAsync(static options => options with { Lost = TimeSpan.FromMilliseconds(500) });
        using var program = MoonrakerStand.Program();
        var running = await stand.RunToAsync(program, 30);
        stand.Printer.Faults.GoAway();
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.LinkLost, failed.SafeState);
        Assert.Contains("It may be printing", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(program.LineCount, failed.LastSentLine);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_whose_answer_is_lost_is_followed_and_not_repeated()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        stand.Printer.Faults.LoseReply("printer.print.start");
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(Bench.MotionsOf(program), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_never_arrived_is_not_repeated_and_can_not_begin_later()
    {
        await using var stand = await MoonrakerStand.OpenAsync(static options => options with { StartAnswer = TimeSpan.FromMilliseconds(300) });
        using var program = MoonrakerStand.Program();
        stand.Printer.Faults.LoseRequest("printer.print.start");
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.False(failed.WasStarted);
        Assert.Contains("did not begin", failed.Reason, StringComparison.Ordinal);
        Assert.Empty(stand.Files);
        Assert.Empty(stand.Moves);
        Assert.Equal(MachineState.Idle, stand.Session.State);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_upload_that_is_cut_is_made_again()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program(moves: 5000);
        stand.Printer.Faults.CutUpload(20_000);
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30)));
        Assert.Equal(Bench.MotionsOf(program), stand.Moves);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_disk_on_the_machine_is_said_and_starts_nothing()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        stand.Printer.Faults.FailUpload(507);
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("507: No space left on device", failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.WasStarted);
        Assert.Empty(stand.Printer.Log.Snapshot());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_upload_is_called_off_without_a_trace()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program(moves: 5000);
        stand.Printer.Faults.UploadBytesPerSecond = 100;
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await stand.StateAsync(MachineState.Preparing);
        Assert.Null(await stand.Session.CancelAsync("too slow", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal("too slow", cancelled.Reason);
        Assert.Equal(SafeState.NotNeeded, cancelled.SafeState);
        Assert.Empty(stand.Files);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_api_key_is_told_and_the_right_one_lets_in()
    {
        await using var printer = await MoonrakerStand.StartPrinterAsync(apiKey: "secret");
        foreach (var key in (string?[])[null, "guess"])
        {
            await using var refused = new MoonrakerSession(MoonrakerStand.Options(printer) with { ApiKey = key });
            var error = await Assert.ThrowsAsync<MachineLinkException>(() => refused.OpenAsync(Bench.Limit()));
            Assert.Contains("API key", error.Message, StringComparison.Ordinal);
        }

        await using var session = new MoonrakerSession(MoonrakerStand.Options(printer) with { ApiKey = "secret" });
        await session.OpenAsync(Bench.Limit());
        var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
        using var program = MoonrakerStand.Program();
        Bench.AssertCompleted(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_print_of_a_killed_process_is_recognised_held_and_stopped()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        using var program = MoonrakerStand.Program();
        _ = await stand.RunToAsync(program, 30);
        // The first session stands for a process that was killed: it does nothing any more, and the second one knows nothing of it.
        await using var session = new MoonrakerSession(MoonrakerStand.Options(stand.Printer));
        await session.OpenAsync(Bench.Limit());
        await using var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Running);
        Assert.Contains("earlier process", running.Reason, StringComparison.Ordinal);
        Assert.Contains("prints fabnet/", Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit())).Reason, StringComparison.Ordinal);
        Assert.Null(await session.PauseAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Paused);
        Assert.Null(await session.ResumeAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Running);
        Assert.Null(await session.CancelAsync("left behind", Bench.Limit()));
        Assert.Equal((0, 0), stand.Printer.Targets);
        Assert.Equal("ready/cancelled", stand.Printer.State);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_print_that_somebody_else_started_is_left_alone()
    {
        await using var stand = await MoonrakerStand.OpenAsync();
        await File.WriteAllTextAsync(Path.Combine(stand.Printer.Folder, "vase.gcode"), "G28\nG1 X10 F600\nG1 X20\n", TestContext.Current.CancellationToken);
        stand.Printer.Faults.HoldAtLine(3);
        Assert.True((await stand.Session.SendAsync("SDCARD_PRINT_FILE FILENAME=\"vase.gcode\"", Bench.Limit())).IsOk);
        Assert.Contains("not started from here", (await stand.StateAsync(MachineState.Running)).Reason, StringComparison.Ordinal);
        Assert.Contains("vase.gcode", await stand.Session.CancelAsync("mine", Bench.Limit()), StringComparison.Ordinal);
        Assert.NotNull(await stand.Session.PauseAsync(Bench.Limit()));
        stand.Printer.Faults.HoldAtLine(0);
        await stand.StateAsync(MachineState.Idle);
        Assert.Equal(2, stand.Moves.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_address_where_nobody_answers_says_what_to_check()
    {
        await using var printer = await MoonrakerStand.StartPrinterAsync();
        printer.Faults.GoAway();
        await using var session = new MoonrakerSession(MoonrakerStand.Options(printer));
        var error = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("usual port is 7125", error.Message, StringComparison.Ordinal);
    }
}
