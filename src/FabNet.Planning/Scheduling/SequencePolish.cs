// The last touch to each machine's sequence: runs that stand beside one another change places where that costs less, or nothing and the one that is due first goes first.

namespace FabNet.Planning.Scheduling;

internal static class SequencePolish
{
    private const int MostPasses = 8;
    private const double Nothing = 1e-9;

    /// <summary>Polishes every track; no cost grows.</summary>
    public static void Apply(Plant plant, ScheduleState state)
    {
        foreach (var machine in state.Machines)
        {
            var track = state.Tracks[machine]!;
            for (var pass = 0; pass < MostPasses && Pass(plant, state, track); pass++)
            {
            }
        }
    }

    private static bool Pass(Plant plant, ScheduleState state, Track track)
    {
        var isChanged = false;
        for (var r = 0; r + 1 < track.Runs.Length; r++)
        {
            var isLater = Turn(plant, track, r).CompareTo(Turn(plant, track, r + 1)) > 0;
            var before = track.Cost + state.DeliveryCost;
            Swap(plant, state, track, r);
            var change = track.Cost + state.DeliveryCost - before;
            if (change < -Nothing || (change < Nothing && isLater))
            {
                isChanged = true;
            }
            else
            {
                Swap(plant, state, track, r);
            }
        }

        return isChanged;
    }

    private static (double Due, int Index) Turn(Plant plant, Track track, int run)
    {
        var turn = (double.PositiveInfinity, int.MaxValue);
        foreach (var job in track.JobsOf(track.Runs[run]))
        {
            turn = (Math.Min(turn.Item1, plant.Jobs[job].Due), Math.Min(turn.Item2, job));
        }

        return turn;
    }

    // The second run goes before the first, bed by bed as it is.
    private static void Swap(Plant plant, ScheduleState state, Track track, int first)
    {
        var run = track.Runs[first + 1];
        var jobs = new List<int>(run.Count);
        state.Remove(track, run.First, run.Count, jobs);
        for (var i = jobs.Count - 1; i >= 0; i--)
        {
            state.Insert(plant.Jobs[jobs[i]], track, new Place(0, first, Joins: i < jobs.Count - 1, 0));
        }
    }
}
