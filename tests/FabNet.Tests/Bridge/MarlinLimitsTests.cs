// Limits that a program sets end with it, in whatever way it ends; those that a person set stay.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class MarlinLimitsTests
{
    private const string Sets = "M201 X700 Y700 Z70 E700\nM203 X70 Y70 Z7 E70\nM204 P600 R600 T600\nM205 X4 Y4 Z0.2 E2\nM900 K0.2\n";
    private static readonly string Moves = string.Concat(Enumerable.Range(1, 60).Select(static x => $"G1 X{x} F60\n"));

    [Fact]
    public void What_a_program_sets_is_as_it_was_behind_it()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        // A person's own, not stored either.
        Assert.True(machine.Send("M204 P800 R900 T950").IsOk);
        var before = Limits(machine);
        using var program = Bench.Admit(Bench.Printer, Sets + Moves);
        Bench.AssertCompleted(machine.Run(program));
        Assert.Contains(machine.Log.Snapshot(), static done => done.Text.StartsWith("M203 X70 ", StringComparison.Ordinal));
        Assert.Equal(before, Limits(machine));
        Assert.Contains("M204 P800.00 R900.00 T950.00", before);
    }

    [Fact]
    public void What_a_person_sets_behind_a_program_outlives_the_next()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer, Sets + Moves);
        Bench.AssertCompleted(machine.Run(program));
        Assert.True(machine.Send("M203 X123").IsOk);
        var set = Limits(machine);
        Bench.AssertCompleted(machine.Run(program));
        Assert.Equal(set, Limits(machine));
    }

    [Fact]
    public async Task A_program_that_starts_at_once_behind_another_finds_the_limits_of_before()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        var before = Limits(machine);
        using var setting = Bench.Admit(Bench.Printer, "G28\n" + Sets + "G1 X1 F600\n");
        using var next = Bench.Admit(Bench.Printer, "G1 X5 F600\n");
        var first = machine.Begin(setting);
        Task<RunOutcome>? second = null;
        Assert.True(machine.Until(
            () =>
            {
                second ??= first.IsCompleted ? machine.Begin(next) : null;
                return second is { IsCompleted: true };
            },
            600));
        Bench.AssertCompleted(await second!);
        var done = machine.Log.Snapshot().Select(static command => command.Text).ToList();
        Assert.InRange(done.FindLastIndex(static text => text.StartsWith("M203 ", StringComparison.Ordinal)), 0, done.IndexOf("G1 X5 F600") - 1);
        Assert.Equal(before, Limits(machine));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_program_that_was_called_off_or_lost_its_link_leaves_no_limits(bool isCalledOff)
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild(), resetsOnOpen: false);
        machine.Open();
        var before = Limits(machine);
        using var program = Bench.Admit(Bench.Printer, Sets + Moves);
        var outcome = machine.Run(program, strikeAfterS: 10, strike: () =>
        {
            if (isCalledOff)
                Assert.Null(machine.Ask(SessionVerb.Cancel, "enough"));
            else
                machine.Unplug(5);
        });
        Assert.False(outcome is RunOutcome.Completed, outcome.ToString());
        Assert.True(machine.Until(() => machine.Openings == (isCalledOff ? 1 : 2) && machine.State is MachineState.Idle, 120), machine.Reason);
        machine.Until(() => false, 3);
        Assert.Contains(machine.Log.Snapshot(), static done => done.Text.StartsWith("M203 X70 ", StringComparison.Ordinal));
        Assert.Equal(before, Limits(machine));
    }

    [Fact]
    public void A_board_that_restarted_has_its_stored_limits_and_gets_no_others()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer, Sets + Moves);
        Assert.True(machine.Send("M203 X123").IsOk);
        Assert.IsType<RunOutcome.Failed>(machine.Run(program, strikeAfterS: 10, strike: () => machine.Simulation.Reset(machine.NowS)));
        Assert.True(machine.Until(() => machine.State is MachineState.Idle, 120), machine.Reason);
        machine.Until(() => false, 5);
        Assert.DoesNotContain(machine.Log.Snapshot(), static done => done.Boot > 2 && done.Text.StartsWith("M203", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_asked_ahead_of_a_program_that_sets_no_limits()
    {
        using var machine = VirtualMachine.Marlin(new MarlinBuild());
        machine.Open();
        using var program = Bench.Admit(Bench.Printer, "G28\nM220 S90\nM221 S90\nM104 S0\n" + Moves);
        Bench.AssertCompleted(machine.Run(program));
        Assert.DoesNotContain(machine.Log.Snapshot(), static done => done.Text is "M503");
    }

    [Theory]
    [InlineData("echo:Unknown command: \"M503\"\nok\n")]
    [InlineData("ok\n")]
    [InlineData("  M203 X1.5\necho:M203\necho:  M203 X\necho:  M203 X-5.00\necho: M204 S1e3\necho:  M999 X500.00\nok\n")]
    public async Task A_firmware_that_tells_no_limits_gets_none(string answer)
    {
        using var program = Bench.Admit(Bench.Printer, "G28\n" + Sets + "G1 X5 F600\n");
        var asked = 0;
        var (marlin, outcome) = await MarlinFaultTests.RunAsync(
            program,
            wire => new LittleMarlin(wire) { OnReply = (_, command, reply) => command != "M503" ? reply : asked++ == 0 ? answer : "ok\n" });
        Bench.AssertCompleted(outcome);
        Assert.Equal(2, asked);
        Assert.Equal(["M203 X70 Y70 Z7 E70"], marlin.Executed.Where(static line => line.StartsWith("M203", StringComparison.Ordinal)));
        Assert.Equal(Bench.MotionsOf(program), marlin.Motions);
    }

    // Each answer as it came the first and the second time.
    [Theory]
    [InlineData("  M203 X300.00 Y300.00 Z5.00 E25.00", "  M203 X300.00 Y300.00 Z5.00 E25.00", "M203 X300.00 Y300.00 Z5.00 E25.00")]
    [InlineData("  M203 X300.00 Y300.00", "  M203 X700.00 Y300.00", null)]
    [InlineData("  M203 X300.00", "", null)]
    [InlineData("  M203 X300.00\n  M203 X300.00", "  M203 X300.00\n  M203 X300.00", null)]
    [InlineData("  M203 X200.00\n  M203 X100.00", "  M203 X200.00\n  M203 X100.00", null)]
    [InlineData("  M203 X200.00\n  M203 T0 E25.00\n  M203 T1 E30.00", "  M203 X200.00\n  M203 T0 E25.00\n  M203 T1 E30.00", "M203 X200.00|M203 T0 E25.00|M203 T1 E30.00")]
    [InlineData("  M205 B20000.00 S0.00 T0.00 J0.01", "  M205 B20000.00 S0.00 T0.00 J0.01", "M205 B20000.00 S0.00 T0.00")]
    [InlineData("  M205 X10.00 Z0.30 J0.013 ; corner", "  M205 X10.00 Z0.30 J0.013 ; corner", "M205 X10.00 Z0.30 J0.013")]
    [InlineData("  M205 J0.02", "  M205 J0.02", null)]
    [InlineData("M201 X500 Y500", "M201 X500 Y500", "M201 X500 Y500")]
    [InlineData("  M92 X80.00", "  M92 X80.00", null)]
    [InlineData("  M203 X300.00 M500", "  M203 X300.00 M500", null)]
    public void Only_what_came_twice_and_the_same_is_sent_back(string first, string second, string? back)
    {
        var limits = new MarlinLimits();
        var streamer = new MarlinStreamer(128, 4, 250000, new LinkTimings(), nowMs: 0);
        limits.Ask(streamer, ["M201", "M203", "M205"], "Marlin");
        foreach (var line in $"{first}\n{second}".Split('\n'))
            limits.Take(Encoding.ASCII.GetBytes(line));
        limits.PutBack(streamer, "Marlin");
        Assert.Equal(back is null ? [] : ["G21", .. back.Split('|')], Sent(streamer));
    }

    [Fact]
    public void Limits_of_one_firmware_are_not_sent_to_another()
    {
        var limits = new MarlinLimits();
        var streamer = new MarlinStreamer(128, 4, 250000, new LinkTimings(), nowMs: 0);
        limits.Ask(streamer, ["M203"], "Marlin");
        for (var times = 0; times < 2; times++)
            limits.Take("  M203 X300.00"u8);
        limits.PutBack(new MarlinStreamer(128, 4, 250000, new LinkTimings(), nowMs: 0), "Another");
        Assert.False(limits.IsPuttingBack);
        limits.PutBack(streamer, "Marlin");
        Assert.True(limits.IsPuttingBack);
    }

    // What goes out while everything is answered at once, without the questions and the handshake.
    private static List<string> Sent(MarlinStreamer streamer)
    {
        var sent = new List<string>();
        var buffer = new byte[4096];
        for (var nowMs = 0L; !streamer.IsDrained; nowMs++)
        {
            foreach (var line in Encoding.ASCII.GetString(buffer, 0, streamer.Fill(buffer, nowMs)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                sent.Add(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..line.LastIndexOf('*')]);
                streamer.On(MarlinDialect.Instance.Parse(sent[^1] == "M105" ? "ok T:20.0 /0.0"u8 : "ok"u8), nowMs);
            }

            Assert.InRange(nowMs, 0, 10_000);
        }

        return [.. sent.Where(static line => line is not ("M110 N0" or "M503" or "M105"))];
    }

    private static List<string> Limits(VirtualMachine machine)
    {
        var reply = machine.Send("M503");
        Assert.True(reply.IsOk, $"{reply.Error}\n{machine.Story()}");
        return [.. reply.Lines.Select(static line => line["echo:".Length..].Trim()).Where(static line => line.StartsWith("M20", StringComparison.Ordinal))];
    }
}
