// The one loop that owns a site's state: leases, queues, machines' facts, and what goes up.

using System.Threading.Channels;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Edge.Storage;
using FabNet.Edge.Telemetry;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Sites;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

/// <summary>
/// Reads one bounded channel; whoever posts waits while it is full. Each message is handled to its end, then every machine's next step is
/// looked for. Journal first, then apply: a fact that can't be journaled (the disk is full) waits and is tried again each second, and no
/// machine starts meanwhile. The parts of this class: this file (the loop and the machines' next steps), Preparing (jobs become programs), Jobs (what happens to jobs), Coordinator
/// (what the coordinator says), Operator (what people ask), Reservations (when machines take no jobs), Recovery (jobs that were interrupted), Commons (what the end of a job tells the commons).
/// </summary>
internal sealed partial class EdgeLoop
{
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(10);

    private readonly EdgeConfig _config;
    private readonly EdgeBook _book;
    private readonly TelemetrySpool _spool;
    private readonly Preparation _preparation;
    private readonly ProgramFolder _programs;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Uplink _uplink;
    private readonly OfferDesk _offers;
    private readonly Channel<EdgeMessage> _inbox = Channel.CreateBounded<EdgeMessage>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly Dictionary<MachineId, MachineDesk> _desks = [];
    private readonly Dictionary<MachineId, MachineStatus> _told = [];
    private readonly List<EdgeMessage> _stalled = [];
    private volatile IReadOnlyList<MachineStatus> _statuses = [];
    private volatile IReadOnlyList<Digest> _waiting = [];
    private volatile Site _site;
    private string? _trouble;
    private bool _isTroubleSaid;
    private bool _isTakenUp;
    private bool _isSpoolFull;
    private readonly TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _handOver;
    private long _lastKeepAlive;
    private (DateTimeOffset Time, long Stamp)? _coordinatorClock;

    public EdgeLoop(
        EdgeConfig config, EdgeBook book, TelemetrySpool spool, Preparation preparation, ProgramFolder programs, TimeProvider time, ILogger logger)
    {
        _config = config;
        _book = book;
        _spool = spool;
        _preparation = preparation;
        _programs = programs;
        _time = time;
        _logger = logger;
        _uplink = new Uplink(book, spool);
        _offers = new OfferDesk(config.Policy.Claim);
        _site = config.ToSite(LoadedOn, ReservedOn);
        _announcedAt = time.GetTimestamp();
    }

    /// <summary>Where the link, the machines and the people post.</summary>
    public ChannelWriter<EdgeMessage> Inbox => _inbox.Writer;

    /// <summary>Called in the loop after each message, when <see cref="Statuses"/> and the journal are up to date. Must not wait. Set before the loop runs.</summary>
    public Action? Published { get; set; }

    /// <summary>The machines as they were after the last message. Thread safe.</summary>
    public IReadOnlyList<MachineStatus> Statuses => _statuses;

    /// <summary>The designs of jobs that were not started, as they were after the last message. Thread safe.</summary>
    public IReadOnlyList<Digest> Waiting => _waiting;

    /// <summary>The site as it was after the last message. Thread safe.</summary>
    public Site Site => _site;

    /// <summary>Ends once the coordinator has every job event. Runs in the loop.</summary>
    public Task WhenDelivered()
    {
        if (_book.Outbox.Count == 0)
        {
            _delivered.TrySetResult();
        }

        return _delivered.Task;
    }

    /// <summary>Adds a machine, before the loop runs.</summary>
    public void Add(MachineConfig machine, MachineHost host)
    {
        var id = _config.IdOf(machine);
        var facts = _book.Machine(machine.Name) ?? new MachineRecord { Machine = machine.Name, Loaded = machine.Loaded };
        _desks.Add(id, new MachineDesk(id, host, machine, facts));
        _site = _config.ToSite(LoadedOn, ReservedOn);
    }

    /// <summary>Jobs that an earlier process left running: their machines must be made safe before anything else.</summary>
    public IReadOnlySet<MachineId> MachinesLeftRunning() =>
        _book.Leases.Open.Where(h => h.IsStarted && h.Job.Machine is not null).Select(h => h.Job.Machine!.Value).ToHashSet();

    /// <summary>Runs until the inbox is completed.</summary>
    public async Task RunAsync()
    {
        await foreach (var message in _inbox.Reader.ReadAllAsync(CancellationToken.None))
        {
            Handle(message);
            if (message is Tick)
            {
                OnTick();
            }

            if (_isTakenUp)
            {
                Advance();
            }

            Publish();
        }

        foreach (var desk in _desks.Values)
        {
            desk.Prepared.Keys.ToList().ForEach(desk.Forget);
        }
    }

