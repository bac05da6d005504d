// The commands that turn off what can burn or cut, for a machine that a dead process left running.

using System.Globalization;
using FabNet.Model.Machines;

namespace FabNet.Edge.Machines;

/// <summary>Commands for the safe state of each dialect.</summary>
internal static class SafeCommands
{
    /// <summary>What to send, in order (sources: Marlin's M104, M140, M107; GRBL's M5, M9; Klipper's TURN_OFF_HEATERS). A machine that runs files by itself is stopped by its session instead.</summary>
    public static IReadOnlyList<string> For(MachineProfile profile) => profile.Dialect switch
    {
        FirmwareDialect.Marlin =>
        [
            .. Enumerable.Range(0, profile.HotEnds.Count).Select(tool => string.Create(CultureInfo.InvariantCulture, $"M104 T{tool} S0")),
            .. profile.MaxBedTemperatureC > 0 ? (string[])["M140 S0"] : [],
            "M107",
        ],
        FirmwareDialect.Grbl => ["M5", "M9"],
        FirmwareDialect.Klipper => ["TURN_OFF_HEATERS", "M107"],
        _ => [],
    };
}
