// A simulated machine that is never the bottleneck: its wire is paced, its motion and its processor take no time.

using System.Text;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Wire;

internal static class FastMachine
{
    private const double AnyFeed = 1e8;
    private const double AnyAcceleration = 1e10;
    private const double NoTimeS = 1e-6;

    /// <summary>Switches it on.</summary>
    public static SimulatedMachine Start(MachineProfile profile, int baud) => SimulatedMachine.Start(new SimulatorOptions
    {
        Profile = profile,
        Baud = baud,
        // Warm from the start, so that no program waits for heat.
        Marlin = new MarlinBuild { BootTimeS = 0, CommandTimeS = NoTimeS, AmbientC = 205 },
        Grbl = new GrblBuild { BootTimeS = 0, CommandTimeS = NoTimeS },
    });

    /// <summary>The benchmark's machine without limits of speed.</summary>
    public static MachineProfile Profile(FirmwareDialect dialect)
    {
        var profile = BenchmarkPrograms.Profile(dialect);
        return profile with
        {
            X = Fast(profile.X),
            Y = Fast(profile.Y),
            Z = Fast(profile.Z),
            E = profile.E is null ? null : Fast(profile.E),
            PrintAccelerationMmPerS2 = AnyAcceleration,
            TravelAccelerationMmPerS2 = AnyAcceleration,
            RetractAccelerationMmPerS2 = AnyAcceleration,
            JunctionDeviationMm = Math.Min(profile.JunctionDeviationMm * 1000, 10),
        };
    }

    /// <summary>The program without homing and with one great feed at its head instead of its own, so that moves are over at once. All else is as it was.</summary>
    public static byte[] WithoutFeeds(byte[] program)
    {
        var text = new StringBuilder("G1 F50000000\n", program.Length + 16);
        foreach (var line in Encoding.Latin1.GetString(program).Split('\n'))
        {
            var comment = line.IndexOf(';');
            var command = comment < 0 ? line : line[..comment];
            var feed = command.IndexOf('F');
            if (feed >= 0)
            {
                var end = feed + 1;
                while (end < command.Length && (char.IsAsciiDigit(command[end]) || command[end] == '.'))
                    end++;
                command = command.Remove(feed, end - feed).TrimEnd();
            }

            if (command.Length > 0 && !command.StartsWith("G28", StringComparison.Ordinal))
                text.Append(command).Append('\n');
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static AxisLimits Fast(AxisLimits axis) =>
        axis with { MaxFeedMmPerMin = AnyFeed, AccelerationMmPerS2 = AnyAcceleration, JerkMmPerS = Math.Min(axis.JerkMmPerS * AnyFeed, AnyFeed) };
}
