// The first schedule: every job by its due time to where it then costs least.

using System.Runtime.CompilerServices;
using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>Places jobs that are on no machine yet. Where there are many machines, each job looks at some of them only: near ones, those that are free first, and the first of those that have its set-up.</summary>
internal sealed class Construction
{
    private const int Few = 256;
    private const int Near = 24;
    private const int Soonest = 16;
    private const int AlreadySetUp = 8;

    private readonly Plant _plant;
    private readonly ScheduleState _state;
    private readonly Dictionary<SetUpIds, SortedSet<(double End, int Machine)>> _setUp = [];
    private readonly SortedSet<(double End, int Machine)>[] _soonest;
    private readonly ILookup<int, Track> _bySite;
    private readonly Dictionary<int, int[]> _nearest = [];
    private SearchRandom _random = new(1);

    private Construction(Plant plant, ScheduleState state)
    {
        (_plant, _state) = (plant, state);
        _soonest = [.. plant.Classes.Select(c => new SortedSet<(double, int)>(state.Machines.Where(m => plant.Machines[m].Class == c).Select(m => (state.Tracks[m]!.End, m))))];
        foreach (var machine in state.Machines)
        {
            SetUpAs(state.Tracks[machine]!.Left).Add((state.Tracks[machine]!.End, machine));
        }

        _bySite = state.Machines.ToLookup(m => plant.Machines[m].Site.Index, m => state.Tracks[m]!);
    }

    /// <summary>Places jobs.</summary>
    /// <returns>Those that no machine can make.</returns>
    public static List<int> Place(Plant plant, ScheduleState state, IEnumerable<int> jobs)
    {
        var construction = new Construction(plant, state);
        var left = new List<int>();
        foreach (var job in jobs.Select(j => plant.Jobs[j]).OrderBy(static j => j.Due).ThenBy(static j => j.Release).ThenBy(static j => j.Family).ThenBy(static j => j.Index))
        {
            if (!construction.Place(job))
            {
                left.Add(job.Index);
            }
        }

        return left;
    }

    /// <summary>Places jobs where the plan in force has them; those that it has nowhere, or where they can't be made any more, stay.</summary>
    public static void Resume(Plant plant, ScheduleState state, IEnumerable<int> jobs)
    {
        var planned = jobs.Select(j => plant.Jobs[j]).Where(j => j.PlannedOn >= 0 && j.IsAble(plant.Machines[j.PlannedOn]));
        foreach (var run in planned.GroupBy(static j => (j.PlannedOn, j.PlannedSequence)).OrderBy(static g => g.Key))
        {
            var track = state.Tracks[run.Key.PlannedOn]!;
            var begun = track.Runs.Length;
            foreach (var job in run)
            {
                state.Insert(job, track, track.AtEnd(job, joinsFrom: begun));
            }
        }
    }

    private bool Place(JobFacts job)
    {
        var (on, best) = (default(Track), Scheduling.Place.Nowhere);
        for (var currency = 0; currency < _plant.Currencies.Length; currency++)
        {
            // Amounts in different currencies are not compared: the one that ends first is taken.
            var (track, place) = _state.Machines.Count > Few ? Among(job, currency) : (null, Scheduling.Place.Nowhere);
            if (track is null)
            {
                (track, place) = _state.Best(job, ref _random, 0, currency);
            }

            if (track is not null && (on is null || place.End < best.End))
            {
                (on, best) = (track, place);
            }
        }

        if (on is null)
        {
            return false;
        }

        var soonest = _soonest[on.Machine.Class.Index];
        soonest.Remove((on.End, on.Machine.Index));
        SetUpAs(on.Left).Remove((on.End, on.Machine.Index));
        _state.Insert(job, on, best);
        soonest.Add((on.End, on.Machine.Index));
        SetUpAs(on.Left).Add((on.End, on.Machine.Index));
        return true;
    }

    private SortedSet<(double End, int Machine)> SetUpAs(SetUpIds setUp) => _setUp.TryGetValue(setUp, out var machines) ? machines : _setUp[setUp] = [];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (Track? Track, Place Place) Among(JobFacts job, int currency)
    {
        var (on, best) = (default(Track), Scheduling.Place.Nowhere);
        foreach (var (setUp, machines) in _setUp)
        {
            if (job.Needs.ChangesFrom(setUp) is SetUpAttributes.None)
            {
                foreach (var (_, machine) in machines.Take(AlreadySetUp))
                {
                    Look(_state.Tracks[machine]!);
                }
            }
        }

        for (var c = 0; c < _soonest.Length; c++)
        {
            if (!double.IsNaN(job.Minutes[c]))
            {
                foreach (var (_, machine) in _soonest[c].Take(Soonest))
                {
                    Look(_state.Tracks[machine]!);
                }
            }
        }

        if (job.Destination >= 0)
        {
            var looked = 0;
            foreach (var site in Nearest(job.Destination))
            {
                foreach (var track in _bySite[site])
                {
                    looked += Look(track) ? 1 : 0;
                }

                if (looked >= Near)
                {
                    break;
                }
            }
        }

        return (on, best);

        bool Look(Track track)
        {
            if (track.Machine.Site.Currency != currency || !job.IsAble(track.Machine))
            {
                return false;
            }

            if (track.LeastCost(job) < best.Cost && track.Best(job, best.Cost, ref _random, 0) is { Run: >= 0 } place)
            {
                (on, best) = (track, place);
            }

            return true;
        }
    }

    private int[] Nearest(int site)
    {
        if (!_nearest.TryGetValue(site, out var order))
        {
            var kilometres = _plant.Sites[site].Kilometres;
            order = [.. Enumerable.Range(0, kilometres.Length).Where(s => _bySite.Contains(s)).OrderBy(s => kilometres[s]).ThenBy(static s => s)];
            _nearest.Add(site, order);
        }

        return order;
    }
}
