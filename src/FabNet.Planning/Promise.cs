// What a plan may promise: how much longer than reckoned the runs of one machine may take.

using FabNet.Model.Plans;

namespace FabNet.Planning;

/// <summary>Adds up, along a machine's sequence, by how much the runs may be late together.</summary>
/// <remarks>Delays of runs are taken as independent, so their squares add up: ten runs that may each be 10 minutes late may be 32 minutes late together, not 100.</remarks>
internal sealed class Promise
{
    private readonly PlantSnapshot _snapshot;
    private readonly PlantMachine _machine;
    private double _squaredMinutes;

    public Promise(PlantSnapshot snapshot, PlantMachine machine)
    {
        (_snapshot, _machine) = (snapshot, machine);
        foreach (var taken in machine.Committed)
        {
            Add([taken.Work]);
        }
    }

    /// <summary>The minutes after a run's end that four of five keep, once its work is added to what is ahead of it. What is made on one bed is late together.</summary>
    public double After(IEnumerable<Work> bed)
    {
        Add(bed);
        return Math.Sqrt(_squaredMinutes);
    }

    /// <summary>A job's cost, whose lateness counts from when it is due: the search takes what is due for due sooner, by the margin of its time.</summary>
    /// <param name="cost">As the search has it.</param>
    /// <param name="job">The job.</param>
    /// <param name="endMinutes">When it ends, in minutes from the snapshot's moment.</param>
    public CostBreakdown WithoutMargin(CostBreakdown cost, OpenJob job, double endMinutes)
    {
        if (cost.Lateness == 0 || job.Due is not { } due)
        {
            return cost;
        }

        var hours = (endMinutes - (SnapshotCompiler.Near(_snapshot.Now, due) - _snapshot.Now).TotalMinutes) / 60;
        var price = _snapshot.Sites.First(s => s.Id == _machine.Machine.Id.Site).Prices.LatenessPerHour;
        return cost with { Lateness = CostTerms.Round(Math.Max(0, hours) * (double)SnapshotCompiler.Bounded(price)) };
    }

    private void Add(IEnumerable<Work> bed)
    {
        var seconds = bed.Select(w => SnapshotCompiler.EstimateOf(_snapshot, w, _machine.Machine.Profile)).Sum(static e => e.LateSeconds - e.Seconds);
        var minutes = seconds / SnapshotCompiler.SpeedOf(_machine) / 60;
        _squaredMinutes += minutes * minutes;
    }
}
