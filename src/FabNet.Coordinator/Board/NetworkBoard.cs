// What everybody may see: sites, machines and what they do, jobs and orders; as a whole, and change by change.

using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Protocol;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Board;

/// <summary>The board. Owned by the coordinator's loop.</summary>
internal sealed class NetworkBoard(CoordinatorState state, SiteDirectory sites, LeaseBook leases, PlanApplier plan, CoordinatorOptions options, TimeProvider time)
{
    /// <summary>Jobs in one message; more come as changes of their own, so that no message outgrows gRPC's usual 4 MiB.</summary>
    private const int JobsPerMessage = 2000;

    private readonly List<BoardWatcher> _watchers = [];

    /// <summary>The network now.</summary>
    public Wire.Network Network()
    {
        var network = new Wire.Network();
        network.Sites.AddRange(state.Sites.Keys.OrderBy(s => s.Value, StringComparer.Ordinal).Select(Site));
        network.Jobs.AddRange(VisibleJobs().Select(Job));
        return network;
    }

    /// <summary>Begins to watch. The first changes are the snapshot.</summary>
    public (BoardWatcher Watcher, List<Wire.NetworkChange> First) Watch(OrderEntry? only)
    {
        var watcher = new BoardWatcher(only?.Order.Id);
        _watchers.Add(watcher);
        var jobs = only is null ? VisibleJobs().ToList() : only.Jobs;
        var network = new Wire.Network();
        network.Jobs.AddRange(jobs.Take(JobsPerMessage).Select(Job));
        var theirs = jobs.Select(j => j.Job.Machine).OfType<MachineId>().ToHashSet();
        network.Sites.AddRange(state.Sites.Keys
            .Where(s => only is null || theirs.Any(m => m.Site == s))
            .OrderBy(s => s.Value, StringComparer.Ordinal)
            .Select(s => only is null ? Site(s) : Site(s, theirs)));
        List<Wire.NetworkChange> first = [new() { Snapshot = network }, .. jobs.Skip(JobsPerMessage).Select(j => new Wire.NetworkChange { Job = Job(j) })];
        if (only is not null)
        {
            first.Add(new() { Order = Order(only) });
        }

        return (watcher, first);
    }

    /// <summary>Ends a watch.</summary>
    public void Unwatch(BoardWatcher watcher) => _watchers.Remove(watcher);

    /// <summary>Ends all watches: the coordinator stops.</summary>
    public void Close() => _watchers.ForEach(w => w.Complete());

    /// <summary>Counts what was published of jobs and sites.</summary>
    public long Changes { get; private set; }

    /// <summary>Something else changed that is on the board.</summary>
    public void Change() => Changes++;

    /// <summary>Facts were applied: marks them for every watcher that wants them.</summary>
    public void Publish(Touched touched)
    {
        Changes++;
        foreach (var watcher in _watchers)
        {
            var any = false;
            foreach (var entry in touched.Jobs)
            {
                if (watcher.Only is null || watcher.Only == entry.Job.Order)
                {
                    watcher.Jobs.Add(entry);
                    watcher.Orders.Add(entry.Order);
                    any = true;
                    if (watcher.Only is not null && entry.Job.Machine is { } machine)
                    {
                        watcher.Machines.Add(machine);
                    }
                }
            }

            if (watcher.Only is null)
            {
                watcher.Sites.UnionWith(touched.Sites);
                any |= touched.Sites.Count > 0;
            }

            if (any)
            {
                watcher.Wake();
            }
        }
    }

    /// <summary>A site came, went or changed.</summary>
    public void Publish(SiteId site)
    {
        Changes++;
        foreach (var watcher in _watchers)
        {
            if (watcher.Only is null || (state.Orders.TryGetValue(watcher.Only.Value, out var order) && order.Jobs.Exists(j => j.Job.Machine?.Site == site)))
            {
                watcher.Sites.Add(site);
                watcher.Wake();
            }
        }
    }

    /// <summary>A machine told what it does.</summary>
    public void Publish(MachineId machine)
    {
        foreach (var watcher in _watchers)
        {
            if (watcher.Only is null || state.CommittedTo(machine).Any(e => e.Job.Order == watcher.Only))
            {
                watcher.Machines.Add(machine);
                watcher.Wake();
            }
        }
    }

    /// <summary>What a watcher has not been told, as it is now; and it counts as told.</summary>
    public List<Wire.NetworkChange> Take(BoardWatcher watcher)
    {
        List<Wire.NetworkChange> changes = [];
        changes.AddRange(watcher.Sites.Where(state.Sites.ContainsKey).Select(s => new Wire.NetworkChange { Site = Site(s) }));
        changes.AddRange(watcher.Machines.Select(sites.StatusOf).OfType<LiveMachine>().Select(m => new Wire.NetworkChange { Machine = m.Status.ToWire() }));
        changes.AddRange(watcher.Jobs.Select(j => new Wire.NetworkChange { Job = Job(j) }));
        changes.AddRange(watcher.Orders.Select(o => new Wire.NetworkChange { Order = Order(o) }));
        watcher.Sites.Clear();
        watcher.Machines.Clear();
        watcher.Jobs.Clear();
        watcher.Orders.Clear();
        return changes;
    }

    /// <summary>A job, with the live end of its lease.</summary>
    public Wire.Job Job(JobEntry entry) => leases.View(entry.Job).ToWire();

    /// <summary>An order with its status and jobs.</summary>
    public Wire.Order Order(OrderEntry entry) => entry.Order.ToWire(entry.Status, entry.Jobs.Select(j => leases.View(j.Job)));

    /// <summary>A job and everything that happened to it.</summary>
    public Wire.JobHistory History(JobEntry entry)
    {
        var history = new Wire.JobHistory { Job = Job(entry) };
        history.Events.AddRange(entry.Events.Select(e => e.ToWire()));
        history.Doubts.AddRange(entry.Doubts);
        var (cost, why) = entry.Terms is { } terms ? (terms.Cost, terms.Why) : entry.Job.State is Model.Jobs.JobState.Planned ? plan.WordsFor(entry) : (null, entry.Job.Reason ?? "");
        history.Why = why;
        history.Cost = cost?.ToWire();
        return history;
    }

    private Wire.SiteStatus Site(SiteId id) => Site(id, null);

    private Wire.SiteStatus Site(SiteId id, HashSet<MachineId>? only)
    {
        var live = sites[id];
        return state.Sites[id].ToStatus(live.Session is not null, live.LastSeenAt, live.Machines.Values.Select(m => m.Status).Where(s => only is null || only.Contains(s.Machine)));
    }

    private IEnumerable<JobEntry> VisibleJobs()
    {
        var since = time.GetUtcNow() - options.RecentlyEnded;
        var recent = new List<JobEntry>();
        for (var i = state.Ended.Count - 1; i >= 0 && state.Ended[i].EndJournaledAt is { } at && at >= since; i--)
        {
            recent.Add(state.Ended[i]);
        }

        recent.Reverse();
        return recent.Concat(state.Live.OrderBy(e => e.Order.Number).ThenBy(e => e.Id.Value.Length).ThenBy(e => e.Id.Value, StringComparer.Ordinal));
    }
}
