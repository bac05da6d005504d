// The commands of Marlin and kin (also Klipper's and Bambu Lab's G-code), as far as a program may use them, and those it may never use.

using FabNet.GCode.Reading;

namespace FabNet.GCode.Commands;

/// <summary>Marlin's commands. Sources: Marlin 2.1 gcode/gcode.cpp; Prusa and Klipper where they differ.</summary>
internal static class MarlinCommands
{
    /// <summary>What each command means.</summary>
    public static readonly Dictionary<int, CommandKind> Kinds = Make();

    /// <summary>True if the rest of the line after this command is text, not words.</summary>
    public static bool TakesText(int key) => Command.Letter(key) == 'M' && Command.Tenths(key) switch
    {
        0 or 10 or 160 or 230 or 280 or 300 or 320 or 330 or 360 or 1150 or 1170 or 1180 or 4860 or 9280 => true,
        980 or 4710 or (>= 8100 and <= 8190) => true,
        >= 8620 and <= 8629 => true,
        10020 => true,
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
        Add(CommandKind.FirmwareRetract, "G10 G11");
        Add(CommandKind.Inches, "G20");
        Add(CommandKind.Millimetres, "G21");
        Add(CommandKind.Home, "G28");
        Add(CommandKind.Procedure, "G12 G27 G29 G34 G80");
        Add(CommandKind.Absolute, "G90");
        Add(CommandKind.Relative, "G91");
        Add(CommandKind.SetPosition, "G92");
        Add(CommandKind.PlaneXY, "G17");
        Add(CommandKind.ExtruderAbsolute, "M82");
        Add(CommandKind.ExtruderRelative, "M83");
        Add(CommandKind.HotEnd, "M104");
        Add(CommandKind.HotEndWait, "M109");
        Add(CommandKind.Bed, "M140");
        Add(CommandKind.BedWait, "M190");
        Add(CommandKind.Chamber, "M141");
        Add(CommandKind.ChamberWait, "M191");
        Add(CommandKind.SpindleOn, "M3");
        Add(CommandKind.SpindleDynamic, "M4");
        Add(CommandKind.SpindleOff, "M5");
        Add(CommandKind.MaxAcceleration, "M201");
        Add(CommandKind.MaxFeed, "M203");
        Add(CommandKind.Acceleration, "M204");
        Add(CommandKind.Corner, "M205");
        Add(CommandKind.FeedOverride, "M220");
        Add(CommandKind.FlowOverride, "M221");
        Add(CommandKind.Pause, "M0 M1 M125 M600 M601");
        Add(CommandKind.Finish, "M400");
        Add(CommandKind.Message, "M117");
        Add(CommandKind.HostMessage, "M118");

        Add(CommandKind.Fan, "M106 M107");

        Add(CommandKind.MotorsOff, "M18 M84");

        // Motors on, displays, print timers, reports, object labels, checks of the printer's model, levelling on and off, linear advance.
        Add(CommandKind.Harmless, "M17 M105 M114 M115 M155 M31 M73 M74 M75 M76 M77 M78 M80 M150 M250 M300 M420 M486 M900 M16");
        Add(CommandKind.Harmless, "M862 M862.1 M862.2 M862.3 M862.4 M862.5 M862.6");

        // What the machine remembers or is tuned by: PID, steps/mm, currents, offsets, EEPROM, mesh, retraction lengths, presets, input shaping.
        Add(CommandKind.Settings, "M92 M143 M145 M149 M200 M206 M207 M208 M209 M218 M301 M303 M304 M305 M306 M309 M350 M351 M421 M425 M428 M500 M501 M502 M503 M504");
        Add(CommandKind.Settings, "M569 M593 M665 M666 M672 M851 M852 M860 M871 M563 M567 M574 M584 M906 M907 M908 M909 M910 M911 M912 M913 M914 M915 M919 G33 G76");

        // The machine's own storage, and the macros in it.
        Add(CommandKind.Storage, "M20 M21 M22 M23 M24 M25 M26 M27 M28 M29 M30 M32 M33 M34 M36 M98 M471 M524 M559 M560 M808 M810 M811 M812 M813 M814 M815 M816 M817 M818 M819 M928 M1000");

        // Firmware, link and protocol: restart, flash, baud, line numbers, debug and keep-alive switches, answers to prompts, password.
        Add(CommandKind.Firmware, "M110 M111 M113 M118.1 M360 M361 M510 M511 M512 M550 M551 M552 M553 M554 M586 M587 M588 M589 M575 M576 M876 M993 M994 M995 M997 M999 M7219");

        // Protections and emergency: stops, power, pins, servos, endstops, timeouts, cold extrusion, babystepping past the envelope, mesh validation.
        Add(CommandKind.Safety, "M42 M43 M48 M81 M85 M86 M87 M102 M108 M112 M120 M121 M211 M226 M240 M280 M282 M562 M570 M290 M302 M410 M412 M413 M540 M605 G6 G26 G30 G31 G32 G38.2 G38.3 G38.4 G38.5 G42 G60 G61 G425");

        // Splines, planes, workspaces, corners of the bed, probes, valves, solenoids and servos, filament loaded by the firmware, the bus, driver tests, internals.
        Add(CommandKind.Unfollowed, "G5 G18 G19 G35 G53 G54 G55 G56 G57 G58 G59 M126 M127 M128 M129 M163 M164 M165 M166 M202 M217 M260 M261 M281 M380 M381 M401 M402 M404 M405 M406 M422 M423");
        Add(CommandKind.Unfollowed, "M603 M701 M702 M710 M863 M864 M867 M868 M916 M917 M918 M951 M1001 M1002 M1004");
        return kinds;
    }
}
