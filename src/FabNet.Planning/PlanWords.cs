// The planner's sentences: why here, why not there, and what would help.

using System.Globalization;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Planning.Scheduling;

namespace FabNet.Planning;

/// <summary>Writes what people read of a plan.</summary>
internal static class PlanWords
{
    private const int NamedMachines = 3;

    /// <summary>When a job begins that does not begin at once, to follow a sentence.</summary>
    public static string Wait(double minutes) => minutes >= 1 ? $", in {Duration(minutes)}" : "";

    /// <summary>What a shared bed saves, to follow whom it is shared with.</summary>
    public static string Saved(Track track, in Run run) => run.Count > 1 && track.SavedBy(run) is >= 0.005 and var saved ? $", which saves {Amount(saved)} {track.Machine.Site.Workshop.Prices.Currency}" : "";

    /// <summary>The second-best machine for a job, everything else staying where it is.</summary>
    /// <param name="plant">The plant.</param>
    /// <param name="state">Where everything is; it is the same again afterwards.</param>
    /// <param name="job">The job.</param>
    /// <param name="cost">What it costs where it is.</param>
    public static string NextBest(Plant plant, ScheduleState state, JobFacts job, CostBreakdown cost)
    {
        var here = state.Tracks[state.MachineOf(job.Index)]!;
        var run = here.RunOf(job.Index);
        var with = state.Cost;
        var (at, isShared) = (here.IndexOfRun(job.Index), run.Count > 1);
        state.Remove(job.Index);
        var without = state.Cost;
        var (other, place) = state.BestElsewhere(job, here);
        state.Insert(job, here, new Place(0, at, isShared, 0));
        if (other is null)
        {
            return "no other machine can make it now";
        }

        var id = other.Machine.Machine.Id;
        var money = place.Cost - (place.End * plant.WaitingPerMinute);
        if (other.Machine.Site.Currency != here.Machine.Site.Currency)
        {
            return $"next best {id} at {Amount(money)} {other.Machine.Site.Workshop.Prices.Currency}";
        }

        var later = place.End - run.End;
        var time = Math.Abs(later) < 1 ? "" : later > 0 ? $", {Duration(later)} later" : $", {Duration(-later)} sooner";
        var difference = money - (with - without - (run.End * plant.WaitingPerMinute));
        return difference > -0.005
            ? $"next best {id} +{Amount(Math.Abs(difference))} {cost.Currency}{time}"
            : $"next best {id}, {Amount(-difference)} {cost.Currency} cheaper{(later >= 1 ? $" but {Duration(later)} later" : time)}";
    }

    /// <summary>Why one machine can't make a job: a whole sentence.</summary>
    public static string Obstacle(OpenJob job, PlantMachine machine, Obstacle obstacle)
    {
        var (id, profile, work) = (machine.Machine.Id, machine.Machine.Profile, job.Work);
        return obstacle switch
        {
            Planning.Obstacle.Process => $"{id} does {Name(profile.Process)}, and {work.Part.Name} needs {Name(work.Part.Process)}.",
            Planning.Obstacle.Material => $"{id} does not work {work.Material}; it works {Known(profile.Materials)}.",
            Planning.Obstacle.Envelope => $"{work.Part.Name} ({Size(work.Part.OuterDimensionsMm)}) does not fit {id} ({Size(SizeOf(profile))}).",
            Planning.Obstacle.Program => $"{work.Part.Name} has no toolpath proven on {profile.Name}, and no mesh that can be sliced for it.",
            Planning.Obstacle.Excluded => $"{id} is left out: {Eligibility.ExclusionOf(job, machine)}.",
            Planning.Obstacle.State => $"{StateOf(machine)}.",
            _ => $"{id} can make it.",
        };
    }

