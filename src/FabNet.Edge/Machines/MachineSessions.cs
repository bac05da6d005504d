// Which session a machine of the configuration gets.

using FabNet.Edge.Configuration;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;

namespace FabNet.Edge.Machines;

/// <summary>Makes sessions; nothing is opened yet.</summary>
internal static class MachineSessions
{
    /// <summary>The session of one machine.</summary>
    public static IMachineSession Create(MachineConfig machine, EdgeAgentOptions options)
    {
        if (machine.Mqtt is not null)
        {
            throw new MachineLinkException($"{machine.Name} is an MQTT machine, and its driver is not part of this build.");
        }

        return new MachineSession(
            new SerialMachineOptions
            {
                PortName = machine.Port!,
                Baud = machine.BaudRate > 0 ? machine.BaudRate : 115200,
                Dialect = machine.Profile.Dialect,
                HotEnds = Math.Max(1, machine.Profile.HotEnds.Count),
            },
            options.Time);
    }
}
