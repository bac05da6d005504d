// How long what is made for another community may still be started: by its lease there, on this side's monotonic clock.

using FabNet.Model;

namespace FabNet.Coordinator.Federation;

/// <summary>
/// The live ends of leases elsewhere. An end is counted from when the message was sent that the grant or renewal answers, so that it is never later here than there, whatever the wall clocks
/// say. Not journaled: after a start nothing may be started before the other community was heard. Owned by the coordinator's loop.
/// </summary>
internal sealed class GuestLeases(TimeProvider time, TimeSpan grace)
{
    private readonly Dictionary<JobId, (long Since, TimeSpan Ttl)> _leases = [];
    private readonly long _begun = time.GetTimestamp();

    /// <summary>A lease was granted or renewed.</summary>
    /// <param name="job">The job here.</param>
    /// <param name="since">When the message was sent that this answers, as a timestamp of the clock.</param>
    /// <param name="ttl">How long the lease lasts from then on.</param>
    /// <returns>True if it had lapsed in between.</returns>
    public bool Renew(JobId job, long since, TimeSpan ttl)
    {
        var hadLapsed = _leases.ContainsKey(job) && Remaining(job) == TimeSpan.Zero;
        _leases[job] = (since, ttl);
        return hadLapsed;
    }

    /// <summary>A lease is over.</summary>
    public void End(JobId job) => _leases.Remove(job);

    /// <summary>How long the job may still be started; zero if its lease is not known.</summary>
    public TimeSpan Remaining(JobId job) =>
        _leases.TryGetValue(job, out var lease) && lease.Ttl - time.GetElapsedTime(lease.Since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>True if the job may not be started any more: its lease has lapsed, or nothing was heard of it for long enough after the start.</summary>
    public bool HasLapsed(JobId job) => Remaining(job) == TimeSpan.Zero && (_leases.ContainsKey(job) || time.GetElapsedTime(_begun) >= grace);
}
