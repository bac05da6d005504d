// A workshop of a simulated network: the edge's own book of leases and events, and machines that only pretend to move.

using FabNet.Coordinator.Sites;
using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Job = FabNet.Model.Jobs.Job;
using JobEvent = FabNet.Model.Jobs.JobEvent;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineStatus = FabNet.Model.Sites.MachineStatus;
using SiteMachine = FabNet.Model.Sites.Machine;
using Site = FabNet.Model.Sites.Site;

namespace FabNet.Tests.Network;

/// <summary>A simulated machine.</summary>
internal sealed class SimulatedMachine(SiteMachine machine)
{
    public SiteMachine Machine => machine;

    public LoadedMaterial Loaded { get; set; } = machine.Loaded;

    public MachineState State { get; set; } = MachineState.Idle;

    /// <summary>The job that is set up or runs; null if none does.</summary>
    public JobId? Job { get; set; }

    /// <summary>Since when it moves; null if it does not.</summary>
    public DateTimeOffset? MovesSince { get; set; }

    /// <summary>True once its set-up is done and only the lease is missing.</summary>
    public bool IsSetUp { get; set; }

    /// <summary>Counts up whenever what was going on there is broken off: what was to happen later does not.</summary>
    public int Turn { get; set; }

    /// <summary>Maintenance begins when the run is over.</summary>
    public bool WantsMaintenance { get; set; }
}

/// <summary>
/// A site as the coordinator sees it. Its protocol is the edge's: every grant and event goes through its <see cref="EdgeBook"/> and <see cref="JobLifecycle"/>, the start is journaled before the motion, and after a
/// reconnection it says what is really so.
/// </summary>
internal sealed class SimulatedSite : IDisposable
{
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(5);
    private readonly SimulatedNetwork _network;
    private readonly string _path;
    private EdgeBook _book;
    private long _sent;

    public SimulatedSite(SimulatedNetwork network, Site site, string path)
    {
        (_network, Site, _path) = (network, site, path);
        _book = EdgeBook.Open(path, network.Clock);
        Machines = [.. site.Machines.Select(m => new SimulatedMachine(m))];
    }

    public Site Site { get; }

    public IReadOnlyList<SimulatedMachine> Machines { get; }

    /// <summary>Its stream; null while it has none.</summary>
    public SiteSession? Session { get; private set; }

    /// <summary>False while it is cut off.</summary>
    public bool IsReachable { get; set; } = true;

    public string BootId => _book.BootId;

    private DateTimeOffset Now => _network.Clock.GetUtcNow();

    private Demand Demand => _network.Demand;

    public void Dispose() => _book.Dispose();

    /// <summary>How many jobs it has in hand for a machine.</summary>
    public int QueueOf(MachineId machine) => _book.Leases.Open.Count(h => h.Job.Machine == machine);

    /// <summary>Its stream is open.</summary>
    public void Connected(SiteSession session)
    {
        Session = session;
        foreach (var machine in Machines)
        {
            Tell(machine);
        }
    }

    /// <summary>Its stream is broken; offers that came over it are void.</summary>
    public void Disconnected() => Session = null;

    /// <summary>The power was gone: what moved has failed, and all else is read from the disk again.</summary>
    public void PowerCut()
    {
        foreach (var machine in Machines)
        {
            Stop(machine, isGood: false);
        }

        _book.Dispose();
        _book = EdgeBook.Open(_path, _network.Clock);
        foreach (var held in _book.Leases.Open.Where(h => h.IsStarted).ToList())
        {
            Append(new JobFailed { Job = held.Job.Id, Epoch = held.Job.Epoch, At = Now, Reason = "The power was cut." });
        }

        foreach (var machine in Machines)
        {
            Next(machine);
        }
    }

    /// <summary>Says what it holds, and sends again what was not acknowledged.</summary>
    public void KeepAlive()
    {
        var message = new EdgeUp { KeepAlive = new() };
        foreach (var held in _book.Leases.Open)
        {
            message.KeepAlive.Held.Add(new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = held.Job.Id.Value, Epoch = held.Job.Epoch });
        }

