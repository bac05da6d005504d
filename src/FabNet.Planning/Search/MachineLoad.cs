// What the search needs to know of a machine, whatever it makes.

namespace FabNet.Planning.Search;

/// <summary>The work of one machine, as a chain of the search changes it: jobs in sequence, or builds on a bed. Owned by one chain.</summary>
internal abstract class MachineLoad<TSelf>
{
    /// <summary>How many jobs or builds it has.</summary>
    public int Count { get; protected set; }

    /// <summary>When it is done.</summary>
    public double End { get; protected set; }

    /// <summary>All its set-ups.</summary>
    public double SetUpTime { get; protected set; }

    /// <summary>Becomes the same as another.</summary>
    public abstract void CopyFrom(TSelf other);
}
