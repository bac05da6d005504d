// What `fabnet up` was asked for.

namespace FabNet.Up;

/// <summary>Options of a local network.</summary>
internal sealed record LocalNetworkOptions
{
    /// <summary>The folder of everything that it keeps.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where catalogue, coordinator and site console listen.</summary>
    public required string Urls { get; init; }

    /// <summary>How many times faster than real machines the simulated ones run.</summary>
    public required double Speed { get; init; }
}
