// The sequences of some machines, and the jobs that are on none.

using System.Runtime.CompilerServices;
using FabNet.Planning.Search;

namespace FabNet.Planning.Scheduling;

/// <summary>A part of a plant while it is planned: its machines' tracks, and where each job is. Owned by one chain.</summary>
internal sealed class ScheduleState
{
    private readonly Plant _plant;
    private readonly DeliveryBook _deliveries;

    // Of each job that was looked for a place: the machines that can make it, those first where it can cost least.
    private readonly (Track Track, double Least)[]?[] _candidates;
    private readonly int[] _machineOf;

    public ScheduleState(Plant plant, IReadOnlyList<int> machines)
    {
        _plant = plant;
        _deliveries = new DeliveryBook(plant.Sites.Length);
        Tracks = new Track?[plant.Machines.Length];
        foreach (var machine in machines)
        {
            Tracks[machine] = new Track(plant, plant.Machines[machine], _deliveries);
        }

        Machines = machines;
        _candidates = new (Track, double)[plant.Jobs.Length][];
        _machineOf = new int[plant.Jobs.Length];
        Array.Fill(_machineOf, -1);
    }

    /// <summary>The machines of this part.</summary>
    public IReadOnlyList<int> Machines { get; }

    /// <summary>By machine; null where it is not of this part.</summary>
    public Track?[] Tracks { get; }

    /// <summary>All costs.</summary>
    public double Cost
    {
        get
        {
            var cost = _deliveries.Cost;
            foreach (var machine in Machines)
            {
                cost += Tracks[machine]!.Cost;
            }

            return cost;
        }
    }

    public double DeliveryCost => _deliveries.Cost;

    /// <summary>The machine that a job is on; -1 if none.</summary>
    public int MachineOf(int job) => _machineOf[job];

    /// <summary>The best place for a job on any machine of this part, and the machine.</summary>
    /// <param name="job">The job.</param>
    /// <param name="random">The chain's random numbers.</param>
    /// <param name="blinks">One in so many places is not seen; 0: all are.</param>
    /// <param name="currency">Only machines whose workshops reckon in it; -1: any.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (Track? Track, Place Place) Best(JobFacts job, ref SearchRandom random, int blinks, int currency = -1)
    {
        Track? on = null;
        var best = Place.Nowhere;
        foreach (ref readonly var candidate in (_candidates[job.Index] ??= CandidatesFor(job)).AsSpan())
        {
            if (candidate.Least >= best.Cost)
            {
                break;
            }

            if ((currency < 0 || candidate.Track.Machine.Site.Currency == currency) && candidate.Track.Best(job, best.Cost, ref random, blinks) is { Run: >= 0 } place)
            {
                (on, best) = (candidate.Track, place);
            }
        }

        return (on, best);
    }

    /// <summary>The best place for a job on any machine of this part but one: in its currency, or where no other of that can make it, the first to have it done.</summary>
    public (Track? Track, Place Place) BestElsewhere(JobFacts job, Track here)
    {
        var random = new SearchRandom(1);
        var (on, best) = (default(Track), Place.Nowhere);
        foreach (var machine in Machines)
        {
            var track = Tracks[machine]!;
            if (track != here && job.IsAble(track.Machine) && track.Best(job, double.PositiveInfinity, ref random, 0) is { Run: >= 0 } place
                && (on is null || IsBetter(track, place)))
            {
                (on, best) = (track, place);
            }
        }

        return (on, best);

        bool IsBetter(Track track, Place place)
        {
            var (isOurs, wasOurs) = (track.Machine.Site.Currency == here.Machine.Site.Currency, on.Machine.Site.Currency == here.Machine.Site.Currency);
            return isOurs != wasOurs ? isOurs : track.Machine.Site.Currency == on.Machine.Site.Currency ? place.Cost < best.Cost : place.End < best.End;
        }
    }

    public void Insert(JobFacts job, Track track, Place place)
    {
        track.Insert(job, place);
        _machineOf[job.Index] = track.Machine.Index;
    }

    /// <summary>Takes a job out.</summary>
    public void Remove(int job)
    {
        if (_machineOf[job] is >= 0 and var machine)
        {
            Tracks[machine]!.Remove(Tracks[machine]!.Jobs.IndexOf(job), 1);
            _machineOf[job] = -1;
        }
    }

    /// <summary>Takes jobs out that stand beside one another, and tells which.</summary>
    public void Remove(Track track, int at, int count, List<int> removed)
    {
        foreach (var job in track.Jobs.Slice(at, count))
        {
            removed.Add(job);
            _machineOf[job] = -1;
        }

        track.Remove(at, count);
    }

    private (Track Track, double Least)[] CandidatesFor(JobFacts job)
    {
        var candidates = new List<(Track Track, double Least)>(Machines.Count);
        foreach (var machine in Machines)
        {
            if (job.IsAble(_plant.Machines[machine]))
            {
                candidates.Add((Tracks[machine]!, Tracks[machine]!.LeastCost(job)));
            }
        }

        candidates.Sort(static (a, b) => a.Least != b.Least ? a.Least.CompareTo(b.Least) : a.Track.Machine.Index.CompareTo(b.Track.Machine.Index));
        return [.. candidates];
    }

    /// <summary>Puts a job in the place of one that is like it.</summary>
    public void Exchange(Track track, int at, int job)
    {
        track.Exchange(at, job);
        _machineOf[job] = track.Machine.Index;
    }

    /// <summary>A track becomes as it was kept.</summary>
    public void Load(Track track, TrackImage kept)
    {
        track.Load(kept);
        foreach (var job in track.Jobs)
        {
            _machineOf[job] = track.Machine.Index;
        }
    }
}