    private void Handle(EdgeMessage message)
    {
        if (message is RunPaused or RunResumed or RunEnded && _stalled.Count > 0)
        {
            _stalled.Add(message); // What a run did stays in its order.
            return;
        }

        try
        {
            Dispatch(message);
        }
        catch (JournalException e)
        {
            Stall(message, e);
        }
        catch (FormatException e)
        {
            LogBadMessage(e.Message);
        }
    }

    private void Dispatch(EdgeMessage message)
    {
        switch (message)
        {
            case TakeUp: OnTakeUp(); break;
            case LinkUp up: OnLinkUp(up); break;
            case LeasesTold told: OnLeasesTold(told.Welcome); break;
            case LinkDown down: OnLinkDown(down.Reason); break;
            case FromCoordinator said: OnCoordinator(said.Message); break;
            case PreparationEnded ended: OnPrepared(ended); break;
            case StartAsked asked: OnStartAsked(asked); break;
            case RunPaused paused: OnRunPaused(paused); break;
            case RunResumed resumed: OnRunResumed(resumed); break;
            case RunEnded ended: OnRunEnded(ended); break;
            case DesignsStopped stopped: OnDesignsStopped(stopped.Reasons); break;
            case Ask ask: ask.Answer(); break;
            case HandOver handOver: OnHandOver(handOver.Done); break;
            case SessionChanged or Tick: break;
            default: throw new NotSupportedException($"{message.GetType().Name} is not handled.");
        }
    }

    /// <summary>The journal can't be written. Facts wait for it; a start is refused at once.</summary>
    private void Stall(EdgeMessage message, JournalException e)
    {
        if (!_isTroubleSaid)
        {
            _isTroubleSaid = true;
            LogJournalTrouble(e.Message);
        }

        _trouble = Disk.IsFull(e) ? $"There is no space left on {Disk.Describe(_config.DataFolder)}: nothing is started until there is." : e.Message;
        switch (message)
        {
            case StartAsked asked:
                asked.Refusal.TrySetResult(_trouble);
                break;
            case LinkUp up:
                _stalled.Add(new LeasesTold(up.Welcome)); // The link is up, and the coordinator's clock was read, once.
                break;
            case Ask or Tick or SessionChanged:
                break;
            case HandOver:
                // The machines are being stopped. What can't be given back now lapses, or is taken up at the next start.
                CompleteHandOver();
                break;
            case RunEnded:
                _stalled.Add(message);
                CompleteHandOver();
                break;
            default:
                _stalled.Add(message);
                break;
        }
    }

    private void OnTick()
    {
        if (_stalled.Count > 0 || _trouble is not null)
        {
            var stalled = _stalled.ToList();
            _stalled.Clear();
            _trouble = null;
            stalled.ForEach(Handle);
            _isTroubleSaid = _trouble is not null;
        }

        _offers.Expire(LeaseClock());
        var refused = _spool.Flush();
        if (refused is not null && !_isSpoolFull)
        {
            LogSpoolTrouble(refused.Message);
        }

        _isSpoolFull = refused is not null;

        if (_uplink.IsConnected && _time.GetElapsedTime(_lastKeepAlive) >= KeepAliveInterval)
        {
            SendKeepAlive();
        }

        AnnounceWhatComesNear();
    }

    /// <summary>Looks for each machine's next step.</summary>
    private void Advance()
    {
        try
        {
            foreach (var desk in _desks.Values)
            {
                desk.Next = _book.Reservations.Next(desk.Id.Name, _time.GetUtcNow());
                if (_handOver is null)
                {
                    GiveBack(desk);
                    AdvancePreparation(desk, PlatesOf(desk));
                    AdvanceStart(desk, PlatesOf(desk));
                }
            }
        }
        catch (JournalException e)
        {
            Stall(new Tick(), e);
        }
    }

    /// <summary>What waits for a machine, in the order of its queue, as the journal has it now.</summary>
    private List<Plate> PlatesOf(MachineDesk desk) => [.. Plate.Of(_book.Leases.Open.Where(h => h.Job.Machine == desk.Id), desk.Apart)];

