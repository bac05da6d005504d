// Offers that wait for an answer, and machines that said no.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.Leases;

/// <summary>
/// Live offers and back-offs. Not journaled: after a restart, offers of before are taken back, and a machine that declined may be asked once more. Owned by the coordinator's loop.
/// </summary>
internal sealed class OfferBook(TimeProvider time, TimeSpan answerWithin, TimeSpan backOff)
{
    private readonly Dictionary<JobId, (MachineId Machine, long Since, DateTimeOffset AnswerBy)> _offers = [];
    private readonly Dictionary<JobId, Dictionary<MachineId, Avoided>> _avoided = [];

    /// <summary>By when an offer that is made now must be answered.</summary>
    public DateTimeOffset AnswerBy => time.GetUtcNow() + answerWithin;

    /// <summary>An offer was made.</summary>
    public void Add(JobId job, MachineId machine) => _offers[job] = (machine, time.GetTimestamp(), AnswerBy);

    /// <summary>The machine that a job is offered to; null if it is not.</summary>
    public MachineId? OfferedTo(JobId job) => _offers.TryGetValue(job, out var offer) ? offer.Machine : null;

    /// <summary>Every offer that waits, with the time by which it must be answered.</summary>
    public IEnumerable<(JobId Job, MachineId Machine, DateTimeOffset AnswerBy)> All => _offers.Select(static o => (o.Key, o.Value.Machine, o.Value.AnswerBy));

    /// <summary>An offer ended, whatever the answer.</summary>
    public void Remove(JobId job) => _offers.Remove(job);

    /// <summary>The offers to a site.</summary>
    public List<JobId> To(SiteId site) => [.. _offers.Where(o => o.Value.Machine.Site == site).Select(o => o.Key)];

    /// <summary>The offers that were not answered in time.</summary>
    public List<JobId> Overdue() => [.. _offers.Where(o => time.GetElapsedTime(o.Value.Since) >= answerWithin).Select(o => o.Key)];

    /// <summary>A machine is not offered a job for a while, unless its state or what is loaded changes.</summary>
    public void Avoid(JobId job, MachineId machine, string reason, MachineStatus? status)
    {
        if (!_avoided.TryGetValue(job, out var machines))
        {
            _avoided.Add(job, machines = []);
        }

        machines[machine] = new Avoided(time.GetTimestamp(), time.GetUtcNow() + backOff, reason, status?.State, status?.Loaded ?? default);
    }

    /// <summary>The machines that a job is not offered to now, each with the reason; back-offs that have ended are forgotten.</summary>
    /// <param name="job">The job.</param>
    /// <param name="statusOf">What a machine does now; null if that is not known.</param>
    public IEnumerable<(MachineId Machine, string Reason)> AvoidedBy(JobId job, Func<MachineId, MachineStatus?> statusOf)
    {
        if (!_avoided.TryGetValue(job, out var machines))
        {
            yield break;
        }

        foreach (var (machine, avoided) in machines.ToList())
        {
            var status = statusOf(machine);
            if (time.GetElapsedTime(avoided.Since) >= backOff || avoided.State != status?.State || avoided.Loaded != (status?.Loaded ?? default))
            {
                machines.Remove(machine);
            }
            else
            {
                yield return (machine, $"{avoided.Reason}; it is asked again after {avoided.Until.UtcDateTime:HH:mm} UTC");
            }
        }
    }

    /// <summary>A job needs no offers any more.</summary>
    public void Forget(JobId job)
    {
        _offers.Remove(job);
        _avoided.Remove(job);
    }

    private readonly record struct Avoided(long Since, DateTimeOffset Until, string Reason, MachineState? State, LoadedMaterial Loaded);
}
