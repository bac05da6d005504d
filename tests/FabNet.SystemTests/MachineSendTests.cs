// `fabnet machine send` and `fabnet gcode`: one machine, and nothing else.

using System.Text.Json;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class MachineSendTests : IDisposable
{
    private const int TimeoutMs = 120_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = TimeoutMs)]
    [InlineData("marlin", "prusa-mk3s", "G21\nG90\nG28\nG1 X10 Y10 Z5 F6000 ; away from home\nG1 X50 Y50\nG1 X10 Y10\n")]
    [InlineData("grbl", "shapeoko-3", "G21\nG90\nG17\nM3 S10000\nG1 X10 Y10 F600\nG2 X20 Y10 I5 J0\nG0 X0 Y0\nM5\n")]
    public async Task A_program_is_executed_to_its_last_line(string dialect, string profile, string program)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var machine = await SimulatorProcess.StartSerialAsync(dialect, profile, _folder.Path, "port", 100, stop);

        var sent = await FabNetProcess.RunAsync(stop, "machine", "send", Write("part.gcode", program), "--port", machine.Port, "--profile", profile, "--json");

        var events = sent.Expect(0).Output.Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("admitted", events[0].GetProperty("event").GetString());
        Assert.Equal(dialect, Assert.Single(events, e => e.GetProperty("event").GetString() == "connected").GetProperty("dialect").GetString());
        Assert.Equal("completed", events[^1].GetProperty("event").GetString());
        var lines = AdmittedLines.Of(_folder["part.gcode"], profile);
        Assert.Equal(program.Count(c => c == '\n'), lines.Count);
        Assert.Equal(lines.Count, events[^1].GetProperty("lastExecutedLine").GetInt32());
        Assert.Equal(lines, ExecutionRecord.OfPrograms(machine.Executed(), dialect));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("marlin", "prusa-mk3s", "M104 S200", "heaters and spindle are off: the firmware confirmed it")]
    [InlineData("grbl", "shapeoko-3", "M3 S10000", "heaters and spindle are off by its own doing")]
    public async Task An_interrupt_cancels_and_turns_off_what_burns_or_cuts(string dialect, string profile, string on, string safe)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var machine = await SimulatorProcess.StartSerialAsync(dialect, profile, _folder.Path, "port", 5, stop);
        var moves = Enumerable.Range(0, 400).Select(i => $"G1 X{(i % 2 == 0 ? 10 : 60)} Y10 F600");
        var file = Write("long.gcode", string.Join('\n', ["G21", "G90", dialect == "marlin" ? "G28" : "G17", on, .. moves, ""]));
        await using var sending = FabNetProcess.Start("machine", "send", file, "--port", machine.Port, "--profile", profile);
        await Eventually.TrueAsync(() => machine.Executed().Any(l => l.StartsWith("G1", StringComparison.Ordinal)), "a move is executed", stop);

        sending.Interrupt();
        var ended = await sending.FinishAsync(stop);

        ended.ExpectRefusal(1, "cancelled", safe);
        Assert.True(machine.Executed().Count < 300, "It went on after it was cancelled.");
        // GRBL is stopped by a reset, which turns its spindle off and is no line.
        Assert.True(dialect == "grbl" || machine.Executed().Contains("M104 S0"), string.Join('\n', machine.Executed()));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_bad_program_is_refused_before_any_byte_is_sent()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var machine = await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", _folder.Path, "port", 100, stop);
        var file = Write("bad.gcode", "G21\nG90\nG28\nM104 S400\nG1 X900 F600\n");

        var sent = await FabNetProcess.RunAsync(stop, "machine", "send", file, "--port", machine.Port, "--profile", "prusa-mk3s");

        sent.ExpectRefusal(1, "line 4", "line 5", "2 reasons; nothing was sent");
        Assert.Empty(machine.Executed());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_wrong_baud_rate_is_told()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var machine = await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", _folder.Path, "port", 100, stop, "--strict-baud");
        var file = Write("part.gcode", "G21\nG90\nG28\n");

        var wrong = await FabNetProcess.RunAsync(stop, "machine", "send", file, "--port", machine.Port, "--profile", "prusa-mk3s", "--baud", "19200");
        wrong.ExpectRefusal(1, "baud", "19200", machine.Port);
        Assert.DoesNotContain("G28", machine.Executed());

        var absurd = await FabNetProcess.RunAsync(stop, "machine", "send", file, "--port", machine.Port, "--baud", "7");
        absurd.ExpectRefusal(2, "--baud 7", "115200");

        var right = await FabNetProcess.RunAsync(stop, "machine", "send", file, "--port", machine.Port, "--profile", "prusa-mk3s");
        right.Expect(0);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_check_ends_with_0_for_admitted_1_for_refused_and_2_for_bad_usage()
    {
        var stop = TestContext.Current.CancellationToken;
        var (good, bad) = (Write("good.gcode", "G21\nG90\nG28\nG1 X10 F600\n"), Write("bad.gcode", "G21\nG90\nG28\nG1 X900 F600\n"));

        (await CheckAsync(good, "prusa-mk3s", stop)).Expect(0);
        var refused = (await CheckAsync(bad, "prusa-mk3s", stop)).Expect(1);
        var violation = Assert.Single(JsonDocument.Parse(refused.Output).RootElement.GetProperty("violations").EnumerateArray());
        Assert.Equal(4, violation.GetProperty("line").GetInt32());
        (await CheckAsync(_folder["absent.gcode"], "prusa-mk3s", stop)).ExpectRefusal(2, "absent.gcode");
        (await CheckAsync(good, "no-such-machine", stop)).ExpectRefusal(2, "no-such-machine", "prusa-mk3s");
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("small.gcode", "generic-marlin")]
    [InlineData("small.nc", "generic-grbl")]
    public async Task A_sliced_program_of_the_test_data_is_read(string name, string profile)
    {
        var stop = TestContext.Current.CancellationToken;
        var path = Directory.EnumerateFiles(Repository.Data("gcode"), "*", SearchOption.AllDirectories).FirstOrDefault(f => Path.GetFileName(f) == name);
        Assert.SkipWhen(path is null, $"SKIPPED, test data absent: gcode/{name}.");

        var info = (await FabNetProcess.RunAsync(stop, "gcode", "info", path!, "--profile", profile, "--json")).Expect(0);

        var summary = JsonDocument.Parse(info.Output).RootElement;
        Assert.True(summary.GetProperty("motionCount").GetInt64() > 100, info.Said);
        Assert.True(summary.GetProperty("timeSeconds").GetDouble() > 60, info.Said);
    }

    private static Task<CommandResult> CheckAsync(string file, string profile, CancellationToken stop) =>
        FabNetProcess.RunAsync(stop, "gcode", "check", file, "--profile", profile, "--json");

    private string Write(string name, string program)
    {
        File.WriteAllText(_folder[name], program);
        return _folder[name];
    }
}
