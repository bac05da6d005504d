// Journals when machines come into service and go out of it: what availability is made of.

using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator.Statistics;

/// <summary>
/// Follows machines' states. A site that is away for less than <paramref name="patience"/> was not away: a restart or a bad line takes no machine out of service. Owned by the coordinator's loop.
/// </summary>
internal sealed class ServiceWatch(Chronicle chronicle, SiteDirectory sites, TimeSpan patience, TimeProvider time, ILogger log)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    private NetworkStatistics Statistics => chronicle.State.Statistics;

    /// <summary>A machine told what it does.</summary>
    public void Told(MachineStatus status)
    {
        if (Statistics.RecordOf(status.Machine) is { } record
            && (record.Service.State is not { } known || ServiceTime.IsInService(known) != ServiceTime.IsInService(status.State)))
        {
            Record([status.Machine], status.State, time.GetUtcNow());
        }
    }

    /// <summary>Takes machines of sites that stayed away out of service, from when they were heard last.</summary>
    public void Tick()
    {
        var now = time.GetUtcNow();
        foreach (var site in chronicle.State.Sites.Values)
        {
            var heard = sites.All.GetValueOrDefault(site.Id)?.LastSeenAt ?? _startedAt;
            if (!sites.IsOnline(site.Id) && now - heard >= patience)
            {
                var away = site.Machines.Select(static m => m.Id)
                    .Where(m => Statistics.RecordOf(m)?.Service.State is { } state && ServiceTime.IsInService(state)).ToList();
                if (away.Count > 0)
                {
                    Record(away, MachineState.Offline, heard);
                }
            }
        }
    }

    // Where the journal can't be written nothing is known to have changed, so the next status or tick says it again.
    private void Record(IReadOnlyList<MachineId> machines, MachineState state, DateTimeOffset at)
    {
        try
        {
            chronicle.Record(new ServiceChanged { Machines = machines, State = state, At = at });
        }
        catch (JournalException e)
        {
            CoordinatorLog.JournalUnwritable(log, e);
        }
    }
}
