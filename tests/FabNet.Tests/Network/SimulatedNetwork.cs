// A network of workshops in virtual time around a real coordinator: the order of events, the wire's tricks, the people, and the rules that must never break.

using FabNet.Coordinator;
using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Ledger;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Sites;
using FabNet.Coordinator.State;
using FabNet.Edge.Queue;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Orders;
using FabNet.Planning;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging;
using DeliveryState = FabNet.Coordinator.Deliveries.DeliveryState;
using DeliveryStep = FabNet.Coordinator.State.DeliveryStep;
using Job = FabNet.Model.Jobs.Job;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;
using OrderStatus = FabNet.Model.Orders.OrderStatus;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using Machine = FabNet.Model.Sites.Machine;
using Site = FabNet.Model.Sites.Site;

namespace FabNet.Tests.Network;

/// <summary>How work is shared out.</summary>
internal enum Sharing
{
    /// <summary>As the coordinator plans it, and as sites accept it.</summary>
    Planned,

    /// <summary>The oldest job that waits goes to the free machine that has it done first; plans are not looked at.</summary>
    FirstComeFirstServed,
}

/// <summary>How a simulation ended.</summary>
internal sealed record NetworkOutcome
{
    public required MakersBook Book { get; init; }

    public required IReadOnlyDictionary<OrderStatus, int> Orders { get; init; }

    /// <summary>Every order that is not done or called off, with the reason that a person reads.</summary>
    public required IReadOnlyList<(OrderId Order, OrderStatus Status, string Reason)> Waiting { get; init; }

    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>The state at the end, and what the journal alone says it is.</summary>
    public required (string Live, string Replayed) State { get; init; }

    /// <summary>The entries of the ledger, and what is wrong with them: a number that does not follow from the events, a book that does not balance to the cent.</summary>
    public required (long Entries, IReadOnlyList<string> Wrong) Ledger { get; init; }
}

/// <summary>
/// The simulation. Messages take the way of the real stream behind its socket (<see cref="EdgeLinkService"/>), late, some twice, those of a site's reports out of order; what is under way when a stream breaks is lost, or comes
/// after the site has opened another.
/// </summary>
internal sealed class SimulatedNetwork : IDisposable
{
    private static readonly TimeSpan Pulse = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromMinutes(10);
    private readonly PriorityQueue<Func<Task>, (long At, long Number)> _events = new();
    private readonly Dictionary<SiteId, SimulatedSite> _sites = [];
    private readonly Dictionary<SiteSession, DateTimeOffset> _downAt = [];
    private readonly Dictionary<(JobId Job, int Epoch), MachineId> _grants = [];
    private readonly Dictionary<JobId, (int Epoch, SiteId Site)> _starts = [];
    private readonly Dictionary<string, JobId> _moving = [];
    private readonly Dictionary<string, JobId> _made = [];
    private readonly HashSet<string> _replacedByPeople = [];
    private readonly HashSet<JobId> _lying = [];
    private readonly Dictionary<JobId, string> _scrap = [];
    private readonly Dictionary<OrderId, PlannedOrder> _orders = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<PlannedOrder> _demanded;
    private readonly string _folder;
    private readonly ILogger _log;
    private readonly Random _wire;
    private readonly Func<CoordinatorState, string> _dump;
    private CoordinatorNode _node;
    private EdgeLinkService _link;
    private SiteSession? _impostor;
    private long _lies;
    private long _number;
    private int _placed;

    public SimulatedNetwork(Demand demand, IReadOnlyList<Site> sites, IReadOnlyList<PlannedOrder> orders, Sharing sharing, string folder, Func<CoordinatorState, string> dump, ILogger log)
    {
        (Demand, Sharing, _demanded, _folder, _dump, _log) = (demand, sharing, orders, folder, dump, log);
        _wire = new Random(demand.Size.Seed + 1);
        Clock = new VirtualClock(Demand.Start);
        (_node, _link) = Open();
        foreach (var site in sites)
        {
            Directory.CreateDirectory(Path.Combine(folder, site.Id.Value));
            _sites.Add(site.Id, new SimulatedSite(this, site, Path.Combine(folder, site.Id.Value, "edge.db")));
        }
    }

    public Demand Demand { get; }

    public Sharing Sharing { get; }

    public VirtualClock Clock { get; }

    public MakersBook Book { get; } = new();

