// A machine of a simulated workshop: what it is set up for, what it makes, and what is loaded.

using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Tests.Network;

/// <summary>A simulated machine. Its jobs are the edge's plates: one job, or those of a bed that are made at once.</summary>
internal sealed class SimulatedMachine(Machine machine)
{
    public Machine Machine => machine;

    public LoadedMaterial Loaded { get; set; } = machine.Loaded;

    public MachineState State { get; set; } = MachineState.Idle;

    /// <summary>What it is set up for, or makes; null if nothing.</summary>
    public Plate? Plate { get; set; }

    /// <summary>Since when it moves; null if it does not.</summary>
    public DateTimeOffset? MovesSince { get; set; }

    /// <summary>True once its set-up is done and only a program or a lease is missing.</summary>
    public bool IsSetUp { get; set; }

    /// <summary>Counts up whenever what was going on there is broken off: what was to happen later does not.</summary>
    public int Turn { get; set; }

    /// <summary>Maintenance begins when the run is over.</summary>
    public bool WantsMaintenance { get; set; }

    /// <summary>Plates that have a program.</summary>
    public List<Plate> Prepared { get; } = [];

    /// <summary>Beds whose jobs are made one by one: together they can't be sliced.</summary>
    public HashSet<string> Apart { get; } = new(StringComparer.Ordinal);

    /// <summary>Why jobs that it makes with others are not wanted any more.</summary>
    public Dictionary<JobId, string> CalledOff { get; } = [];

    public bool HasProgramFor(Plate plate) => Prepared.Exists(plate.IsSameAs);

    /// <summary>The site's power was cut: what its edge keeps in memory alone is gone.</summary>
    public void Forget()
    {
        Prepared.Clear();
        Apart.Clear();
        CalledOff.Clear();
    }
}
