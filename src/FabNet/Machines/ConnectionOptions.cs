// How a command reaches a serial machine.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.FirmwareBridge.Serial;
using FabNet.Model.Machines;

namespace FabNet.Machines;

/// <summary>The options <c>--port</c>, <c>--baud</c> and <c>--dialect</c>.</summary>
internal sealed class ConnectionOptions
{
    private const int DefaultBaud = 115200;

    public Option<string> Port { get; } = new("--port", "-p") { Description = "The serial port; 'fabnet machine list' shows those that are there.", Required = true };

    public Option<int?> Baud { get; } = new("--baud", "-b") { Description = $"Bits per second, any rate. Default: the profile's, or {DefaultBaud}." };

    public Option<string> Dialect { get; } = CreateDialect();

    /// <summary>What they say, with a profile's help.</summary>
    /// <exception cref="UsageException">They contradict one another.</exception>
    public SerialMachineOptions Read(ParseResult result, MachineProfile? profile)
    {
        FirmwareDialect? dialect = result.GetRequiredValue(Dialect) switch
        {
            "marlin" => FirmwareDialect.Marlin,
            "grbl" => FirmwareDialect.Grbl,
            _ => null,
        };
        if (profile is not null && profile.Dialect is not (FirmwareDialect.Marlin or FirmwareDialect.Grbl))
        {
            throw new UsageException($"{profile.Name} is not driven over a serial port: its dialect is {profile.Dialect}. Put it into a site's configuration and run 'fabnet agent'.");
        }

        if (profile is not null && dialect is { } asked && asked != profile.Dialect)
        {
            throw new UsageException($"{profile.Name} speaks {profile.Dialect}, and --dialect says {asked}. Leave one of them out.");
        }

        var baud = result.GetValue(Baud) ?? (profile is { Baud: > 0 } ? profile.Baud : DefaultBaud);
        return baud is < 300 or > 12_000_000
            ? throw new UsageException($"--baud {baud} is no speed of a serial port. Usual are 115200 and 250000.")
            : new SerialMachineOptions
            {
                PortName = result.GetRequiredValue(Port),
                Baud = baud,
                Dialect = dialect ?? profile?.Dialect,
                HotEnds = Math.Max(1, profile?.HotEnds.Count ?? 1),
            };
    }

    private static Option<string> CreateDialect()
    {
        var option = new Option<string>("--dialect") { Description = "What the firmware speaks: auto, marlin or grbl.", DefaultValueFactory = _ => "auto" };
        option.AcceptOnlyFromAmong("auto", "marlin", "grbl");
        return option;
    }
}
