// How a simulated Marlin was configured and compiled: the options that a host notices.

namespace FabNet.FirmwareSimulator.Marlin;

/// <summary>A Marlin build. The defaults are those of Marlin 2.1 for an 8-bit board (<c>Configuration_adv.h</c>).</summary>
public sealed record MarlinBuild
{
    /// <summary>What <c>M115</c> reports as <c>FIRMWARE_NAME</c>.</summary>
    public string FirmwareName { get; init; } = "Marlin 2.1.2";

    /// <summary>ADVANCED_OK: <c>ok N3 P15 B3</c> instead of <c>ok</c>.</summary>
    public bool AdvancedOk { get; init; }

    /// <summary>EMERGENCY_PARSER: M108, M112, M410 and M876 act the moment they are received.</summary>
    public bool EmergencyParser { get; init; }

    /// <summary>AUTO_REPORT_TEMPERATURES: M155.</summary>
    public bool AutoReportTemperatures { get; init; } = true;

    /// <summary>BUFFER_MONITORING: D576.</summary>
    public bool BufferMonitoring { get; init; }

    /// <summary>HOST_PROMPT_SUPPORT: prompts as <c>//action:</c> lines, answered with M876.</summary>
    public bool HostPrompts { get; init; } = true;

    /// <summary>EXTENDED_CAPABILITIES_REPORT: <c>Cap:</c> lines after M115.</summary>
    public bool Capabilities { get; init; } = true;

    /// <summary>ARC_SUPPORT: G2 and G3.</summary>
    public bool Arcs { get; init; } = true;

    /// <summary>A build with bed levelling: G29.</summary>
    public bool AutoLevel { get; init; } = true;

    /// <summary>Whether an <c>ok</c> follows each <c>Resend:</c>. Some builds omit it.</summary>
    public bool OkAfterResend { get; init; } = true;

    /// <summary>How a resend is asked for: <c>Resend: </c>, or <c>rs </c> on older RepRap firmwares.</summary>
    public string ResendWord { get; init; } = "Resend: ";

    /// <summary>Whether a repeat of the last line or of the one before it is dropped without a reply (2.0.9 and later) rather than answered with a resend request.</summary>
    public bool IgnoresRepeatedLines { get; init; } = true;

    /// <summary>NO_TIMEOUTS: after this many idle seconds it says <c>wait</c>; 0 is off.</summary>
    public double WaitMessageS { get; init; }

    /// <summary>HOST_KEEPALIVE interval in seconds (M113); 0 is off.</summary>
    public double KeepAliveS { get; init; } = 2;

    /// <summary>BUFSIZE: slots of the command queue.</summary>
    public int CommandSlots { get; init; } = 4;

    /// <summary>BLOCK_BUFFER_SIZE: the planner holds one move less.</summary>
    public int PlannerBlocks { get; init; } = 16;

    /// <summary>RX_BUFFER_SIZE in bytes: the ring holds one byte less.</summary>
    public int ReceiveBytes { get; init; } = 128;

    /// <summary>MAX_CMD_SIZE: a line keeps one character less; what goes beyond is cut off, the checksum with it.</summary>
    public int LineBytes { get; init; } = 96;

    /// <summary>Seconds that the processor spends on one command. An 8-bit board plans roughly 1000 to 2000 short moves each second.</summary>
    public double CommandTimeS { get; init; } = 0.0005;

    /// <summary>Seconds from power-up or reset to the banner.</summary>
    public double BootTimeS { get; init; } = 1;

    /// <summary>Ambient temperature in °C.</summary>
    public double AmbientC { get; init; } = 21;
}
