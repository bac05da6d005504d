// A start happens at most once, whatever is lost when: files, connections, answers.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuStartTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_dies_between_upload_and_start_replays_nothing()
    {
        await using var stand = await BambuStand.OpenAsync(200, static options => options with { StartAnswer = TimeSpan.FromSeconds(1) });
        using var program = BambuStand.Program();
        var options = new RunOptions
        {
            StartKey = "o-1.1/1",
            BeforeFirstMotion = _ =>
            {
                stand.Broker.Kill();
                return Task.CompletedTask;
            },
        };
        var running = stand.Session.RunAsync(program, options, CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Offline);
        await stand.Broker.StartAgainAsync();
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit(35)));
        Assert.Equal(SafeState.NotNeeded, failed.SafeState);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Idle);
        Assert.Equal(BambuState.Idle, stand.Printer.GcodeState);
        Assert.Empty(stand.Executed);

        // The machine is as good as before: a start of its own key goes through.
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions { StartKey = "o-1.1/2" }, CancellationToken.None).WaitAsync(Bench.Limit(35)));
        Assert.Equal(Bench.MotionsOf(program), stand.Executed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_whose_answer_is_lost_is_found_by_its_name_and_not_repeated()
    {
        // The silence begins before the start is sent and ends before the machine is asked, however slow this computer is.
        await using var stand = await BambuStand.OpenAsync(200, static options => options with { StartAnswer = TimeSpan.FromSeconds(3) });
        using var program = BambuStand.Program();
        var options = new RunOptions
        {
            BeforeFirstMotion = _ =>
            {
                stand.Printer.Silence(TimeSpan.FromSeconds(1.5));
                return Task.CompletedTask;
            },
        };
        Bench.AssertCompleted(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit(35)));
        Assert.Equal(Bench.MotionsOf(program), stand.Executed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_printer_without_a_card_starts_nothing_and_the_hook_is_not_asked()
    {
        await using var stand = await BambuStand.OpenAsync(200);
        using var program = BambuStand.Program();
        stand.Printer.SetCard(isIn: false);
        var asked = 0;
        var options = new RunOptions { BeforeFirstMotion = _ => Task.FromResult(asked++) };
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit(35)));
        Assert.Contains("check that an SD card is in it", failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.WasStarted);
        Assert.Equal(0, asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_is_called_off_while_it_is_prepared_never_happens()
    {
        await using var stand = await BambuStand.OpenAsync(200);
        using var program = BambuStand.Program();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new RunOptions
        {
            BeforeFirstMotion = async token =>
            {
                reached.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            },
        };
        var running = stand.Session.RunAsync(program, options, CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        Assert.Null(await stand.Session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(("enough", SafeState.NotNeeded), (cancelled.Reason, cancelled.SafeState));
        Assert.Empty(stand.Executed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_start_that_has_expired_is_not_sent()
    {
        await using var stand = await BambuStand.OpenAsync(200);
        using var program = BambuStand.Program();
        var options = new RunOptions { StartBefore = TimeProvider.System.GetUtcNow().AddSeconds(-1) };
        var failed = Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("right to start has ended", failed.Reason, StringComparison.Ordinal);
        Assert.False(failed.WasStarted);
        Assert.Equal(BambuState.Idle, stand.Printer.GcodeState);
    }
}
