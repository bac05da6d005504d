// A job of another community that is made here, as both sides know it.

using FabNet.Coordinator.State;
using FabNet.Model.Jobs;

namespace FabNet.Coordinator.Federation;

/// <summary>A job that a machine of this community makes for another one. A projection of the journal: only <see cref="GuestBook"/> changes it.</summary>
internal sealed class GuestJob(GuestOrigin origin, JobEntry entry)
{
    /// <summary>Where it comes from.</summary>
    public GuestOrigin Origin { get; } = origin;

    /// <summary>The job here.</summary>
    public JobEntry Entry { get; } = entry;

    /// <summary>The job there, as far as it was told: every report follows from it by the rules of the lifecycle, so none is refused.</summary>
    public Job Told { get; set; } = new()
    {
        Id = origin.Job,
        Order = origin.Job.Order,
        Design = entry.Job.Design,
        Part = entry.Job.Part,
        State = JobState.Leased,
        Epoch = origin.Epoch,
        Machine = origin.Machine,
    };

    /// <summary>True once its end is told, or will be: the lease is over.</summary>
    public bool IsOver => Told.IsFinal || Told.State is JobState.Planned;

    /// <summary>True while nothing moved for it.</summary>
    public bool IsUnstarted => Entry.Job is { StartedAt: null, IsFinal: false };
}
