// What a session tells of its machine.

using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>Something that happened to a machine, or was measured on it.</summary>
public abstract record MachineEvent
{
    /// <summary>When, by the host's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>True for measured values and talk, of which only the newest count when the reader falls behind.</summary>
    public virtual bool IsSample => false;
}

/// <summary>The machine's state changed.</summary>
public sealed record MachineStateChanged : MachineEvent
{
    /// <summary>The new state.</summary>
    public required MachineState State { get; init; }

    /// <summary>Why, in words for a person; null where it goes without saying.</summary>
    public string? Reason { get; init; }
}

/// <summary>A heater that is measured.</summary>
public enum HeaterKind
{
    /// <summary>A hot end.</summary>
    HotEnd,

    /// <summary>The bed.</summary>
    Bed,

    /// <summary>The chamber.</summary>
    Chamber,
}

/// <summary>The temperature of one heater.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Index">The tool's number for a hot end; 0 otherwise.</param>
/// <param name="CurrentC">Measured, °C.</param>
/// <param name="TargetC">Target, °C; 0 is off; null if the firmware does not say.</param>
public readonly record struct TemperatureReading(HeaterKind Kind, int Index, double CurrentC, double? TargetC);

/// <summary>Temperatures as the firmware reports them.</summary>
public sealed record TemperaturesReported : MachineEvent
{
    /// <summary>One reading for each heater.</summary>
    public required IReadOnlyList<TemperatureReading> Readings { get; init; }

    /// <inheritdoc />
    public override bool IsSample => true;
}

/// <summary>Where the tool is, in mm.</summary>
public sealed record PositionReported : MachineEvent
{
    /// <summary>X.</summary>
    public required double XMm { get; init; }

    /// <summary>Y.</summary>
    public required double YMm { get; init; }

    /// <summary>Z.</summary>
    public required double ZMm { get; init; }

    /// <summary>True for machine coordinates, false for the firmware's current work coordinates.</summary>
    public required bool IsMachine { get; init; }

    /// <inheritdoc />
    public override bool IsSample => true;
}

/// <summary>How far the running program is; at most once a second.</summary>
public sealed record ProgressReported : MachineEvent
{
    /// <summary>Program lines acknowledged. Acknowledged is not executed: the firmware's planner is ahead of the motors.</summary>
    public required int Line { get; init; }

    /// <summary>Program lines in all; 0 where the machine does not say.</summary>
    public required int LineCount { get; init; }

    /// <summary>Share of the work done, 0 to 1, by estimated time where it is known, otherwise by lines.</summary>
    public required double Fraction { get; init; }

    /// <summary>Since the first line was sent, pauses included.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time left, corrected by the pace measured so far; null while unknown.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <inheritdoc />
    public override bool IsSample => true;
}

/// <summary>How much of a program has been uploaded to a machine that takes whole files; at most once a second.</summary>
public sealed record UploadProgressed : MachineEvent
{
    /// <summary>Bytes sent.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Bytes in all.</summary>
    public required long TotalBytes { get; init; }

    /// <inheritdoc />
    public override bool IsSample => true;
}

/// <summary>The machine asks a person something.</summary>
public sealed record PromptRaised : MachineEvent
{
    /// <summary>The question.</summary>
    public required string Text { get; init; }

    /// <summary>The buttons, in order; empty if there is only to go on (<see cref="IMachineSession.ResumeAsync"/>).</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>The question was answered, or the machine took it back.</summary>
public sealed record PromptClosed : MachineEvent;

/// <summary>A run began: its first byte is about to be sent.</summary>
public sealed record RunStarted : MachineEvent
{
    /// <summary>The run's name.</summary>
    public required string Name { get; init; }
}

/// <summary>A run ended.</summary>
public sealed record RunEnded : MachineEvent
{
    /// <summary>The run's name.</summary>
    public required string Name { get; init; }

    /// <summary>How.</summary>
    public required RunOutcome Outcome { get; init; }
}

/// <summary>A line that the firmware said, for a console and a log.</summary>
public sealed record FirmwareSaid : MachineEvent
{
    /// <summary>The line, control bytes replaced.</summary>
    public required string Text { get; init; }

    /// <inheritdoc />
    public override bool IsSample => true;
}

/// <summary>Something about the link or the machine that is worth a line in a log: a resend, a lost answer, a reconnect.</summary>
public sealed record MachineNoted : MachineEvent
{
    /// <summary>What.</summary>
    public required string Text { get; init; }
}
