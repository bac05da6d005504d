// A workshop of a simulated network, and its talk with the coordinator: offers, leases and events, by the edge's own book.

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

/// <summary>
/// A site as the coordinator sees it. Its protocol is the edge's: every grant and event goes through its <see cref="EdgeBook"/> and <see cref="JobLifecycle"/>, the start is journaled before the motion, and after a
/// reconnection it says what is really so.
/// </summary>
internal sealed partial class SimulatedSite : IDisposable
{
    private static readonly TimeSpan WaitForMates = TimeSpan.FromSeconds(20);
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
            Stop(machine);
            machine.Forget();
        }

        _book.Dispose();
        _book = EdgeBook.Open(_path, _network.Clock);
        foreach (var machine in Machines)
        {
            Fail(machine, "The power was cut.");
            Advance(machine);
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
        if (state is MachineState.Maintenance && machine.Plate is not null)
        {
            machine.WantsMaintenance = true;
            return;
        }

        Stop(machine);
        Fail(machine, "ALARM: a limit switch was hit.");
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
            Advance(machine);
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
            // Who looks at the screen answers for all of a bed.
            var looks = offer.Job.Bed is { } bed ? Demand.Luck("looks", Site.Id, bed.Id) : luck;
            _network.After(TimeSpan.FromSeconds(1 + (looks * 200)), () => Claim(offer.Job.Id, offer.Machine));
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

            // The first jobs of a bed wait for their mates; one that is leased later still joins a plate that was not started.
            var machine = Machines.First(m => m.Machine.Id == job.Machine);
            _network.After(job.Bed is null ? TimeSpan.Zero : WaitForMates, () => Advance(machine));
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

        if (Machines.FirstOrDefault(m => m.Plate?.Has(job.Id) == true) is { } waiting)
        {
            Advance(waiting);
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
                new JobReady { Job = job.Id, Epoch = job.Epoch, At = Now, Program = program, EstimatedSeconds = seconds, EstimatedGrams = job.EstimatedGrams ?? 0, Share = job.Share },
            _ => new JobPreparing { Job = job.Id, Epoch = job.Epoch, At = Now },
        });
    }

    private void EndLease(JobId id, int epoch, string reason)
    {
        if (_book.Leases.Find(id) is { IsStarted: false, Job.IsFinal: false } held && held.Job.Epoch == epoch)
        {
            _book.EndLease(id, epoch, reason);
            Leave(held.Job);
        }
    }

    private void OnCancel(EdgeDown.Types.CancelIntent intent)
    {
        if (_book.Leases.Find(JobId.Parse(intent.JobId)) is { Job.IsFinal: false } held && held.Job.Epoch == intent.Epoch)
        {
            CallOff(held, intent.Reason);
        }
    }

    /// <summary>One append for what happens to all jobs of a plate. A site says nothing that its own book refuses.</summary>
    private void Append(params IReadOnlyList<JobEvent> together)
    {
        if (_book.Append(together, []) is { } refusal)
        {
            throw new InvalidOperationException($"{Site.Id}: {refusal}");
        }

        SendEvents();
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
        MachineStatus = new MachineStatus { Machine = machine.Machine.Id, State = machine.State, Loaded = machine.Loaded, Job = machine.MovesSince is null ? null : machine.Plate?.Lead.Id, At = Now }.ToWire(),
    });
}
