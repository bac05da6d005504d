// An edge of the community that helps, in virtual time: the real book of leases and the real rule for a start, over a wire that may be away.

using FabNet.Coordinator;
using FabNet.Coordinator.Sites;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using FabNet.Tests.Coordinator;
using FabNet.Tests.Planning;
using Xunit;
using EdgeLeases = FabNet.Edge.Leasing.LeaseBook;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Federation;

/// <summary>The site <c>north</c> with its machine <c>left</c>.</summary>
internal sealed class PlayedEdge(Random random, ManualTimeProvider time, int slowestStep, Func<JobId, Task> starting)
{
    private static readonly FabNet.Model.Sites.Site Announced = Plants.Site("north", new FabNet.Model.Sites.Machine
    {
        Id = MachineId.Parse("north/left"), Profile = FabNet.Model.Machines.MachineProfiles.Find("prusa-mk3s"), Loaded = new("PLA", "black"),
    });

    private readonly EdgeLeases _leases = new();
    private readonly List<JobEvent> _events = [];
    private readonly Dictionary<JobId, long> _nextStep = [];
    private SiteSession? _session;
    private (DateTimeOffset Time, long Stamp) _clock;
    private long _acknowledged;
    private long _sent;
    private long _keptAliveAt;

    public List<(JobId Job, int Epoch)> Starts { get; } = [];

    /// <summary>True while a job waits for its start.</summary>
    public bool IsReady => _leases.Open.Any(static h => h.Job.State is JobState.Ready);

    /// <summary>Until when it is away, in seconds of the world.</summary>
    public long BackAt { get; set; }

    private DateTimeOffset LeaseClock => _clock.Time + time.GetElapsedTime(_clock.Stamp);

    public void Disconnected() => _session = null;

    public async Task LeaveAsync(CoordinatorNode node)
    {
        if (_session is { } session)
        {
            _session = null;
            await node.PostAsync(() => node.Leave(session, "away"));
        }
    }

    public async Task SecondAsync(CoordinatorNode node, long second)
    {
        if (_session is null && second >= BackAt)
        {
            _session = await new EdgeLinkService(node).JoinAsync(new() { Site = Announced.ToWire(), BootId = "boot-1", Version = "test" }, TestContext.Current.CancellationToken);
        }

        if (_session is { } session)
        {
            while (session.Down.TryRead(out var message))
            {
                await HearAsync(node, session, message);
            }
        }

        foreach (var held in _leases.Open.ToList())
        {
            await WorkAsync(held.Job, second);
        }

        await TellAsync(node);
    }

    private async Task HearAsync(CoordinatorNode node, SiteSession session, Wire.EdgeDown message)
    {
        switch (message.MessageCase)
        {
            case Wire.EdgeDown.MessageOneofCase.Welcome:
                _clock = (message.Welcome.CoordinatorTime.ToDateTimeOffset(), time.GetTimestamp());
                _sent = message.Welcome.JobEventSequence;
                var told = message.Welcome.Leases.Select(l => l.Job.ToModel()).ToList();
                foreach (var held in _leases.Open.Where(h => !h.IsStarted && !told.Exists(t => t.Id == h.Job.Id && t.Epoch == h.Job.Epoch)).ToList())
                {
                    _leases.End(held.Job.Id, held.Job.Epoch);
                }

                told.ForEach(Lease);
                await SendAsync(node, session, new() { MachineStatus = NetworkServer.Status("north/left").ToWire() });
                _keptAliveAt = long.MinValue;
                break;
            case Wire.EdgeDown.MessageOneofCase.Offer:
                var offer = message.Offer;
                await SendAsync(node, session, random.Next(10) switch
                {
                    0 => new() { Decline = new() { JobId = offer.Job.Id, Reason = "not today" } },
                    1 => new() { MachineStatus = NetworkServer.Status("north/left").ToWire() }, // It is not answered.
                    _ => new() { Claim = new() { JobId = offer.Job.Id, Machine = offer.Machine } },
                });
                break;
            case Wire.EdgeDown.MessageOneofCase.LeaseGranted: Lease(message.LeaseGranted.Job.ToModel()); break;
            case Wire.EdgeDown.MessageOneofCase.LeaseRenewed:
                var renewed = message.LeaseRenewed;
                if (_leases.Find(JobId.Parse(renewed.JobId)) is { Job.IsFinal: false } job && job.Job.Epoch == renewed.Epoch)
                {
                    var hadLapsed = job.Job.LeaseExpiresAt <= LeaseClock;
                    _leases.Renew(job.Job.Id, renewed.Epoch, renewed.ExpiresAt.ToDateTimeOffset());
                    if (hadLapsed)
                    {
                        SayAgain(job.Job);
                    }
                }

                break;
            case Wire.EdgeDown.MessageOneofCase.LeaseEnded:
                if (_leases.Find(JobId.Parse(message.LeaseEnded.JobId)) is { IsStarted: false, Job.IsFinal: false } ended)
                {
                    _leases.End(ended.Job.Id, message.LeaseEnded.Epoch);
                }

                break;
            case Wire.EdgeDown.MessageOneofCase.CancelIntent:
                if (_leases.Find(JobId.Parse(message.CancelIntent.JobId)) is { Job.IsFinal: false } unwanted && unwanted.Job.Epoch == message.CancelIntent.Epoch)
                {
                    Append(new JobCancelled { Job = unwanted.Job.Id, Epoch = unwanted.Job.Epoch, At = time.GetUtcNow(), Reason = message.CancelIntent.Reason });
                }

                break;
            case Wire.EdgeDown.MessageOneofCase.Acknowledged: _acknowledged = message.Acknowledged.JobEventSequence; break;
            default: break;
        }
    }

