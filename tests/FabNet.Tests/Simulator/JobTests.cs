// Whole programs: every line executed once, in order, in the time it takes.

using System.Globalization;
using System.Text;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class JobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_program_sent_line_by_line_over_the_port_is_executed_once_and_in_order()
    {
        var program = Commands(TestData.Path("gcode", "small.gcode"));
        await using var machine = SimulatedMachine.Start(new SimulatorOptions { Speed = double.PositiveInfinity, Marlin = new MarlinBuild { BootTimeS = 0 } });
        await using var host = new PortHost(machine.PortPath);
        await host.AskUntilOkAsync(Bench.Numbered(0, "M110 N0").TrimEnd(), Cancellation);
        for (var i = 0; i < program.Count; i++)
        {
            await host.AskUntilOkAsync(Bench.Numbered(i + 1, program[i]).TrimEnd(), Cancellation);
        }

        Assert.Equal(["M110 N0", .. program], machine.Log.Snapshot().Select(command => command.Text));
        Assert.Equal(0, machine.OverflowedBytes);
        Assert.True(machine.TimeS > 300, $"The print took {machine.TimeS} s of machine time.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_host_that_resends_gets_every_line_executed_once_over_a_noisy_wire(int seed)
    {
        var program = Enumerable.Range(1, 600).Select(i => $"G1 X{i % 100} Y{i % 7} F6000").ToList();
        var bench = Bench.Marlin(seed: seed, faults: ["corrupt-rx=0.002", "drop-rx=0.0005"]);
        SendWithResends(bench, [.. program, "G4 P0", "G4 P0"]);
        Assert.Equal(program, bench.Log.Snapshot().Where(command => command.Number > 0 && command.Number <= program.Count).Select(command => command.Text));
        Assert.True(bench.Log.Count > program.Count, "The wire was not noisy.");
    }

    [Fact]
    public void The_time_a_print_takes_is_the_time_that_admission_predicts()
    {
        var profile = MachineProfiles.Find("prusa-mk3s");
        var moves = Commands(TestData.Path("gcode", "small.gcode")).Where(line => line.StartsWith("G1", StringComparison.Ordinal) || line.StartsWith("G92", StringComparison.Ordinal) || line is "M82" or "G90").ToList();
        using var source = new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', moves) + "\n"));
        using var sink = new MemoryStream();
        var predicted = Admission.Check(source, profile, sink, cancellationToken: Cancellation).Summary.TimeSeconds;

        var bench = Bench.Marlin(profile: profile, baud: 250000);
        bench.Exchange("M302 P1\n");
        var before = bench.Now;
        foreach (var line in moves)
        {
            bench.Write(line + "\n");
            bench.ReadUntil("ok");
        }

        bench.Write("M400\n");
        bench.ReadUntil("ok");
        Assert.InRange((bench.Now - before) / predicted, 0.97, 1.03);
    }

    [Fact]
    public void Character_counting_fills_grbl_without_ever_overflowing_it()
    {
        var program = Commands(TestData.Path("gcode", "small.nc")).Take(3000).ToList();
        var bench = Bench.Grbl();
        var underWay = new Queue<int>();
        var next = 0;
        var answered = 0;
        while (answered < program.Count)
        {
            while (next < program.Count && underWay.Sum() + program[next].Length + 1 <= 128)
            {
                bench.Write(program[next] + "\n");
                underWay.Enqueue(program[next].Length + 1);
                next++;
            }

            foreach (var answer in bench.ReadUntil("ok").Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
            {
                Assert.Equal("ok", answer);
                underWay.Dequeue();
                answered++;
            }
        }

        Assert.Equal(program, bench.Executed);
        Assert.Equal(0, bench.Firmware.Received.Dropped);
    }

    private static List<string> Commands(string path) =>
        [.. File.ReadLines(path).Select(line => line.Split(';')[0].Trim()).Where(line => line.Length > 0)];

    /// <summary>One line at a time; after a resend request from there; after silence the same line again, then a probe.</summary>
    private static void SendWithResends(Bench bench, List<string> program)
    {
        bench.Write(Bench.Numbered(0, "M110 N0"));
        bench.Read(1);
        for (var next = 1; next <= program.Count;)
        {
            bench.Write(Bench.Numbered(next, program[next - 1]));
            var replies = bench.Read(0.2);
            for (var tries = 0; !replies.Contains("ok", StringComparison.Ordinal) && tries < 20; tries++)
            {
                bench.Write("\nM105\n");
                replies += bench.Read(0.3);
            }

            var resend = replies.LastIndexOf("Resend: ", StringComparison.Ordinal);
            next = resend >= 0
                ? int.Parse(replies[(resend + 8)..replies.IndexOf('\n', resend)], CultureInfo.InvariantCulture)
                : next + 1;
        }
    }
}
