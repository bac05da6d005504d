// The coordinator put together: its parts, its loop, its clock, and what follows from each command.

using FabNet.Coordinator.Board;
using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Ledger;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Coordinator.Statistics;
using FabNet.Coordinator.Telemetry;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using EdgeDown = FabNet.Protocol.V1.EdgeDown;

namespace FabNet.Coordinator;

/// <summary>A running coordinator. Everything but <see cref="Telemetry"/> is touched only by functions given to <see cref="AskAsync"/>.</summary>
internal sealed class CoordinatorNode : IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    private readonly Chronicle _chronicle;
    private readonly CoordinatorLoop _loop;
    private readonly CoordinatorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly GuestOrders _guestOrders;
    private readonly ITimer _ticker;
    private int _isTicking;

    /// <summary>Opens the data folder, replays the journal and starts the loop.</summary>
    /// <exception cref="JournalException">The data folder can't be used; the message says why.</exception>
    public CoordinatorNode(CoordinatorOptions options, TimeProvider time, ILogger log)
        : this(options, time, log, options.Store is { } address ? PostgresJournal.Open(address, "coordinator", time) : SqliteJournal.Open(Path.Combine(options.DataFolder, "journal.db"), time))
    {
    }

    internal CoordinatorNode(CoordinatorOptions options, TimeProvider time, ILogger log, IJournal journal)
    {
        options.Validate();
        (_options, _time, _log) = (options, time, log);
        GuestBook book;
        try
        {
            var known = new CoordinatorState();
            Ledger = LedgerBook.Open(options, time);
            Deriver = new LedgerDeriver(known, Ledger.Take);
            book = new GuestBook(known, Deriver.FoundOn);
            _chronicle = new Chronicle(journal, known, (fact, record) =>
            {
                book.Take(record); // Before the ledger: a report tells what was set up until then.
                Deriver.Take(fact, record);
            });
            RequireLedgerBehind(journal);
            Telemetry = new TelemetryStore(options, time);
        }
        catch
        {
            Ledger?.Dispose();
            journal.Dispose();
            throw;
        }

        var state = _chronicle.State;
        Sites = new SiteDirectory(state, time);
        var guestLeases = new GuestLeases(time, options.LeaseTtl);
        Leases = new LeaseBook(time, options.LeaseTtl, job => book.TryGet(job, out _) ? guestLeases.Remaining(job) : null);
        Offers = new OfferBook(time, options.OfferTimeout, options.DeclineBackOff);
        var snapshots = new SnapshotBuilder(state, Sites, Offers, time);
        Orders = new OrderBook(_chronicle, Sites, Offers, snapshots, time);
        _loop = new CoordinatorLoop(Settle, log);
        Plan = new PlanApplier(_chronicle, Sites, Offers, snapshots, options, time, log, _loop.PostAsync);
        Claims = new Claims(_chronicle, Sites, Leases, Offers, snapshots, time, log);
        Intake = new JobEventIntake(_chronicle, Sites, Offers, time, log);
        Service = new ServiceWatch(_chronicle, Sites, options.SilenceLimit, time, log);
        Board = new NetworkBoard(state, Sites, Leases, Plan, options, time);
        Deliveries = new DeliveryDesk(_chronicle, time);
        _guestOrders = new GuestOrders(_chronicle, Sites, Offers, Orders, book, guestLeases, time);
        Guests = new GuestDesk(_chronicle, Sites, book, guestLeases, _guestOrders, Orders, new Surplus(state, Sites, Plan, snapshots, time), options, time, log);
        Communities = new CommunityDirectory(state, Sites, Guests, options, time, Board.Change);
        Open = new BoardPublisher(Board, Plan, Deliveries, Communities, state, Offers, time, _loop.PostAsync, log);
        CoordinatorLog.Replayed(log, state.Orders.Count, state.Jobs.Count, state.Sites.Count);
        _ = _loop.PostAsync(GoOn);
        _ticker = time.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    public CoordinatorState State => _chronicle.State;

    public SiteDirectory Sites { get; }

    public LeaseBook Leases { get; }

    public OfferBook Offers { get; }

    public OrderBook Orders { get; }

    public Claims Claims { get; }

    public JobEventIntake Intake { get; }

    public ServiceWatch Service { get; }

    public PlanApplier Plan { get; }

    public NetworkBoard Board { get; }

    public DeliveryDesk Deliveries { get; }

    /// <summary>What is open to be taken.</summary>
    public BoardPublisher Open { get; }

    /// <summary>This community's sites as guests of others.</summary>
    public GuestDesk Guests { get; }

    /// <summary>What is known of the communities that this one follows.</summary>
    public CommunityDirectory Communities { get; }

    public TelemetryStore Telemetry { get; }

    public LedgerBook Ledger { get; }

    public LedgerDeriver Deriver { get; }

    /// <summary>Runs a function on the loop.</summary>
    public Task<T> AskAsync<T>(Func<T> command, CancellationToken cancellationToken) => _loop.AskAsync(command, cancellationToken);

    /// <summary>Queues an action on the loop; what it throws is logged.</summary>
    public Task PostAsync(Action command) => _loop.PostAsync(command);

    /// <summary>A site opened its stream. A stream that it had before ends. Called on the loop.</summary>
    /// <exception cref="JournalException">The site could not be registered.</exception>
    /// <exception cref="FormatException">It has the name of another community's site.</exception>
    public void Join(SiteSession session, Model.Sites.Site site, string version)
    {
        Register(site);
        var live = Sites[session.Site];
        if (live.Session is { } older)
        {
            Leave(older, "A newer stream of this site took its place.");
        }

        live.Session = session;
        Sites.Heard(session);
        session.Send(Welcome(session));
        Orders.SendCancels(session);
        _guestOrders.OfferAgain(session);
        CoordinatorLog.SiteJoined(_log, session.Site, site.Machines.Count, version);
        Board.Publish(session.Site);
        CatchUp();
        Plan.Request();
    }

    /// <summary>A site tells what it is now. Journaled only where that changed. Called on the loop.</summary>
    public void Register(Model.Sites.Site site)
    {
        var record = new SiteRegistered { Site = site };
        SiteRules.CheckHome(site, State.Sites.GetValueOrDefault(site.Id), _options.Community);
        if (!State.Sites.TryGetValue(site.Id, out var known)
            || !RecordFormat.Write(record).Payload.AsSpan().SequenceEqual(RecordFormat.Write(new SiteRegistered { Site = known }).Payload))
        {
            _chronicle.Record(record);
        }
    }

    /// <summary>A machine told what it does. Called on the loop.</summary>
    public void Status(SiteSession session, Model.Sites.MachineStatus status)
    {
        if (status.Machine.Site != session.Site || Sites.MachineOf(status.Machine) is null)
        {
            CoordinatorLog.StatusIgnored(_log, session.Site, $"{status.Machine} is not a machine that it registered.");
            return;
        }

        if (Sites.Told(status))
        {
            Plan.Request();
        }

        Service.Told(status);
        Board.Publish(status.Machine);
    }

    /// <summary>A site's stream ended. Its unanswered offers go back, but for those of other communities, which wait their time; what it holds stays its own until the leases lapse. Called on the loop.</summary>
    public void Leave(SiteSession session, string reason)
    {
        session.End(reason);
        var live = Sites[session.Site];
        if (live.Session != session)
        {
            return;
        }

        live.Session = null;
        CoordinatorLog.SiteLeft(_log, session.Site, reason);
        Board.Publish(session.Site);
        Claims.WithdrawOffers([.. Offers.To(session.Site).Select(j => State.Jobs[j]).Where(static e => e.Order.Origin is null)], "its site left before it answered");
        Plan.Request();
    }

    /// <summary>Ends the streams of sites and watchers: the coordinator is about to stop.</summary>
    public Task EndStreamsAsync() => _loop.PostAsync(() =>
    {
        foreach (var live in Sites.All.Values)
        {
            live.Session?.End("The coordinator is stopping.");
        }

        Board.Close();
        Open.Close();
        Ledger.Close();
    });

    public async ValueTask DisposeAsync()
    {
        await _ticker.DisposeAsync();
        await EndStreamsAsync();
        await _loop.PostAsync(FlushLedger);
        await _loop.DisposeAsync();
        Plan.Dispose();
        Ledger.Dispose();
        Telemetry.Dispose();
        _chronicle.Dispose();
    }

    /// <summary>A claim was settled, as whom it is owed to says. Called on the loop.</summary>
    /// <exception cref="RefusedException">There is no such open claim.</exception>
    public void SettleClaim(string claim, string note)
    {
        if (!Deriver.OpenClaims.ContainsKey(claim))
        {
            throw new RefusedException(Refusal.NotFound, $"The ledger has no open claim '{Clip.Reason(claim, "", 60)}'. See: fabnet ledger books");
        }

        _chronicle.Record(new ClaimSettled { Claim = claim, At = _time.GetUtcNow(), Note = note });
    }

    // A ledger that knows facts which the journal does not have would pass over new ones of the same place.
    private void RequireLedgerBehind(IJournal journal)
    {
        if (Ledger.LastFact > journal.Head)
        {
            throw new JournalException($"The ledger in {_options.DataFolder} follows a journal of {Ledger.LastFact} entries, and this one has {journal.Head}. Restore both from copies of the same moment.");
        }
    }

    private EdgeDown Welcome(SiteSession session)
    {
        var welcome = new EdgeDown.Types.Welcome
        {
            JobEventSequence = State.LastSequence(session.Site, session.Boot),
            TelemetrySequence = session.TelemetrySequence,
            CoordinatorTime = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
            LeaseSeconds = _options.LeaseTtl.TotalSeconds,
        };
        welcome.Leases.AddRange(Claims.LeasesOf(session.Site));
        return new EdgeDown { Welcome = welcome };
    }

    /// <summary>After a start: leases get their full time again, offers of before are taken back, and what an interruption left undone is done.</summary>
    private void GoOn()
    {
        foreach (var entry in State.Live)
        {
            Leases.Follow(entry.Job);
        }

        Claims.WithdrawOffers([.. State.Live.Where(e => e.Job.State is JobState.Offered && e.Order.Origin is null)], "the coordinator was restarted before its site answered");
        _guestOrders.GoOn();
        CatchUp();
        Plan.Request();
    }

    private void Tick()
    {
        // One tick at a time in the queue: a busy loop does not collect them.
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _ = _loop.PostAsync(() =>
            {
                Volatile.Write(ref _isTicking, 0);
                Claims.Expire();
                Guests.Tick();
                foreach (var session in Sites.All.Values.Select(s => s.Session).OfType<SiteSession>().ToList())
                {
                    if (_time.GetElapsedTime(session.HeardAt) >= _options.SilenceLimit)
                    {
                        Leave(session, $"Nothing was heard from it for {_options.SilenceLimit.TotalSeconds:0} s.");
                    }
                }

                CatchUp();
                Service.Tick();
                Plan.Tick();
                Open.Tick();
                FlushLedger();
            });
        }
    }

    // What can't be written waits, and nothing else waits for it.
    private void FlushLedger()
    {
        try
        {
            Ledger.Flush();
        }
        catch (JournalException e)
        {
            CoordinatorLog.JournalUnwritable(_log, e);
        }
    }

    /// <summary>Does what is still to follow from facts of before: the journal could not be written at the time, nobody else was able to make what one site rejected, or there were no deliveries yet.</summary>
    private void CatchUp()
    {
        foreach (var entry in State.Broken.Concat(State.Open.Where(e => e.CancelReason is not null || e.Order.Origin is not null)).ToList())
        {
            Orders.FollowUp(entry);
        }

        foreach (var entry in State.Unsent.ToList())
        {
            Deliveries.Join(entry);
        }
    }

    /// <summary>What follows from each command, on the loop: leases begin and end, failed work is planned again, watchers are told, a plan is made.</summary>
    private void Settle()
    {
        try
        {
            for (var touched = State.TakeTouched(); !touched.IsNothing; touched = State.TakeTouched())
            {
                Board.Publish(touched);
                var isPlanStale = touched.Sites.Count > 0;
                foreach (var entry in touched.Jobs)
                {
                    Leases.Follow(entry.Job);
                    Forget(entry);
                    isPlanStale |= entry.Job.State is not JobState.Offered;
                }

                foreach (var entry in touched.Jobs)
                {
                    Orders.FollowUp(entry);
                    Deliveries.Join(entry);
                }

                if (isPlanStale)
                {
                    Plan.Request();
                }
            }
        }
        catch (JournalException e)
        {
            CoordinatorLog.JournalUnwritable(_log, e);
        }

        Guests.Settle();
    }

    private void Forget(JobEntry entry)
    {
        if (entry.Job.IsFinal)
        {
            Offers.Forget(entry.Id);
        }
        else if (entry.Job.State is not JobState.Offered)
        {
            Offers.Remove(entry.Id);
        }
    }
}
