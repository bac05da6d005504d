// What must hold on Marlin whatever happens on the wire: the program's lines are executed in order, once, or the job stops and says where.

using System.Globalization;
using System.Text;
using FabNet.FirmwareBridge;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class MarlinFaultTests
{
    [Fact]
    public async Task A_program_is_executed_in_order_once()
    {
        using var program = Bench.PrinterProgram(500);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { ResetsOnOpen = true });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
        Assert.Equal(0, marlin.ResendsSent);
        Assert.False(marlin.HasOverflowed);
        Assert.True(marlin.MostInFlight > 1, "The window never opened.");
        Assert.Equal(["M400", "M104 S0", "M140 S0"], marlin.Executed.Where(static line => line != "M105" && line != "M114").TakeLast(3));
    }

    [Fact]
    public async Task Advanced_ok_widens_the_window_to_the_slots_told()
    {
        using var program = Bench.PrinterProgram(400);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { AdvancedOk = true, Slots = 6 });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
        Assert.False(marlin.HasOverflowed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(57)]
    [InlineData(200)]
    public async Task A_lost_ok_is_found_and_the_program_goes_on(int atMotion)
    {
        using var program = Bench.PrinterProgram(200);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { OnReply = (motion, command, reply) => motion == atMotion && command.StartsWith("G1", StringComparison.Ordinal) ? "" : reply });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_tenth_ok_lost_or_doubled_repeats_and_skips_nothing(bool isAdvanced)
    {
        using var program = Bench.PrinterProgram(300);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire)
        {
            AdvancedOk = isAdvanced,
            OnReply = static (motion, command, reply) => !command.StartsWith("G1", StringComparison.Ordinal) ? reply : (motion % 20) switch { 0 => "", 10 => reply + reply, _ => reply },
        });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
        // Until a double of a plain `ok` is known for one, a line too many may overrun the buffer: it is refused and sent again. A numbered `ok` can be told from its double.
        if (isAdvanced)
            Assert.False(marlin.HasOverflowed);
    }

    [Fact]
    public async Task The_lost_answer_to_a_poll_holds_nothing_up()
    {
        using var program = Bench.PrinterProgram(300);
        var polls = 0;
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { OnReply = (_, command, reply) => command == "M105" && ++polls % 3 == 2 ? "" : reply });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Damaged_lines_are_sent_again(int seed, bool omitsOk)
    {
        using var program = Bench.PrinterProgram(300);
        var random = new Random(seed);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { OmitsOkAfterResend = omitsOk }, host => host.OnWrite = bytes => Damage(bytes, random, 0.001));
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
        Assert.True(marlin.ResendsSent > 0);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Damaged_answers_never_make_a_wrong_line(int seed)
    {
        using var program = Bench.PrinterProgram(300);
        var random = new Random(seed);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire), configureMachine: machine => machine.OnWrite = bytes => Damage(bytes, random, 0.005));
        AssertPrefixOrAll(program, marlin, outcome);
    }

    [Theory]
    [InlineData("Resend: 1", "Resend: 9")]
    [InlineData("Resend: ", "Resend: 0")]
    [InlineData("Resend: ", "Resend: x")]
    [InlineData("Last Line: ", "Last Line: 9")]
    public async Task A_garbled_resend_kills_nothing_and_repeats_nothing(string was, string becomes)
    {
        using var program = Bench.PrinterProgram(300);
        var count = 0;
        var (marlin, outcome) = await RunAsync(
            program,
            wire => new LittleMarlin(wire) { OnResend = (number, text) => number % 2 == 0 ? text.Replace(was, becomes, StringComparison.Ordinal) : text },
            host => host.OnWrite = bytes => ++count % 40 == 0 ? Break(bytes) : bytes);
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
        Assert.True(marlin.ResendsSent > 0);
    }

    [Fact]
    public async Task Firmware_that_only_does_ping_pong_gets_ping_pong()
    {
        using var program = Bench.PrinterProgram(100);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { IsPingPongOnly = true });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
    }

    [Fact]
    public async Task A_board_without_thermistors_runs_by_count()
    {
        using var program = Bench.PrinterProgram(100);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire) { HasThermistors = false });
        Bench.AssertCompleted(outcome);
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_in_mid_job_fails_it_and_nothing_is_executed_afterwards(bool saysStart)
    {
        using var program = Bench.PrinterProgram(300);
        var executedAtReset = -1;
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire)
        {
            BeforeMotion = async (motion, firmware) =>
            {
                if (motion != 150)
                    return;
                executedAtReset = firmware.Motions.Count;
                await firmware.ResetAsync(saysStart);
            },
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("restarted", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("line", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(executedAtReset, marlin.Motions.Count);
        Assert.InRange(executedAtReset, failed.LastExecutedLine - 2, failed.LastSentLine);
    }

    [Fact]
    public async Task Kill_ends_the_run_with_the_firmwares_words()
    {
        using var program = Bench.PrinterProgram(300);
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire)
        {
            BeforeMotion = async (motion, firmware) =>
            {
                if (motion == 100)
                    await firmware.SayAsync("Error:Thermal Runaway, system stopped! Heater_ID: 0\nError:Printer halted. kill() called!\n");
            },
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("Thermal Runaway", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.FirmwareStopped, failed.SafeState);
        Assert.True(marlin.Motions.Count < 300);
    }

    [Fact]
    public async Task Silence_ends_the_run_and_says_at_which_line()
    {
        using var program = Bench.PrinterProgram(300);
        var (marlin, outcome) = await RunAsync(
            program,
            wire => new LittleMarlin(wire) { BeforeMotion = static (motion, firmware) => { firmware.IsSilent = motion >= 100; return Task.CompletedTask; } },
            timings: Bench.Quick with { NoReply = TimeSpan.FromMilliseconds(100), Secure = TimeSpan.FromMilliseconds(500) });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Equal(SafeState.Unconfirmed, failed.SafeState);
        Assert.Contains("answered nothing", failed.Reason, StringComparison.Ordinal);
        Assert.InRange(marlin.Motions.Count, failed.LastExecutedLine - 2, failed.LastSentLine);
    }

    [Fact]
    public async Task Unplugging_fails_the_run_and_says_that_heaters_may_be_hot()
    {
        using var program = Bench.PrinterProgram(300);
        var pair = new DuplexPair();
        await using var marlin = new LittleMarlin(pair.Machine)
        {
            BeforeMotion = (motion, _) =>
            {
                if (motion == 120)
                    pair.Machine.Cut();
                return Task.CompletedTask;
            },
        };
        marlin.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.LinkLost, failed.SafeState);
        Assert.Contains("Heaters", failed.Reason, StringComparison.Ordinal);
        Assert.InRange(failed.LastSentLine, 119, 130);
    }

    [Fact]
    public async Task Heaters_are_turned_off_when_a_run_is_cancelled()
    {
        using var program = Bench.PrinterProgram(2000);
        var pair = new DuplexPair();
        var reached = new TaskCompletionSource();
        await using var marlin = new LittleMarlin(pair.Machine)
        {
            BeforeMotion = (motion, _) =>
            {
                if (motion == 100)
                    reached.TrySetResult();
                return Task.CompletedTask;
            },
        };
        marlin.Start();
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        await reached.Task.WaitAsync(Bench.Limit());
        Assert.Null(await session.CancelAsync("changed my mind", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit()));
        Assert.Equal(SafeState.Confirmed, cancelled.SafeState);
        Assert.Equal("changed my mind", cancelled.Reason);
        Assert.Contains("M104 S0", marlin.Executed);
        Assert.Contains("M140 S0", marlin.Executed);
        Assert.Equal(Bench.MotionsOf(program)[..marlin.Motions.Count], marlin.Motions);
        Assert.Equal(MachineState.Idle, session.State);
    }

    [Fact]
    public async Task A_program_whose_file_breaks_ends_the_run_with_the_heaters_off()
    {
        var file = new BreakingFile();
        var admitted = FabNet.GCode.Admission.Check(new MemoryStream(Encoding.ASCII.GetBytes("G28\nG90\n" + string.Concat(Enumerable.Range(1, 3000).Select(static n => $"G1 X{n % 200} Y{n % 150} F6000\n")))), Bench.Printer, file, cancellationToken: TestContext.Current.CancellationToken);
        using var program = admitted.Program!;
        var (marlin, outcome) = await RunAsync(program, wire => new LittleMarlin(wire)
        {
            BeforeMotion = (motion, _) =>
            {
                file.IsBroken |= motion == 50;
                return Task.CompletedTask;
            },
        });
        var failed = Assert.IsType<RunOutcome.Failed>(outcome);
        Assert.Contains("can't be read any further: the card is gone", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SafeState.Confirmed, failed.SafeState);
        Assert.Equal(0, failed.LastExecutedLine);
        Assert.Contains("M104 S0", marlin.Executed);
    }

    internal static async Task<(LittleMarlin Marlin, RunOutcome Outcome)> RunAsync(
        FabNet.GCode.AdmittedProgram program,
        Func<Stream, LittleMarlin> create,
        Action<WireEnd>? configureHost = null,
        Action<WireEnd>? configureMachine = null,
        LinkTimings? timings = null)
    {
        var pair = new DuplexPair();
        await using var marlin = create(pair.Machine);
        marlin.Start();
        await using var session = Bench.Session(pair.Host, Bench.Options() with { Timings = timings ?? Bench.Quick });
        await session.OpenAsync(Bench.Limit());
        configureHost?.Invoke(pair.Host);
        configureMachine?.Invoke(pair.Machine);
        var outcome = await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30));
        return (marlin, outcome);
    }

    private static void AssertPrefixOrAll(FabNet.GCode.AdmittedProgram program, LittleMarlin marlin, RunOutcome outcome)
    {
        var motions = Bench.MotionsOf(program);
        Assert.Equal(motions[..marlin.Motions.Count], marlin.Motions);
        if (outcome is RunOutcome.Failed failed)
            Assert.Contains("line", failed.Reason, StringComparison.Ordinal);
        else
            Assert.Equal(motions.Count, marlin.Motions.Count);
    }

    private static byte[] Damage(byte[] bytes, Random random, double share)
    {
        for (var index = 0; index < bytes.Length; index++)
        {
            if (random.NextDouble() < share)
                bytes[index] ^= (byte)(1 << random.Next(7));
        }

        return bytes;
    }

    // Damages the first numbered line of a batch in its middle: what stands behind it on the wire is refused too.
    private static byte[] Break(byte[] bytes)
    {
        var text = Encoding.ASCII.GetString(bytes);
        var at = text.IndexOf(" G1 X", StringComparison.Ordinal);
        if (at >= 0)
            bytes[at + 5] = (byte)(bytes[at + 5] == '9' ? '8' : bytes[at + 5] + 1);
        return bytes;
    }

    private sealed class BreakingFile : MemoryStream
    {
        public bool IsBroken { get; set; }

        public override int Read(Span<byte> buffer) => IsBroken ? throw new IOException("the card is gone") : base.Read(buffer);
    }
}
