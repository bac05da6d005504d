// The lease protocol as a state machine that can be searched: the coordinator's real code over a shared journal, the edge's real book of leases, and a wire that loses, repeats and reorders.

using FabNet.Coordinator;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.Leases;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Planning;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Edge.Leasing;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Tests.Coordinator;
using FabNet.Tests.Planning;
using Microsoft.Extensions.Logging.Abstractions;
using EdgeLeases = FabNet.Edge.Leasing.LeaseBook;
using LeaseBook = FabNet.Coordinator.Leases.LeaseBook;

namespace FabNet.Tests.Network;

/// <summary>One moment: what the journal says, what an older coordinator believes, what each site has written down, and every message that is or ever was on its way.</summary>
/// <param name="Journal">The journal, by number.</param>
/// <param name="Older">The journal as the older coordinator knows it; -1 while there is one coordinator.</param>
/// <param name="First">What the first site has written down, by number.</param>
/// <param name="Second">What the second site has written down, by number.</param>
/// <param name="Down">Messages to sites: one that was sent may arrive at any time, any number of times, or never.</param>
/// <param name="Takeovers">How often another coordinator took the journal over.</param>
internal readonly record struct LeaseMoment(int Journal, int Older, int First, int Second, UInt128 Down, int Takeovers);

/// <summary>How much of the protocol is looked at.</summary>
/// <param name="Sites">1 or 2 sites, with a machine each.</param>
/// <param name="Epochs">How often the job may be leased.</param>
/// <param name="Takeovers">How often another coordinator takes over while the one before goes on talking.</param>
/// <param name="IsGuarded">False: the journal takes what an older coordinator appends, as if nobody held a lock on it. It must then go wrong.</param>
/// <param name="IsGuest">True: the job is another community's, leased to the first site's machine. What is told there as released must never be started here.</param>
internal sealed record LeaseScope(int Sites, int Epochs, int Takeovers, bool IsGuarded = true, bool IsGuest = false);

/// <summary>
/// Every step of every party, one at a time. A crash of a coordinator is a takeover (the new one knows the journal and nothing else) with the old one's messages lost; a crash of a site is messages lost, for all it
/// knows is on its disk. Time is not modelled: any lease may lapse at any moment, which is more than can happen.
/// </summary>
internal sealed class LeaseModel
{
    private static readonly JobId Job = JobId.Parse("o-1.1");
    private static readonly JobId Again = JobId.Parse("o-1.2");
    private static readonly string[] SiteNames = ["lab-a", "lab-b"];
    private readonly LeaseScope _scope;
    private readonly List<JournalEntry[]> _journals = [];
    private readonly List<CoordinatorState> _states = [];
    private readonly List<string> _told = [];
    private readonly Dictionary<string, int> _journalIds = new(StringComparer.Ordinal);
    private readonly List<EdgeRecord[]> _books = [[]];
    private readonly Dictionary<string, int> _bookIds = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly List<Message> _messages = [];
    private readonly Dictionary<Message, int> _messageIds = [];
    private readonly Dictionary<(int Journal, bool MayAppend, Command Command), (int Journal, UInt128 Sent, Message? Welcome)> _done = [];
    private readonly Dictionary<(int Book, Message Message), bool> _idle = [];
    private readonly Dictionary<(int Book, int Site), (object What, int Book)[]> _ownSteps = [];
    private readonly Dictionary<(int Book, int Site, object What), int> _written = [];

    public LeaseModel(LeaseScope scope)
    {
        _scope = scope;
        var sites = SiteNames[..scope.Sites].Select(s => new SiteRegistered { Site = Plants.Site(s, new Machine { Id = MachineId.Parse($"{s}/m"), Profile = Plants.Printer() }) });
        var order = new OrderPlaced
        {
            Parts = [Plants.Part()],
            Jobs = [new NewJob { Id = Job, Part = 0, Material = "PLA" }],
            Order = new() { Id = OrderId.FromNumber(1), Design = CoordinatorHarness.Design.Ref, Quantity = 1, Customer = "model", PlacedAt = Plants.Now },
            Origin = scope.IsGuest ? new GuestOrigin("a", JobId.Parse("o-3.1"), 1, MachineId.Parse($"{SiteNames[0]}/m")) : null,
        };
        CoordinatorRecord[] offered = scope.IsGuest ? [new JobHappened { Event = new JobOffered { Job = Job, Epoch = 0, At = Plants.Now, Machine = MachineId.Parse($"{SiteNames[0]}/m") } }] : [];
        Start = new LeaseMoment(NumberOf([.. sites.Append<CoordinatorRecord>(order).Concat(offered).Select((r, i) => Entry(r, i))]), -1, 0, 0, 0, 0);
    }

