// A simulated machine in a process of its own, so that its work is not counted.

using System.Globalization;
using FabNet.Benchmarks.Wire;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks;

/// <summary>Says the port's path, then answers each line of its input with how often its queue of moves has run empty since the last.</summary>
internal static class SimulatorProcess
{
    /// <param name="dialect">Marlin or Grbl.</param>
    /// <param name="baud">The wire's speed.</param>
    /// <param name="latencyMs">The USB adapter's latency timer.</param>
    /// <param name="isFast">True if only the wire limits; false for real motion.</param>
    public static async Task<int> RunAsync(string dialect, string baud, string latencyMs, string isFast)
    {
        var family = Enum.Parse<FirmwareDialect>(dialect);
        var rate = int.Parse(baud, CultureInfo.InvariantCulture);
        var options = new SimulatorOptions
        {
            Profile = BenchmarkPrograms.Profile(family),
            Baud = rate,
            UsbLatencyS = double.Parse(latencyMs, CultureInfo.InvariantCulture) / 1000,
            Marlin = new MarlinBuild { BootTimeS = 0, AmbientC = 205 },
            Grbl = new GrblBuild { BootTimeS = 0 },
        };
        await using var machine = bool.Parse(isFast) ? FastMachine.Start(FastMachine.Profile(family), rate) : SimulatedMachine.Start(options);
        Console.WriteLine(machine.PortPath);
        var before = machine.Underruns;
        while (await Console.In.ReadLineAsync() is not null)
        {
            var now = machine.Underruns;
            Console.WriteLine((now - before).ToString(CultureInfo.InvariantCulture));
            before = now;
        }

        return 0;
    }
}
