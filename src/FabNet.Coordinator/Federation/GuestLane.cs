// What one community is told of the work that one site does for it: reports without gaps, the same after every start.

using FabNet.Model.Jobs;

namespace FabNet.Coordinator.Federation;

/// <summary>The reports of a guest, in their sequence from 1. Kept as long as the jobs themselves, so that a community that was set back to a copy is told again.</summary>
internal sealed class GuestLane
{
    private readonly List<JobEvent> _reports = [];

    /// <summary>The sequence of the newest report; 0 if there is none.</summary>
    public long Last => _reports.Count;

    /// <summary>Adds a report.</summary>
    public void Add(JobEvent report) => _reports.Add(report);

    /// <summary>The reports after a sequence, oldest first.</summary>
    public IEnumerable<(long Sequence, JobEvent Report)> After(long sequence)
    {
        for (var i = (int)Math.Max(0, sequence); i < _reports.Count; i++)
        {
            yield return (i + 1, _reports[i]);
        }
    }
}
