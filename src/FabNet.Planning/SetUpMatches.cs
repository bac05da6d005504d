// Which open jobs could be made with what is loaded on a machine.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>
/// Matches open jobs with loaded set-ups. Jobs that are alike are looked at once for each class of machine and load, so that it costs machines + jobs and not machines × jobs.
/// </summary>
internal static class SetUpMatches
{
    private const int Named = 5;

    /// <summary>The set-ups that wait for more work.</summary>
    /// <param name="snapshot">The network.</param>
    /// <param name="machines">Its machines in service.</param>
    /// <param name="classes">The number of each one's class: machines of a class are able to make the same.</param>
    /// <param name="begins">When each is free, in minutes from the snapshot's moment.</param>
    public static IReadOnlyList<WaitingSetUp> Of(PlantSnapshot snapshot, IReadOnlyList<PlantMachine> machines, int[] classes, double[] begins)
    {
        var sites = snapshot.Sites.ToDictionary(static s => s.Id);
        var kinds = snapshot.Jobs.Order(JobOrder.Instance)
            .GroupBy(static j => (j.Work.Design.Manifest, j.Work.Part.Name, j.Work.Material, j.Work.Color))
            .Select(static g => new Kind(g.First().Work, [.. g.Where(static j => j.Exclusions.Count == 0)], [.. g.Where(static j => j.Exclusions.Count > 0)]))
            .ToLookup(static k => (k.Work.Material, k.Work.Color));
        var matched = new Dictionary<(int, LoadedMaterial), Match>();
        var setUps = new List<WaitingSetUp>();
        for (var m = 0; m < machines.Count; m++)
        {
            var machine = machines[m].Machine;
            if (machine.Loaded.Material is null || begins[m] > Outlook.Soon.TotalMinutes)
            {
                continue;
            }

            if (!matched.TryGetValue((classes[m], machine.Loaded), out var match))
            {
                matched.Add((classes[m], machine.Loaded), match = Match.Of(kinds, machine));
            }

            var here = match.Limited.Where(j => Eligibility.ExclusionOf(j, machines[m]) is null).ToList();
            var (minutes, cost) = Saved(machine, sites[machine.Id.Site].Prices);
            setUps.Add(new WaitingSetUp(
                machine, snapshot.Now.AddMinutes(begins[m]), match.Count + here.Count, [.. match.First.Concat(here).Order(JobOrder.Instance).Take(Named).Select(static j => j.Id)], minutes, cost));
        }

        return setUps;
    }

    // What a change to this set-up takes on a machine of this class.
    private static (double Minutes, decimal Cost) Saved(Machine machine, SitePrices prices)
    {
        var costs = SnapshotCompiler.SetUpOf(machine.Profile);
        var grams = machine.Profile.Process is FabricationProcess.Printing ? costs.PurgeGrams : 0;
        var hours = (decimal)(costs.MaterialChangeMinutes / 60);
        return (costs.MaterialChangeMinutes, Math.Round((hours * SnapshotCompiler.Bounded(prices.MachinePerHour + prices.LabourPerHour)) + ((decimal)grams * SnapshotCompiler.Bounded(prices.MaterialPerGram(machine.Loaded.Material))), 2, MidpointRounding.ToEven));
    }

    /// <summary>Jobs that are alike.</summary>
    /// <param name="Work">What each of them makes, but for the copies.</param>
    /// <param name="Free">Those that may go anywhere.</param>
    /// <param name="Limited">Those that must not go to some machine.</param>
    private sealed record Kind(Work Work, IReadOnlyList<OpenJob> Free, IReadOnlyList<OpenJob> Limited);

    /// <summary>What a class of machine could make with one load.</summary>
    private sealed record Match(int Count, IReadOnlyList<OpenJob> First, IReadOnlyList<OpenJob> Limited)
    {
        public static Match Of(ILookup<(string? Material, string? Color), Kind> kinds, Machine machine)
        {
            var (material, color) = (machine.Loaded.Material, machine.Loaded.Color);
            HashSet<(string?, string?)> needs = [(material, color), (material, null), (null, color), (null, null)];
            var able = needs.SelectMany(n => kinds[n]).Where(k => Eligibility.OfWork(k.Work, machine.Profile) is Obstacle.None).ToList();
            return new Match(able.Sum(static k => k.Free.Count), [.. able.SelectMany(static k => k.Free.Take(Named)).Order(JobOrder.Instance).Take(Named)], [.. able.SelectMany(static k => k.Limited)]);
        }
    }
}
