// Why a job can't be made on a machine, whatever that does now.

using System.Globalization;

namespace FabNet.Planning.Scheduling;

/// <summary>The rules of eligibility; no schedule breaks them.</summary>
internal static class Obstacles
{
    /// <summary>What of a class stands in the way; null if nothing.</summary>
    public static string? OfClass(ScheduleJob job, MachineClass machineClass)
    {
        var needs = job.Needs;
        return MinutesOn(job, machineClass) is null ? $"it has no running time on {machineClass.Name}"
            : job.Process is { } process && machineClass.Process is { } does && !string.Equals(process, does, StringComparison.OrdinalIgnoreCase) ? $"{machineClass.Name} does {does}, and it needs {process}"
            : needs.Material is { } material && machineClass.Materials.Count > 0 && !machineClass.Materials.Contains(material, StringComparer.OrdinalIgnoreCase) ? $"{machineClass.Name} does not work {material}"
            : needs.NozzleMm is { } nozzle && machineClass.NozzlesMm.Count > 0 && !machineClass.NozzlesMm.Contains(nozzle)
                ? string.Create(CultureInfo.InvariantCulture, $"{machineClass.Name} takes no nozzle of {nozzle} mm")
            : job.SizeMm is { } size && machineClass.SizeMm is { } largest && !Fits(size, largest) ? $"it does not fit {machineClass.Name}"
            : null;
    }

    /// <summary>Running time of one on a class, in minutes; null where it can't be made there.</summary>
    public static double? MinutesOn(ScheduleJob job, MachineClass machineClass) => job.ByClass.TryGetValue(machineClass.Name, out var run) ? run.MinutesEach : job.MinutesEach;

    /// <summary>What stands in the way on a machine; null if nothing.</summary>
    public static string? OnMachine(ScheduleJob job, WorkshopMachine machine, MachineClass machineClass) =>
        OfClass(job, machineClass) ?? (job.NotOn.TryGetValue(machine.Id, out var reason) ? reason : null);

    // Turned on the bed, never tipped over.
    private static bool Fits(Model.Size3 size, Model.Size3 largest) => size.Height <= largest.Height
        && ((size.Width <= largest.Width && size.Depth <= largest.Depth) || (size.Width <= largest.Depth && size.Depth <= largest.Width));
}
