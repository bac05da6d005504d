// One reader of the network's changes: it remembers what changed, not each change, so that a slow reader gets newer states.

using System.Threading.Channels;
using FabNet.Coordinator.State;
using FabNet.Model;

namespace FabNet.Coordinator.Board;

/// <summary>What one watcher has not been told yet. Owned by the coordinator's loop; only the signal is read elsewhere.</summary>
internal sealed class BoardWatcher(OrderId? only)
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The only order it wants; null for everything.</summary>
    public OrderId? Only { get; } = only;

    public HashSet<SiteId> Sites { get; } = [];

    public HashSet<MachineId> Machines { get; } = [];

    public HashSet<JobEntry> Jobs { get; } = [];

    public HashSet<OrderEntry> Orders { get; } = [];

    /// <summary>Holds one item while there is something to tell.</summary>
    public ChannelReader<bool> Signal => _signal.Reader;

    /// <summary>There is something to tell.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    /// <summary>The coordinator ends: no more changes.</summary>
    public void Complete() => _signal.Writer.TryComplete();
}
