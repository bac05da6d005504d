// Writes tracks down as people and programs read them.

using FabNet.Model.Plans;

namespace FabNet.Planning.Scheduling;

internal static class ScheduleWriter
{
    // 95 years: what calendars can still add.
    private const double LastMinute = 5e7;

    public static Schedule Write(Plant plant, ScheduleState state, IReadOnlyList<int> left)
    {
        var runs = new List<ScheduledRun>();
        var deliveries = Deliveries(plant, state);
        var costs = CostsByJob(plant, state, deliveries);
        foreach (var machine in state.Machines)
        {
            Write(plant, state.Tracks[machine]!, costs, runs);
        }

        var schedule = new Schedule
        {
            Runs = runs,
            Unscheduled = [.. left.Select(j => new UnscheduledJob(plant.Jobs[j].Job.Id, ScheduleWords.Unscheduled(plant, plant.Jobs[j])))],
            Deliveries =
            [
                .. deliveries.Values.OrderBy(static d => d.From.Index).ThenBy(static d => d.To).ThenBy(static d => d.End)
                    .Select(d => new ScheduledDelivery(d.From.Workshop.Id, plant.Sites[d.To].Workshop.Id, At(plant, d.End), d.Jobs)),
            ],
            Costs = [.. plant.Currencies.Select(c => costs.OfType<CostBreakdown>().Where(cost => cost.Currency == c).Aggregate(new CostBreakdown { Currency = c }, static (a, b) => a + b))],
            LowerBound = CostBound.Of(plant, left),
        };
        return schedule with { Scope = ScopeMeasure.Of(plant, schedule.TotalCost, left) };
    }

    // Whole milliseconds: what is reckoned in minutes ends a little beside the moment that is meant.
    public static DateTimeOffset At(Plant plant, double minute) => plant.Problem.Now.AddMilliseconds(Math.Round(Math.Min(minute, LastMinute) * 60_000));

    private static Dictionary<long, Delivery> Deliveries(Plant plant, ScheduleState state)
    {
        var deliveries = new Dictionary<long, Delivery>();
        foreach (var machine in state.Machines)
        {
            var track = state.Tracks[machine]!;
            foreach (ref readonly var run in track.Runs)
            {
                for (var i = run.First; i < run.First + run.Count; i++)
                {
                    if (track.Deliveries[i] is var key and not DeliveryBook.None)
                    {
                        var job = plant.Jobs[track.Jobs[i]];
                        var delivery = deliveries.TryGetValue(key, out var known) ? known : deliveries[key] = new Delivery(track.Machine.Site, job.Destination);
                        delivery.Jobs.Add(job.Job.Id);
                        delivery.End = Math.Max(delivery.End, run.End);
                    }
                }
            }
        }

        return deliveries;
    }

    /// <summary>What each job costs: its own, and its part of what its run (by minutes) and its delivery (by jobs) share. By the job's number; null for those on no machine.</summary>
    public static CostBreakdown?[] CostsByJob(Plant plant, ScheduleState state) => CostsByJob(plant, state, Deliveries(plant, state));

    private static CostBreakdown?[] CostsByJob(Plant plant, ScheduleState state, Dictionary<long, Delivery> deliveries)
    {
        var costs = new CostBreakdown?[plant.Jobs.Length];
        foreach (var machine in state.Machines)
        {
            var track = state.Tracks[machine]!;
            foreach (ref readonly var run in track.Runs)
            {
                CostsOf(plant, track, run, deliveries, costs);
            }
        }

        return costs;
    }

    private static void CostsOf(Plant plant, Track track, in Run run, Dictionary<long, Delivery> deliveries, CostBreakdown?[] costs)
    {
        var (terms, site) = (track.TermsOf(run), track.Machine.Site);
        var purge = track.EffortOf(run).PurgeGrams;
        var perGram = site.PriceOf(run.Needs.After(run.Before).Material);
        var minutes = track.JobsOf(run).ToArray().Sum(j => plant.Jobs[j].MinutesOn(track.Machine));
        for (var i = run.First; i < run.First + run.Count; i++)
        {
            var job = plant.Jobs[track.Jobs[i]];
            var share = job.MinutesOn(track.Machine) / minutes;
            costs[job.Index] = new CostTerms
            {
                MachineTime = terms.MachineTime * share,
                SetUp = terms.SetUp * share,
                Material = (job.GramsOn(track.Machine) + (purge * share)) * perGram,
                Energy = terms.Energy * share,
                Transport = track.Transport(job) + (track.Deliveries[i] == DeliveryBook.None ? 0 : site.DeliveryFixed / deliveries[track.Deliveries[i]].Jobs.Count),
                Lateness = track.Lateness(job, run.End),
                Risk = terms.Risk * share,
                Co2Grams = terms.Co2Grams * share,
            }.ToBreakdown(site.Workshop.Prices.Currency);
        }
    }

    private static void Write(Plant plant, Track track, CostBreakdown?[] costs, List<ScheduledRun> runs)
    {
        var (sequence, group) = (0, -1);
        foreach (ref readonly var run in track.Runs)
        {
            var changes = run.Needs.ChangesFrom(run.Before);
            group += changes != SetUpAttributes.None || group < 0 ? 1 : 0;
            var jobs = new List<ScheduledJob>(run.Count);
            for (var i = run.First; i < run.First + run.Count; i++)
            {
                var job = plant.Jobs[track.Jobs[i]];
                jobs.Add(new ScheduledJob(job.Job.Id, costs[job.Index]!, ScheduleWords.Why(plant, track, run, i)));
            }

            runs.Add(new ScheduledRun
            {
                Machine = track.Machine.Machine.Id,
                Sequence = sequence++,
                SetUpGroup = group,
                StartsAt = At(plant, run.Begin),
                EndsAt = At(plant, run.End),
                SetUpMinutes = track.EffortOf(run).Minutes,
                Changes = ScheduleWords.Names(changes),
                Jobs = jobs,
            });
        }
    }

    private sealed record Delivery(SiteFacts From, int To)
    {
        public List<string> Jobs { get; } = [];

        public double End { get; set; }
    }
}