    /// <summary>Why no machine can make a job now, and what would help: a whole sentence.</summary>
    public static string Unplaced(OpenJob job, IReadOnlyList<PlantMachine> machines)
    {
        if (machines.Count == 0)
        {
            return "No site has announced a machine yet. Start an agent, or wait for a site to join.";
        }

        var furthest = machines.Max(m => Eligibility.Of(job, m));
        var there = machines.Where(m => Eligibility.Of(job, m) == furthest).OrderBy(m => m.Machine.Id.ToString(), StringComparer.Ordinal).ToList();
        var (work, part) = (job.Work, job.Work.Part);
        return furthest switch
        {
            Planning.Obstacle.Process => part.Process is FabricationProcess.Unknown
                ? $"The design does not say how {part.Name} is made, and it has no toolpath proven on a machine of this network. Its publisher can state the process."
                : $"No machine of this network does {Name(part.Process)}. A site that has one would help.",
            Planning.Obstacle.Material =>
                $"No machine of this network that does {Name(part.Process)} works {work.Material}; they work {Known(there.SelectMany(m => m.Machine.Profile.Materials))}. Order one of these, or wait for a site that works it.",
            Planning.Obstacle.Envelope => $"{part.Name} ({Size(part.OuterDimensionsMm)}) fits no machine that works {Material(work)}; the largest of them is {Largest(there)}.",
            Planning.Obstacle.Program => $"{part.Name} has neither a mesh that can be sliced nor a toolpath proven on {Join(there.Select(m => m.Machine.Profile.Name))}. Its publisher can add one.",
            Planning.Obstacle.Excluded => $"Every machine that is able is left out for now: {Join(there.Select(m => $"{m.Machine.Id} ({Eligibility.ExclusionOf(job, m)})"))}.",
            _ => $"No machine in service now can work {Material(work)}: {Join(there.Select(StateOf))}.",
        };
    }

    private static string StateOf(PlantMachine machine)
    {
        var since = machine.Since is { } at ? $" since {at.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture)} UTC" : "";
        var detail = machine.Detail is { Length: > 0 } text ? $" ({text.TrimEnd('.')})" : "";
        return machine.State switch
        {
            MachineState.Attention => $"{machine.Machine.Id} waits for a person{since}{detail}",
            MachineState.Alarm => $"{machine.Machine.Id} is in alarm{since}{detail}",
            MachineState.Maintenance => $"{machine.Machine.Id} is in maintenance{since}{detail}",
            MachineState.Reserved => $"{machine.Machine.Id} is reserved{since}{detail}",
            _ => $"{machine.Machine.Id} is offline{since}{detail}",
        };
    }

    private static string Largest(List<PlantMachine> machines)
    {
        var largest = machines.MaxBy(m => SizeOf(m.Machine.Profile) is var s ? s.Width * s.Depth * s.Height : 0)!;
        return $"{largest.Machine.Id} with {Size(SizeOf(largest.Machine.Profile))}";
    }

    private static Model.Size3 SizeOf(MachineProfile profile) => new(profile.EnvelopeMm.X.Length, profile.EnvelopeMm.Y.Length, profile.EnvelopeMm.Z.Length);

    private static string Size(Model.Size3? size) => size is { } s ? $"{s.Width:0.#} × {s.Depth:0.#} × {s.Height:0.#} mm" : "size unknown";

    private static string Material(Work work) => work.Material ?? "this part";

    private static string Known(IEnumerable<string> materials) => materials.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } all ? string.Join(", ", all) : "none that it names";

    private static string Join(IEnumerable<string> items)
    {
        var all = items.Distinct(StringComparer.Ordinal).ToList();
        var named = string.Join("; ", all.Take(NamedMachines));
        return all.Count > NamedMachines ? $"{named}; and {all.Count - NamedMachines} more" : named;
    }

    private static string Amount(double amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Duration(double minutes) => minutes < 90 ? $"{Math.Round(minutes)} min" : minutes < 2880 ? $"{minutes / 60:0.#} h" : $"{minutes / 1440:0.#} days";

    private static string Name(FabricationProcess process) => process switch
    {
        FabricationProcess.Printing => "3D printing",
        FabricationProcess.Milling => "milling",
        FabricationProcess.LaserCutting => "laser cutting",
        _ => "an unstated process",
    };
}
