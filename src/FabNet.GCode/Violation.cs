// What admission says against a program: a stable code, how grave it is, the source line, and a sentence for a person.

namespace FabNet.GCode;

/// <summary>Whether a violation stops a program.</summary>
public enum Severity
{
    /// <summary>The program is admitted, and a person should know this.</summary>
    Warning,

    /// <summary>The program is not admitted.</summary>
    Refusal,
}

/// <summary>One thing found in a program.</summary>
/// <param name="Line">The line of the source, from 1; 0 when it concerns the whole program.</param>
/// <param name="Code">The stable code of the rule.</param>
/// <param name="Severity">Whether it stops the program.</param>
/// <param name="Message">What was found, the limit it breaks, and what to do.</param>
public sealed record Violation(int Line, ViolationCode Code, Severity Severity, string Message)
{
    /// <inheritdoc />
    public override string ToString() => Line > 0 ? $"line {Line}: {Message} [{Code}]" : $"{Message} [{Code}]";
}

/// <summary>The rules of admission. Names are stable: scripts and translations may rely on them.</summary>
public enum ViolationCode
{
    /// <summary>The text is not G-code.</summary>
    NotGCode,

    /// <summary>The file is binary (NUL or control bytes, a known container).</summary>
    BinaryData,

    /// <summary>A byte above 0x7E stands outside comments.</summary>
    NonAscii,

    /// <summary>The line, as it would be sent, is longer than the firmware can take.</summary>
    LineTooLong,

    /// <summary>A word has no letter, a broken number, or a number with too many digits.</summary>
    MalformedWord,

    /// <summary>A number is so great that no machine has a use for it.</summary>
    NumberOutOfRange,

    /// <summary>A letter stands twice in one line: firmwares differ on which one counts.</summary>
    RepeatedWord,

    /// <summary>A word that the command needs has no number, or is missing.</summary>
    MissingValue,

    /// <summary>A parenthesis was opened and never closed, or closed and never opened.</summary>
    UnbalancedComment,

    /// <summary>A line's checksum does not match it.</summary>
    ChecksumMismatch,

    /// <summary>A <c>*</c> or a second <c>N</c> where no checksum or line number belongs.</summary>
    ChecksumSmuggled,

    /// <summary>A macro, variable, expression or subprogram (<c>#</c>, <c>[ ]</c>, <c>O</c>).</summary>
    Macro,

    /// <summary>A byte that the firmware would obey at once, outside the queue.</summary>
    RealtimeByte,

    /// <summary>Several commands in one line where the firmware takes one.</summary>
    SeveralCommands,

    /// <summary>Two commands of one modal group in one line, or words that no command of the line uses.</summary>
    ModalConflict,

    /// <summary>The program has no command at all.</summary>
    EmptyProgram,

    /// <summary>The command is not known in this dialect.</summary>
    UnknownCommand,

    /// <summary>The machine's profile forbids the command.</summary>
    ForbiddenCommand,

    /// <summary>The command changes what the machine remembers (EEPROM, calibration, motor currents, offsets).</summary>
    SettingsCommand,

    /// <summary>The command reads or writes the machine's own storage.</summary>
    StorageCommand,

    /// <summary>The command changes or restarts the firmware or its link.</summary>
    FirmwareCommand,

    /// <summary>The command takes away a protection, or is for people in an emergency.</summary>
    SafetyCommand,

    /// <summary>The command makes the firmware say what a host would take for an answer.</summary>
    ReplyInjection,

    /// <summary>A motion leaves the machine's envelope.</summary>
    OutsideEnvelope,

    /// <summary>The program is larger than the machine, wherever its work zero may be.</summary>
    ProgramTooLarge,

    /// <summary>A motion comes before the machine was homed.</summary>
    MotionBeforeHoming,

    /// <summary>A relative motion starts from a position that the program does not state.</summary>
    AssumedPosition,

    /// <summary>The feed rate is above the axis limit: the firmware will slow it down.</summary>
    FeedAboveLimit,

    /// <summary>The feed rate is absurd, zero or negative.</summary>
    FeedAbsurd,

    /// <summary>A cutting motion comes before any feed rate was set.</summary>
    FeedMissing,

    /// <summary>An arc whose centre, radius or end do not agree.</summary>
    ArcInvalid,

    /// <summary>An acceleration, speed limit or override beyond the profile's.</summary>
    LimitRaised,

    /// <summary>A hot end would be heated above its limit.</summary>
    HotEndTooHot,

    /// <summary>The bed would be heated above its limit, or there is none.</summary>
    BedTooHot,

    /// <summary>The chamber would be heated above its limit, or there is none.</summary>
    ChamberTooHot,

    /// <summary>Filament would be pushed through a cold hot end.</summary>
    ColdExtrusion,

    /// <summary>The program extrudes on a machine without an extruder.</summary>
    NoExtruder,

    /// <summary>The program pushes more filament in one move than an extruder can.</summary>
    ExcessiveExtrusion,

    /// <summary>The program names a tool that the machine has not.</summary>
    NoSuchTool,

    /// <summary>The program ends with a heater on.</summary>
    HeaterLeftOn,

    /// <summary>The program uses a spindle or laser that the machine has not.</summary>
    NoSpindle,

    /// <summary>The spindle speed or laser power is outside its range.</summary>
    SpindleOutOfRange,

    /// <summary>The program ends with the spindle or laser on.</summary>
    SpindleLeftOn,

    /// <summary>A laser stays lit during a travel move or a pause.</summary>
    LaserOnDuringTravel,
}
