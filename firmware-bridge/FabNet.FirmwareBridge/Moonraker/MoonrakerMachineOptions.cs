// Where a Klipper machine's Moonraker is, how it is trusted, and how patient the session is with it.

using System.Security.Cryptography.X509Certificates;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>A Klipper machine behind Moonraker.</summary>
public sealed record MoonrakerMachineOptions
{
    /// <summary>Moonraker's address, such as <c>http://voron.local:7125</c>; <c>https</c> for TLS. A path before <c>/websocket</c> and <c>/server</c> is kept.</summary>
    public required Uri Address { get; init; }

    /// <summary>Moonraker's API key (<c>X-Api-Key</c>); null where this host is one of its trusted clients.</summary>
    public string? ApiKey { get; init; }

    /// <summary>With TLS: the authority to which the server's certificate must chain, or the certificate itself; null for the system's authorities.</summary>
    public X509Certificate2Collection? CertificateAuthority { get; init; }

    /// <summary>With TLS: false takes any certificate. Only for a network that you trust. Default true.</summary>
    public bool VerifyCertificate { get; init; } = true;

    /// <summary>How many of this program's files stay on the machine after their runs; the newest do. Default 5.</summary>
    public int KeptFiles { get; init; } = 5;

    /// <summary>How long connecting may take. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a short request may take. Default 20 s.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a G-code command of a console may take: Klipper answers when it is done. Default 10 min.</summary>
    public TimeSpan CommandAnswer { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an upload may stand still. Default 60 s.</summary>
    public TimeSpan UploadStall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long Moonraker may take to look through a file that it has received. Default 5 min.</summary>
    public TimeSpan UploadAnswer { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a start may take until Klipper names the file. Default 60 s. A start is never repeated: after that the file is removed, so that it can't begin later.</summary>
    public TimeSpan StartAnswer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a stop may take until Klipper has ended the print and its heaters are off. Klipper ends the command that it is at first (a heat-up, homing): after this
    /// time the machine is stopped by its emergency stop. Default 2 min.
    /// </summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a run may go without news of it until it is given up as lost. Default 15 min: the machine prints by itself while its network is away.</summary>
    public TimeSpan Lost { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often Klipper's state is asked for while it is not ready. Default 2 s.</summary>
    public TimeSpan StatePoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The first pause before a lost connection is tried again; it doubles up to <see cref="MaxReopenDelay"/>. Default 1 s.</summary>
    public TimeSpan ReopenDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a lost connection is tried again. Default 30 s.</summary>
    public TimeSpan MaxReopenDelay { get; init; } = TimeSpan.FromSeconds(30);
}
