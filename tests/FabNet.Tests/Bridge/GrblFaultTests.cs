// What must hold on GRBL, which has neither line numbers nor checksums: exact, or stopped with the line named.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class GrblFaultTests
{
    [Fact]
    public async Task A_program_is_executed_in_order_once_without_overflow()
    {
        using var program = Bench.RouterProgram(500);
        var (grbl, outcome, session) = await RunAsync(program, static wire => new LittleGrbl(wire));
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), grbl.Motions);
        Assert.False(grbl.HasOverflowed);
        Assert.Equal(MachineState.NeedsClearing, session);
    }

    [Fact]
    public async Task The_reported_buffer_is_used()
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine) { ReceiveBytes = 1024, Banner = "GrblHAL 1.1f ['$' or '$HELP' for help]" };
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        var info = await session.OpenAsync(Bench.Limit());
        Assert.Equal(FirmwareDialect.Grbl, info.Dialect);
        Assert.Equal(1024, info.ReceiveBufferBytes);
        Assert.Equal(15, info.PlannerBlocks);
    }

    [Fact]
    public async Task An_error_in_the_stream_holds_at_once_and_names_the_line()
    {
        using var program = Bench.RouterProgram(300);
        var (grbl, outcome, _) = await RunAsync(program, static wire => new LittleGrbl(wire)
        {
            OnReply = static (motion, reply) => motion == 50 ? "error:33\r\n" : reply,
            BeforeMotion = static (_, _) => Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System),
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("error 33", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("line 52", failed.Reason, StringComparison.Ordinal);
        Assert.Equal((byte)'!', grbl.Realtime[0]);
        Assert.Equal(0x18, grbl.Realtime[^1]);
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.False(grbl.LostPosition);
        Assert.True(grbl.Motions.Count < 75);
    }

    [Fact]
    public async Task An_alarm_fails_the_run_with_its_meaning()
    {
        using var program = Bench.RouterProgram(300);
        var (_, outcome, state) = await RunAsync(program, static wire => new LittleGrbl(wire)
        {
            BeforeMotion = static async (motion, firmware) =>
            {
                if (motion == 40)
                    await firmware.AlarmAsync(1);
            },
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("hard limit", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(MachineState.Alarm, state);
    }

    [Fact]
    public async Task A_reset_in_mid_job_fails_the_run()
    {
        using var program = Bench.RouterProgram(300);
        var (grbl, outcome, _) = await RunAsync(program, static wire => new LittleGrbl(wire)
        {
            BeforeMotion = static async (motion, firmware) =>
            {
                if (motion == 40)
                    await firmware.ResetAsync();
            },
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("line", failed.Reason, StringComparison.Ordinal);
        Assert.InRange(grbl.Motions.Count, 40, 41);
    }

    [Fact]
    public async Task A_lost_ok_stops_with_the_count_in_doubt()
    {
        using var program = Bench.RouterProgram(200);
        var (grbl, outcome, _) = await RunAsync(program, static wire => new LittleGrbl(wire) { OnReply = static (motion, reply) => motion == 60 ? "" : reply });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("never answered", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(Bench.MotionsOf(program)[..grbl.Motions.Count], grbl.Motions);
    }

    [Fact]
    public async Task A_doubled_ok_overflows_nothing()
    {
        using var program = Bench.RouterProgram(200);
        var (grbl, outcome, _) = await RunAsync(program, static wire => new LittleGrbl(wire)
        {
            OnReply = static (motion, reply) => motion == 60 ? reply + reply : reply,
            BeforeMotion = static (_, _) => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System),
        });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), grbl.Motions);
        Assert.False(grbl.HasOverflowed);
    }

    [Fact]
    public async Task A_damaged_ok_counts_and_a_damaged_error_stops()
    {
        using var program = Bench.RouterProgram(100);
        var (grbl, outcome, _) = await RunAsync(program, static wire => new LittleGrbl(wire) { OnReply = static (motion, reply) => motion == 60 ? "k\r\n" : reply });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), grbl.Motions);
        var (_, stopped, _) = await RunAsync(program, static wire => new LittleGrbl(wire) { OnReply = static (motion, reply) => motion == 60 ? "erxor:2\r\n" : reply });
        Assert.IsType<RunOutcome.Failed>(stopped);
    }

    [Fact]
    public async Task Eeprom_commands_are_sent_alone()
    {
        using var program = Bench.Admit(Bench.Router, "G21\nG90\nG1 X1 F500\nG1 X2\nG54\nG1 X3\nG1 X4\n");
        var alone = true;
        var pair = new DuplexPair();
        var buffered = "";
        pair.Host.OnWrite = bytes =>
        {
            buffered = Encoding.ASCII.GetString(bytes);
            alone &= !buffered.Contains("G54", StringComparison.Ordinal) || buffered.Trim('?', '\n') == "G54";
            return bytes;
        };
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        Assert.IsType<RunOutcome.Completed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.True(alone);
        Assert.Contains("G54", grbl.Taken);
    }

    [Fact]
    public async Task Cancel_holds_then_resets_and_keeps_position()
    {
        using var program = Bench.RouterProgram(2000);
        var pair = new DuplexPair();
        var reached = new TaskCompletionSource();
        await using var grbl = Unhurried(pair, reached);
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        Assert.Null(await session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.FirmwareStopped, cancelled.SafeState);
        Assert.Equal([(byte)'!', 0x18], grbl.Realtime);
        Assert.False(grbl.LostPosition);
    }

    [Fact]
    public async Task Pause_holds_and_resume_goes_on()
    {
        using var program = Bench.RouterProgram(400);
        var pair = new DuplexPair();
        var reached = new TaskCompletionSource();
        await using var grbl = Unhurried(pair, reached);
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var events = session.ReadEventsAsync(Bench.Limit()).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        Assert.Null(await session.PauseAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Paused);
        Assert.Null(await session.ResumeAsync(Bench.Limit()));
        Assert.IsType<RunOutcome.Completed>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(Bench.MotionsOf(program), grbl.Motions);
        Assert.Equal([(byte)'!', (byte)'~'], grbl.Realtime);
    }

    private static async Task<(LittleGrbl Grbl, RunOutcome Outcome, MachineState State)> RunAsync(AdmittedProgram program, Func<Stream, LittleGrbl> create)
    {
        var pair = new DuplexPair();
        await using var grbl = create(pair.Machine);
        grbl.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var outcome = await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30));
        return (grbl, outcome, session.State);
    }

    // Takes a millisecond for each motion, and tells when the 30th begins.
    private static LittleGrbl Unhurried(DuplexPair pair, TaskCompletionSource reached) => new(pair.Machine)
    {
        BeforeMotion = async (motion, _) =>
        {
            if (motion == 30)
                reached.TrySetResult();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        },
    };
}
