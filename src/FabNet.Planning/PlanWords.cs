// The planner's sentences: why here, why not there, and what would help.

using System.Globalization;
using FabNet.Model.Designs;
using FabNet.Model.Machines;

namespace FabNet.Planning;

/// <summary>Writes what people read of a plan.</summary>
internal static class PlanWords
{
    private const int NamedMachines = 3;

    /// <summary>Why a job is on its machine: the set-up, the wait, and the next best machine.</summary>
    public static string Why(MachineTimeline machine, SetUpState before, PlacedJob placed, in Slot slot, MachineTimeline? nextBest)
    {
        var id = machine.Machine.Machine.Id;
        var after = Loaded(slot.Change.After.Loaded.Material, slot.Change.After.Loaded.Color);
        var setUp = slot.Change.Kind.HasFlag(SetUpChangeKind.Tool) ? $"set up on {id} for this part"
            : slot.Change.Kind is SetUpChangeKind.None ? after.Length > 0 ? $"shares loaded {after} on {id}" : $"runs on {id}"
            : before.Loaded.Material is null ? $"{id} loads {after}"
            : $"{id} changes {Loaded(before.Loaded.Material, before.Loaded.Color)} to {after}";
        var wait = slot.StartMinutes >= 1 ? $", in {Duration(slot.StartMinutes)}" : "";
        return $"{setUp}{wait}; {NextBest(machine, placed, nextBest)}";
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
    public static string Unplaced(OpenJob job, IReadOnlyList<MachineTimeline> machines)
    {
        if (machines.Count == 0)
        {
            return "No site has announced a machine yet. Start an agent, or wait for a site to join.";
        }

        var furthest = machines.Max(m => Eligibility.Of(job, m.Machine));
        var there = machines.Where(m => Eligibility.Of(job, m.Machine) == furthest).Select(m => m.Machine).ToList();
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

    private static string NextBest(MachineTimeline machine, PlacedJob placed, MachineTimeline? nextBest)
    {
        if (placed.NextBest is not { } next || nextBest is null)
        {
            return "no other machine can make it now";
        }

        var other = nextBest.Machine.Machine.Id;
        if (nextBest.Rates.Currency != machine.Rates.Currency)
        {
            return $"next best {other} at {Amount(next.Total)} {nextBest.Rates.Currency}";
        }

        var later = next.EndMinutes - placed.ChosenEndMinutes;
        var time = Math.Abs(later) < 1 ? "" : later > 0 ? $", {Duration(later)} later" : $", {Duration(-later)} sooner";
        var difference = next.Total - placed.ChosenTotal;
        return $"next best {other} {(difference < 0 ? "-" : "+")}{Amount(Math.Abs(difference))} {machine.Rates.Currency}{time}";
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

    private static string Loaded(string? material, string? color) => material is null ? "" : color is null ? material : $"{material} {color}";

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
