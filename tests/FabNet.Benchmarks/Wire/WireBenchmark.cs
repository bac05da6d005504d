// How much of what the baud rate carries is used, against the simulator's paced wire.

using System.Diagnostics;
using System.Globalization;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Wire;

/// <summary>
/// The simulator moves one byte every 10 bit times each way, holds 128 bytes, and answers a line when its last byte has arrived. After two seconds of streaming the bytes that
/// the session hands to its port are counted over the time given; their share of baud / 10 bytes per second is the figure. At most one window of 128 bytes lies between what was
/// handed over and what has arrived.
/// </summary>
internal static class WireBenchmark
{
    private const double SettleS = 2;
    private static readonly string[] Headings = ["dialect", "baud", "share of the wire", "lines/s"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var rows = new List<string[]>();
        foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl])
        {
            var profile = FastMachine.Profile(dialect);
            var (text, origin) = BenchmarkPrograms.Read(dialect, options.Lines);
            using var program = BenchmarkPrograms.Admit(FastMachine.WithoutFeeds(text), profile);
            foreach (var baud in (int[])[115200, 250000])
            {
                Console.WriteLine($"wire: {origin}, {program.LineCount} lines, to {dialect} at {baud} baud");
                rows.Add(await MeasureAsync(profile, program, baud, options));
            }
        }

        Table.Print("Use of a paced wire", Headings, rows);
    }

    private static async Task<string[]> MeasureAsync(MachineProfile profile, AdmittedProgram program, int baud, BenchmarkOptions options)
    {
        var share = new Figure();
        var linesPerSecond = new Figure();
        for (var run = 0; run < options.Repeat; run++)
        {
            await using var machine = FastMachine.Start(profile, baud);
            var settings = new SerialMachineOptions { PortName = machine.PortPath, Baud = baud, Dialect = profile.Dialect };
            CountingStream? counted = null;
            await using var session = new MachineSession(settings, rate => counted = new CountingStream(SerialPortOpener.Open(settings, rate)), TimeProvider.System);
            await session.OpenAsync();
            var running = session.RunAsync(program, new RunOptions { LeavesPart = false });
            await EndedOrAsync(running, SettleS);
            var (bytes, lines, at) = (counted!.Bytes, counted.Lines, Stopwatch.GetTimestamp());
            await EndedOrAsync(running, options.Seconds ?? 20);
            var seconds = Stopwatch.GetElapsedTime(at).TotalSeconds;
            share.Add((counted.Bytes - bytes) / (seconds * baud / 10) * 100);
            linesPerSecond.Add((counted.Lines - lines) / seconds);
            await session.CancelAsync("measured");
            await running;
        }

        return [profile.Dialect.ToString(), baud.ToString(CultureInfo.InvariantCulture), share.Text("0.0") + " %", linesPerSecond.Text("N0")];
    }

    private static async Task EndedOrAsync(Task<RunOutcome> running, double seconds)
    {
        if (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System)) == running)
            throw new InvalidOperationException($"the program ended while it was measured ({await running}): choose fewer --seconds or more --lines");
    }
}
