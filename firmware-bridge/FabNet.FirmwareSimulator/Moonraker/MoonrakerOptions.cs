// A simulated Klipper machine: where its Moonraker listens, which machine, where its files are.

using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>A simulated Klipper machine behind Moonraker's API.</summary>
public sealed record MoonrakerOptions
{
    /// <summary>The TCP port on loopback; 0 (the default) for any free one. Moonraker's own is 7125.</summary>
    public int Port { get; init; }

    /// <summary>The API key that every client must give; null lets everybody in, as trusted clients.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The folder of G-code files (the root <c>gcodes</c>).</summary>
    public required string Folder { get; init; }

    /// <summary>The machine: envelope, feeds, heaters.</summary>
    public required MachineProfile Profile { get; init; }

    /// <summary>Machine seconds per real second; above 0, or positive infinity: moves are over at once.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>A file that takes one JSON object per executed command, appended; null for none.</summary>
    public string? LogPath { get; init; }

    /// <summary>Real time between status updates; above zero. Default 250 ms, as Klipper's.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Where real time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
