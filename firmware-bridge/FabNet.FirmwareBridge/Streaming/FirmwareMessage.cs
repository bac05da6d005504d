// One line that a firmware said, classified and with its numbers read, without allocating.

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>What a line of firmware is.</summary>
internal enum FirmwareMessageKind
{
    /// <summary>Nothing that is known: talk, or a damaged line.</summary>
    Unknown,

    /// <summary>An empty line.</summary>
    Empty,

    /// <summary>A command was taken.</summary>
    Ok,

    /// <summary>An error; <see cref="FirmwareMessage.Number"/> is GRBL's code, <see cref="FirmwareMessage.LastLine"/> Marlin's last good line, -1 if absent.</summary>
    Error,

    /// <summary>Marlin wants the stream again from line <see cref="FirmwareMessage.Number"/>; -1 if the number is damaged.</summary>
    Resend,

    /// <summary>Temperatures that were not asked for (M155, M109).</summary>
    Temperature,

    /// <summary>The firmware works on a command; <see cref="FirmwareMessage.Number"/> is 1 if it waits for a person.</summary>
    Busy,

    /// <summary>The firmware is idle and has nothing to read.</summary>
    Wait,

    /// <summary>The firmware has just started: Marlin's <c>start</c>, GRBL's banner.</summary>
    Start,

    /// <summary>GRBL's ALARM; <see cref="FirmwareMessage.Number"/> is the code.</summary>
    Alarm,

    /// <summary>GRBL's real-time status report.</summary>
    Status,

    /// <summary><c>//action:</c>; <see cref="FirmwareMessage.Detail"/> is what follows.</summary>
    HostAction,

    /// <summary>M114's answer.</summary>
    Position,

    /// <summary>M115's <c>Cap:</c> line; <see cref="FirmwareMessage.Detail"/> is <c>NAME:0|1</c>.</summary>
    Capability,

    /// <summary>The firmware names itself: <c>FIRMWARE_NAME:</c>, <c>[VER:]</c>.</summary>
    Version,

    /// <summary>GRBL's <c>[OPT:]</c>; <see cref="FirmwareMessage.Detail"/> is its content.</summary>
    BuildOptions,

    /// <summary>GRBL's <c>[GC:]</c>.</summary>
    ParserState,

    /// <summary>Talk that is known to be talk.</summary>
    Echo,
}

/// <summary>One line that a firmware said. Valid until the next line is read.</summary>
internal readonly ref struct FirmwareMessage(FirmwareMessageKind kind, ReadOnlySpan<byte> text)
{
    /// <summary>What it is.</summary>
    public FirmwareMessageKind Kind { get; } = kind;

    /// <summary>The whole line, without its end.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>The part that the kind speaks of.</summary>
    public ReadOnlySpan<byte> Detail { get; init; } = text;

    /// <summary>The message's number; -1 if it has none or a damaged one.</summary>
    public int Number { get; init; } = -1;

    /// <summary>The last line number that a Marlin error names; -1 if none.</summary>
    public int LastLine { get; init; } = -1;

    /// <summary>ADVANCED_OK's free command slots; -1 if not told.</summary>
    public int SlotsFree { get; init; } = -1;

    /// <summary>True for <c>ok T:…</c>, the answer to M105 alone.</summary>
    public bool HasTemperatures { get; init; }
}
