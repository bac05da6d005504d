// Which machines have hours that their own community does not need, and what another one is told of them.

using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using FabNet.Planning;

namespace FabNet.Coordinator.Federation;

/// <summary>Judges surplus capacity: what is committed to a machine and what the plan in force has on it comes first. Owned by the coordinator's loop.</summary>
internal sealed class Surplus(CoordinatorState state, SiteDirectory sites, PlanApplier plan, SnapshotBuilder snapshots, TimeProvider time)
{
    /// <summary>A machine that its own community needs within this time is not shown as idle.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    /// <summary>What is told of times is told in steps of this: whoever plans with it needs no more.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(10);

    /// <summary>Why a machine does not serve another community now; null if it does.</summary>
    /// <param name="community">The other community: what the machine has taken from it is no obstacle.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="until">When the other community's work would be done.</param>
    public string? Obstacle(string community, MachineId machine, DateTimeOffset until)
    {
        if (state.Sites.GetValueOrDefault(machine.Site) is not { OwnCommunityOnly: false })
        {
            return "its site works for its own community only";
        }

        if (!sites.IsOnline(machine.Site))
        {
            return "its site is not connected";
        }

        var committed = state.CommittedTo(machine).Where(e => e.Order.Origin?.Community != community && e.Job.ReplacedBy is null).ToList();
        var planned = plan.ByMachine[machine];
        return committed.Count > 0 || planned.Any(a => a.StartsAt < until)
            ? committed.Exists(static e => e.Order.Origin is not null) ? "it works for another community" : $"its own community has work for it{Until(machine, committed, planned)}"
            : null;
    }

    /// <summary>When a job would be done on a machine, after what that has taken, and what it would cost.</summary>
    /// <returns>The place; or why the machine can't make it.</returns>
    public (Assignment? Place, string? Obstacle) Quote(Work work, MachineId machine)
    {
        var quote = Planner.Quote(
            snapshots.ForClaim(machine, new Statistics.PartKey(work.Design.Manifest, work.Part.Name)),
            new OpenJob { Id = JobId.FromNumber(OrderId.FromNumber(state.LastOrderNumber + 1), 1), Work = work, PlacedAt = time.GetUtcNow() },
            machine);
        return (quote.Assignment, quote.Obstacle);
    }

    /// <summary>What a community is told of a machine: idle only if it is surplus, and of jobs only its own.</summary>
    /// <param name="community">The other community.</param>
    /// <param name="guest">The machine as it is called there.</param>
    /// <param name="machine">The machine as its site registered it.</param>
    /// <param name="book">The work for other communities.</param>
    public MachineStatus StatusFor(string community, MachineId guest, Machine machine, GuestBook book)
    {
        var (now, live) = (time.GetUtcNow(), sites.StatusOf(machine.Id)?.Status);
        var told = new MachineStatus { Machine = guest, State = MachineState.Offline, Loaded = live?.Loaded ?? machine.Loaded, At = now };
        if (live?.Job is { } job && sites.IsOnline(machine.Id.Site) && book.TryGet(job, out var made) && made.Origin.Community == community)
        {
            return told with
            {
                State = live.State, Job = made.Origin.Job, Progress = Math.Round(live.Progress, 2), HotEndC = live.HotEndC, BedC = live.BedC,
                RemainingSeconds = live.RemainingSeconds is { } left ? Math.Ceiling(left / 60) * 60 : null,
            };
        }

        return Obstacle(community, machine.Id, now + Ahead) is { } obstacle ? told with { Detail = obstacle }
            : live is null ? told with { Detail = "it has not told its state yet" }
            : told with { State = live.State };
    }

    private string Until(MachineId machine, List<JobEntry> committed, IEnumerable<Assignment> planned)
    {
        var end = time.GetUtcNow();
        foreach (var job in committed.Select(static e => e.Job))
        {
            var left = sites.StatusOf(machine)?.Status is { RemainingSeconds: { } told } status && status.Job == job.Id ? told : job.EstimatedSeconds;
            if (left is not (>= 0 and < 1e7))
            {
                return "";
            }

            end += TimeSpan.FromSeconds(left.Value);
        }

        end = planned.Select(static a => a.EndsAt).Append(end).Max();
        return $" until about {new DateTimeOffset(end.UtcTicks - (end.UtcTicks % Step.Ticks) + Step.Ticks, TimeSpan.Zero):HH:mm} UTC";
    }
}