    public LeaseMoment Start { get; }

    /// <summary>How many different things a coordinator was asked, each in a different state.</summary>
    public int Decisions => _done.Count;

    private enum Asked
    {
        Offer,
        Claim,
        Decline,
        KeepAlive,
        Report,
        Hello,
        Lapse,
        Restart,
        Cancel,
        Replace,
        CallOffElsewhere,
        LapseElsewhere,
    }

    /// <summary>What must hold.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public string? Wrong(LeaseMoment moment)
    {
        Dictionary<(JobId, int), int> granted = [];
        foreach (var (book, site) in (ReadOnlySpan<(int, int)>)[(moment.First, 0), (moment.Second, 1)])
        {
            foreach (var lease in _books[book].OfType<LeaseRecord>())
            {
                if (!granted.TryAdd((lease.Job.Id, lease.Job.Epoch), site))
                {
                    return $"epoch {lease.Job.Epoch} of {lease.Job.Id} was granted to both sites";
                }
            }
        }

        for (var i = 0; i < _messages.Count; i++)
        {
            if ((moment.Down & (UInt128.One << i)) != 0 && _messages[i] is { Kind: "grant" } grant && !granted.TryAdd((grant.Job, grant.Epoch), grant.Site) && granted[(grant.Job, grant.Epoch)] != grant.Site)
            {
                return $"epoch {grant.Epoch} of {grant.Job} was granted to both sites";
            }
        }

        var started = EventsOf(moment).OfType<JobStarted>().ToList();
        if (started.GroupBy(s => s.Job).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            return $"{twice.Key} was started under epochs {string.Join(" and ", twice.Select(s => s.Epoch))}";
        }

        if (_scope.IsGuest && started.Count > 0 && _told[moment.Journal].Contains("JobReleased", StringComparison.Ordinal))
        {
            return "it was given back to the community that leased it, and started";
        }

        var moving = started.Count(s => !EventsOf(moment).Any(e => e.Job == s.Job && e.Epoch == s.Epoch && e is JobCompleted or JobFailed or JobCancelled));
        var made = EventsOf(moment).Count(e => e is JobCompleted);
        return moving + made > 1 && !IsSaidByAPerson(moment) ? "one piece is made twice, and no person said so" : null;
    }

    /// <summary>Everything that can happen next, with words for it.</summary>
    public IEnumerable<(object What, LeaseMoment Next)> Steps(LeaseMoment now)
    {
        foreach (var (what, next) in AllSteps(now))
        {
            yield return (what, Settled(next));
        }
    }

    // Messages that can't do anything any more, however often they arrive, are the same as none.
    private LeaseMoment Settled(LeaseMoment moment)
    {
        for (var i = 0; i < _messages.Count; i++)
        {
            if ((moment.Down & (UInt128.One << i)) != 0 && IsIdle(_messages[i], moment))
            {
                moment = moment with { Down = moment.Down & ~(UInt128.One << i) };
            }
        }

        return moment;
    }

    private bool IsIdle(Message message, LeaseMoment moment)
    {
        var book = message.Site == 0 ? moment.First : moment.Second;
        if (!_idle.TryGetValue((book, message), out var isIdle))
        {
            var held = BookOf(book).Find(message.Job);
            isIdle = _books[book].OfType<LeaseRecord>().Any(l => l.Job.Id == message.Job && l.Job.Epoch == message.Epoch)
                && (message.Kind is "grant" || held is null || held.Job.Epoch != message.Epoch || held.Job.IsFinal || (message.Kind is "end" && held.IsStarted));
            _idle[(book, message)] = isIdle;
        }

        return isIdle;
    }

