// What eight machines at once cost the computer that drives them.

using System.Globalization;
using FabNet.Benchmarks.Wire;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Fleet;

/// <summary>
/// Eight sessions, each with a machine behind a paced wire of 250000 baud that is kept as full as it goes; the machines live in processes of their own. The figure is this process's
/// CPU time over the wall's, in percent of one core.
/// </summary>
internal static class FleetBenchmark
{
    private const int Machines = 8;
    private const int Baud = 250000;
    private const double SettleS = 3;
    private static readonly string[] Headings = ["dialect", "machines", "CPU, % of one core", "lines/s, all together"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var rows = new List<string[]>();
        foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl])
            rows.Add(await MeasureAsync(dialect, options));
        Table.Print("Eight machines at 250000 baud each", Headings, rows);
    }

    private static async Task<string[]> MeasureAsync(FirmwareDialect dialect, BenchmarkOptions options)
    {
        var (text, _) = BenchmarkPrograms.Read(dialect, options.Lines);
        using var program = BenchmarkPrograms.Admit(FastMachine.WithoutFeeds(text), FastMachine.Profile(dialect));
        var machines = new List<ChildProcess>();
        var sessions = new List<MachineSession>();
        var running = new List<Task<RunOutcome>>();
        var counted = new List<CountingStream>();
        var share = new Figure();
        var linesPerSecond = new Figure();
        try
        {
            for (var index = 0; index < Machines; index++)
            {
                machines.Add(ChildProcess.Start(ChildProcess.Simulator, dialect.ToString(), Baud.ToString(CultureInfo.InvariantCulture), "0", bool.TrueString));
                var settings = new SerialMachineOptions { PortName = await machines[^1].ReadLineAsync(), Baud = Baud, Dialect = dialect };
                sessions.Add(new MachineSession(settings, rate => Counted(counted, SerialPortOpener.Open(settings, rate)), TimeProvider.System));
                await sessions[^1].OpenAsync();
                running.Add(sessions[^1].RunAsync(program, new RunOptions { LeavesPart = false }));
            }

            await Task.Delay(TimeSpan.FromSeconds(SettleS), TimeProvider.System);
            for (var run = 0; run < options.Repeat; run++)
            {
                var (cpu, lines, at) = (Environment.CpuUsage.TotalTime, counted.Sum(static stream => stream.Lines), TimeProvider.System.GetTimestamp());
                await Task.Delay(TimeSpan.FromSeconds(options.Seconds ?? 5), TimeProvider.System);
                var seconds = TimeProvider.System.GetElapsedTime(at).TotalSeconds;
                if (running.Find(static task => task.IsCompleted) is { } ended)
                    throw new InvalidOperationException($"a program ended while it was measured ({await ended}): choose fewer --seconds or more --lines");
                share.Add((Environment.CpuUsage.TotalTime - cpu).TotalSeconds / seconds * 100);
                linesPerSecond.Add((counted.Sum(static stream => stream.Lines) - lines) / seconds);
            }
        }
        finally
        {
            foreach (var session in sessions)
                await session.DisposeAsync();
            foreach (var machine in machines)
                await machine.DisposeAsync();
        }

        return [dialect.ToString(), Machines.ToString(CultureInfo.InvariantCulture), share.Text("0.0"), linesPerSecond.Text("N0")];
    }

    private static CountingStream Counted(List<CountingStream> all, Stream stream)
    {
        all.Add(new CountingStream(stream));
        return all[^1];
    }
}
