// The commands that turn off what can burn or cut, for a machine that was left running, or is gone on with after it stopped.

using System.Globalization;
using FabNet.FirmwareBridge;
using FabNet.Model;
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

    /// <summary>Sends them and waits for each answer.</summary>
    /// <exception cref="MachineLinkException">The machine did not take one of them.</exception>
    public static async Task SendAsync(MachineId machine, MachineProfile profile, IMachineSession session, CancellationToken cancellationToken)
    {
        // A locked GRBL takes no command but its unlocking, and came there by a reset, which stops spindle and coolant (grbl motion_control.c, mc_reset).
        if (profile.Dialect is FirmwareDialect.Grbl && session.State is MachineState.Alarm)
        {
            return;
        }

        foreach (var command in For(profile))
        {
            var reply = await session.SendAsync(command, cancellationToken);
            if (!reply.IsOk)
            {
                throw new MachineLinkException($"{machine} was left running and did not take {command}: {reply.Error} Look whether it is hot.");
            }
        }
    }
}
