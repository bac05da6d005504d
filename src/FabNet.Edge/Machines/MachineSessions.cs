// Which session a machine of the configuration gets.

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FabNet.Edge.Configuration;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareBridge.Serial;

namespace FabNet.Edge.Machines;

/// <summary>Makes sessions; nothing is opened yet.</summary>
internal static class MachineSessions
{
    /// <summary>The session of one machine.</summary>
    /// <exception cref="MachineLinkException">The pinned CA can't be read.</exception>
    public static IMachineSession Create(MachineConfig machine, string dataFolder, EdgeAgentOptions options)
    {
        if (machine.Mqtt is { } mqtt)
        {
            return new BambuSession(
                new BambuMachineOptions
                {
                    Host = mqtt.Host,
                    Port = mqtt.Port,
                    SerialNumber = mqtt.Serial,
                    AccessCode = mqtt.AccessCode,
                    UseTls = mqtt.Tls,
                    FtpsPort = mqtt.FtpsPort,
                    CertificateAuthority = mqtt.CertificateAuthority is { } path ? ReadAuthority(path) : null,
                    CertificateSha256 = mqtt.CertificateSha256,
                    SpoolFolder = Path.Combine(dataFolder, "uploads"),
                },
                options.Time);
        }

        return new MachineSession(
            new SerialMachineOptions
            {
                PortName = machine.Port!,
                Baud = machine.BaudRate > 0 ? machine.BaudRate : 115200,
                Dialect = machine.Profile.Dialect,
                HotEnds = Math.Max(1, machine.Profile.HotEnds.Count),
                Timings = machine.SimulatedSpeed > 1 ? new LinkTimings { BannerWait = TimeSpan.FromMilliseconds(250) } : new LinkTimings(), // A simulated board boots faster too.
            },
            options.Time);
    }

    private static X509Certificate2Collection ReadAuthority(string path)
    {
        var authority = new X509Certificate2Collection();
        try
        {
            authority.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MachineLinkException($"The CA certificate {path} can't be read: {e.Message}", e);
        }

        return authority.Count > 0 ? authority : throw new MachineLinkException($"{path} holds no certificate. It must be a PEM file with the maker's CA.");
    }
}
