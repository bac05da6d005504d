// Manual operations in Marlin's words, which Klipper and Bambu's firmware understand too. Source: marlinfw.org/docs/gcode.

using System.Globalization;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Says manual operations to a Marlin.</summary>
internal static class MarlinOperations
{
    /// <summary>How an operation is said.</summary>
    public static OperationPlan Plan(ManualOperation operation) => operation switch
    {
        ManualOperation.Home home => OperationPlan.Of(string.Join(' ', ["G28", .. home.Axes.Select(static axis => axis.ToString())])),
        ManualOperation.Jog jog => OperationPlan.Of(
            "G91", string.Create(CultureInfo.InvariantCulture, $"G1{Way('X', jog.XMm)}{Way('Y', jog.YMm)}{Way('Z', jog.ZMm)} F{jog.FeedMmPerMin:0.###}"), "G90"),
        // Obeyed at once with EMERGENCY_PARSER, in its turn without; the position is taken from the steppers.
        ManualOperation.StopJog => OperationPlan.OfBytes("M410\n"u8),
        ManualOperation.Probe => OperationPlan.Of("G30"),
        ManualOperation.SetWorkOrigin origin => OperationPlan.Of(string.Join(' ', ["G92", .. origin.Axes.Select(static axis => axis + "0")])),
        ManualOperation.Override { Kind: OverrideKind.Feed } feed => OperationPlan.Of("M220 S" + Number(feed.Percent)),
        ManualOperation.Override { Kind: OverrideKind.Flow } flow => OperationPlan.Of("M221 S" + Number(flow.Percent)),
        ManualOperation.Override { Kind: OverrideKind.Rapid } => OperationPlan.Refused("Marlin has one override for all moves: use feed."),
        _ => OperationPlan.Refused("Marlin has no spindle override."),
    };

    /// <summary>What puts a Marlin into the modes that admission goes by: millimetres, absolute, filament counted from 0, nothing overridden, the first tool.</summary>
    /// <param name="hotEnds">How many it has; without any, a Marlin is built without the filament's modes.</param>
    public static string[] StartModes(int hotEnds) => hotEnds switch
    {
        0 => ["G21", "G90", "M220 S100"],
        1 => ["G21", "G90", "M82", "G92 E0", "M220 S100", "M221 S100"],
        _ => ["G21", "G90", "M82", "G92 E0", "M220 S100", "M221 S100", "T0"],
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Way(char axis, double distanceMm) => distanceMm == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {axis}{distanceMm:0.###}");
}
