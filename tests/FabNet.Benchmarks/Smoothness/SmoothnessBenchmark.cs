// Whether short segments come fast enough: how often the machine's queue of moves runs empty at 500 segments a second.

using System.Globalization;
using System.IO.Ports;
using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Grbl;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.Benchmarks.Streaming;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Smoothness;

/// <summary>
/// A circle of 0.2 mm segments at 100 mm/s on a simulated machine with real motion, at 250000 baud, behind USB adapters whose latency timers are 1, 4 and 16 ms: the session, and a
/// ping-pong sender over the same port. An underrun is a moment at which the tool stands still because nothing has come; the program's own end is not counted.
/// </summary>
internal static class SmoothnessBenchmark
{
    private const int Baud = 250000;
    private const double SegmentMm = 0.2;
    private const double RadiusMm = 80;
    private const int SegmentsPerSecond = 500;
    private static readonly string[] Headings = ["dialect", "USB latency", "sender", "segments", "underruns"];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        var rows = new List<string[]>();
        var seconds = options.Seconds ?? 10;
        foreach (var dialect in (FirmwareDialect[])[FirmwareDialect.Marlin, FirmwareDialect.Grbl])
        {
            var segments = (int)(seconds * SegmentsPerSecond);
            using var program = BenchmarkPrograms.Admit(Circle(dialect, segments), BenchmarkPrograms.Profile(dialect));
            foreach (var latency in (string[])["1", "4", "16"])
            {
                foreach (var isSession in (bool[])[false, true])
                {
                    rows.Add([dialect.ToString(), latency + " ms", isSession ? "FabNet" : "ping-pong", segments.ToString("N0", CultureInfo.InvariantCulture), await MeasureAsync(dialect, latency, program, isSession, options.Repeat)]);
                    Console.WriteLine("  " + string.Join(", ", rows[^1]));
                }
            }
        }

        Table.Print("500 segments a second at 250000 baud", Headings, rows);
    }

    private static async Task<string> MeasureAsync(FirmwareDialect dialect, string latency, AdmittedProgram program, bool isSession, int repeat)
    {
        var underruns = new Figure();
        for (var run = 0; run < repeat; run++)
        {
            await using var machine = ChildProcess.Start(ChildProcess.Simulator, dialect.ToString(), Baud.ToString(CultureInfo.InvariantCulture), latency, bool.FalseString);
            var path = await machine.ReadLineAsync();
            if (isSession)
            {
                await using var session = new MachineSession(new SerialMachineOptions { PortName = path, Baud = Baud, Dialect = dialect });
                await session.OpenAsync();
                if (await session.RunAsync(program, new RunOptions { LeavesPart = false }) is not RunOutcome.Completed)
                    throw new InvalidOperationException("the program did not complete");
            }
            else
            {
                using var port = new SerialPort(path, Baud);
                port.Open();
                await PingPong.SendAsync(port.BaseStream, dialect == FirmwareDialect.Grbl ? GrblDialect.Instance : MarlinDialect.Instance, program);
            }

            underruns.Add(Math.Max(0, long.Parse(await machine.AskAsync("underruns"), CultureInfo.InvariantCulture) - 1));
        }

        return underruns.Text("N0");
    }

    private static byte[] Circle(FirmwareDialect dialect, int segments)
    {
        var text = new StringBuilder(dialect == FirmwareDialect.Grbl ? "G21\nG90\nG17\nG94\n" : "G21\nG90\nM83\nM104 S200\n");
        text.Append(CultureInfo.InvariantCulture, $"G1 X{RadiusMm} Y0 F6000\n");
        for (var index = 1; index <= segments; index++)
        {
            var angle = index * SegmentMm / RadiusMm;
            text.Append(CultureInfo.InvariantCulture, $"G1 X{RadiusMm * Math.Cos(angle):0.###} Y{RadiusMm * Math.Sin(angle):0.###}{(dialect == FirmwareDialect.Marlin ? " E.00665" : "")}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
