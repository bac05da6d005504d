// What is known of sites only while they are here: their streams and what their machines do.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.Sites;

/// <summary>A site's live side.</summary>
internal sealed class LiveSite
{
    public SiteSession? Session { get; set; }

    public DateTimeOffset? LastSeenAt { get; set; }

    public Dictionary<MachineId, LiveMachine> Machines { get; } = [];
}

/// <summary>A machine's last status.</summary>
/// <param name="Status">As its site told it.</param>
/// <param name="Since">When it came into that state, by this coordinator's clock.</param>
internal readonly record struct LiveMachine(MachineStatus Status, DateTimeOffset Since);

/// <summary>The live sides of all sites. Owned by the coordinator's loop.</summary>
internal sealed class SiteDirectory(CoordinatorState state, TimeProvider time)
{
    private readonly Dictionary<SiteId, LiveSite> _sites = [];

    /// <summary>Every site that was ever heard here.</summary>
    public IReadOnlyDictionary<SiteId, LiveSite> All => _sites;

    /// <summary>The live side of a site; an empty one where it was not heard since the start.</summary>
    public LiveSite this[SiteId site]
    {
        get
        {
            if (!_sites.TryGetValue(site, out var live))
            {
                _sites.Add(site, live = new LiveSite());
            }

            return live;
        }
    }

    /// <summary>True while a site's stream is open.</summary>
    public bool IsOnline(SiteId site) => _sites.TryGetValue(site, out var live) && live.Session is not null;

    /// <summary>The stream of a site; null while it is away.</summary>
    public SiteSession? SessionOf(SiteId site) => _sites.GetValueOrDefault(site)?.Session;

    /// <summary>The last status of a machine; null if it has told none since the start.</summary>
    public LiveMachine? StatusOf(MachineId machine) =>
        _sites.TryGetValue(machine.Site, out var live) && live.Machines.TryGetValue(machine, out var status) ? status : null;

    /// <summary>A machine as its site registered it; null if there is none.</summary>
    public Machine? MachineOf(MachineId machine)
    {
        if (state.Sites.TryGetValue(machine.Site, out var site))
        {
            foreach (var candidate in site.Machines)
            {
                if (candidate.Id == machine)
                {
                    return candidate;
                }
            }
        }

        return null;
    }

    /// <summary>A site was heard.</summary>
    public void Heard(SiteSession session)
    {
        session.HeardAt = time.GetTimestamp();
        this[session.Site].LastSeenAt = time.GetUtcNow();
    }

    /// <summary>A machine told what it does.</summary>
    /// <returns>True if something changed that a plan rests on: its state or what is loaded.</returns>
    public bool Told(MachineStatus status)
    {
        var machines = this[status.Machine.Site].Machines;
        var known = machines.TryGetValue(status.Machine, out var before);
        var since = known && before.Status.State == status.State ? before.Since : time.GetUtcNow();
        if (known && status.Job is { } job && before.Status.Job == job && status.Progress < before.Status.Progress)
        {
            // A run goes forward: what was done of a job is not undone by a word.
            status = status with { Progress = before.Status.Progress };
        }

        machines[status.Machine] = new LiveMachine(status, since);
        return !known || before.Status.State != status.State || before.Status.Loaded != status.Loaded;
    }
}
