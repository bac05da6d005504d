// Faults by hand, while the machine runs.

namespace FabNet.FirmwareSimulator.Faults;

/// <summary>Live control over a <see cref="SimulatedMachine"/>: each call takes effect before it returns. Times are machine time. Thread-safe.</summary>
public sealed class MachineFaults
{
    private readonly SimulatedMachine _machine;

    internal MachineFaults(SimulatedMachine machine) => _machine = machine;

    /// <summary>Pulls the cable: the port vanishes, a host that holds it open sees a hang-up. The firmware goes on with what it has.</summary>
    public void Unplug() => _machine.Do((simulation, now) => simulation.Unplug(now, null));

    /// <summary>Plugs the cable in again, under the same link.</summary>
    public void Plug() => _machine.Do((simulation, _) => simulation.Plug());

    /// <summary>Resets the processor.</summary>
    public void Reset() => _machine.Do((simulation, now) => simulation.Reset(now));

    /// <summary>The link carries nothing for a time, then goes on.</summary>
    public void Stall(TimeSpan duration) => _machine.Do((simulation, now) => simulation.Stall(now, duration.TotalSeconds));

    /// <summary>Replies are lost for a time.</summary>
    public void Mute(TimeSpan duration) => _machine.Do((simulation, now) => simulation.Mute(now, duration.TotalSeconds));

    /// <summary>The active hot end's heater comes loose.</summary>
    public void BreakHeater() => _machine.Do((simulation, _) => simulation.Firmware.BreakHeater());

    /// <summary>Presses an endstop: 0 X, 1 Y, 2 Z.</summary>
    public void PressEndstop(int axis) => _machine.Do((simulation, _) => simulation.Firmware.SetEndstop(axis, pressed: true));

    /// <summary>Lets an endstop go.</summary>
    public void ReleaseEndstop(int axis) => _machine.Do((simulation, _) => simulation.Firmware.SetEndstop(axis, pressed: false));

    /// <summary>Plans a fault with a moment (<see cref="Fault.AtS"/>) or a count of commands (<see cref="Fault.AtLine"/>).</summary>
    /// <exception cref="ArgumentException">It has neither.</exception>
    public void Plan(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.AtS is null && fault.AtLine is null)
        {
            throw new ArgumentException("A fault planned while the machine runs needs a moment or a count of commands.", nameof(fault));
        }

        _machine.Do((simulation, _) => simulation.Plan(fault));
    }
}
