// What a person and a journal can rely on: pause, emergency stop, hooks, prompts, reopening, refusals.

using FabNet.FirmwareBridge;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class SessionTests
{
    [Fact]
    public async Task Nothing_is_sent_before_the_start_is_journaled()
    {
        using var program = Bench.PrinterProgram(20);
        await using var stand = await Stand.OpenAsync();
        var journaled = new TaskCompletionSource();
        var running = stand.Session.RunAsync(program, new RunOptions { BeforeFirstMotion = _ => journaled.Task }, CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Preparing);
        await stand.Session.SendAsync("M114", Bench.Limit());
        Assert.Empty(stand.Marlin.Motions);
        journaled.SetResult();
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(20, stand.Marlin.Motions.Count);
    }

    [Fact]
    public async Task A_start_that_can_not_be_journaled_moves_nothing()
    {
        using var program = Bench.PrinterProgram(20);
        await using var stand = await Stand.OpenAsync();
        var outcome = await stand.Session.RunAsync(program, new RunOptions { BeforeFirstMotion = static _ => throw new IOException("disk full") }, CancellationToken.None).WaitAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("disk full", failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.WasStarted);
        Assert.Empty(stand.Marlin.Motions);
        Assert.Equal(MachineState.Idle, stand.Session.State);
    }

    [Fact]
    public async Task A_start_after_its_expiry_moves_nothing()
    {
        using var program = Bench.PrinterProgram(20);
        await using var stand = await Stand.OpenAsync();
        var outcome = await stand.Session.RunAsync(program, new RunOptions { StartBefore = DateTimeOffset.UnixEpoch }, CancellationToken.None).WaitAsync(Bench.Limit());
        Assert.False(Assert.IsType<RunOutcome.Failed>(outcome).WasStarted);
        Assert.Empty(stand.Marlin.Motions);
    }

    [Fact]
    public async Task A_bed_that_nobody_cleared_blocks_the_next_start()
    {
        using var program = Bench.PrinterProgram(5);
        await using var stand = await Stand.OpenAsync();
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(MachineState.NeedsClearing, stand.Session.State);
        Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(5, stand.Marlin.Motions.Count);
        Assert.Null(await stand.Session.ClearAsync(Bench.Limit()));
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(10, stand.Marlin.Motions.Count);
    }

    [Fact]
    public async Task Pause_keeps_asking_for_temperatures_and_resume_goes_on()
    {
        using var program = Bench.PrinterProgram(3000);
        var reached = new TaskCompletionSource();
        await using var stand = await Stand.OpenAsync(motion =>
        {
            if (motion == 50)
                reached.TrySetResult();
        });
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        Assert.Null(await stand.Session.PauseAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Paused);
        for (var report = 0; report < 3; report++)
            await Bench.NextAsync<TemperaturesReported>(stand.Events);
        var motions = stand.Marlin.Motions.Count;
        await Bench.NextAsync<TemperaturesReported>(stand.Events);
        Assert.Equal(motions, stand.Marlin.Motions.Count);
        Assert.Null(await stand.Session.ResumeAsync(Bench.Limit()));
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(Bench.MotionsOf(program), stand.Marlin.Motions);
    }

    [Fact]
    public async Task Emergency_stop_overtakes_everything_and_ends_the_run()
    {
        using var program = Bench.PrinterProgram(3000);
        var reached = new TaskCompletionSource();
        await using var stand = await Stand.OpenAsync(motion =>
        {
            if (motion == 50)
                reached.TrySetResult();
        });
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        await stand.Session.EmergencyStopAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit()));
        Assert.Contains("emergency stop", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.True(stand.Marlin.IsKilled);
        Assert.True(stand.Marlin.Motions.Count < 3000);
        Assert.Equal(MachineState.Alarm, stand.Session.State);
        await stand.Marlin.ResetAsync();
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State is MachineState.Idle or MachineState.NeedsClearing);
    }

    [Fact]
    public async Task Emergency_stop_without_a_link_says_so()
    {
        await using var session = Bench.Session(new DuplexPair().Host);
        var error = await Assert.ThrowsAsync<MachineLinkException>(() => session.EmergencyStopAsync(Bench.Limit()));
        Assert.Contains("switch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_shown_and_answered()
    {
        await using var stand = await Stand.OpenAsync();
        await stand.Marlin.SayAsync("//action:prompt_begin Filament runout\n//action:prompt_button Continue\n//action:prompt_button Purge more\n//action:prompt_show\n");
        var prompt = await Bench.NextAsync<PromptRaised>(stand.Events);
        Assert.Equal("Filament runout", prompt.Text);
        Assert.Equal(["Continue", "Purge more"], prompt.Choices);
        Assert.NotNull(await stand.Session.AnswerAsync(2, Bench.Limit()));
        Assert.Null(await stand.Session.AnswerAsync(1, Bench.Limit()));
        await stand.Session.SendAsync("M114", Bench.Limit());
        Assert.Contains("M876 S1", stand.Marlin.Executed);
    }

    [Fact]
    public async Task A_console_command_gets_its_own_answer()
    {
        await using var stand = await Stand.OpenAsync();
        var reply = await stand.Session.SendAsync("M115", Bench.Limit());
        Assert.True(reply.IsOk);
        Assert.False((await stand.Session.SendAsync("G1 X1\nG1 X2", Bench.Limit())).IsOk);
        var position = await stand.Session.SendAsync("M114", Bench.Limit());
        Assert.StartsWith("X:1.00", Assert.Single(position.Lines), StringComparison.Ordinal);
        Assert.False((await stand.Session.SendAsync(new string('G', 120), Bench.Limit())).IsOk);
    }

    [Fact]
    public async Task A_lost_link_is_opened_again_and_nothing_is_continued()
    {
        using var program = Bench.PrinterProgram(400);
        var first = new DuplexPair();
        var second = new DuplexPair();
        var links = new Queue<WireEnd>([first.Host, second.Host]);
        await using var marlin = new LittleMarlin(first.Machine)
        {
            BeforeMotion = (motion, _) =>
            {
                if (motion == 30)
                    first.Machine.Cut();
                return Task.CompletedTask;
            },
        };
        await using var again = new LittleMarlin(second.Machine) { ResetsOnOpen = true };
        marlin.Start();
        await using var session = new MachineSession(Bench.Options(), _ => links.Dequeue(), TimeProvider.System);
        var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await session.OpenAsync(Bench.Limit());
        again.Start();
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.LinkLost, failed.SafeState);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Offline);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State != MachineState.Offline);
        await session.SendAsync("M114", Bench.Limit());
        Assert.Empty(again.Motions);
    }

    [Fact]
    public async Task Progress_and_remaining_time_are_told()
    {
        using var program = Bench.PrinterProgram(500);
        await using var stand = await Stand.OpenAsync();
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        var progress = await Bench.NextAsync<ProgressReported>(stand.Events, report => report.Line == program.LineCount);
        Assert.Equal(1, progress.Fraction, 3);
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit()));
    }

    private sealed class Stand : IAsyncDisposable
    {
        private Stand(LittleMarlin marlin, MachineSession session)
        {
            Marlin = marlin;
            Session = session;
            Events = session.ReadEventsAsync(Bench.Limit(30)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        }

        public LittleMarlin Marlin { get; }

        public MachineSession Session { get; }

        public IAsyncEnumerator<MachineEvent> Events { get; }

        public static async Task<Stand> OpenAsync(Action<int>? onMotion = null)
        {
            var pair = new DuplexPair();
            var marlin = new LittleMarlin(pair.Machine) { BeforeMotion = (motion, _) => { onMotion?.Invoke(motion); return Task.CompletedTask; } };
            marlin.Start();
            var session = Bench.Session(pair.Host);
            await session.OpenAsync(Bench.Limit());
            return new Stand(marlin, session);
        }

        public async ValueTask DisposeAsync()
        {
            await Session.DisposeAsync();
            await Marlin.DisposeAsync();
        }
    }
}
