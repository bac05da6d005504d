// The commands of GRBL 1.1 and kin, as far as a program may use them, and those it may never use.

namespace FabNet.GCode.Commands;

/// <summary>GRBL's commands. Source: GRBL 1.1 gcode.c.</summary>
internal static class GrblCommands
{
    // Modal groups.
    public const int NonModal = 1;
    public const int Motion = 2;
    public const int Plane = 3;
    public const int Distance = 4;
    public const int FeedMode = 5;
    public const int Units = 6;
    public const int ToolLength = 7;
    public const int WorkOffset = 8;
    public const int Spindle = 9;
    public const int Flow = 10;
    public const int Coolant = 12;

    /// <summary>What each command means.</summary>
    public static readonly Dictionary<int, CommandKind> Kinds = Make();

    /// <summary>The modal group of a kind, from 1; two commands of one group in a line contradict each other (GRBL's error 21). 0 for kinds without one.</summary>
    public static int ModalGroup(CommandKind kind) => kind switch
    {
        CommandKind.Dwell or CommandKind.StoredPosition or CommandKind.SetPosition or CommandKind.ClearPosition or CommandKind.MachineCoordinates => NonModal,
        CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise or CommandKind.Probe or CommandKind.CancelMotion => Motion,
        CommandKind.PlaneXY or CommandKind.PlaneZX or CommandKind.PlaneYZ => Plane,
        CommandKind.Absolute or CommandKind.Relative => Distance,
        CommandKind.InverseTime or CommandKind.UnitsPerMinute => FeedMode,
        CommandKind.Inches or CommandKind.Millimetres => Units,
        CommandKind.ToolLength or CommandKind.CancelToolLength => ToolLength,
        CommandKind.SelectOffset => WorkOffset,
        CommandKind.SpindleOn or CommandKind.SpindleDynamic or CommandKind.SpindleOff => Spindle,
        CommandKind.Pause or CommandKind.ProgramEnd => Flow,
        CommandKind.Coolant => Coolant,
        CommandKind.ArcRelative => 13,
        CommandKind.CutterCompensationOff => 14,
        CommandKind.ExactPath => 15,
        _ => 0,
    };

    /// <summary>True for kinds that take the line's axis words; a line can hold one of them (GRBL's error 24).</summary>
    public static bool TakesAxes(CommandKind kind) => kind is not CommandKind.CancelMotion && ModalGroup(kind) switch
    {
        Motion or ToolLength => true,
        NonModal => kind is CommandKind.StoredPosition or CommandKind.SetPosition,
        _ => false,
    };

    private static Dictionary<int, CommandKind> Make()
    {
        var kinds = new Dictionary<int, CommandKind>();
        void Add(CommandKind kind, string commands) => CommandTable.Add(kinds, kind, commands);

        Add(CommandKind.Rapid, "G0");
        Add(CommandKind.Linear, "G1");
        Add(CommandKind.ArcClockwise, "G2");
        Add(CommandKind.ArcCounterClockwise, "G3");
        Add(CommandKind.Dwell, "G4");
        Add(CommandKind.PlaneXY, "G17");
        Add(CommandKind.PlaneZX, "G18");
        Add(CommandKind.PlaneYZ, "G19");
        Add(CommandKind.Inches, "G20");
        Add(CommandKind.Millimetres, "G21");
        Add(CommandKind.StoredPosition, "G28 G30");
        Add(CommandKind.Probe, "G38.2 G38.3 G38.4 G38.5");
        Add(CommandKind.ToolLength, "G43.1");
        Add(CommandKind.CancelToolLength, "G49");
        Add(CommandKind.MachineCoordinates, "G53");
        Add(CommandKind.SelectOffset, "G54 G55 G56 G57 G58 G59");
        Add(CommandKind.CancelMotion, "G80");
        Add(CommandKind.Absolute, "G90");
        Add(CommandKind.Relative, "G91");
        Add(CommandKind.ArcRelative, "G91.1");
        Add(CommandKind.SetPosition, "G92");
        Add(CommandKind.ClearPosition, "G92.1");
        Add(CommandKind.InverseTime, "G93");
        Add(CommandKind.UnitsPerMinute, "G94");
        Add(CommandKind.Pause, "M0 M1");
        Add(CommandKind.ProgramEnd, "M2 M30");
        Add(CommandKind.SpindleOn, "M3");
        Add(CommandKind.SpindleDynamic, "M4");
        Add(CommandKind.SpindleOff, "M5");

        Add(CommandKind.CutterCompensationOff, "G40");
        Add(CommandKind.ExactPath, "G61");

        // Not M7 (mist): stock GRBL is built without it (config.h, ENABLE_M7) and stops with error 20. A profile whose firmware has it lists it.
        Add(CommandKind.Coolant, "M8 M9");

        // Work offsets and stored positions are the operator's; G10 and G28.1 write EEPROM.
        Add(CommandKind.Settings, "G10 G28.1 G30.1");
        Add(CommandKind.ToolChange, "M6");
        return kinds;
    }
}
