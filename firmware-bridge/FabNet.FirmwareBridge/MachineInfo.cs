// What a machine says of itself, and what it answers to a console command.

using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>What a machine said of itself when its link was opened.</summary>
public sealed record MachineInfo
{
    /// <summary>What it speaks.</summary>
    public required FirmwareDialect Dialect { get; init; }

    /// <summary>The firmware's name and version in its own words, such as <c>Marlin 2.1.2.5</c> or <c>Grbl 1.1h</c>.</summary>
    public required string Firmware { get; init; }

    /// <summary>Where it is: the serial port's name, or the broker and the serial number.</summary>
    public required string Address { get; init; }

    /// <summary>Bytes of its receive buffer, as reported or assumed; 0 where it takes whole files.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>Bytes of the longest line that it takes, without line number, checksum and end; 0 where it takes whole files.</summary>
    public int MaxLineBytes { get; init; }

    /// <summary>Motion blocks that it plans ahead: so many acknowledged lines may not have been executed yet.</summary>
    public int PlannerBlocks { get; init; }

    /// <summary>What it offers, by the firmware's own names (Marlin's M115 <c>Cap:</c> lines; GRBL's option letters).</summary>
    public IReadOnlySet<string> Capabilities { get; init; } = new HashSet<string>(StringComparer.Ordinal);
}

/// <summary>The answer to one console command.</summary>
/// <param name="IsOk">True if the firmware accepted it.</param>
/// <param name="Lines">What it said, in order, without the closing <c>ok</c>.</param>
/// <param name="Error">Why it was not accepted; null if it was.</param>
public sealed record CommandReply(bool IsOk, IReadOnlyList<string> Lines, string? Error);
