// Manual operations in GRBL's words. Source: gnea/grbl doc/markdown/jogging.md, commands.md (realtime overrides), interface.md.

using System.Globalization;
using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>Says manual operations to a GRBL.</summary>
internal static class GrblOperations
{
    private const byte JogCancel = 0x85;

    /// <summary>How an operation is said.</summary>
    public static OperationPlan Plan(ManualOperation operation) => operation switch
    {
        ManualOperation.Home { Axes: "" } => OperationPlan.Of("$H"),
        ManualOperation.Home home => home.Axes.Length == 1
            ? OperationPlan.Of("$H" + home.Axes)
            : OperationPlan.Refused("GRBL homes all axes, or one if it was built for it (HOMING_SINGLE_AXIS_COMMANDS)."),
        ManualOperation.Jog jog => OperationPlan.Of(string.Create(
            CultureInfo.InvariantCulture, $"$J=G91G21{Way('X', jog.XMm)}{Way('Y', jog.YMm)}{Way('Z', jog.ZMm)}F{jog.FeedMmPerMin:0.###}")),
        ManualOperation.StopJog => OperationPlan.OfBytes([JogCancel]),
        ManualOperation.Probe probe => OperationPlan.Of(string.Create(CultureInfo.InvariantCulture, $"G21G91G38.2Z{probe.DepthMm:0.###}F{probe.FeedMmPerMin:0.###}"), "G90") with { Answering = 0 },
        ManualOperation.SetWorkOrigin origin => OperationPlan.Of("G10L20P0" + string.Concat(origin.Axes.Select(static axis => axis + "0"))),
        ManualOperation.Override { Kind: OverrideKind.Feed } feed => OperationPlan.OfBytes(Steps(feed.Percent, reset: 0x90)),
        ManualOperation.Override { Kind: OverrideKind.Spindle } spindle => OperationPlan.OfBytes(Steps(spindle.Percent, reset: 0x99)),
        ManualOperation.Override { Kind: OverrideKind.Rapid } rapid => rapid.Percent switch
        {
            100 => OperationPlan.OfBytes([0x95]),
            50 => OperationPlan.OfBytes([0x96]),
            25 => OperationPlan.OfBytes([0x97]),
            _ => OperationPlan.Refused("GRBL knows 100, 50 and 25 % for rapid moves."),
        },
        _ => OperationPlan.Refused("GRBL has no extruder."),
    };

    /// <summary>The modes that admission goes by, and that a program or a person before may have left otherwise. Not G54, G92 and the tool's length: those are where a person has set zero.</summary>
    public const string StartModes = "G0G17G21G40G90G94M5M9S0";

    /// <summary>What undoes a program's own shifts of coordinates, so that zero is again where a person has set it.</summary>
    /// <param name="shifts">What the program leaves shifted.</param>
    /// <param name="modesBefore">What <c>$G</c> told before the program: the work offset to go back to is in it.</param>
    public static IEnumerable<string> Unshift(CoordinateShifts shifts, string modesBefore)
    {
        if (shifts.HasFlag(CoordinateShifts.Renamed))
            yield return "G92.1";
        if (shifts.HasFlag(CoordinateShifts.ToolLength))
            yield return "G49";
        if (shifts.HasFlag(CoordinateShifts.WorkOffset))
            yield return Array.Find(modesBefore.Split(' '), static word => word is "G55" or "G56" or "G57" or "G58" or "G59") ?? "G54";
    }

    /// <summary>True if handwork can be undone behind these modes: GRBL takes no arc or probe without axis words.</summary>
    public static bool CanRestore(string modes) => modes.StartsWith("G0 ", StringComparison.Ordinal) || modes.StartsWith("G1 ", StringComparison.Ordinal);

    /// <summary>True if these modes tell that spindle and coolant are off; false, too, if they were damaged on the way.</summary>
    public static bool IsAllOff(string modes)
    {
        var words = modes.Split(' ');
        return words.Contains("M5") && words.Contains("M9") && !words.Any(static word => word is "M3" or "M4" or "M7" or "M8");
    }

    /// <summary>The line that sets again what handwork may have changed: motion, units, distance, offset, plane and feed, as <c>$G</c> told them.</summary>
    public static string Restore(string modes) =>
        CanRestore(modes) ? string.Concat(modes.Split(' ').Where(static word => word[0] == 'G' || (word[0] == 'F' && word != "F0"))) : "G4P0";

    // The bytes after the reset add 10, take 10, add 1 and take 1 percent.
    private static byte[] Steps(int percent, byte reset)
    {
        var difference = percent - 100;
        var tens = Enumerable.Repeat((byte)(reset + (difference > 0 ? 1 : 2)), Math.Abs(difference) / 10);
        var ones = Enumerable.Repeat((byte)(reset + (difference > 0 ? 3 : 4)), Math.Abs(difference) % 10);
        return [reset, .. tens, .. ones];
    }

    private static string Way(char axis, double distanceMm) => distanceMm == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{axis}{distanceMm:0.###}");
}
