// What a command means to admission.

namespace FabNet.GCode.Commands;

/// <summary>What a command means. Each dialect's table gives its commands one of these.</summary>
internal enum CommandKind : byte
{
    /// <summary>Not in the table.</summary>
    Unknown,

    /// <summary>Moves, heats, extrudes or shifts coordinates in a way that is not followed: not let through as merely unknown.</summary>
    Unfollowed,

    /// <summary>Known, and of no consequence for motion, heat or what the machine remembers.</summary>
    Harmless,

    // Refused on every machine, each for its reason.
    Settings,
    Storage,
    Firmware,
    Safety,
    Forbidden,

    // Motion.
    Rapid,
    Linear,
    ArcClockwise,
    ArcCounterClockwise,
    Probe,
    CancelMotion,
    Dwell,
    Home,
    StoredPosition,
    Procedure,
    FirmwareRetract,
    Finish,

    // Modes.
    PlaneXY,
    PlaneZX,
    PlaneYZ,
    Inches,
    Millimetres,
    Absolute,
    Relative,
    ArcRelative,
    MachineCoordinates,
    SelectOffset,
    SetPosition,
    ClearPosition,
    ToolLength,
    CancelToolLength,
    InverseTime,
    UnitsPerMinute,
    ExtruderAbsolute,
    ExtruderRelative,

    // Heat.
    HotEnd,
    HotEndWait,
    Bed,
    BedWait,
    Chamber,
    ChamberWait,

    // Tools and the rest.
    MotorsOff,
    Tool,
    ToolChange,
    SpindleOn,
    SpindleDynamic,
    SpindleOff,
    Coolant,
    CutterCompensationOff,
    ExactPath,
    Fan,
    Pause,
    ProgramEnd,
    MaxAcceleration,
    MaxFeed,
    Acceleration,
    Corner,
    FeedOverride,
    FlowOverride,
    Message,
    HostMessage,
}
