// A host on the bench: talks to a simulated firmware in machine time, without pty or clock, so that every answer and moment is exact.

using System.Text;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Recording;
using FabNet.Model.Machines;

namespace FabNet.Tests.Simulator;

internal sealed class Bench
{
    private Bench(Func<ExecutionLog, Firmware> firmware, int baud, string[] faults, int seed)
    {
        Firmware = firmware(Log);
        Simulation = new SerialSimulation(Firmware, Log, new FaultInjector([.. faults.Select(Fault.Parse)], seed), baud);
    }

    public ExecutionLog Log { get; } = new();

    public Firmware Firmware { get; }

    public SerialSimulation Simulation { get; }

    public double Now { get; private set; }

    public IEnumerable<string> Executed => Log.Snapshot().Select(command => command.Text);

    /// <summary>A Marlin that has booted; its banner is read and gone.</summary>
    public static Bench Marlin(MarlinBuild? build = null, MachineProfile? profile = null, int baud = 115200, int seed = 1, params string[] faults)
    {
        var bench = new Bench(log => new MarlinFirmware(build ?? new MarlinBuild(), profile ?? DefaultProfiles.Printer, log), baud, faults, seed);
        bench.Read(2);
        return bench;
    }

    /// <summary>A GRBL that has booted; its banner is read and gone.</summary>
    public static Bench Grbl(GrblBuild? build = null, MachineProfile? profile = null, int baud = 115200, int seed = 1, params string[] faults)
    {
        var bench = new Bench(log => new GrblFirmware(build ?? new GrblBuild(), profile ?? DefaultProfiles.Router, log), baud, faults, seed);
        bench.Read(2);
        return bench;
    }

    /// <summary>Writes text to the wire, now.</summary>
    public void Write(string text) => Simulation.HostWrite(Encoding.Latin1.GetBytes(text), Now);

    /// <summary>Writes bytes to the wire, now.</summary>
    public void Write(params byte[] bytes) => Simulation.HostWrite(bytes, Now);

    /// <summary>Lets time pass, and returns what arrived.</summary>
    public string Read(double seconds)
    {
        Now += seconds;
        Simulation.AdvanceTo(Now);
        return Drain();
    }

    /// <summary>Writes text and returns what arrives within a time.</summary>
    public string Exchange(string text, double seconds = 1)
    {
        Write(text);
        return Read(seconds);
    }

    /// <summary>Lets time pass, event by event, until something arrives that ends with a line end and contains <paramref name="text"/>.</summary>
    public string ReadUntil(string text, double atMostSeconds = 36000)
    {
        var end = Now + atMostSeconds;
        var read = new StringBuilder();
        while (true)
        {
            read.Append(Drain());
            if (read.ToString() is var all && all.IndexOf(text, StringComparison.Ordinal) is >= 0 and var at && all.IndexOf('\n', at) >= 0)
            {
                return all;
            }

            var next = Simulation.NextWakeAt;
            if (next > end)
            {
                throw new TimeoutException($"No '{text}' within {atMostSeconds} s of machine time; got: {all}");
            }

            Now = Math.Max(Now, next);
            Simulation.AdvanceTo(Now);
        }
    }

    /// <summary>A numbered line with its checksum.</summary>
    public static string Numbered(long number, string command)
    {
        var text = $"N{number} {command}";
        return $"{text}*{text.Aggregate(0, (sum, c) => sum ^ c)}\n";
    }

    private string Drain()
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = new StringBuilder();
        while (Simulation.HostRead(buffer, Now) is > 0 and var count)
        {
            text.Append(Encoding.Latin1.GetString(buffer[..count]));
        }

        return text.ToString();
    }
}
