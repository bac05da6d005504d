// Megabytes per second of admission, and the peak memory for a great program.

using System.Diagnostics;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.GCode;

internal static class AdmissionBenchmark
{
    private const int Passes = 40;
    private const int GreatMegabytes = 300;
    private static readonly string[] SpeedHeadings = ["program", "what", "MB/s", "MB per CPU second", "bytes allocated per line"];
    private static readonly string[] MemoryHeadings = ["program", "lines", "peak before, MB", "peak after, MB"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var rows = new List<string[]>();
        foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl])
        {
            var (text, origin) = BenchmarkPrograms.Read(dialect, options.Lines);
            var profile = BenchmarkPrograms.Profile(dialect);
            using var sink = new MemoryStream(text.Length + 1024);
            rows.Add(Measure("followed (gcode info)", text, origin, options.Repeat, source => Toolpath.Follow(source, profile)));
            rows.Add(Measure("admitted (gcode check)", text, origin, options.Repeat, source =>
            {
                sink.SetLength(0);
                return Admission.Check(source, profile, sink);
            }));
        }

        Table.Print($"G-code: read, interpreted, bounded and timed; to admit it, also written and hashed; {Passes} passes for each figure", SpeedHeadings, rows);

        await using var child = ChildProcess.Start(ChildProcess.Admission, GreatMegabytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var fields = (await child.ReadLineAsync()).Split(' ');
        Table.Print("Memory of admission", MemoryHeadings, [[$"{GreatMegabytes} MB", fields[2], fields[0], fields[1]]]);
    }

    private static string[] Measure(string what, byte[] text, string origin, int repeat, Func<Stream, AdmissionResult> read)
    {
        var perSecond = new Figure();
        var perCpuSecond = new Figure();
        var allocated = new Figure();
        // The first is for the compiler.
        for (var run = 0; run <= repeat; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var bytes = GC.GetTotalAllocatedBytes(precise: true);
            var started = Stopwatch.GetTimestamp();
            var lines = 0L;
            for (var pass = 0; pass < Passes; pass++)
            {
                using var source = new MemoryStream(text);
                var result = read(source);
                lines += result.RefusalCount == 0 ? result.Summary.SourceLineCount : throw new InvalidOperationException($"{origin} was refused: {string.Join("; ", result.Violations.Take(3))}");
            }

            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            cpu = Environment.CpuUsage.TotalTime - cpu;
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            if (run == 0)
                continue;
            var megabytes = text.Length * (double)Passes / 1e6;
            perSecond.Add(megabytes / seconds);
            perCpuSecond.Add(megabytes / cpu.TotalSeconds);
            allocated.Add((double)bytes / lines);
        }

        return [origin, what, perSecond.Text("0.0"), perCpuSecond.Text("0.0"), allocated.Text("0.00")];
    }
}