    private IEnumerable<(object What, LeaseMoment Next)> AllSteps(LeaseMoment now)
    {
        foreach (var command in Commands(now))
        {
            var (journal, sent, welcome) = Do(now.Journal, true, command);
            yield return (command, Heard(now with { Journal = journal, Down = now.Down | sent }, welcome));
            if (now.Older >= 0 && command.Asked is not Asked.Restart)
            {
                var (older, olderSent, olderWelcome) = Do(now.Older, !_scope.IsGuarded, command);
                yield return (new OfOlder(command), Heard(now with { Older = older, Down = now.Down | olderSent }, olderWelcome));
            }
        }

        if (now.Takeovers < _scope.Takeovers)
        {
            var (journal, sent, _) = Do(now.Journal, true, new Command(Asked.Restart));
            yield return ("takeover", now with { Older = now.Journal, Journal = journal, Down = now.Down | sent, Takeovers = now.Takeovers + 1 });
        }

        for (var site = 0; site < _scope.Sites; site++)
        {
            var book = site == 0 ? now.First : now.Second;
            foreach (var (what, next) in AtSite(now, site, book))
            {
                if (next != book)
                {
                    yield return (what, site == 0 ? now with { First = next } : now with { Second = next });
                }
            }
        }
    }

    // A welcome is the first message of a stream, and a site reads one stream at a time: it comes at once or with a later stream.
    private LeaseMoment Heard(LeaseMoment moment, Message? welcome) => welcome is null ? moment
        : welcome.Site == 0 ? moment with { First = Written(moment.First, 0, welcome) } : moment with { Second = Written(moment.Second, 1, welcome) };

    // What any party could ask of a coordinator.
    private IEnumerable<Command> Commands(LeaseMoment now)
    {
        var jobs = _states[now.Journal].Jobs.ContainsKey(Again) || (now.Older >= 0 && _states[now.Older].Jobs.ContainsKey(Again)) ? [Job, Again] : new[] { Job };
        foreach (var job in jobs)
        {
            yield return new Command(Asked.Lapse, job);
            yield return new Command(Asked.Cancel, job);
            for (var site = 0; site < _scope.Sites; site++)
            {
                yield return new Command(Asked.Offer, job, site);
                yield return new Command(Asked.Claim, job, site);
                yield return new Command(Asked.Decline, job, site);
            }
        }

        if (_scope.IsGuest)
        {
            yield return new Command(Asked.CallOffElsewhere, Job);
            yield return new Command(Asked.LapseElsewhere, Job);
        }

        yield return new Command(Asked.Replace, Job);
        for (var site = 0; site < _scope.Sites; site++)
        {
            yield return new Command(Asked.Hello, default, site);
            foreach (var record in _books[site == 0 ? now.First : now.Second])
            {
                switch (record)
                {
                    case LeaseRecord lease: yield return new Command(Asked.KeepAlive, lease.Job.Id, site, lease.Job.Epoch); break;
                    case EventRecord happened: yield return new Command(Asked.Report, happened.Event.Job, site, happened.Event.Epoch, happened.Sequence, happened.Event); break;
                    default: break;
                }
            }
        }
    }

    private IEnumerable<(object What, int Book)> AtSite(LeaseMoment now, int site, int book)
    {
        for (var i = 0; i < _messages.Count; i++)
        {
            if ((now.Down & (UInt128.One << i)) != 0 && _messages[i].Site == site)
            {
                yield return (_messages[i], Written(book, site, _messages[i]));
            }
        }

        if (!_ownSteps.TryGetValue((book, site), out var steps))
        {
            steps = [.. BookOf(book).Open.Select(h => h.Job).ToList().SelectMany(ByItself).Select(e => ((object)e[^1], Written(book, site, e)))];
            _ownSteps[(book, site)] = steps;
        }

        foreach (var step in steps)
        {
            yield return step;
        }
    }

    // What a site does with a job by itself. Only the first job's run may fail, so that the search ends.
    private static IEnumerable<JobEvent[]> ByItself(Job job)
    {
        var (id, epoch, at) = (job.Id, job.Epoch, Plants.Now);
        if (job.State is JobState.Leased)
        {
            yield return [new JobPreparing { Job = id, Epoch = epoch, At = at }, new JobReady { Job = id, Epoch = epoch, At = at, Program = Digest.Of([9]), EstimatedSeconds = 60 }];
        }
        else if (job.State is JobState.Ready)
        {
            yield return [new JobStarted { Job = id, Epoch = epoch, At = at }];
        }
        else if (job.State is JobState.Running)
        {
            yield return [new JobCompleted { Job = id, Epoch = epoch, At = at, Seconds = 60 }];
            if (id == Job)
            {
                yield return [new JobFailed { Job = id, Epoch = epoch, At = at, Reason = "it came off the bed" }];
            }
        }

        if (job.StartedAt is null)
        {
            yield return [new JobReleased { Job = id, Epoch = epoch, At = at, Reason = "we close" }];
        }
    }

