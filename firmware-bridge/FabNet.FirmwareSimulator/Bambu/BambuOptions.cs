// A simulated MQTT printer: which broker, which printer, where its files come from.

using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Bambu;

/// <summary>A simulated Bambu Lab printer in LAN mode. The real one is its own broker; this one is a client of an ordinary broker, on the same topics; its FTPS server is its own.</summary>
public sealed record BambuOptions
{
    /// <summary>The broker's host.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The broker's port.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>The serial number, part of the topics <c>device/&lt;serial&gt;/report</c> and <c>…/request</c>.</summary>
    public required string Serial { get; init; }

    /// <summary>The LAN access code: the password of user <c>bblp</c>.</summary>
    public required string AccessCode { get; init; }

    /// <summary>The folder that is the printer's SD card, which its FTPS server writes to: <c>ftp:///name.3mf</c> is <c>name.3mf</c> in it.</summary>
    public required string CardFolder { get; init; }

    /// <summary>The port of its FTPS server on loopback; the real one's is 990. Default 0: a free one.</summary>
    public int FtpsPort { get; init; }

    /// <summary>A file that takes the CA of the printer's certificate (PEM), for a host to pin; null for none. Each start makes a new one.</summary>
    public string? AuthorityPath { get; init; }

    /// <summary>The machine: envelope, feeds, heaters.</summary>
    public required MachineProfile Profile { get; init; }

    /// <summary>Machine seconds per real second; above 0, or positive infinity: prints are over at once.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>A file that takes one JSON object per executed command, appended; null for none.</summary>
    public string? LogPath { get; init; }

    /// <summary>How many bytes that file grows to before a new one is begun; the one before is kept as <c>.1</c>. Null: without end.</summary>
    public long? LogBytes { get; init; }

    /// <summary>Real time between reports while something changes; above zero. Default 1 s, as the real one.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where real time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
