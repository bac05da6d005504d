// How a command reaches a machine: over a serial port, or through its Moonraker.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Moonraker;
using FabNet.FirmwareBridge.Serial;
using FabNet.Model.Machines;

namespace FabNet.Machines;

/// <summary>A machine that a command may open.</summary>
/// <param name="Dialect">What it speaks; null if the link finds out.</param>
/// <param name="CreateSession">Makes its session; nothing is opened yet.</param>
internal sealed record MachineConnection(FirmwareDialect? Dialect, Func<IMachineSession> CreateSession);

/// <summary>The options <c>--port</c>, <c>--baud</c>, <c>--dialect</c> and <c>--api-key-file</c>.</summary>
internal sealed class ConnectionOptions
{
    private const int DefaultBaud = 115200;

    public Option<string> Port { get; } = new("--port", "-p") { Description = "The serial port ('fabnet machine list' shows those that are there), or the address of a Klipper machine's Moonraker, such as http://voron.local:7125.", Required = true };

    public Option<int?> Baud { get; } = new("--baud", "-b") { Description = $"Bits per second, any rate. Default: the profile's, or {DefaultBaud}." };

    public Option<string> Dialect { get; } = CreateDialect();

    public Option<FileInfo?> ApiKeyFile { get; } = new("--api-key-file") { Description = "For Moonraker: a file whose one line is its API key. Without it this computer must be one of its trusted clients." };

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Port, Baud, Dialect, ApiKeyFile])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What they say, with a profile's help.</summary>
    /// <exception cref="UsageException">They contradict one another.</exception>
    public MachineConnection Read(ParseResult result, MachineProfile? profile)
    {
        var port = result.GetRequiredValue(Port);
        if (!port.Contains("://", StringComparison.Ordinal))
        {
            var serial = ReadSerial(result, profile);
            return new MachineConnection(serial.Dialect, () => new MachineSession(serial));
        }

        if (!Uri.TryCreate(port, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "ws" or "wss"))
        {
            throw new UsageException($"--port {port} is no address of a Moonraker. Write one such as http://voron.local:7125.");
        }

        if (profile is not null && profile.Dialect != FirmwareDialect.Klipper)
        {
            throw new UsageException($"{profile.Name} speaks {profile.Dialect}, and {port} is the address of a Klipper machine.");
        }

        var options = new MoonrakerMachineOptions { Address = address, ApiKey = ReadKey(result.GetValue(ApiKeyFile)) };
        return new MachineConnection(FirmwareDialect.Klipper, () => new MoonrakerSession(options));
    }

    private static string? ReadKey(FileInfo? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file.FullName).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The API key can't be read: {error.Message}");
        }
    }

    private SerialMachineOptions ReadSerial(ParseResult result, MachineProfile? profile)
    {
        FirmwareDialect? dialect = result.GetRequiredValue(Dialect) switch
        {
            "marlin" => FirmwareDialect.Marlin,
            "grbl" => FirmwareDialect.Grbl,
            _ => null,
        };
        if (profile is not null && profile.Dialect is not (FirmwareDialect.Marlin or FirmwareDialect.Grbl))
        {
            throw new UsageException($"{profile.Name} is not driven over a serial port: its dialect is {profile.Dialect}. {(profile.Dialect == FirmwareDialect.Klipper ? "Give its Moonraker's address as --port, such as http://voron.local:7125." : "Put it into a site's configuration and run 'fabnet agent'.")}");
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