    private int Written(int book, int site, object what)
    {
        if (what is Message && _written.TryGetValue((book, site, what), out var known))
        {
            return known;
        }

        var leases = BookOf(book);
        List<EdgeRecord> written = [];
        switch (what)
        {
            case JobEvent[] events: Append(events); break;
            case Message { Kind: "grant" } m: Grant(m); break;
            case Message { Kind: "end" } m: End(m.Job, m.Epoch); break;
            case Message { Kind: "cancel" } m:
                if (leases.Find(m.Job) is { Job.IsFinal: false } found && found.Job.Epoch == m.Epoch)
                {
                    Append([new JobCancelled { Job = m.Job, Epoch = m.Epoch, At = Plants.Now, Reason = "called off" }]);
                }

                break;
            case Message { Kind: "welcome", Held: { } told }:
                foreach (var mine in leases.Open.Where(h => !h.IsStarted && !told.Contains($"{h.Job.Id}/{h.Job.Epoch} ")).ToList())
                {
                    End(mine.Job.Id, mine.Job.Epoch);
                }

                break;
            default: break;
        }

        var number = written.Count == 0 ? book : BookNumber([.. _books[book], .. written]);
        if (what is Message)
        {
            _written[(book, site, what)] = number;
        }

        return number;

        // EdgeBook.Grant: an epoch that was held here before, or a later one, is not taken.
        void Grant(Message m)
        {
            if (leases.KnownEpoch(m.Job) is not { } epoch || epoch < m.Epoch)
            {
                written.Add(new LeaseRecord { Job = new Job { Id = m.Job, Order = OrderId.FromNumber(1), Design = CoordinatorHarness.Design.Ref, Part = "clip", State = JobState.Leased, Epoch = m.Epoch, Machine = MachineId.Parse($"{SiteNames[m.Site]}/m") } });
            }
        }

        void End(JobId job, int epoch)
        {
            if (leases.Find(job) is { IsStarted: false, Job.IsFinal: false } found && found.Job.Epoch == epoch)
            {
                written.Add(new LeaseEndedRecord { Job = job, Epoch = epoch, Reason = "ended" });
            }
        }

        void Append(JobEvent[] events)
        {
            var sequence = _books[book].OfType<EventRecord>().Count();
            written.AddRange(events.Select(e => new EventRecord { Sequence = ++sequence, Event = e }));
        }
    }

    private EdgeLeases BookOf(int book)
    {
        var leases = new EdgeLeases();
        foreach (var record in _books[book])
        {
            switch (record)
            {
                case LeaseRecord r: leases.Grant(r.Job); break;
                case LeaseEndedRecord r: leases.End(r.Job, r.Epoch); break;
                case EventRecord r: leases.Apply(r.Event, r.Sequence); break;
                default: break;
            }
        }

        return leases;
    }

