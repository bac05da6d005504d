// The site's own MQTT broker: where it is, and what the agent publishes there.

namespace FabNet.Edge.Configuration;

/// <summary>The MQTT broker of a site, for factory tools and for home automation.</summary>
public sealed record BrokerConfig
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port. Default 1883, or 8883 with TLS.</summary>
    public required int Port { get; init; }

    /// <summary>True for TLS. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>A PEM file with the CA that the broker's certificate chains to; null for those that the system trusts.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The user; null for none.</summary>
    public string? User { get; init; }

    /// <summary>A file that holds the password, read at each connection; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>What is published as Sparkplug B; null for nothing.</summary>
    public SparkplugConfig? Sparkplug { get; init; }

    /// <summary>Home Assistant's discovery prefix, such as <c>homeassistant</c>; null to publish nothing for it.</summary>
    public string? HomeAssistantPrefix { get; init; }
}

/// <summary>A site as a Sparkplug B edge node: its machines are the node's devices.</summary>
public sealed record SparkplugConfig
{
    /// <summary>The group id. The node id is the site's. Default <c>FabNet</c>.</summary>
    public string Group { get; init; } = "FabNet";

    /// <summary>The primary host application to wait for before anything is published; null to wait for none.</summary>
    public string? PrimaryHost { get; init; }

    /// <summary>
    /// True to let DCMD <c>Job Control/Pause</c> and <c>Job Control/Resume</c> act on a running job. Default false: nothing that
    /// arrives over MQTT moves a machine.
    /// </summary>
    public bool AcceptJobControl { get; init; }
}
