// What GRBL's error and alarm numbers mean, in words that say what to do. Source: gnea/grbl doc/csv; numbers above 38 and 9 are grblHAL's.

using System.Globalization;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>Error and alarm numbers in words.</summary>
internal static class GrblCodes
{
    /// <summary>An error in words.</summary>
    /// <param name="code">The number; -1 if it could not be read.</param>
    /// <param name="text">What the firmware said after the colon.</param>
    public static string Error(int code, string text) => code switch
    {
        < 0 => $"error '{text}'",
        1 => "error 1 (a word has no letter)",
        2 => "error 2 (a number is malformed)",
        3 => "error 3 (unknown $ command)",
        4 => "error 4 (a negative value where none is allowed)",
        5 => "error 5 (homing is not enabled, $22)",
        7 => "error 7 (settings could not be read and were reset; check them with $$)",
        8 => "error 8 (only allowed while idle)",
        9 => "error 9 (locked by an alarm: home with $H or unlock with $X)",
        10 => "error 10 (soft limits need homing)",
        11 => "error 11 (the line is too long)",
        12 => "error 12 (step rate above what the controller can do)",
        13 => "error 13 (the safety door is open)",
        14 => "error 14 (the start-up or build line is too long)",
        15 => "error 15 (the jog would leave the machine)",
        16 => "error 16 (a malformed jog)",
        17 => "error 17 (laser mode needs PWM)",
        20 => "error 20 (command not supported)",
        21 => "error 21 (two commands of one modal group)",
        22 => "error 22 (no feed rate)",
        23 => "error 23 (a whole number is needed)",
        24 or 25 or 27 => $"error {Number(code)} (words of the line exclude each other)",
        26 => "error 26 (no axis word)",
        28 => "error 28 (a value is missing)",
        29 => "error 29 (G59.x is not supported)",
        30 => "error 30 (G53 needs G0 or G1)",
        31 => "error 31 (axis words that nothing uses)",
        32 => "error 32 (an arc without axis words in its plane)",
        33 => "error 33 (an arc or a probing target that can't be)",
        34 => "error 34 (an arc's radius does not fit)",
        35 => "error 35 (an arc without offsets in its plane)",
        36 => "error 36 (words that nothing uses)",
        37 => "error 37 (tool length offset on the wrong axis)",
        38 => "error 38 (tool number too high)",
        79 => "error 79 (locked after an error: reset)",
        _ => $"error {Number(code)}",
    };

    /// <summary>An alarm in words.</summary>
    public static string Alarm(int code) => code switch
    {
        1 => "alarm 1 (hard limit: a limit switch was hit; position is lost, home again)",
        2 => "alarm 2 (soft limit: the target lies outside the machine; position is kept)",
        3 => "alarm 3 (reset while moving; position is lost, home again)",
        4 => "alarm 4 (probe: not in its starting state)",
        5 => "alarm 5 (probe: it touched nothing)",
        6 => "alarm 6 (homing was interrupted by a reset)",
        7 => "alarm 7 (homing was interrupted by the safety door)",
        8 => "alarm 8 (homing: the limit switch was not released; check pull-off and wiring)",
        9 => "alarm 9 (homing: no limit switch was found)",
        10 => "alarm 10 (emergency stop is pressed)",
        11 => "alarm 11 (homing is required)",
        12 => "alarm 12 (a limit switch is pressed)",
        14 => "alarm 14 (the spindle does not come to speed)",
        17 => "alarm 17 (a motor driver reports a fault)",
        _ => code < 0 ? "an alarm" : $"alarm {Number(code)}",
    };

    private static string Number(int code) => code.ToString(CultureInfo.InvariantCulture);
}