    // A coordinator is asked something: its own code decides, from what its journal says.
    private (int Journal, UInt128 Sent, Message? Welcome) Do(int journal, bool mayAppend, Command command)
    {
        if (_done.TryGetValue((journal, mayAppend, command), out var known))
        {
            return known;
        }

        var entries = new ListedJournal(_journals[journal], mayAppend);
        var sent = (UInt128)0;
        Message? welcome = null;
        var time = new ManualTimeProvider();
        var chronicle = new Chronicle(entries, new CoordinatorState(), static (_, _) => { });
        var sites = new SiteDirectory(chronicle.State, time);
        var sessions = SiteNames[..(_scope.Sites)].Select(s => new SiteSession(SiteId.Parse(s), "b")).ToArray();
        foreach (var session in sessions)
        {
            sites[session.Site].Session = session;
        }

        var leases = new LeaseBook(time, TimeSpan.FromMinutes(1));
        var offers = new OfferBook(time, TimeSpan.FromHours(1), TimeSpan.Zero);
        var snapshots = new SnapshotBuilder(chronicle.State, sites, offers, time);
        var orders = new OrderBook(chronicle, sites, offers, snapshots, time);
        var claims = new Claims(chronicle, sites, leases, offers, snapshots, time, NullLogger.Instance);
        foreach (var entry in chronicle.State.Live.Where(e => e.Job.State is JobState.Offered))
        {
            offers.Add(entry.Id, entry.Job.Machine!.Value);
        }

        try
        {
            Ask();
            Settle();
        }
        catch (Exception e) when (e is JournalException or RefusedException)
        {
            // Nothing was appended; what was said before counts.
        }

        foreach (var (session, site) in sessions.Select((s, i) => (s, i)))
        {
            while (session.Down.TryRead(out var message))
            {
                if (MessageOf(site, message) is { } said)
                {
                    sent |= UInt128.One << NumberOf(said);
                }
            }
        }

        return _done[(journal, mayAppend, command)] = (entries.HasGrown ? NumberOf([.. entries.Read()]) : journal, sent, welcome);

        void Ask()
        {
            var entry = command.Job == default ? null : chronicle.State.Jobs.GetValueOrDefault(command.Job);
            var session = command.Site >= 0 ? sessions[command.Site] : null;
            var machine = command.Site >= 0 ? $"{SiteNames[command.Site]}/m" : "";
            var epochs = command.Job == Again ? 1 : _scope.Epochs;
            switch (command.Asked)
            {
                case Asked.CallOffElsewhere when entry is not null: orders.CallOffGuest(entry, "called off elsewhere", isByCommunity: true); break;
                case Asked.LapseElsewhere when entry is { Job: { StartedAt: null, IsFinal: false } }: orders.CallOffGuest(entry, "not heard", isByCommunity: false); break;
                case Asked.Offer when entry is { Job: { State: JobState.Planned } job, CancelReason: null } && job.Epoch < epochs:
                    chronicle.Record(new JobHappened { Event = new JobOffered { Job = job.Id, Epoch = job.Epoch, At = Plants.Now, Machine = MachineId.Parse(machine) } });
                    break;
                case Asked.Claim when entry is not null && (entry.Job.Epoch < epochs || entry.Job.IsHeldBySite): claims.Claim(session!, new() { JobId = command.Job.Value, Machine = machine }); break;
                case Asked.Decline: claims.Decline(session!, new() { JobId = command.Job.Value }); break;
                case Asked.KeepAlive: claims.KeepAlive(session!, new() { Held = { new FabNet.Protocol.V1.EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = command.Job.Value, Epoch = command.Epoch } } }); break;
                case Asked.Report: new JobEventIntake(chronicle, sites, offers, time, NullLogger.Instance).Take(session!, new() { Sequence = command.Sequence, Event = command.Event!.ToWire() }); break;
                case Asked.Hello:
                    var held = claims.LeasesOf(session!.Site).Select(l => l.Job.ToModel()).ToList();
                    welcome = new Message(command.Site, "welcome", default, 0, string.Concat(held.Select(j => $"{j.Id}/{j.Epoch} ")));
                    foreach (var job in held)
                    {
                        sent |= UInt128.One << NumberOf(new Message(command.Site, "grant", job.Id, job.Epoch));
                    }

                    orders.SendCancels(session);
                    break;
                case Asked.Lapse when entry is not null:
                    leases.Follow(entry.Job);
                    time.Advance(TimeSpan.FromMinutes(1));
                    claims.Expire();
                    break;
                case Asked.Restart:
                    claims.WithdrawOffers([.. chronicle.State.Live.Where(e => e.Job.State is JobState.Offered && e.Order.Origin is null)], "the coordinator was restarted");
                    foreach (var left in chronicle.State.Broken.Concat(chronicle.State.Open.Where(e => e.CancelReason is not null)).ToList())
                    {
                        orders.FollowUp(left);
                    }

                    break;
                case Asked.Cancel when entry is not null: orders.Cancel(entry, "called off"); break;
                case Asked.Replace when entry is not null: orders.ReplaceLost(entry, "a person says so"); break;
                default: break;
            }
        }

