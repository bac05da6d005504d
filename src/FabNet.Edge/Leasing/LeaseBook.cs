// The jobs that this site holds, in the order in which it got them.

using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge.Leasing;

/// <summary>A job held under a lease.</summary>
/// <param name="Job">The edge's own copy, kept by <see cref="JobLifecycle"/>.</param>
/// <param name="LastSequence">The sequence of its newest event; 0 if there is none.</param>
internal sealed record HeldJob(Job Job, long LastSequence)
{
    /// <summary>True while the machine may be moving for it.</summary>
    public bool IsStarted => Job.StartedAt is not null && !Job.IsFinal;
}

/// <summary>
/// The leases of a site. Ended jobs stay until the coordinator has their last event; epochs are remembered for ever, so that no
/// lease is taken twice. A projection of the journal: only <see cref="EdgeBook"/> changes it, but for the renewals of leases, which are not journaled.
/// </summary>
internal sealed class LeaseBook
{
    private readonly List<HeldJob> _held = [];
    private readonly Dictionary<JobId, int> _epochs = [];
    private readonly List<Job> _lying = [];

    /// <summary>The jobs held, in lease order, with ended ones that the coordinator does not know of yet.</summary>
    public IReadOnlyList<HeldJob> All => _held;

    /// <summary>The jobs held that have not ended, in lease order.</summary>
    public IEnumerable<HeldJob> Open => _held.Where(h => !h.Job.IsFinal);

    /// <summary>One job held, if it is.</summary>
    public HeldJob? Find(JobId job) => _held.Find(h => h.Job.Id == job);

    /// <summary>The jobs whose parts lie on a machine, as far as anybody said: until it is cleared, or started again.</summary>
    public IReadOnlyList<Job> LyingOn(MachineId machine) => _lying.FindAll(j => j.Machine == machine);

    /// <summary>A job that its site may still say something of: one that it holds, or one whose part lies on its machine.</summary>
    public Job? Known(JobId job) => Find(job)?.Job ?? _lying.Find(j => j.Id == job);

    /// <summary>The last epoch under which this site ever held a job.</summary>
    public int? KnownEpoch(JobId job) => _epochs.TryGetValue(job, out var epoch) ? epoch : null;

    /// <summary>A lease was prolonged. After a restart the coordinator says it again.</summary>
    public void Renew(JobId job, int epoch, DateTimeOffset expiresAt)
    {
        var index = _held.FindIndex(h => h.Job.Id == job && h.Job.Epoch == epoch);
        if (index >= 0)
        {
            _held[index] = _held[index] with { Job = _held[index].Job with { LeaseExpiresAt = expiresAt } };
        }
    }

    internal void Grant(Job job)
    {
        _held.RemoveAll(h => h.Job.Id == job.Id);
        _held.Add(new HeldJob(job, 0));
        _epochs[job.Id] = job.Epoch;
    }

    internal void End(JobId job, int epoch) => _held.RemoveAll(h => h.Job.Id == job && h.Job.Epoch == epoch);

    internal void Clear(string machine) => _lying.RemoveAll(j => j.Machine?.Name == machine);

    internal void Apply(JobEvent happened, long sequence)
    {
        if (happened is JobScrapped)
        {
            _lying.RemoveAll(j => j.Id == happened.Job);
        }

        var index = _held.FindIndex(h => h.Job.Id == happened.Job);
        if (index < 0)
        {
            return;
        }

        var held = _held[index];
        _held[index] = new HeldJob(JobLifecycle.Apply(held.Job, happened).Job, sequence > 0 ? sequence : held.LastSequence);
        if (happened is JobStarted && held.Job.Machine is { } machine)
        {
            Clear(machine.Name);
        }

        if (happened is JobCompleted)
        {
            _lying.Add(_held[index].Job);
        }

        if (happened is JobReleased)
        {
            _held.RemoveAt(index);
        }
    }

    internal void ForgetEnded(long acknowledged) => _held.RemoveAll(h => h.Job.IsFinal && h.LastSequence <= acknowledged);
}
