// One measured value of one machine at one moment: what flows up, is spooled, and may be dropped when the spool is full (and is then counted).

namespace FabNet.Model.Machines;

/// <summary>What a <see cref="TelemetrySample"/> measures; each with its unit.</summary>
public enum Metric
{
    /// <summary>Temperature of hot end <see cref="TelemetrySample.Index"/>, °C.</summary>
    HotEndC,

    /// <summary>Target of hot end <see cref="TelemetrySample.Index"/>, °C; 0 is off.</summary>
    HotEndTargetC,

    /// <summary>Bed temperature, °C.</summary>
    BedC,

    /// <summary>Bed target, °C; 0 is off.</summary>
    BedTargetC,

    /// <summary>Chamber temperature, °C.</summary>
    ChamberC,

    /// <summary>Position along axis <see cref="TelemetrySample.Index"/> (0 X, 1 Y, 2 Z), mm, machine coordinates.</summary>
    PositionMm,

    /// <summary>Share of the running program done, 0 to 1.</summary>
    Progress,

    /// <summary>Estimated time left of the running program, seconds.</summary>
    RemainingS,

    /// <summary>Program lines acknowledged so far.</summary>
    LinesAcknowledged,

    /// <summary>Feed override, %.</summary>
    FeedOverridePercent,

    /// <summary>Spindle speed, rev/min.</summary>
    SpindleRpm,
}

/// <summary>One measured value.</summary>
/// <param name="Machine">The machine measured.</param>
/// <param name="At">When, by the site's clock.</param>
/// <param name="Metric">What.</param>
/// <param name="Index">Which one, where there are several; 0 otherwise.</param>
/// <param name="Value">The value, in the metric's unit.</param>
/// <param name="Job">The job that was running, if any.</param>
public readonly record struct TelemetrySample(MachineId Machine, DateTimeOffset At, Metric Metric, int Index, double Value, JobId? Job);
