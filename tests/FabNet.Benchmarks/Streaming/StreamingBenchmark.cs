// Lines per second, CPU and allocations of a machine session against an instant firmware, beside a ping-pong sender.

using System.Diagnostics;
using System.Globalization;
using System.IO.Ports;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Streaming;

internal static class StreamingBenchmark
{
    private const int WarmUps = 2;
    private static readonly string[] Headings = ["dialect, wire", "sender", "lines/s", "lines per batch", "CPU s per 100,000 lines", "bytes allocated per line", "speed ratio", "CPU ratio"];

    private static readonly LinkTimings Timings = new() { BannerWait = TimeSpan.FromMilliseconds(50) };

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var rows = new List<string[]>();
        foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl])
        {
            var (text, origin) = BenchmarkPrograms.Read(dialect, options.Lines);
            using var program = BenchmarkPrograms.Admit(text, BenchmarkPrograms.Profile(dialect));
            Console.WriteLine($"streaming {origin}, {program.LineCount} lines, to {dialect}");
            foreach (var overPty in (bool[])[false, true])
            {
                var wire = $"{dialect}, {(overPty ? "pty" : "memory")}";
                var pingPong = await MeasureAsync(dialect, program, overPty, isSession: false, options.Repeat);
                var session = await MeasureAsync(dialect, program, overPty, isSession: true, options.Repeat);
                rows.Add(pingPong.Row(wire, "ping-pong", pingPong));
                rows.Add(session.Row(wire, "FabNet", pingPong));
                Console.WriteLine("  " + string.Join(", ", rows[^1]));
            }
        }

        Table.Print("Streaming against an instant firmware", Headings, rows);
        await using var great = ChildProcess.Start(ChildProcess.StreamingMemory, "300");
        var memory = (await great.ReadLineAsync()).Split(' ');
        Table.Print("Streaming a program of 300 MB", ["lines", "peak resident, MB"], [[long.Parse(memory[1], CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture), memory[0]]]);
    }

    private static async Task<Measured> MeasureAsync(FirmwareDialect dialect, AdmittedProgram program, bool overPty, bool isSession, int repeat)
    {
        var measured = new Measured();
        var firmware = new InstantFirmware(dialect);
        await using var child = overPty ? ChildProcess.Start(ChildProcess.Responder, dialect.ToString()) : null;
        var path = child is null ? "memory" : await child.ReadLineAsync();
        var settings = new SerialMachineOptions { PortName = path, Baud = 250000, Dialect = dialect, Timings = Timings };
        if (isSession)
        {
            await using var session = child is null
                ? new MachineSession(settings, _ => new InstantWire(firmware), TimeProvider.System)
                : new MachineSession(settings);
            await session.OpenAsync();
            await RepeatAsync(async () =>
            {
                var outcome = await session.RunAsync(program, new RunOptions { LeavesPart = false });
                if (outcome is not RunOutcome.Completed)
                    throw new InvalidOperationException(outcome.ToString());
            });
        }
        else
        {
            using var port = child is null ? null : new SerialPort(path, settings.Baud);
            port?.Open();
            var stream = port?.BaseStream ?? new InstantWire(firmware);
            await RepeatAsync(() => PingPong.SendAsync(stream, dialect == FirmwareDialect.Grbl ? GrblDialect.Instance : MarlinDialect.Instance, program));
        }

        return measured;

        async Task RepeatAsync(Func<Task> send)
        {
            // The first runs are for the compiler.
            for (var run = -WarmUps; run < repeat; run++)
            {
                await ReportAsync(child, firmware);
                var cpu = Environment.CpuUsage.TotalTime;
                var allocated = GC.GetTotalAllocatedBytes(precise: true);
                await send();
                allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
                cpu = Environment.CpuUsage.TotalTime - cpu;
                var (lines, seconds, batches) = await ReportAsync(child, firmware);
                if (run >= 0)
                    measured.Add(lines, seconds, batches, cpu, allocated);
            }
        }
    }

    private static async Task<(long Lines, double Seconds, long Batches)> ReportAsync(ChildProcess? child, InstantFirmware firmware)
    {
        if (child is not null)
        {
            var fields = (await child.AskAsync("report")).Split(' ');
            return (long.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[2], CultureInfo.InvariantCulture));
        }

        var report = (firmware.Lines, (firmware.At.Last - firmware.At.First) / (double)Stopwatch.Frequency, firmware.Batches);
        firmware.Restart();
        return report;
    }

    private sealed class Measured
    {
        private readonly Figure _linesPerSecond = new();
        private readonly Figure _linesPerBatch = new();
        private readonly Figure _cpuSeconds = new();
        private readonly Figure _allocated = new();

        public void Add(long lines, double seconds, long batches, TimeSpan cpu, long allocated)
        {
            _linesPerSecond.Add(lines / seconds);
            _linesPerBatch.Add((double)lines / batches);
            _cpuSeconds.Add(cpu.TotalSeconds / lines * 100_000);
            _allocated.Add((double)allocated / lines);
        }

        public string[] Row(string wire, string sender, Measured baseline) =>
        [
            wire,
            sender,
            _linesPerSecond.Text("N0"),
            _linesPerBatch.Median.ToString("0.0", CultureInfo.InvariantCulture),
            _cpuSeconds.Text("0.000"),
            _allocated.Text("0.00"),
            (_linesPerSecond.Median / baseline._linesPerSecond.Median).ToString("0.0", CultureInfo.InvariantCulture) + "×",
            (_cpuSeconds.Median / baseline._cpuSeconds.Median).ToString("0.00", CultureInfo.InvariantCulture) + "×",
        ];
    }
}
