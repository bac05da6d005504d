// The machines of a local network: firmware behind the ports and topics that the sites' configuration names.

using FabNet.Edge.Configuration;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Bambu;

namespace FabNet.Up;

internal static class SimulatedMachines
{
    // A shift of a printer at 60 times its speed.
    private const long LogBytes = 32 << 20;

    /// <summary>Starts what a site's configuration expects to find. What it executes is recorded beside its port, as <c>NAME.log</c> and, before that, <c>NAME.log.1</c>.</summary>
    public static IAsyncDisposable Start(MachineConfig machine, string folder)
    {
        Directory.CreateDirectory(folder);
        var (log, speed) = (Path.Combine(folder, machine.Name + ".log"), machine.SimulatedSpeed ?? 1);
        return machine.Mqtt is { } mqtt
            ? BambuPrinter.Start(new BambuOptions
            {
                Host = mqtt.Host,
                Port = mqtt.Port,
                Serial = mqtt.Serial,
                AccessCode = mqtt.AccessCode,
                CardFolder = Path.Combine(folder, machine.Name),
                FtpsPort = mqtt.FtpsPort,
                AuthorityPath = mqtt.CertificateAuthority,
                Profile = machine.Profile,
                Speed = speed,
                LogPath = log,
                LogBytes = LogBytes,
            })
            : SimulatedMachine.Start(new SimulatorOptions { Profile = machine.Profile, Link = machine.Port, Baud = machine.BaudRate, Speed = speed, LogPath = log, LogBytes = LogBytes, ResetsOnOpen = true });
    }
}
