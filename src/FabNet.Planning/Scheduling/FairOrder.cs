// Of jobs that are alike, who came first goes first.

namespace FabNet.Planning.Scheduling;

internal static class FairOrder
{
    /// <summary>Gives the places of jobs that are alike in all that costs anything to these jobs in their own order. No cost changes.</summary>
    public static void Apply(Plant plant, ScheduleState state)
    {
        var alike = new Dictionary<Likeness, List<(Track Track, int At, double End)>>();
        foreach (var machine in state.Machines)
        {
            var track = state.Tracks[machine]!;
            foreach (ref readonly var run in track.Runs)
            {
                for (var i = run.First; i < run.First + run.Count; i++)
                {
                    var likeness = new Likeness(plant.Jobs[track.Jobs[i]]);
                    if (!alike.TryGetValue(likeness, out var places))
                    {
                        alike.Add(likeness, places = []);
                    }

                    places.Add((track, i, run.End));
                }
            }
        }

        foreach (var places in alike.Values.Where(static p => p.Count > 1))
        {
            var jobs = places.Select(static p => p.Track.Jobs[p.At]).Order().ToList();
            foreach (var (place, job) in places.OrderBy(static p => p.End).ThenBy(static p => p.Track.Machine.Index).ThenBy(static p => p.At).Zip(jobs))
            {
                state.Exchange(place.Track, place.At, job);
            }
        }
    }

    /// <summary>All that a cost can depend on.</summary>
    private readonly struct Likeness(JobFacts job) : IEquatable<Likeness>
    {
        private readonly JobFacts _job = job;

        public bool Equals(Likeness other) => _job == other._job
            || (Key(_job) == Key(other._job) && _job.NotOn is null && other._job.NotOn is null
                && Same(_job.Minutes, other._job.Minutes) && Same(_job.Grams, other._job.Grams) && Same(_job.Failure, other._job.Failure) && Same(_job.Area, other._job.Area));

        public override bool Equals(object? obj) => obj is Likeness other && Equals(other);

        public override int GetHashCode() => Key(_job).GetHashCode();

        private static (int Family, int Quantity, double Release, double Due, double Priority, int Destination, int PlannedOn, double Width, double Depth) Key(JobFacts job) =>
            (job.Family, job.Quantity, job.Release, job.Due, job.Priority, job.Destination, job.PlannedOn, job.Width, job.Depth);

        private static bool Same(double[] a, double[] b) => a.AsSpan().SequenceEqual(b);
    }
}
