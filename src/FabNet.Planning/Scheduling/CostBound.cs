// What no schedule can cost less than.

namespace FabNet.Planning.Scheduling;

/// <summary>
/// Each job at its cheapest on any machine that is able: machine time, material, energy at the least price, risk, transport by distance, its share of clearing and warming a bed, and the lateness that no machine could avoid. To that, for
/// each set-up that no machine has and no other job brings, one change at its cheapest; or, in networks that are not too large, <see cref="SharedCostBound"/>, which also knows what deliveries cost.
/// </summary>
internal static class CostBound
{
    private const int MostFamilies = 2000;

    // Up to so many pairs of job and machine, what they share is reckoned pair by pair.
    private const long MostPairs = 2_000_000;

    public static double Of(Plant plant, IReadOnlyCollection<int> left)
    {
        var without = left.ToHashSet();
        List<JobFacts> jobs = [.. plant.Jobs.Where(j => !without.Contains(j.Index) && Array.Exists(plant.Machines, j.IsAble))];
        var cells = Cells(plant);
        var apart = jobs.Sum(j => cells.Min(c => Least(j, c))) + Changes(plant, without);
        if (jobs.Count == 0 || (long)jobs.Count * plant.Machines.Length > MostPairs)
        {
            return Math.Max(0, apart);
        }

        var each = plant.Machines.Select(static m => new Cell(m.Site, m.Class, m, m.Slowness, m.FreeAt, m.Failure, [m])).ToArray();
        return Math.Max(0, Math.Max(apart, SharedCostBound.Of(plant, jobs, (job, machine) => Least(job, each[machine.Index]))));
    }

    // Machines of one class in one workshop, as one that is as quick and as sure as any of them, and free as soon.
    private static List<Cell> Cells(Plant plant) =>
    [
        .. plant.Machines.GroupBy(static m => (m.Site.Index, m.Class.Index)).Select(static g => new Cell(
            g.First().Site, g.First().Class, g.First(), g.Min(static m => m.Slowness), g.Min(static m => m.FreeAt), g.Min(static m => m.Failure), [.. g])),
    ];

    // Infinite where it can't be made.
    private static double Least(JobFacts job, Cell cell)
    {
        var whole = job.Minutes[cell.Class.Index];
        if (double.IsNaN(whole) || (job.NotOn is { } not && cell.Machines.All(m => not.Contains(m.Index))))
        {
            return double.PositiveInfinity;
        }

        var site = cell.Site;
        var costs = cell.Class.Class.SetUp;
        var minutes = (whole - job.Shared[cell.Class.Index]) * cell.Slowness;
        var grams = job.Grams[cell.Class.Index];
        var failure = job.Failure[cell.Class.Index] is var known && double.IsNaN(known) ? cell.FailureProbability : known;
        var perKwh = site.Energy.Least;
        var clearance = cell.Class.Class.ClearanceMm;
        var bed = double.IsInfinity(job.Area[cell.Class.Index]) ? job.Beds[cell.Class.Index]
            : job.Area[cell.Class.Index] / ((cell.First.BedWidth + clearance) * (cell.First.BedDepth + clearance));
        var clearing = (costs.ClearMinutes * (site.LabourPerMinute + site.MachinePerMinute)) + (costs.WarmUpMinutes * (site.MachinePerMinute + (perKwh * cell.First.WarmUpKw / 60)));
        var direct = (minutes * (site.MachinePerMinute + (perKwh * cell.First.RunningKw / 60))) + (bed * clearing)
            + (grams * (job.Needs.Material == SetUpIds.Any ? site.MaterialPerGram.Min() : site.PriceOf(job.Needs.Material)));
        var done = Math.Max(cell.FreeAt, job.Release) + (whole * cell.Slowness) + costs.WarmUpMinutes + costs.ClearMinutes;
        var late = done > job.Due ? (done - job.Due) * job.Priority * site.LatePerMinute : 0;
        var transport = job.Destination < 0 || job.Destination == site.Index ? 0 : site.DeliveryPerKmGram * site.Kilometres[job.Destination] * grams;
        return (direct * (1 + failure)) + late + transport;
    }

    private static double Changes(Plant plant, HashSet<int> without)
    {
        var families = plant.Jobs.Where(j => !without.Contains(j.Index)).GroupBy(static j => j.Family).Select(static g => (g.First().Needs, Jobs: g.ToList())).ToList();
        if (families.Count > MostFamilies)
        {
            return 0;
        }

        var sum = 0.0;
        foreach (var (needs, jobs) in families)
        {
            var isBrought = plant.Machines.Any(m => needs.ChangesFrom(m.Loaded) == SetUpAttributes.None)
                || families.Exists(other => other.Needs != needs && MayBring(other.Needs, needs));
            if (!isBrought)
            {
                sum += plant.Machines.Where(m => jobs.Exists(j => j.IsAble(m)))
                    .Select(m => (Machine: m, Costs: m.Class.Class.SetUp))
                    .Select(static x => Math.Min(x.Costs.ColorChangeMinutes, Math.Min(x.Costs.MaterialChangeMinutes, x.Costs.ToolChangeMinutes)) * (x.Machine.Site.LabourPerMinute + x.Machine.Site.MachinePerMinute))
                    .DefaultIfEmpty(0).Min();
            }
        }

        return sum;
    }

    // Where a job leaves an attribute as it was, it may be anything.
    private static bool MayBring(SetUpIds other, SetUpIds needs) =>
        Same(other.Material, needs.Material) && Same(other.Color, needs.Color) && Same(other.Nozzle, needs.Nozzle) && Same(other.Tool, needs.Tool) && Same(other.Fixture, needs.Fixture);

    private static bool Same(int other, int needed) => needed == SetUpIds.Any || other == SetUpIds.Any || other == needed;

    private sealed record Cell(SiteFacts Site, ClassFacts Class, MachineFacts First, double Slowness, double FreeAt, double FailureProbability, MachineFacts[] Machines);
}