        // What the coordinator does after each command, but for plans.
        void Settle()
        {
            for (var touched = chronicle.State.TakeTouched(); !touched.IsNothing; touched = chronicle.State.TakeTouched())
            {
                foreach (var entry in touched.Jobs)
                {
                    orders.FollowUp(entry);
                }
            }
        }
    }

    private static Message? MessageOf(int site, FabNet.Protocol.V1.EdgeDown message) => message switch
    {
        { LeaseGranted: { } m } => new Message(site, "grant", JobId.Parse(m.Job.Id), m.Job.Epoch),
        { LeaseEnded: { } m } => new Message(site, "end", JobId.Parse(m.JobId), m.Epoch),
        { CancelIntent: { } m } => new Message(site, "cancel", JobId.Parse(m.JobId), m.Epoch),
        _ => null,
    };

    private IEnumerable<JobEvent> EventsOf(LeaseMoment moment) => _books[moment.First].Concat(_books[moment.Second]).OfType<EventRecord>().Select(e => e.Event);

    private bool IsSaidByAPerson(LeaseMoment moment) =>
        new[] { moment.Journal, moment.Older }.Where(j => j >= 0).Any(j => _states[j].Jobs[Job].Events.Any(e => e is JobReplaced) && _states[j].Jobs[Job].CancelReason is not null);

    private static JournalEntry Entry(CoordinatorRecord record, int index)
    {
        var written = RecordFormat.Write(record);
        return new JournalEntry(index + 1, Plants.Now, written.Kind, written.Payload, []);
    }

    // Journals that lead to one state are one: what a coordinator does follows from its state.
    private int NumberOf(JournalEntry[] entries)
    {
        var state = new CoordinatorState();
        var guests = new GuestBook(state, static _ => new SetUpFound(null, null, null, null, null));
        foreach (var entry in entries)
        {
            var record = RecordFormat.Read(entry);
            state.Apply(record, entry.At);
            guests.Take(record);
        }

        var told = string.Join(' ', guests.LaneOf("a", SiteId.Parse(SiteNames[0])).After(0).Select(static r => r.Report.GetType().Name));

        var key = string.Join('\n', state.Jobs.Values.Select(j => $"{j.Job with { Reason = null }} {j.CancelReason is null} {j.Events.LastOrDefault()?.GetType().Name} {j.Rejections.Count}"))
            + string.Join(' ', SiteNames.Select(s => state.LastSequence(SiteId.Parse(s), "b"))) + told;
        if (!_journalIds.TryGetValue(key, out var number))
        {
            _journalIds.Add(key, number = _journals.Count);
            _journals.Add(entries);
            _states.Add(state);
            _told.Add(told);
        }

        return number;
    }

    private int BookNumber(EdgeRecord[] records)
    {
        var key = string.Join('\n', records.Select(r => r switch
        {
            LeaseRecord l => $"lease {l.Job.Id} {l.Job.Epoch} {l.Job.Machine}",
            LeaseEndedRecord e => $"ended {e.Job} {e.Epoch}",
            EventRecord e => $"{e.Sequence} {e.Event.GetType().Name} {e.Event.Job} {e.Event.Epoch}",
            _ => throw new NotSupportedException(),
        }));
        if (!_bookIds.TryGetValue(key, out var number))
        {
            _bookIds.Add(key, number = _books.Count);
            _books.Add(records);
        }

        return number;
    }

    private int NumberOf(Message message)
    {
        if (!_messageIds.TryGetValue(message, out var number))
        {
            _messageIds.Add(message, number = _messages.Count);
            _messages.Add(message);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(_messages.Count, 128);
        }

        return number;
    }

    private sealed record OfOlder(Command Command);

    private sealed record Message(int Site, string Kind, JobId Job, int Epoch, string? Held = null);

    private sealed record Command(Asked Asked, JobId Job = default, int Site = -1, int Epoch = 0, long Sequence = 0, JobEvent? Event = null);

    /// <summary>A journal in memory that a coordinator may append to, or no longer may: another one holds its lock.</summary>
    private sealed class ListedJournal(JournalEntry[] before, bool mayAppend) : IJournal
    {
        private readonly List<JournalEntry> _entries = [.. before];

        public bool HasGrown => _entries.Count > before.Length;

        public long Head => _entries.Count;

        public long Append(params ReadOnlySpan<JournalRecord> records)
        {
            if (!mayAppend)
            {
                throw new JournalException("Another coordinator has this journal.");
            }

            foreach (var record in records)
            {
                _entries.Add(new JournalEntry(_entries.Count + 1, Plants.Now, record.Kind, record.Payload, []));
            }

            return Head;
        }

        public IEnumerable<JournalEntry> Read(long after = 0) => _entries.Skip((int)after);

        public JournalEntry? Find(long cursor) => _entries.ElementAtOrDefault((int)cursor - 1);

        public void Dispose()
        {
        }
    }
}
