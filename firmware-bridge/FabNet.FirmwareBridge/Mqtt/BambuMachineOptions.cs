// Where a Bambu Lab machine is and how it is trusted.

using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>A Bambu Lab machine in LAN mode.</summary>
public sealed record BambuMachineOptions
{
    /// <summary>The machine's address, or that of the broker in front of it. Files go to the same address.</summary>
    public required string Host { get; init; }

    /// <summary>The MQTT port. Default 8883.</summary>
    public int Port { get; init; } = 8883;

    /// <summary>The port for files (implicit FTPS). Default 990.</summary>
    public int FtpsPort { get; init; } = 990;

    /// <summary>The machine's serial number: part of every topic, and the common name of its certificate.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>The access code shown on the machine's screen: the password of user <c>bblp</c>, for MQTT and for files.</summary>
    public required string AccessCode { get; init; }

    /// <summary>True (the default) for MQTT over TLS. False only for a simulator on loopback. Files always go over TLS.</summary>
    public bool UseTls { get; init; } = true;

    /// <summary>The maker's root CA, to which the machine's certificate must chain; null where only <see cref="CertificateSha256"/> is pinned. The certificates are in no system's store.</summary>
    public X509Certificate2Collection? CertificateAuthority { get; init; }

    /// <summary>The SHA-256 of the machine's own certificate, 64 hexadecimal digits; null where only the CA is pinned. With both, both must fit.</summary>
    public string? CertificateSha256 { get; init; }

    /// <summary>A folder for the one project file that is being uploaded. Default: the system's folder for temporary files.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>Silence after which the machine is asked to report again. Default 60 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The least time between two requests for the whole state, which is work for the machine (OpenBambuAPI: the P1 series lags below it). Default 5 min.</summary>
    public TimeSpan WholeState { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a start may take until the machine reports that it prepares or runs; then it is asked for its state, and given the same time again. Default 60 s. A start is never repeated.
    /// </summary>
    public TimeSpan StartAnswer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the machine may take to turn its heaters off after a print that did not finish. Default 30 s.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence after which a run is given up as lost. Default 15 min: the machine prints by itself while its network is away.</summary>
    public TimeSpan Lost { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long connecting may take, and then the first report. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause before a lost connection is tried again; it doubles up to <see cref="MaxReopenDelay"/>. Default 1 s.</summary>
    public TimeSpan ReopenDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a lost connection is tried again. Default 30 s.</summary>
    public TimeSpan MaxReopenDelay { get; init; } = TimeSpan.FromSeconds(30);
}
