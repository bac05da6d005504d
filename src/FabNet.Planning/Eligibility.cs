// Whether a machine can make a job at all, and if not, what stands in the way.

using FabNet.Model.Designs;
using FabNet.Model.Machines;

namespace FabNet.Planning;

/// <summary>What stands in the way of a job on a machine, from the least to the most that would have to change. Later ones are nearer to eligible.</summary>
internal enum Obstacle
{
    /// <summary>The machine performs another process.</summary>
    Process,

    /// <summary>Its profile does not list the material.</summary>
    Material,

    /// <summary>The part does not fit its envelope.</summary>
    Envelope,

    /// <summary>There is neither a proven toolpath for its class nor a mesh that can be sliced for it.</summary>
    Program,

    /// <summary>The job must not go there.</summary>
    Excluded,

    /// <summary>It is able, but not in service now.</summary>
    State,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>The rules of eligibility; no plan breaks them.</summary>
internal static class Eligibility
{
    /// <summary>True for the states in which a machine takes work, now or after what it does.</summary>
    public static bool IsInService(MachineState state) =>
        state is MachineState.Idle or MachineState.Preparing or MachineState.Running or MachineState.Paused or MachineState.NeedsClearing or MachineState.Reserved;

    /// <summary>The machines of a snapshot that are in service, by site and name.</summary>
    public static List<PlantMachine> InService(PlantSnapshot snapshot) =>
    [
        .. snapshot.Machines.Where(static m => IsInService(m.State))
            .OrderBy(static m => m.Machine.Id.Site.Value, StringComparer.Ordinal).ThenBy(static m => m.Machine.Id.Name, StringComparer.Ordinal),
    ];

    /// <summary>What of a job's work stands in the way on a class of machine, whatever the machine does now.</summary>
    public static Obstacle OfWork(Work work, MachineProfile profile)
    {
        var toolpath = Toolpath.For(work, profile);
        if (work.Part.Process != profile.Process && !(work.Part.Process is FabricationProcess.Unknown && toolpath is not null))
        {
            return Obstacle.Process;
        }

        if (work.Material is { } material && !profile.Materials.Contains(material, StringComparer.OrdinalIgnoreCase))
        {
            return Obstacle.Material;
        }

        if (work.Part.OuterDimensionsMm is { } size && !profile.EnvelopeMm.Fits(size))
        {
            return Obstacle.Envelope;
        }

        return toolpath is not null || CanBeSliced(work, profile) ? Obstacle.None : Obstacle.Program;
    }

    /// <summary>What stands in the way of a job on a machine now.</summary>
    public static Obstacle Of(OpenJob job, PlantMachine machine)
    {
        var obstacle = OfWork(job.Work, machine.Machine.Profile);
        return obstacle is not Obstacle.None ? obstacle
            : ExclusionOf(job, machine) is not null ? Obstacle.Excluded
            : !IsInService(machine.State) ? Obstacle.State
            : Obstacle.None;
    }

    /// <summary>The reason why a job must not go to a machine; null if it may.</summary>
    public static string? ExclusionOf(OpenJob job, PlantMachine machine)
    {
        foreach (var exclusion in job.Exclusions)
        {
            if (exclusion.Machine == machine.Machine.Id)
            {
                return exclusion.Reason;
            }
        }

        return null;
    }

    private static bool CanBeSliced(Work work, MachineProfile profile)
    {
        if (profile.Process is not FabricationProcess.Printing || profile.Slicer.Count == 0)
        {
            return false;
        }

        foreach (var artefact in work.Part.Artefacts)
        {
            if (artefact.Kind is ArtefactKind.Mesh)
            {
                return true;
            }
        }

        return false;
    }
}
