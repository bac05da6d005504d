// How a simulated GRBL was set up: the settings and surroundings that a host notices.

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>A GRBL 1.1h board. The defaults are those of <c>config.h</c> for an Arduino Uno.</summary>
public sealed record GrblBuild
{
    /// <summary>Homing is enabled (<c>$22=1</c>): the machine wakes up in alarm and wants <c>$H</c> or <c>$X</c>.</summary>
    public bool Homing { get; init; }

    /// <summary>Soft limits are enabled (<c>$20=1</c>); needs <see cref="Homing"/>.</summary>
    public bool SoftLimits { get; init; }

    /// <summary>Hard limits are enabled (<c>$21=1</c>).</summary>
    public bool HardLimits { get; init; }

    /// <summary>ENABLE_M7: mist coolant.</summary>
    public bool Mist { get; init; }

    /// <summary>RX_BUFFER_SIZE: bytes that the receive ring holds, as <c>$I</c> tells.</summary>
    public int ReceiveBytes { get; init; } = 128;

    /// <summary>The name in the banner: <c>Grbl</c>, or <c>GrblHAL</c>, which answers every line after an error with that same error until a <c>$</c> command succeeds.</summary>
    public string Name { get; init; } = "Grbl";

    /// <summary>LINE_BUFFER_SIZE less its terminator: bytes of a line without its end.</summary>
    public int LineBytes { get; init; } = 79;

    /// <summary>BLOCK_BUFFER_SIZE: the planner holds one move less, as <c>$I</c> tells.</summary>
    public int PlannerBlocks { get; init; } = 16;

    /// <summary>Machine Z in mm at which a probe touches; null: it never does.</summary>
    public double? ProbeSurfaceZ { get; init; }

    /// <summary>Seconds that the processor spends on one line.</summary>
    public double CommandTimeS { get; init; } = 0.0008;

    /// <summary>Seconds that a write to the EEPROM blocks the processor, interrupts and all: what is received meanwhile is lost. About 3.4 ms for each changed byte.</summary>
    public double EepromTimeS { get; init; } = 0.017;

    /// <summary>Seconds from power-up to the banner (the Uno's bootloader).</summary>
    public double BootTimeS { get; init; } = 1.5;
}