        _network.SendUp(this, message);
        _sent = _book.Outbox.Acknowledged;
        SendEvents();
    }

    /// <summary>Takes what the coordinator says.</summary>
    public void Take(EdgeDown message)
    {
        switch (message.MessageCase)
        {
            case EdgeDown.MessageOneofCase.Welcome: OnWelcome(message.Welcome); break;
            case EdgeDown.MessageOneofCase.Offer: OnOffer(message.Offer); break;
            case EdgeDown.MessageOneofCase.LeaseGranted: OnLease(message.LeaseGranted.Job.ToModel()); break;
            case EdgeDown.MessageOneofCase.LeaseRenewed: OnRenewed(message.LeaseRenewed); break;
            case EdgeDown.MessageOneofCase.LeaseEnded: EndLease(JobId.Parse(message.LeaseEnded.JobId), message.LeaseEnded.Epoch, message.LeaseEnded.Reason); break;
            case EdgeDown.MessageOneofCase.CancelIntent: OnCancel(message.CancelIntent); break;
            case EdgeDown.MessageOneofCase.Acknowledged: _book.Acknowledge(message.Acknowledged.JobEventSequence); break;
            default: break;
        }
    }

    /// <summary>A machine goes out of service.</summary>
    public void BreakDown(SimulatedMachine machine, MachineState state)
    {
        if (state is MachineState.Maintenance && machine.Job is not null)
        {
            machine.WantsMaintenance = true;
            return;
        }

        if (Stop(machine, isGood: false) is { } job && _book.Leases.Find(job) is { IsStarted: true } moving)
        {
            Append(new JobFailed { Job = job, Epoch = moving.Job.Epoch, At = Now, Reason = "ALARM: a limit switch was hit.", LastLine = 7 });
        }

        machine.State = state;
        Tell(machine);
        foreach (var held in _book.Leases.Open.Where(h => h.Job.Machine == machine.Machine.Id && !h.IsStarted && h.Job.State is not JobState.Lost).ToList())
        {
            if (Demand.Luck("give back", held.Job.Id, held.Job.Epoch) < 0.7)
            {
                Append(new JobReleased { Job = held.Job.Id, Epoch = held.Job.Epoch, At = Now, Reason = $"{machine.Machine.Id} is out of service." });
            }
        }
    }

    /// <summary>A machine is in service again.</summary>
    public void Repair(SimulatedMachine machine)
    {
        machine.WantsMaintenance = false;
        if (machine.State is MachineState.Alarm or MachineState.Maintenance)
        {
            machine.State = MachineState.Idle;
            Tell(machine);
            Next(machine);
        }
    }

    private void OnWelcome(EdgeDown.Types.Welcome welcome)
    {
        _book.Acknowledge(welcome.JobEventSequence);
        _sent = welcome.JobEventSequence;
        var leases = welcome.Leases.Select(l => l.Job.ToModel()).ToList();
        foreach (var held in _book.Leases.Open.Where(h => !h.IsStarted).ToList())
        {
            if (!leases.Exists(l => l.Id == held.Job.Id && l.Epoch == held.Job.Epoch))
            {
                EndLease(held.Job.Id, held.Job.Epoch, "The coordinator no longer sees this site as its owner.");
            }
        }

        leases.ForEach(OnLease);
        KeepAlive();
    }

    private void OnOffer(EdgeDown.Types.Offer offer)
    {
        var luck = Demand.Luck("offer", Site.Id, offer.Job.Id, Now.Ticks);
        _network.CheckOffer(offer);
        if (!_network.TakesOffers || luck < 0.04)
        {
            // Nobody looks at the screen.
        }
        else if (luck < 0.09)
        {
            _network.SendUp(this, new EdgeUp { Decline = new() { JobId = offer.Job.Id, Reason = "not today" } });
        }
        else
        {
            _network.After(TimeSpan.FromSeconds(1 + (luck * 200)), () => Claim(offer.Job.Id, offer.Machine));
        }
    }

    /// <summary>Takes a job by itself, or answers an offer.</summary>
    public void Claim(string job, string machine) => _network.SendUp(this, new EdgeUp { Claim = new() { JobId = job, Machine = machine } });

    private void OnLease(Job job)
    {
        if (_book.Grant(job) is null)
        {
            _network.CheckGrant(job);
            if (job.StartedAt is not null)
            {
                throw new InvalidOperationException($"{Site.Id} was granted {job.Id}, which was started under epoch {job.Epoch} already.");
            }

            Prepare(job);
        }
        else if (_book.Leases.Find(job.Id) is { Job.IsFinal: false } held && held.Job.Epoch == job.Epoch)
        {
            Renew(held.Job, job.LeaseExpiresAt!.Value, job.State is JobState.Lost);
        }
    }

    private void OnRenewed(EdgeDown.Types.LeaseRenewed renewed)
    {
        if (_book.Leases.Find(JobId.Parse(renewed.JobId)) is { Job: { IsFinal: false } job } && job.Epoch == renewed.Epoch)
        {
            Renew(job, renewed.ExpiresAt.ToDateTimeOffset(), job.LeaseExpiresAt <= Now);
        }
    }

    private void Renew(Job job, DateTimeOffset end, bool hadLapsed)
    {
        _book.Leases.Renew(job.Id, job.Epoch, end);
        if (hadLapsed)
        {
            SayWhatIsSo(job);
        }

        if (Machines.FirstOrDefault(m => m.Job == job.Id && m.IsSetUp && m.MovesSince is null) is { } waiting)
        {
            Start(waiting);
        }
    }

    private void SayWhatIsSo(Job job)
    {
        _book.MarkLost(job.Id, job.Epoch, "The lease had lapsed.");
        Append(job switch
        {
            { State: JobState.Running } => new JobResumed { Job = job.Id, Epoch = job.Epoch, At = Now },
            { State: JobState.Paused } => new JobPaused { Job = job.Id, Epoch = job.Epoch, At = Now, Reason = "It was held before the link was lost." },
            { State: JobState.Ready, Program: { } program, EstimatedSeconds: { } seconds } =>
                new JobReady { Job = job.Id, Epoch = job.Epoch, At = Now, Program = program, EstimatedSeconds = seconds, EstimatedGrams = job.EstimatedGrams ?? 0 },
            _ => new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = Now },
        });
    }

    private void EndLease(JobId id, int epoch, string reason)
    {
        if (_book.Leases.Find(id) is { IsStarted: false, Job.IsFinal: false } held && held.Job.Epoch == epoch)
        {
            var machine = Machines.FirstOrDefault(m => m.Job == id);
            _book.EndLease(id, epoch, reason);
            if (machine is not null)
            {
                Stop(machine, isGood: false);
                Next(machine);
            }
        }
    }

    private void OnCancel(EdgeDown.Types.CancelIntent intent)
    {
        var id = JobId.Parse(intent.JobId);
        if (_book.Leases.Find(id) is { Job.IsFinal: false } held && held.Job.Epoch == intent.Epoch)
        {
            var machine = Machines.FirstOrDefault(m => m.Job == id);
            if (machine is not null)
            {
                Stop(machine, isGood: false);
            }

            Append(new JobCancelled { Job = id, Epoch = intent.Epoch, At = Now, Reason = intent.Reason });
            if (machine is not null)
            {
                Next(machine);
            }
        }
    }

    private void Prepare(Job job)
    {
        Append(new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = Now });
        var machine = Machines.First(m => m.Machine.Id == job.Machine);
        if (Demand.Luck("slices", job.Part, machine.Machine.Profile.Name, Site.Id) < 0.01)
        {
            Append(new JobRejected { Job = job.Id, Epoch = job.Epoch, At = Now, Reason = "The slicer found no extrusions." });
            return;
        }

        var (seconds, grams) = _network.TrueWork(job, machine.Machine.Profile);
        Append(new JobReady { Job = job.Id, Epoch = job.Epoch, At = Now, Program = Digest.Of([9]), EstimatedSeconds = seconds, EstimatedGrams = grams });
        Next(machine);
    }

    /// <summary>Begins the set-up for the next job, if the machine is free.</summary>
    private void Next(SimulatedMachine machine)
    {
        if (machine.Job is not null || machine.State is not MachineState.Idle)
        {
            return;
        }

        if (machine.WantsMaintenance)
        {
            machine.WantsMaintenance = false;
            BreakDown(machine, MachineState.Maintenance);
            return;
        }

        if (_book.Leases.Open.FirstOrDefault(h => h.Job.Machine == machine.Machine.Id && h.Job.State is JobState.Ready) is { Job: var job })
        {
            var effort = MakersBook.Effort(machine.Machine.Profile, machine.Loaded, job);
            var turn = machine.Turn;
            machine.Job = job.Id;
            _network.After(TimeSpan.FromMinutes(effort.LabourMinutes + effort.WarmUpMinutes), () =>
            {
                if (machine.Turn == turn)
                {
                    machine.IsSetUp = true;
                    machine.Loaded = new LoadedMaterial(job.Material ?? machine.Loaded.Material, job.Color ?? (job.Material is null || job.Material == machine.Loaded.Material ? machine.Loaded.Color : null));
                    _network.Book.SetUpMade(Site.Prices, machine.Machine.Profile, effort);
                    Start(machine);
                }
            });
        }
    }

    /// <summary>The physical start, if the lease holds: journaled before anything moves.</summary>
    private void Start(SimulatedMachine machine)
    {
        if (_book.Leases.Find(machine.Job!.Value) is not { Job: { State: JobState.Ready } job } || job.LeaseExpiresAt - LeaseMargin <= Now)
        {
            return;
        }

        if (!Append(new JobStarted { Job = job.Id, Epoch = job.Epoch, At = Now }))
        {
            return;
        }

        _network.PhysicallyStarted(job, Site.Id);
        machine.MovesSince = Now;
        machine.State = MachineState.Running;
        Tell(machine);
        var (seconds, grams) = _network.TrueWork(job, machine.Machine.Profile);
        var piece = _network.PieceOf(job.Id);
        seconds *= 0.9 + (0.25 * Demand.Luck("speed", machine.Machine.Id, piece));
        var fails = Demand.Luck("fails", piece, _network.AttemptOf(job.Id));
        var isPaused = Demand.Luck("prompt", piece) < 0.03;
        var lasts = fails < 0.05 ? seconds * (0.05 + (fails * 18)) : seconds + (isPaused ? 1800 : 0);
        var turn = machine.Turn;
        if (isPaused && fails >= 0.05)
        {
            After(seconds / 2, () => Append(new JobPaused { Job = job.Id, Epoch = job.Epoch, At = Now, Reason = "M0: change the filament." }));
            After((seconds / 2) + 1800, () => Append(new JobResumed { Job = job.Id, Epoch = job.Epoch, At = Now }));
        }

        After(lasts, () =>
        {
            var isGood = fails >= 0.05;
            Stop(machine, isGood, grams);
            Append(isGood
                ? new JobCompleted { Job = job.Id, Epoch = job.Epoch, At = Now, Seconds = lasts, Grams = grams, EnergyKwh = lasts / 3.6e6 * machine.Machine.Profile.Power.RunningW }
                : new JobFailed { Job = job.Id, Epoch = job.Epoch, At = Now, Reason = "The part came off the bed.", LastLine = 1000 });
            if (isGood)
            {
                _network.PhysicallyCompleted(job, Site, grams);
            }

            Next(machine);
        });

        void After(double inSeconds, Action what) => _network.After(TimeSpan.FromSeconds(inSeconds), () =>
        {
            if (machine.Turn == turn)
            {
                what();
            }
        });
    }

    /// <summary>Whatever goes on at a machine ends.</summary>
    private JobId? Stop(SimulatedMachine machine, bool isGood, double grams = 0)
    {
        var job = machine.Job;
        if (machine.MovesSince is { } since && job is { } moving)
        {
            _network.PhysicallyEnded(moving);
            var spent = isGood ? grams : Math.Min(grams > 0 ? grams : 30, (Now - since).TotalHours * 10);
            _network.Book.RunEnded(Site.Prices, machine.Machine.Profile, (Now - since).TotalSeconds, spent, isGood, Now);
        }

        machine.Turn++;
        (machine.Job, machine.MovesSince, machine.IsSetUp) = (null, null, false);
        if (machine.State is MachineState.Running)
        {
            machine.State = MachineState.Idle;
            Tell(machine);
        }

        return job;
    }

    private bool Append(JobEvent happened)
    {
        var refusal = _book.Append(happened);
        SendEvents();
        return refusal is null;
    }

    private void SendEvents()
    {
        if (Session is null)
        {
            return;
        }

        foreach (var waiting in _book.Outbox.After(_sent, 100))
        {
            _network.SendUp(this, new EdgeUp { JobEvent = new() { Sequence = waiting.Sequence, Event = waiting.Event.ToWire() } });
            _sent = waiting.Sequence;
        }
    }

    private void Tell(SimulatedMachine machine) => _network.SendUp(this, new EdgeUp
    {
        MachineStatus = new MachineStatus { Machine = machine.Machine.Id, State = machine.State, Loaded = machine.Loaded, Job = machine.MovesSince is null ? null : machine.Job, At = Now }.ToWire(),
    });
}
