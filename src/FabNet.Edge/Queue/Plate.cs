// The jobs that one program makes at once on one machine: most often one.

using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge.Queue;

/// <summary>Jobs made at once. The first of them, in the order in which they were leased, names the run: its program's file, its marks, its samples.</summary>
/// <param name="Jobs">The jobs as they were when the plate was put together; at least one.</param>
internal sealed record Plate(IReadOnlyList<Job> Jobs)
{
    public Job Lead => Jobs[0];

    /// <summary>The bed that they were planned to share; null for a job that is alone.</summary>
    public string? Bed => Jobs.Count > 1 ? Lead.Bed?.Id : null;

    public bool Has(JobId job) => Jobs.Any(j => j.Id == job);

    /// <summary>True if both make the same jobs under the same leases.</summary>
    public bool IsSameAs(Plate other) => Jobs.Count == other.Jobs.Count && Jobs.All(j => other.Jobs.Any(o => o.Id == j.Id && o.Epoch == j.Epoch));

    /// <summary>A job's part of the program, by what was planned for it; null where it is alone.</summary>
    public double? ShareOf(Job job) => Jobs.Count == 1 ? null : PlannedFor(job) / Jobs.Sum(PlannedFor);

    /// <summary>Its jobs for people.</summary>
    public override string ToString() => Jobs.Count switch
    {
        1 => Lead.Id.Value,
        <= 4 => string.Join(", ", Jobs.Select(static j => j.Id)),
        var all => $"{string.Join(", ", Jobs.Take(3).Select(static j => j.Id))} and {all - 3} more",
    };

    /// <summary>The jobs of a machine's queue that were not started, as plates.</summary>
    /// <param name="queue">The machine's jobs, in the order in which they were leased.</param>
    /// <param name="apart">Beds whose jobs are made alone: together they could not be.</param>
    public static IEnumerable<Plate> Of(IEnumerable<HeldJob> queue, IReadOnlySet<string> apart) => queue.Where(static h => !h.IsStarted).Select(static h => h.Job)
        .GroupBy(job => job.Bed is { } bed && !apart.Contains(bed.Id) ? bed.Id : job.Id.Value, StringComparer.Ordinal)
        .Select(static jobs => new Plate([.. jobs]));

    private double PlannedFor(Job job) => Jobs.All(static j => j.Bed is { PlannedSeconds: > 0 }) ? job.Bed!.Value.PlannedSeconds : 1;
}