    /// <summary>Starts the plate at the head of the queue, if the rule allows it. Nothing behind it is started in its place.</summary>
    private void AdvanceStart(MachineDesk desk, List<Plate> plates)
    {
        if (desk.Run is not null || desk.Waiting is not null || plates is not [var head, ..])
        {
            desk.Verdict = StartVerdict.Go;
            return;
        }

        var prepared = desk.Prepared.TryGetValue(head.Lead.Id, out var waiting) ? waiting.Program : null;
        ProgramNeeds? needs = prepared is null ? null : new ProgramNeeds(prepared.Program.Profile, prepared.Material, head.Lead.Color);
        desk.Verdict = CheckStart(desk, head, needs);
        if (desk.Verdict.Obstacle is Obstacle.WrongMaterial && _config.Policy.Clear is ClearPolicy.Automatic)
        {
            var change = new LoadedMaterial(needs!.Value.Material ?? desk.Facts.Loaded.Material, needs.Value.Color ?? desk.Facts.Loaded.Color);
            SetFacts(desk, desk.Facts with { Loaded = change });
            LogLoadedAutomatically(desk.Id, StartRule.Describe(change), head.ToString());
            desk.Verdict = CheckStart(desk, head, needs);
        }

        if (desk.Verdict.Obstacle is not Obstacle.None || _time.GetTimestamp() < desk.RetryStartAt || _trouble is not null)
        {
            return;
        }

        desk.Prepared.Remove(head.Lead.Id);
        desk.WaitingForMates.Remove(head.Bed ?? "");
        desk.Run = new ActiveRun(head, prepared!, _time.GetTimestamp());
        desk.Host.Run(new RunOrder(head.Lead.Id, head.Lead.Epoch, prepared!.Program));
        LogHandedOver(head.ToString(), desk.Id, prepared.Program.LineCount, prepared.Program.Summary.TimeSeconds);
    }

    /// <summary>The rule holds for each job of the plate.</summary>
    private StartVerdict CheckStart(MachineDesk desk, Plate plate, ProgramNeeds? needs) =>
        plate.Jobs.Select(job => StartRule.Check(job, needs, desk.ForRule(_time.GetUtcNow()), LeaseClock())).FirstOrDefault(static v => v.Obstacle is not Obstacle.None, StartVerdict.Go);

    private void SetFacts(MachineDesk desk, MachineRecord facts)
    {
        if (facts == desk.Facts)
        {
            return;
        }

        _book.SetMachine(facts);
        var isLoadChanged = facts.Loaded != desk.Facts.Loaded;
        desk.Facts = facts;
        if (isLoadChanged)
        {
            AnnounceSite();
        }
    }

    /// <summary>Tells the network, and whoever asks here, what the machines do now.</summary>
    private void Publish()
    {
        var now = _time.GetUtcNow();
        var statuses = new List<MachineStatus>(_desks.Count);
        foreach (var desk in _desks.Values)
        {
            var status = desk.StatusAt(now, _trouble, desk.Waiting is null ? 0 : StartedOn(desk)?.Jobs.Count ?? 0);
            statuses.Add(status);
            if (!_told.TryGetValue(desk.Id, out var told) || IsNews(told, status))
            {
                _told[desk.Id] = status;
                _uplink.Tell(status);
            }
        }

        _statuses = statuses;
        _waiting = [.. _book.Leases.Open.Where(h => !h.IsStarted).Select(h => h.Job.Design.Manifest).Distinct()];
        Published?.Invoke();
        _uplink.Pump();
        if (_handOver is { Task.IsCompleted: true } && _book.Outbox.Count == 0)
        {
            _delivered.TrySetResult();
        }
    }

    /// <summary>A change of state at once; of progress and temperatures at most each second; a sign of life every ten.</summary>
    private static bool IsNews(MachineStatus told, MachineStatus now)
    {
        var age = (now.At - told.At).Duration(); // A clock that was set back by hours must not silence a machine for hours.
        return told.State != now.State || told.Job != now.Job || told.MoreJobs != now.MoreJobs || told.Detail != now.Detail || told.Loaded != now.Loaded
            || age >= TimeSpan.FromSeconds(10) || (age >= TimeSpan.FromSeconds(1) && told != now with { At = told.At });
    }

    private LoadedMaterial LoadedOn(MachineId machine) => _desks.TryGetValue(machine, out var desk) ? desk.Facts.Loaded : default;

    [LoggerMessage(LogLevel.Error, "{Message} Facts wait in memory and are tried again each second; no machine is started meanwhile.")]
    private partial void LogJournalTrouble(string message);

    [LoggerMessage(LogLevel.Warning, "Telemetry can't be kept, and what is lost is counted: {Message}")]
    private partial void LogSpoolTrouble(string message);

    [LoggerMessage(LogLevel.Warning, "A message broke the contract and was ignored: {Message}")]
    private partial void LogBadMessage(string message);

    [LoggerMessage(LogLevel.Information, "{Machine} was loaded with {Material} automatically, for {Job}.")]
    private partial void LogLoadedAutomatically(MachineId machine, string material, string job);

    [LoggerMessage(LogLevel.Information, "{Job} was handed to {Machine}: {Lines} lines, {Seconds:0} s of machine time.")]
    private partial void LogHandedOver(string job, MachineId machine, int lines, double seconds);
}
