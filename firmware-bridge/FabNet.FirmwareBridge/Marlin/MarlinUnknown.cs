// What it means for a program that the firmware passed over one of its commands. Source: Marlin gcode/parser.cpp, unknown_command_warning.

using System.Text;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>What a command that was passed over leads to.</summary>
internal enum UnknownEffect
{
    /// <summary>Nothing that counts, or the text is about no unknown command.</summary>
    None,

    /// <summary>The machine is no longer where, or in the mode in which, the program takes it to be.</summary>
    Lost,

    /// <summary>The machine goes on where the program wants a person.</summary>
    Unheld,
}

/// <summary>Reads <c>echo:Unknown command: "G2 X1"</c>.</summary>
internal static class MarlinUnknown
{
    private static readonly string[] Leading = ["G0", "G1", "G2", "G3", "G10", "G11", "G20", "G90", "G91", "G92", "G28", "M82", "M83", "M3", "M4", "M5"];
    private static readonly string[] Waiting = ["M0", "M1", "M125", "M600", "M601"];

    /// <summary>What was passed over.</summary>
    /// <param name="echo">What follows <c>echo:</c>.</param>
    /// <param name="command">The command without its words; empty if the echo is about something else.</param>
    public static UnknownEffect Of(ReadOnlySpan<byte> echo, out string command)
    {
        command = "";
        if (!echo.StartsWith("Unknown command: \""u8))
            return UnknownEffect.None;
        echo = echo["Unknown command: \""u8.Length..];
        var end = echo.IndexOfAny((byte)' ', (byte)'"');
        command = Encoding.ASCII.GetString(end < 0 ? echo : echo[..end]);
        return Array.IndexOf(Leading, command) >= 0 ? UnknownEffect.Lost : Array.IndexOf(Waiting, command) >= 0 ? UnknownEffect.Unheld : UnknownEffect.None;
    }
}
