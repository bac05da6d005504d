// Where a Bambu Lab machine is and how it is trusted.

using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>A Bambu Lab machine in LAN mode.</summary>
public sealed record BambuMachineOptions
{
    /// <summary>The machine's address, or that of the broker in front of it.</summary>
    public required string Host { get; init; }

    /// <summary>The MQTT port. Default 8883.</summary>
    public int Port { get; init; } = 8883;

    /// <summary>The machine's serial number: part of every topic, and the common name of its certificate.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>The access code shown on the machine's screen; null where the broker asks for none.</summary>
    public string? AccessCode { get; init; }

    /// <summary>True (the default) for TLS. False only for a simulator on loopback.</summary>
    public bool UseTls { get; init; } = true;

    /// <summary>The maker's CA, to which the machine's certificate must chain. Required with TLS: the certificates are in no system's store.</summary>
    public X509Certificate2Collection? CertificateAuthority { get; init; }

    /// <summary>A folder that the machine reads its files from. FTPS upload comes with a later release.</summary>
    public required string UploadFolder { get; init; }

    /// <summary>Silence after which the machine is asked to report again. Default 60 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a start may take until the machine reports that it prepares or runs. Default 60 s. A start is never repeated.</summary>
    public TimeSpan StartAnswer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence after which a run is given up as lost. Default 15 min: the machine prints by itself while its network is away.</summary>
    public TimeSpan Lost { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long connecting may take. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause before a lost connection is tried again; it doubles up to <see cref="MaxReopenDelay"/>. Default 1 s.</summary>
    public TimeSpan ReopenDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a lost connection is tried again. Default 30 s.</summary>
    public TimeSpan MaxReopenDelay { get; init; } = TimeSpan.FromSeconds(30);
}