    private void Lease(Job job)
    {
        if (_leases.KnownEpoch(job.Id) is not { } epoch || epoch < job.Epoch)
        {
            _leases.Grant(job with { State = JobState.Leased });
        }
        else if (_leases.Find(job.Id) is { Job.IsFinal: false } held && held.Job.Epoch == job.Epoch)
        {
            _leases.Renew(job.Id, job.Epoch, job.LeaseExpiresAt ?? time.GetUtcNow());
            if (job.State is JobState.Lost)
            {
                SayAgain(held.Job);
            }
        }
    }

    private void SayAgain(Job job)
    {
        JobEvent again = job.State switch
        {
            JobState.Running => new JobResumed { Job = job.Id, Epoch = job.Epoch, At = time.GetUtcNow() },
            JobState.Ready => new JobReady { Job = job.Id, Epoch = job.Epoch, At = time.GetUtcNow(), Program = job.Program!.Value, EstimatedSeconds = 600, EstimatedGrams = 4 },
            _ => new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = time.GetUtcNow() },
        };
        _leases.Apply(new JobLost { Job = job.Id, Epoch = job.Epoch, At = time.GetUtcNow(), Reason = "The lease had lapsed." }, 0);
        Append(again);
    }

    // One step every few seconds; a start as soon as the rule allows it, even at the last moment.
    private async Task WorkAsync(Job job, long second)
    {
        if (_nextStep.TryGetValue(job.Id, out var due) && due > second)
        {
            return;
        }

        var (id, epoch, at) = (job.Id, job.Epoch, time.GetUtcNow());
        switch (job.State)
        {
            case JobState.Leased: Append(new JobPreparing { Job = id, Epoch = epoch, At = at }); break;
            case JobState.Preparing: Append(new JobReady { Job = id, Epoch = epoch, At = at, Program = Digest.Of([9]), EstimatedSeconds = 600, EstimatedGrams = 4 }); break;
            case JobState.Ready when StartRule.CheckLease(job, LeaseClock) is null && !_leases.Open.Any(static h => h.IsStarted):
                await starting(id);
                Starts.Add((id, epoch));
                Append(new JobStarted { Job = id, Epoch = epoch, At = at });
                break;
            case JobState.Running when random.Next(10) == 0: Append(new JobFailed { Job = id, Epoch = epoch, At = at, Reason = "it came off the bed" }); break;
            case JobState.Running: Append(new JobCompleted { Job = id, Epoch = epoch, At = at, Seconds = 20, Grams = 4, EnergyKwh = 0.01 }); break;
            default: return;
        }

        _nextStep[id] = second + random.Next(1, slowestStep);
    }

    private async Task TellAsync(CoordinatorNode node)
    {
        if (_session is not { } session)
        {
            return;
        }

        for (; _sent < _events.Count && _session is not null; _sent++)
        {
            await SendAsync(node, session, new() { JobEvent = new() { Sequence = _sent + 1, Event = _events[(int)_sent].ToWire() } });
        }

        _leases.ForgetEnded(_acknowledged);
        if (_keptAliveAt == long.MinValue || time.GetElapsedTime(_keptAliveAt) >= TimeSpan.FromSeconds(10))
        {
            _keptAliveAt = time.GetTimestamp();
            var message = new Wire.EdgeUp { KeepAlive = new() };
            message.KeepAlive.Held.AddRange(_leases.Open.Select(static h => new Wire.EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = h.Job.Id.Value, Epoch = h.Job.Epoch }));
            await SendAsync(node, session, message);
        }
    }

    private async Task SendAsync(CoordinatorNode node, SiteSession session, Wire.EdgeUp message)
    {
        try
        {
            await new EdgeLinkService(node).TakeAsync(session, message, TestContext.Current.CancellationToken);
        }
        catch (SessionEndedException)
        {
            _session = null;
        }
    }

    private void Append(JobEvent happened)
    {
        _events.Add(happened);
        _leases.Apply(happened, _events.Count);
    }
}
