// What the coordinator says to a site, and what the site's policy answers.

using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging;
using Job = FabNet.Model.Jobs.Job;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    private void OnLinkUp(LinkUp up)
    {
        var coordinatorTime = up.Welcome.CoordinatorTime.ToModel("welcome.coordinator_time");
        _coordinatorClock = (coordinatorTime, _time.GetTimestamp());
        var ahead = _time.GetUtcNow() - coordinatorTime;
        if (ahead.Duration() > TimeSpan.FromSeconds(5))
        {
            LogClocksDiffer(_config.Coordinator, ahead.TotalSeconds);
        }

        _uplink.Connect(up.Up, up.Welcome);
        _told.Clear();
        LogConnected(_config.Coordinator, _book.Outbox.Count);
        OnLeasesTold(up.Welcome);
    }

    private void OnLeasesTold(EdgeDown.Types.Welcome welcome)
    {
        var leases = welcome.Leases.Select(l => l.Job.ToModel()).ToList();
        foreach (var held in _book.Leases.Open.Where(h => !h.IsStarted).ToList())
        {
            if (!leases.Exists(l => l.Id == held.Job.Id && l.Epoch == held.Job.Epoch))
            {
                EndLease(held.Job.Id, held.Job.Epoch, "The coordinator no longer sees this site as its owner.");
            }
        }

        leases.ForEach(OnLease);
        SendKeepAlive();
    }

    private void OnLinkDown(string reason)
    {
        _uplink.Disconnect();
        _offers.Clear();
        _stalled.RemoveAll(static waiting => waiting is LeasesTold); // The next welcome says it anew.
        LogDisconnected(_config.Coordinator, reason);
    }

    private void OnCoordinator(EdgeDown message)
    {
        switch (message.MessageCase)
        {
            case EdgeDown.MessageOneofCase.Offer:
                OnOffer(message.Offer);
                break;
            case EdgeDown.MessageOneofCase.OfferWithdrawn:
                _offers.Remove(JobId.Parse(message.OfferWithdrawn.JobId));
                break;
            case EdgeDown.MessageOneofCase.LeaseGranted:
                OnLease(message.LeaseGranted.Job.ToModel());
                break;
            case EdgeDown.MessageOneofCase.LeaseRenewed:
                OnLeaseRenewed(message.LeaseRenewed);
                break;
            case EdgeDown.MessageOneofCase.LeaseEnded:
                EndLease(JobId.Parse(message.LeaseEnded.JobId), message.LeaseEnded.Epoch, message.LeaseEnded.Reason);
                break;
            case EdgeDown.MessageOneofCase.CancelIntent:
                OnCancelIntent(message.CancelIntent);
                break;
            case EdgeDown.MessageOneofCase.Acknowledged:
                _uplink.Acknowledge(message.Acknowledged);
                break;
            case EdgeDown.MessageOneofCase.ClaimRefused:
                _offers.Refused(JobId.Parse(message.ClaimRefused.JobId), message.ClaimRefused.Reason);
                break;
            default:
                LogBadMessage($"The coordinator sent {message.MessageCase}, which this version does not expect here.");
                break;
        }
    }

    private void OnOffer(EdgeDown.Types.Offer offer)
    {
        var job = offer.Job.ToModel();
        var machine = MachineId.Parse(offer.Machine);
        if (!_desks.TryGetValue(machine, out var desk))
        {
            _uplink.TrySend(new EdgeUp { Decline = new() { JobId = job.Id.Value, Reason = $"{machine} is not a machine of this site." } });
        }
        else if (_handOver is not null || desk.Facts.Maintenance is not null)
        {
            _uplink.TrySend(new EdgeUp { Decline = new() { JobId = job.Id.Value, Reason = desk.Facts.Maintenance ?? "The site's agent is being stopped." } });
        }
        else if (_offers.TakesByItself(job, desk.Facts.Loaded))
        {
            if (job.Bed is { } bed)
            {
                _offers.Take(job.Id, bed.Id);
            }

            _uplink.TrySend(new EdgeUp { Claim = new() { JobId = job.Id.Value, Machine = offer.Machine } });
        }
        else
        {
            _offers.Keep(offer);
        }
    }

    /// <summary>A lease, new or one that this site already knows of.</summary>
    private void OnLease(Job job)
    {
        if (job.Machine is not { } machine)
        {
            throw new FormatException($"the lease of {job.Id} names no machine.");
        }

        _offers.Granted(job.Id, machine);
        if (_book.Grant(job) is null)
        {
            OnNewLease(job, machine);
        }
        else if (_book.Leases.Find(job.Id) is { Job: { IsFinal: false } held } && held.Epoch == job.Epoch)
        {
            _book.Leases.Renew(job.Id, job.Epoch, job.LeaseExpiresAt ?? held.LeaseExpiresAt ?? _time.GetUtcNow());
            if (job.State is JobState.Lost)
            {
                SayWhatIsSo(held);
            }
        }
    }

    private void OnNewLease(Job job, MachineId machine)
    {
        if (job.StartedAt is not null)
        {
            // This journal is newer than the lease: an earlier one started the job, and only that one knew more.
            if (_desks.TryGetValue(machine, out var desk))
            {
                RequireClearing(desk, $"{job.Id} may have left a part on it.");
            }

            Append(new JobFailed
            {
                Job = job.Id,
                Epoch = job.Epoch,
                At = _time.GetUtcNow(),
                Reason = $"{job.Id} was started before this site's data folder was made, and nothing is known of how it went. Look at {machine}.",
            });
        }
        else if (!_desks.ContainsKey(machine))
        {
            Release(job, $"{machine} is not a machine of this site.");
        }
        else if (_handOver is not null)
        {
            Release(job, "The agent was stopped before it was started.");
        }
    }

    private void OnLeaseRenewed(EdgeDown.Types.LeaseRenewed renewed)
    {
        var id = JobId.Parse(renewed.JobId);
        if (_book.Leases.Find(id) is not { Job: { IsFinal: false } job } || job.Epoch != renewed.Epoch)
        {
            return;
        }

        var hadLapsed = job.LeaseExpiresAt <= LeaseClock();
        _book.Leases.Renew(id, renewed.Epoch, renewed.ExpiresAt.ToModel("lease_renewed.expires_at"));
        if (hadLapsed)
        {
            SayWhatIsSo(job);
        }
    }

    /// <summary>The coordinator holds a job for lost, or may: what is really so is said again, under the same epoch.</summary>
    private void SayWhatIsSo(Job job)
    {
        var now = _time.GetUtcNow();
        _book.MarkLost(job.Id, job.Epoch, "The lease had lapsed.");
        switch (job.State)
        {
            case JobState.Running:
                Append(new JobResumed { Job = job.Id, Epoch = job.Epoch, At = now });
                break;
            case JobState.Paused:
                Append(new JobPaused { Job = job.Id, Epoch = job.Epoch, At = now, Reason = job.Reason ?? "It was held before the link was lost." });
                break;
            case JobState.Ready when job is { Program: { } program, EstimatedSeconds: { } seconds }:
                Append(new JobReady { Job = job.Id, Epoch = job.Epoch, At = now, Program = program, EstimatedSeconds = seconds, EstimatedGrams = job.EstimatedGrams ?? 0, Share = job.Share });
                break;
            default:
                Append(new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = now });
                break;
        }
    }

    /// <summary>The coordinator no longer sees this site as the owner. What was started goes on and is reported; the rest is dropped.</summary>
    private void EndLease(JobId id, int epoch, string reason)
    {
        if (_book.Leases.Find(id) is not { } held || held.Job.Epoch != epoch || held.IsStarted || held.Job.IsFinal)
        {
            return;
        }

        _book.EndLease(id, epoch, reason);
        Leave(held.Job.Machine is { } machine ? _desks.GetValueOrDefault(machine) : null, id, reason);
        LogLeaseEnded(id, reason);
    }

    private void OnCancelIntent(EdgeDown.Types.CancelIntent intent)
    {
        var id = JobId.Parse(intent.JobId);
        if (_book.Leases.Find(id) is { Job.IsFinal: false } held && held.Job.Epoch == intent.Epoch)
        {
            CallOff(held, intent.Reason.Length > 0 ? intent.Reason : "It was cancelled.");
        }
    }

    /// <summary>
    /// The coordinator's clock, by which leases end: what its welcome said, and what has passed here since, by the clock that nobody sets. A Pi without a
    /// battery may be wrong by months and be set right at any moment; leases hold all the same. Before the first welcome, the site's own clock.
    /// </summary>
    private DateTimeOffset LeaseClock() => _coordinatorClock is var (time, stamp) ? time + _time.GetElapsedTime(stamp) : _time.GetUtcNow();

    private void SendKeepAlive()
    {
        var message = new EdgeUp { KeepAlive = new() };
        foreach (var held in _book.Leases.Open)
        {
            message.KeepAlive.Held.Add(new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = held.Job.Id.Value, Epoch = held.Job.Epoch });
        }

        _uplink.TrySend(message);
        _lastKeepAlive = _time.GetTimestamp();
    }

    private static FabNet.Protocol.V1.Site ToWire(FabNet.Model.Sites.Site site) => site.ToWire();

    [LoggerMessage(LogLevel.Information, "Connected to {Coordinator}; {Events} job events go up.")]
    private partial void LogConnected(Uri coordinator, int events);

    [LoggerMessage(LogLevel.Warning, "This site's clock is {Seconds:0} s ahead of that of {Coordinator}. Leases go by the coordinator's; set the clock, for times that people read.")]
    private partial void LogClocksDiffer(Uri coordinator, double seconds);

    [LoggerMessage(LogLevel.Warning, "The link to {Coordinator} is down: {Reason} Started work goes on.")]
    private partial void LogDisconnected(Uri coordinator, string reason);

    [LoggerMessage(LogLevel.Information, "The lease of {Job} ended: {Reason}")]
    private partial void LogLeaseEnded(JobId job, string reason);
}
