// What the program that hosts an edge agent decides.

using FabNet.Protocol.Catalogue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FabNet.Edge;

/// <summary>What the program that hosts an edge agent decides.</summary>
public sealed record EdgeAgentOptions
{
    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The program's version, as the coordinator is told it.</summary>
    public string Version { get; init; } = typeof(EdgeAgent).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The pause before the first new try to reach the coordinator; it doubles up to 30 s, with jitter. Default 1 s.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the catalogue is asked whether a design that waits to be made was found unsafe or had its key revoked. Default 5 s.</summary>
    public TimeSpan CatalogueInterval { get; init; } = DesignStops.DefaultInterval;

    /// <summary>How long a stop may wait for running machines to come to their safe state. Default 30 s.</summary>
    public TimeSpan HandOverLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop may wait for the coordinator to take the last job events. What it does not take goes up at the next start. Default 3 s.</summary>
    public TimeSpan DeliveryLimit { get; init; } = TimeSpan.FromSeconds(3);
}
