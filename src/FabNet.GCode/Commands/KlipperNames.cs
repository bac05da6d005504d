// Klipper's commands with names of their own: what slicers write, and what works outside of everything that admission follows.

using System.Collections.Frozen;

namespace FabNet.GCode.Commands;

/// <summary>Klipper's named commands. Source: Klipper docs/G-Codes.md.</summary>
internal static class KlipperNames
{
    /// <summary>Those that slicers write and that neither move, heat nor remember.</summary>
    public static readonly string[] Harmless =
    [
        "EXCLUDE_OBJECT_DEFINE", "EXCLUDE_OBJECT_START", "EXCLUDE_OBJECT_END", "SET_PRESSURE_ADVANCE", "SET_DISPLAY_TEXT", "TIMELAPSE_TAKE_FRAME",
        "SET_PRINT_STATS_INFO", "QUAD_GANTRY_LEVEL", "BED_MESH_CALIBRATE", "BED_MESH_CLEAR", "TURN_OFF_HEATERS",
    ];

    /// <summary>Those that move, heat or shift coordinates past what is checked, keep settings, or end the print: a machine that takes unknown macros does not take these unless its profile names them.</summary>
    public static readonly FrozenSet<string> Unfollowed = new[]
    {
        "SET_KINEMATIC_POSITION", "FORCE_MOVE", "STEPPER_BUZZ", "MANUAL_STEPPER", "SET_STEPPER_ENABLE", "SET_GCODE_OFFSET", "SAVE_GCODE_STATE", "RESTORE_GCODE_STATE", "SET_DUAL_CARRIAGE",
        "ACTIVATE_EXTRUDER", "SYNC_EXTRUDER_MOTION", "SET_EXTRUDER_ROTATION_DISTANCE", "SET_EXTRUDER_STEP_DISTANCE", "SET_HEATER_TEMPERATURE", "SET_TEMPERATURE_FAN_TARGET", "PID_CALIBRATE",
        "SET_PIN", "SET_SERVO", "SET_TMC_CURRENT", "SET_TMC_FIELD", "INIT_TMC", "PROBE", "PROBE_CALIBRATE", "PROBE_ACCURACY", "Z_ENDSTOP_CALIBRATE", "MANUAL_PROBE", "DELTA_CALIBRATE", "TESTZ", "ACCEPT",
        "SAVE_CONFIG", "RESTART", "FIRMWARE_RESTART", "RUN_SHELL_COMMAND", "SDCARD_PRINT_FILE", "SDCARD_RESET_FILE", "CANCEL_PRINT", "CLEAR_PAUSE", "SET_GCODE_VARIABLE", "UPDATE_DELAYED_GCODE", "TUNING_TOWER",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
