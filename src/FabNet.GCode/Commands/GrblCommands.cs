// The commands of GRBL 1.1 and kin, as far as a program may use them, and those it may never use.

namespace FabNet.GCode.Commands;

/// <summary>GRBL's commands. Source: GRBL 1.1 gcode.c.</summary>
internal static class GrblCommands
{
    /// <summary>What each command means.</summary>
    public static readonly Dictionary<int, CommandKind> Kinds = Make();

    /// <summary>
    /// The modal group of a kind, from 1; two commands of one group in a line contradict each other (GRBL's error 21). Commands that use axis words
    /// share a group with motion, since the words can belong to one of them only (error 24).
    /// </summary>
    public static int ModalGroup(CommandKind kind) => kind switch
    {
        CommandKind.Rapid or CommandKind.Linear or CommandKind.ArcClockwise or CommandKind.ArcCounterClockwise or CommandKind.Probe or CommandKind.CancelMotion => 1,
        CommandKind.Home or CommandKind.StoredPosition or CommandKind.SetPosition or CommandKind.ToolLength => 1,
        CommandKind.PlaneXY or CommandKind.PlaneZX or CommandKind.PlaneYZ => 2,
        CommandKind.Absolute or CommandKind.Relative => 3,
        CommandKind.InverseTime or CommandKind.UnitsPerMinute => 4,
        CommandKind.Inches or CommandKind.Millimetres => 5,
        CommandKind.SelectOffset => 6,
        CommandKind.SpindleOn or CommandKind.SpindleDynamic or CommandKind.SpindleOff => 7,
        CommandKind.Pause or CommandKind.ProgramEnd => 8,
        CommandKind.Dwell => 9,
        CommandKind.ClearPosition => 10,
        CommandKind.MachineCoordinates => 11,
        _ => 0,
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

        // Cutter compensation off, exact path, coolant.
        Add(CommandKind.Harmless, "G40 G61 M7 M8 M9");

        // Work offsets and stored positions are the operator's; G10 and G28.1 write EEPROM.
        Add(CommandKind.Settings, "G10 G28.1 G30.1");
        Add(CommandKind.ToolChange, "M6");
        return kinds;
    }
}