    public bool TakesOffers => Sharing is Sharing.Planned;

    private CoordinatorState State => _node.State;

    private CoordinatorOptions Options => new()
    {
        DataFolder = _folder,
        LeaseTtl = TimeSpan.FromMinutes(40),
        OfferTimeout = TimeSpan.FromMinutes(10),
        DeclineBackOff = TimeSpan.FromHours(3),
        SilenceLimit = TimeSpan.FromMinutes(30),
        PlanDebounce = TimeSpan.FromSeconds(30),
        PlanInterval = TimeSpan.FromHours(1),
    };

    public void Dispose()
    {
        foreach (var site in _sites.Values)
        {
            site.Dispose();
        }
    }

    /// <summary>Plays it to its end.</summary>
    public async Task<NetworkOutcome> RunAsync(CancellationToken cancellationToken)
    {
        Prepare();
        var limit = Demand.Ends.AddDays(30);
        while (_events.TryPeek(out _, out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var at = Demand.Start.AddTicks(next.At);
            var moment = Clock.NextOnce() is { } timer && timer < at ? timer : at;
            if (moment > limit || (moment > Demand.Ends.AddDays(2) && await IsQuietAsync()))
            {
                break;
            }

            if (moment > Clock.GetUtcNow())
            {
                Clock.AdvanceTo(moment);
                await SettleAsync();
            }

            if (moment == at)
            {
                await _events.Dequeue()();
                await SettleAsync();
            }
        }

        var outcome = await AskAsync(Outcome);
        await _node.DisposeAsync();
        return outcome with { State = (_dump(State), Replay()), Ledger = VerifyLedger() };
    }

    /// <summary>Something happens later.</summary>
    public void After(TimeSpan time, Action what) => At(Clock.GetUtcNow() + time, () =>
    {
        what();
        return Task.CompletedTask;
    });

    /// <summary>A site says something: it arrives a little later, some of it twice.</summary>
    public void SendUp(SimulatedSite site, EdgeUp message)
    {
        if (site.Session is not { } session)
        {
            return;
        }

        for (var copies = _wire.Next(40) == 0 ? 2 : 1; copies > 0; copies--)
        {
            At(Clock.GetUtcNow().AddSeconds(_wire.NextDouble() * 15), () => ArriveAsync(site, session, message));
        }
    }

    /// <summary>The running time and material that a job really takes on a class of machine, but for luck.</summary>
    public (double Seconds, double Grams) TrueWork(Job job, MachineProfile profile)
    {
        var entry = State.Jobs[job.Id];
        var estimate = WorkEstimate.Of(new Work { Design = job.Design, Part = entry.Part, Material = job.Material, Color = job.Color }, profile, null);
        return (estimate.Seconds * (0.8 + (0.5 * Demand.Luck("true", job.Part))), estimate.Grams);
    }

    /// <summary>What is made, whichever job makes it: the same for a job and all that replace it, and in every simulation of one demand.</summary>
    public string PieceOf(JobId id)
    {
        var job = State.Jobs[id].Job;
        while (job.Replaces is { } before)
        {
            job = State.Jobs[before].Job;
        }

        return $"{_orders[job.Order].Number}:{job.Id.Value[(job.Id.Value.IndexOf('.') + 1)..]}";
    }

    public int AttemptOf(JobId id) => State.Jobs[id].Attempt;

    /// <summary>No offer breaks eligibility.</summary>
    public void CheckOffer(EdgeDown.Types.Offer offer)
    {
        Count("offers");
        CheckAble(JobId.Parse(offer.Job.Id), MachineId.Parse(offer.Machine));
    }

    /// <summary>No epoch is granted twice, and nothing to a machine that is not able.</summary>
    public void CheckGrant(Job job)
    {
        Count("grants");
        CheckAble(job.Id, job.Machine!.Value);
        if (!_grants.TryAdd((job.Id, job.Epoch), job.Machine.Value))
        {
            throw new InvalidOperationException($"Epoch {job.Epoch} of {job.Id} was granted to {_grants[(job.Id, job.Epoch)]} and to {job.Machine}.");
        }
    }

    /// <summary>A machine begins to move: at most once for a job, and for a piece only while no other machine makes it.</summary>
    public void PhysicallyStarted(Plate plate, Machine machine, Site site)
    {
        CheckBed(plate, machine);
        foreach (var job in plate.Jobs)
        {
            PhysicallyStarted(job, site.Id);
        }

        if (plate.Jobs.Count > 1)
        {
            Book.BedShared(site.Prices, machine.Profile, plate.Jobs.Count);
            if (plate.Jobs.Select(static j => j.Order).Distinct().Count() > 1)
            {
                Count("beds shared by several orders");
            }
        }
    }

    private void PhysicallyStarted(Job job, SiteId site)
    {
        Count("physical starts");
        var piece = PieceOf(job.Id);
        if (!_starts.TryAdd(job.Id, (job.Epoch, site)))
        {
            throw new InvalidOperationException($"{job.Id} was started under epoch {_starts[job.Id].Epoch} at {_starts[job.Id].Site}, and again under epoch {job.Epoch} at {site}.");
        }

        if (_moving.TryGetValue(piece, out var other) && !_replacedByPeople.Contains(piece))
        {
            throw new InvalidOperationException($"{job.Id} was started while {other} was being made for the same piece, and no person had said so.");
        }

        if (_made.TryGetValue(piece, out var made) && !_replacedByPeople.Contains(piece))
        {
            throw new InvalidOperationException($"{job.Id} was started after {made} was made for the same piece, and no person had said so.");
        }

        _moving[piece] = job.Id;
    }

    /// <summary>A machine stands still again.</summary>
    public void PhysicallyEnded(Plate plate)
    {
        foreach (var job in plate.Jobs)
        {
            _moving.Remove(PieceOf(job.Id));
        }
    }

    /// <summary>A part is made: it lies on its machine, and nobody has looked at it yet.</summary>
    public void PhysicallyCompleted(Job job)
    {
        var piece = PieceOf(job.Id);
        _lying.Add(job.Id);
        if (!_made.TryAdd(piece, job.Id))
        {
            if (!_replacedByPeople.Contains(piece))
            {
                throw new InvalidOperationException($"{job.Id} and {_made[piece]} both made one piece, and no person had said so.");
            }

            Count("pieces made twice because a person said so");
        }
    }

    /// <summary>Somebody took a part off its machine. A good one goes to its destination, which takes a day at most, and now and then two more; scrap is to be made again.</summary>
    public void TakenOff(Job job, Site at, double grams, bool isScrap)
    {
        var (piece, order) = (PieceOf(job.Id), _orders[job.Order]);
        _lying.Remove(job.Id);
        var to = order.HasDestination ? Demand.Sites.First(s => s.Id == order.Home) : null;
        var arrives = TimeSpan.FromHours(1);
        if (to is not null && to.Id != at.Id)
        {
            var isLate = Demand.Luck("post", piece) < 0.05;
            arrives = TimeSpan.FromHours((isLate ? 48 : 4) + (20 * Demand.Luck("road", piece)));
            if (!isScrap)
            {
                Count("parts sent");
                Count(isLate ? "deliveries late by two days" : "deliveries in a day");
            }
        }

        if (isScrap)
        {
            Book.Scrapped();
            _scrap.Add(job.Id, piece);
            if (_made.GetValueOrDefault(piece) == job.Id)
            {
                _made.Remove(piece);
            }
        }
        else
        {
            Book.Delivered(at, to, to is null ? 0 : GreatCircle.Kilometres(at, to), grams, order.Due, Clock.GetUtcNow());
        }

        At(Clock.GetUtcNow() + arrives, () => AcceptAsync(job.Id));
    }

    /// <summary>Who ordered has the part in hand, and accepts what there is of the order. What is scrap is not there, and is asked for again where nobody has said so.</summary>
    private Task<bool> AcceptAsync(JobId id) => AskAsync(() =>
    {
        var entry = State.Jobs[id];
        if (entry.Job.IsHeldBySite || _lying.Overlaps(ComingWith(entry)))
        {
            // Its site has not said yet that it is made, or something that comes with it still lies on a machine.
            At(Clock.GetUtcNow().AddMinutes(entry.Job.IsHeldBySite ? 360 : 10), () => AcceptAsync(id));
            return true;
        }

        if (entry.Job is not { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null })
        {
            return true;
        }

        foreach (var order in entry.Delivery is { } delivery ? Deliver(delivery) : [entry.Order])
        {
            var refused = order.Jobs.Where(j => _scrap.ContainsKey(j.Id) && j is { Job: { State: JobState.Completed, AcceptedAt: null, ReplacedBy: null }, Delivery: null or { State: DeliveryState.DroppedOff } })
                .Select(static j => new RefusedJob(j.Id, "It was scrap.")).ToList();
            _node.Orders.Accept(order, "who ordered", refused);
            Count("acceptances");
            if (refused.Count > 0)
            {
                Count("refusals by who ordered");
            }
        }

        return true;
    });

    private static IEnumerable<JobId> ComingWith(JobEntry entry) => (entry.Delivery?.Jobs ?? entry.Order.Jobs).SelectMany(static j => j.Order.Jobs).Select(static j => j.Id);

    /// <summary>A delivery arrives; now and then the first attempt fails.</summary>
    /// <returns>The orders that wait for something in it.</returns>
    private List<OrderEntry> Deliver(DeliveryEntry delivery)
    {
        if (delivery.State is DeliveryState.Planned)
        {
            _node.Deliveries.Claim(delivery, delivery.To.Value);
            _node.Deliveries.Step(delivery, DeliveryStep.PickedUp, delivery.To.Value, null);
            if (Demand.Luck("van", delivery.Id) < 0.05)
            {
                _node.Deliveries.Step(delivery, DeliveryStep.Failed, delivery.To.Value, "nobody was there");
                _node.Deliveries.Step(delivery, DeliveryStep.PlannedAgain, "who ordered", null);
                _node.Deliveries.Step(delivery, DeliveryStep.PickedUp, delivery.To.Value, null);
                Count("deliveries that failed once");
            }

            _node.Deliveries.Step(delivery, DeliveryStep.DroppedOff, delivery.To.Value, null);
            Count("deliveries dropped off");
        }

        return [.. delivery.Jobs.Where(static j => j.Job is { AcceptedAt: null, ReplacedBy: null }).Select(static j => j.Order).Distinct()];
    }

    private void Prepare()
    {
        foreach (var site in _sites.Values)
        {
            At(Demand.Start.AddSeconds(_wire.Next(60)), () => ConnectAsync(site));
            Every(KeepAliveEvery, TimeSpan.FromSeconds(_wire.Next(600)), () => KeepAliveAsync(site));
        }

        foreach (var order in _demanded)
        {
            At(order.At, () => PlaceAsync(order));
        }

        foreach (var outage in Demand.Outages.Where(o => _sites.ContainsKey(o.Site)))
        {
            At(outage.From, () => CutOffAsync(_sites[outage.Site], outage));
        }

        foreach (var breakdown in Demand.Breakdowns.Where(b => _sites.ContainsKey(b.Machine.Site)))
        {
            var site = _sites[breakdown.Machine.Site];
            var machine = site.Machines.First(m => m.Machine.Id == breakdown.Machine);
            At(breakdown.From, () => Done(() => site.BreakDown(machine, breakdown.State)));
            At(breakdown.To, () => Done(() => site.Repair(machine)));
        }

        Every(Pulse, Pulse, PulseAsync);
        Every(TimeSpan.FromHours(6), TimeSpan.FromHours(6), PeopleAsync);
        At(Demand.Start + ((Demand.Ends - Demand.Start) / 2), RestartAsync);
        At(Demand.Start + ((Demand.Ends - Demand.Start) * 0.8), RestartAsync);
    }

    private void At(DateTimeOffset moment, Func<Task> what) => _events.Enqueue(what, ((moment - Demand.Start).Ticks, _number++));

    private void Every(TimeSpan period, TimeSpan first, Func<Task> what) => At(Clock.GetUtcNow() + first, async () =>
    {
        Every(period, period, what);
        await what();
    });

    private static Task Done(Action what)
    {
        what();
        return Task.CompletedTask;
    }

    private Task<T> AskAsync<T>(Func<T> command) => _node.AskAsync(command, CancellationToken.None);

    public void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    private (CoordinatorNode Node, EdgeLinkService Link) Open()
    {
        var node = new CoordinatorNode(Options, Clock, _log);
        return (node, new EdgeLinkService(node));
    }

    /// <summary>Waits until the coordinator has done all that follows from what it was told, and takes what it says to sites.</summary>
    private async Task SettleAsync()
    {
        var beside = await AskAsync(() => _node.Plan.Beside);
        while (!beside.IsCompleted)
        {
            await beside;
            beside = await AskAsync(() => _node.Plan.Beside);
        }

        foreach (var site in _sites.Values)
        {
            if (site.Session is not { } session)
            {
                continue;
            }

            while (session.Down.TryRead(out var message))
            {
                // In order, each a little later; what a broken stream carried is lost.
                var after = _downAt.GetValueOrDefault(session);
                var at = Clock.GetUtcNow().AddSeconds(_wire.NextDouble() * 10);
                at = at > after ? at : after;
                _downAt[session] = at;
                for (var copies = _wire.Next(60) == 0 ? 2 : 1; copies > 0; copies--)
                {
                    At(at, () => Done(() =>
                    {
                        if (site.Session == session && site.IsReachable)
                        {
                            site.Take(message);
                        }
                        else
                        {
                            Count("messages down lost");
                        }
                    }));
                }
            }

            if (session.Down.Completion.IsCompleted && site.IsReachable)
            {
                // The coordinator ended the stream: the site opens another.
                site.Disconnected();
                After(TimeSpan.FromSeconds(20), () => At(Clock.GetUtcNow(), () => ConnectAsync(site)));
            }
        }
    }

    private async Task ConnectAsync(SimulatedSite site)
    {
        if (site.IsReachable && site.Session is null)
        {
            var session = await _link.JoinAsync(new EdgeUp.Types.Hello { Site = site.Site.ToWire(), BootId = site.BootId, Version = "simulated" }, CancellationToken.None);
            Count("streams");
            site.Connected(session);
        }
    }

    private async Task ArriveAsync(SimulatedSite site, SiteSession session, EdgeUp message)
    {
        if (site.Session != session && _wire.Next(2) == 0)
        {
            Count("messages up lost");
            return;
        }

        try
        {
            await _link.TakeAsync(session, message, CancellationToken.None);
            Count("messages up");
        }
        catch (SessionEndedException)
        {
            Count("messages of older streams refused");
        }
    }

    private async Task KeepAliveAsync(SimulatedSite site)
    {
        if (site.IsReachable && site.Session is null)
        {
            await ConnectAsync(site);
        }

        site.KeepAlive();
    }

    private async Task CutOffAsync(SimulatedSite site, Outage outage)
    {
        Count("outages");
        site.IsReachable = false;
        var session = site.Session;
        site.Disconnected();
        if (session is not null && !outage.IsSilent)
        {
            await _node.PostAsync(() => _node.Leave(session, "It closed its stream."));
        }

        if (outage.IsPowerCut)
        {
            site.PowerCut();
        }

        if (outage.To < DateTimeOffset.MaxValue)
        {
            At(outage.To, () =>
            {
                site.IsReachable = true;
                return ConnectAsync(site);
            });
        }
    }

    private async Task PlaceAsync(PlannedOrder order)
    {
        var request = new OrderRequest
        {
            Quantity = order.Quantity,
            Color = order.Color,
            Due = order.Due,
            Destination = order.HasDestination && _sites.ContainsKey(order.Home) ? order.Home : null,
            Customer = "a simulation",
            Key = $"order-{order.Number}",
        }.Checked(Clock.GetUtcNow());
        var placed = await AskAsync(() => _node.Orders.Place(request, order.Design));
        _orders[placed.Order.Id] = order;
        _placed++;
        if (order.Number % 25 == 0 && await AskAsync(() => _node.Orders.Place(request, order.Design)) != placed)
        {
            throw new InvalidOperationException($"{placed.Order.Id} was placed twice under one key.");
        }

        if (order.CancelAt is { } cancelAt)
        {
            At(cancelAt, async () =>
            {
                Count("orders called off");
                await AskAsync(() =>
                {
                    _node.Orders.Cancel(State.Orders[placed.Order.Id], "not needed any more");
                    return true;
                });
            });
        }
    }

    /// <summary>Sites look at the board: they take what they can make by themselves, now and then, or always where nobody plans.</summary>
    private async Task PulseAsync()
    {
        var open = await AskAsync(() => State.Live.Where(e => e.Job.State is JobState.Planned or JobState.Offered && e.CancelReason is null)
            .OrderBy(e => e.Order.Number).ThenBy(e => e.Id.Value.Length).ThenBy(e => e.Id.Value, StringComparer.Ordinal).ToList());
        var here = _sites.Values.Where(s => s.Session is not null && s.IsReachable).ToList();
        if (Sharing is Sharing.Planned)
        {
            await LieAsync();
            if (open.Count > 0 && here.Count > 0 && _wire.Next(20) == 0)
            {
                var site = here[_wire.Next(here.Count)];
                Count("claims without an offer");
                site.Claim(open[_wire.Next(open.Count)].Id.Value, site.Machines[_wire.Next(site.Machines.Count)].Machine.Id.ToString());
            }

            return;
        }

        var free = here.SelectMany(s => s.Machines.Where(m => m.Plate is null && m.State is MachineState.Idle && s.QueueOf(m.Machine.Id) == 0).Select(m => (Site: s, Machine: m))).ToList();
        foreach (var entry in open)
        {
            var rejected = entry.Rejections.Select(r => (r.Machine.Site, r.MachineClass)).ToHashSet();
            var first = free.Where(f => IsAble(entry, f.Machine.Machine.Profile) && !rejected.Contains((f.Site.Site.Id, f.Machine.Machine.Profile.Name)))
                .Select(f => (f.Site, f.Machine, Takes: Takes(entry.Job, f.Machine))).OrderBy(f => f.Takes).FirstOrDefault();
            if (first.Site is not null)
            {
                first.Site.Claim(entry.Id.Value, first.Machine.Machine.Id.ToString());
                free.Remove((first.Site, first.Machine));
            }
        }
    }

    /// <summary>Somebody else says of a job that it ended: under its epoch, and under the one before. It is refused, and changes nothing.</summary>
    private async Task LieAsync()
    {
        var held = await AskAsync(() => State.Live.Where(e => e.Job.IsHeldBySite).Select(e => e.Job).OrderBy(j => j.Id.Value, StringComparer.Ordinal).ToList());
        if (held.Count == 0 || _wire.Next(10) > 0)
        {
            return;
        }

        if (_impostor is null || _impostor.Down.Completion.IsCompleted || await AskAsync(() => _node.Sites.SessionOf(_impostor.Site)) != _impostor)
        {
            var site = new Site { Id = SiteId.Parse("lab-z"), Title = "An impostor" };
            _impostor = await _link.JoinAsync(new EdgeUp.Types.Hello { Site = site.ToWire(), BootId = "z", Version = "lies" }, CancellationToken.None);
        }

        var job = held[_wire.Next(held.Count)];
        var lie = new JobCompleted { Job = job.Id, Epoch = job.Epoch - _wire.Next(2), At = Clock.GetUtcNow(), Seconds = 1 };
        await _link.TakeAsync(_impostor, new EdgeUp { JobEvent = new() { Sequence = ++_lies, Event = lie.ToWire() } }, CancellationToken.None);
        Count("reports of an impostor refused");
        if (await AskAsync(() => State.Jobs[job.Id].Job) != job || await AskAsync(() => State.LastSequence(_impostor.Site, "z")) != _lies)
        {
            throw new InvalidOperationException($"A site that does not hold {job.Id} changed it, or its lie was not journaled as refused.");
        }
    }

    private double Takes(Job job, SimulatedMachine machine)
    {
        var effort = MakersBook.Effort(machine.Machine.Profile, machine.Loaded, new LoadedMaterial(job.Material, job.Color));
        return effort.LabourMinutes + effort.WarmUpMinutes + (TrueWork(job, machine.Machine.Profile).Seconds / 60);
    }

    /// <summary>People look after what is lost: of some they find out and have it done again, of others they wait for the site.</summary>
    private Task PeopleAsync() => AskAsync(() =>
    {
        foreach (var entry in State.Live.Where(e => e.Job is { State: JobState.Lost, ReplacedBy: null }).ToList())
        {
            if (Demand.Luck("found out", PieceOf(entry.Id), entry.Job.Epoch) < 0.6)
            {
                Count("replaced by a person's word");
                _replacedByPeople.Add(PieceOf(entry.Id));
                _node.Orders.ReplaceLost(entry, "nobody there answers the telephone");
            }
        }

        return true;
    });

    /// <summary>The coordinator is killed and goes on from its journal; every stream breaks.</summary>
    private async Task RestartAsync()
    {
        Count("restarts of the coordinator");
        await _node.DisposeAsync();
        var (live, replayed) = (_dump(State), Replay());
        if (live != replayed)
        {
            throw new InvalidOperationException("The journal did not replay to the state that was.");
        }

        foreach (var site in _sites.Values)
        {
            site.Disconnected();
            At(Clock.GetUtcNow().AddSeconds(_wire.Next(600)), () => ConnectAsync(site));
        }

        (_node, _link) = Open();
    }

    private string Replay()
    {
        using var journal = SqliteJournal.Open(Path.Combine(_folder, "journal.db"), Clock);
        var state = new CoordinatorState();
        foreach (var entry in journal.Read())
        {
            state.Apply(RecordFormat.Read(entry), entry.At);
        }

        return _dump(state);
    }

    private (long Entries, IReadOnlyList<string> Wrong) VerifyLedger()
    {
        using var ledger = LedgerBook.Open(Options, Clock);
        var verifier = new LedgerVerifier();
        foreach (var (_, line) in ledger.Read(0))
        {
            verifier.Take(line);
        }

        verifier.Finish();
        return (verifier.Entries, [.. verifier.Findings.Select(f => $"{f.Entry}: {f.What}"), .. verifier.Books.Imbalances()]);
    }

    private Task<bool> IsQuietAsync() => AskAsync(() => _placed == _demanded.Count && State.Live.All(e => e.Job.State is JobState.Lost));

    /// <summary>No plate breaks the bed: its parts lie on it, in one material and colour.</summary>
    private void CheckBed(Plate plate, Machine machine)
    {
        var bed = machine.Profile.EnvelopeMm;
        var parts = plate.Jobs.Select(j => State.Jobs[j.Id].Part.OuterDimensionsMm!.Value).ToList();
        if (plate.Jobs.Select(static j => j.Material).Distinct().Count() > 1 || plate.Jobs.Select(static j => j.Color).OfType<string>().Distinct().Count() > 1
            || parts.Sum(static p => p.Width * p.Depth) > bed.X.Length * bed.Y.Length || parts.Exists(p => p.Height > bed.Z.Length))
        {
            throw new InvalidOperationException($"{plate} can't be made at once on {machine.Id}.");
        }
    }

    private void CheckAble(JobId job, MachineId machine)
    {
        if (!IsAble(State.Jobs[job], Demand.Sites.First(s => s.Id == machine.Site).Machines.First(m => m.Id == machine).Profile))
        {
            throw new InvalidOperationException($"{job} was offered or granted to {machine}, which can't make it.");
        }
    }

    private static bool IsAble(JobEntry entry, MachineProfile profile) =>
        Planner.IsAble(new Work { Design = entry.Job.Design, Part = entry.Part, Material = entry.Job.Material, Color = entry.Job.Color }, profile);

    private NetworkOutcome Outcome()
    {
        var refused = 0;
        foreach (var entry in State.Jobs.Values)
        {
            // What the coordinator believes is what happened.
            var wasMade = _made.GetValueOrDefault(PieceOf(entry.Id)) == entry.Id || _replacedByPeople.Contains(PieceOf(entry.Id));
            if (entry.Job is { State: JobState.Completed, ReplacedBy: null } && (!wasMade || _scrap.ContainsKey(entry.Id)))
            {
                throw new InvalidOperationException($"{entry.Id} counts as made, and no machine made it{(_scrap.ContainsKey(entry.Id) ? ": it is scrap" : "")}. {string.Join("; ", entry.Events.TakeLast(3))}");
            }

            refused += entry.Events.OfType<JobLost>().Count();
        }

        _counts["leases that lapsed"] = refused;
        _counts["scrap made again"] = _scrap.Values.Count(_made.ContainsKey);
        _counts["jobs"] = State.Jobs.Count;
        return new NetworkOutcome
        {
            Book = Book,
            Orders = State.Orders.Values.GroupBy(o => o.Status).ToDictionary(g => g.Key, g => g.Count()),
            Waiting = [.. State.Orders.Values.Where(o => o.Status is not (OrderStatus.Completed or OrderStatus.Delivered or OrderStatus.Cancelled)).Select(o => (o.Order.Id, o.Status, Why(o)))],
            Counts = _counts,
            State = ("", ""),
            Ledger = (0, []),
        };
    }

    private string Why(OrderEntry order) => string.Join("; ", order.Jobs.Where(j => j.Job.ReplacedBy is null && j.Job.State is not (JobState.Completed or JobState.Cancelled))
        .Select(j => $"{j.Id} {j.Job.State}: {j.Job.Reason ?? _node.Plan.WordsFor(j).Why}"));
}
