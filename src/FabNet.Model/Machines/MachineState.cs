// What a machine is doing, as people and the planner see it.

namespace FabNet.Model.Machines;

/// <summary>The state of a machine. Owned by its session; everybody else reads it.</summary>
public enum MachineState
{
    /// <summary>No link to it.</summary>
    Offline,

    /// <summary>Linked, still, and free for the next job.</summary>
    Idle,

    /// <summary>Warming up or being set up for a job.</summary>
    Preparing,

    /// <summary>Executing a program.</summary>
    Running,

    /// <summary>A program is held and can go on.</summary>
    Paused,

    /// <summary>A person must answer something (a prompt, a tool change, a doubtful recovery).</summary>
    Attention,

    /// <summary>A finished or failed part is still on it: no next start until somebody clears it.</summary>
    NeedsClearing,

    /// <summary>The firmware halted or raised an alarm; position and heaters are in doubt.</summary>
    Alarm,

    /// <summary>Taken out of service by a person.</summary>
    Maintenance,

    /// <summary>Kept for a person for a time.</summary>
    Reserved,
}
