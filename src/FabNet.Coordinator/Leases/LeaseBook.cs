// Who holds what until when: the live ends of leases, on the monotonic clock, so that a jump of the wall clock loses no job.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Coordinator.Leases;

/// <summary>
/// The live leases. Which leases there are is journaled; how far they were renewed is not: after a restart each gets its full time again, which is safe,
/// because the site stops by its own clock and a lapsed job is never planned again by itself. Owned by the coordinator's loop.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="ttl">How long a lease lasts.</param>
/// <param name="most">How long a job may be started at most from now on, where its lease here rests on one elsewhere; null for any other job.</param>
internal sealed class LeaseBook(TimeProvider time, TimeSpan ttl, Func<JobId, TimeSpan?>? most = null)
{
    private readonly Dictionary<JobId, (int Epoch, long Since, DateTimeOffset ExpiresAt)> _leases = [];

    /// <summary>How many leases are live.</summary>
    public int Count => _leases.Count;

    /// <summary>The end of a lease that begins or is renewed now, by the wall clock: for people and for the site.</summary>
    public DateTimeOffset NewEnd(Job job) => time.GetUtcNow() + (job.StartedAt is null && most?.Invoke(job.Id) is { } elsewhere && elsewhere < ttl ? elsewhere : ttl);

    /// <summary>Follows a job: a lease begins when a site holds it, and ends when none does or when the job is lost.</summary>
    public void Follow(Job job)
    {
        if (!job.IsHeldBySite || job.State is JobState.Lost)
        {
            _leases.Remove(job.Id);
        }
        else if (!_leases.TryGetValue(job.Id, out var lease) || lease.Epoch != job.Epoch)
        {
            Renew(job);
        }
    }

    /// <summary>Prolongs a lease from now on.</summary>
    /// <returns>Its new end.</returns>
    public DateTimeOffset Renew(Job job)
    {
        var end = NewEnd(job);
        _leases[job.Id] = (job.Epoch, time.GetTimestamp(), end);
        return end;
    }

    /// <summary>The job with the live end of its lease.</summary>
    public Job View(Job job) => _leases.TryGetValue(job.Id, out var lease) ? job with { LeaseExpiresAt = lease.ExpiresAt } : job;

    /// <summary>The jobs whose leases have lapsed.</summary>
    public List<JobId> Lapsed() => [.. _leases.Where(l => time.GetElapsedTime(l.Value.Since) >= ttl).Select(l => l.Key)];
}
