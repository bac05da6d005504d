// Shared costs divided, what is accepted, and what is paid.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;
using FabNet.Planning;
using FabNet.Planning.Sharing;

namespace FabNet.Coordinator.Ledger;

internal sealed partial class LedgerDeriver
{
    private readonly Dictionary<string, ReciprocityClaim> _claims = new(StringComparer.Ordinal);
    private readonly Dictionary<OrderId, List<SharedCost>> _unpaid = [];
    private readonly Dictionary<OrderId, int> _acceptances = [];
    private readonly Dictionary<JobId, bool> _decided = [];
    private readonly HashSet<JobId> _broughtOver = [];

    /// <summary>The claims that nobody settled yet.</summary>
    public IReadOnlyDictionary<string, ReciprocityClaim> OpenClaims => _claims;

    private void SettleIfIdle(long fact, JobId job)
    {
        var machine = _taken.GetValueOrDefault(job)?.Machine ?? (_offeredTo.TryGetValue(job, out var offered) ? offered : default);
        // Lost work that was given to another is not waited for.
        if (_groups.TryGetValue(machine, out var group) && !state.CommittedTo(machine).Any(e => e.Job.ReplacedBy is null))
        {
            Settle(fact, group);
        }
    }

    // Divides what the runs of one set-up cost among the orders that got something from it.
    private void Settle(long fact, SetUpGroup group)
    {
        if (_groups.GetValueOrDefault(group.First.Machine) == group)
        {
            _groups.Remove(group.First.Machine);
        }

        // What the change cost is known since it was made; whom it served, only now.
        var change = group.Change.ConvertAll(c => c with { Fact = fact });
        var needing = group.Made.Where(m => m.NeedsChange).Select(m => m.Order).Distinct().ToList();
        if (needing.Count == 0)
        {
            EmitScrap(change); // Whoever it was made for got nothing of it.
        }
        else
        {
            change.ForEach(emit);
        }

        List<(EconomicEvent Cost, BedRun Bed)> beds = [];
        foreach (var bed in group.Runs.Select(r => r.Bed).OfType<BedRun>().Distinct().Where(b => !b.IsTold))
        {
            bed.IsTold = true;
            var costs = bed.Costs.ConvertAll(c => c with { Fact = fact });
            if (bed.Jobs.Exists(group.Made.Contains))
            {
                costs.ForEach(emit);
                beds.AddRange(costs.Select(c => (c, bed)));
            }
            else
            {
                EmitScrap(costs);
            }
        }

        var orders = group.Made.Select(m => m.Entry.Order).Distinct().OrderBy(o => o.Number).Select(o => o.Order.Id).ToList();
        if (orders.Count == 0)
        {
            return;
        }

        List<SharedItem> items = [.. group.Made.SelectMany(m => m.Costs.Select(c => new SharedItem(c.Id, c.Cost!.Amount, [m.Order])))];
        items.AddRange(beds.Select(b => new SharedItem(b.Cost.Id, b.Cost.Cost!.Amount, [.. orders.Where(o => b.Bed.Jobs.Exists(j => j.Order == o && group.Made.Contains(j)))])));
        if (needing.Count > 0)
        {
            IReadOnlyList<OrderId> users = [.. orders.Where(needing.Contains)];
            items.AddRange(change.Select(c => new SharedItem(c.Id, c.Cost!.Amount, users)));
        }

        Share(group.Name, SharedThing.SetUp, group.First, items, orders, group.Made, group.EndedAt, fact);
    }

    private void Share(string id, SharedThing thing, TakenJob first, List<SharedItem> items, List<OrderId> orders, IReadOnlyList<TakenJob> made, DateTimeOffset at, long fact)
    {
        var shared = LedgerShares.Of(items, orders);
        var cost = new SharedCost
        {
            Id = id,
            At = at,
            Fact = fact,
            Thing = thing,
            Receiver = first.Provider,
            Machine = thing is SharedThing.SetUp ? first.Machine : null,
            Currency = first.Prices.Currency,
            Items = items,
            Orders = [.. orders.Select((o, i) => new OrderShare
            {
                Order = o,
                Jobs = [.. made.Where(m => m.Order == o).Select(m => m.Id)],
                Alone = shared.Orders[i].Alone,
                Incremental = shared.Orders[i].Incremental,
                Share = shared.Shares[i],
            })],
            Total = shared.Total,
            Saving = shared.Saving,
            Rule = shared.Rule,
            Bounds = shared.Bounds,
        };
        emit(cost);
        foreach (var order in orders)
        {
            if (!_unpaid.TryGetValue(order, out var unpaid))
            {
                _unpaid.Add(order, unpaid = []);
            }

            unpaid.Add(cost);
            Pay(order, at, fact);
        }
    }

    private void TakeAcceptance(long fact, OrderAccepted accepted)
    {
        var number = _acceptances[accepted.Order] = _acceptances.GetValueOrDefault(accepted.Order) + 1;
        foreach (var refusal in accepted.Refused)
        {
            if (_taken.GetValueOrDefault(refusal.Job) is { } refused)
            {
                Refuse(refused, accepted.At, fact, refusal.Reason);
            }
        }

        var taken = accepted.Accepted.Select(j => _taken.GetValueOrDefault(j)).OfType<TakenJob>().ToList();
        foreach (var job in taken)
        {
            _decided[job.Id] = true;
            emit(job.Event("accepted", LedgerAction.Accept, accepted.At, fact) with
            {
                Receiver = job.Receiver, Resource = new Measure(job.Entry.Job.Copies, LedgerUnit.One), Note = PlainText.Of(accepted.By),
            });
        }

        // What came with a delivery was handed over when it was dropped off; in journals from before there were deliveries, it is now.
        foreach (var bySite in taken.Where(t => !_broughtOver.Remove(t.Id)).GroupBy(static t => t.Machine.Site))
        {
            Deliver([.. bySite], number, accepted.At, fact);
        }

        Pay(accepted.Order, accepted.At, fact);
        foreach (var decided in accepted.Accepted.Concat(accepted.Refused.Select(r => r.Job)))
        {
            _taken.Remove(decided);
            _broughtOver.Remove(decided);
        }
    }

    private void TakeScrap(long fact, JobScrapped scrapped)
    {
        if (_taken.GetValueOrDefault(scrapped.Job) is { } taken)
        {
            Refuse(taken, scrapped.At, fact, scrapped.Reason);
            Pay(taken.Order, scrapped.At, fact);
        }
    }

    // What was made is of no use, and nobody pays for it.
    private void Refuse(TakenJob made, DateTimeOffset at, long fact, string reason)
    {
        _decided[made.Id] = false;
        emit(made.Event("refused", LedgerAction.Lower, at, fact) with
        {
            Resource = new Measure(made.Entry.Job.Copies, LedgerUnit.One), Corrects = made.Name("made"), IsScrap = true, Note = PlainText.Of(reason),
        });
    }

    // What goes from one site to the receiver at once is one delivery.
    private void Deliver(List<TakenJob> jobs, int number, DateTimeOffset at, long fact)
    {
        var (first, order) = (jobs[0], jobs[0].Entry.Order.Order);
        var name = $"event/{order.Id}/delivery-{number}/{first.Machine.Site}";
        var delivery = first.Event("", LedgerAction.TransferCustody, at, fact) with
        {
            Id = name, InputOf = null, Receiver = first.Receiver, Resource = new Measure(jobs.Sum(j => j.Entry.Job.Copies), LedgerUnit.One),
            ConformsTo = LedgerNames.Design(order.Design), ToLocation = order.Destination is { } to ? LedgerNames.Site(to) : null,
        };
        emit(delivery);
        if (order.Destination is not { } destination || destination == first.Machine.Site)
        {
            return;
        }

        var kilometres = state.Sites.GetValueOrDefault(destination) is { } there ? GreatCircle.Kilometres(first.Site, there) : 0;
        var service = delivery with { Action = LedgerAction.DeliverService, ConformsTo = "service/transport" };
        List<EconomicEvent> costs = [];
        AddPriced(costs, service with { Id = $"{name}/fixed", Resource = new Measure(1, LedgerUnit.One) }, CostTerm.Transport, first.Prices.TransportFixed, first);
        AddPriced(costs, service with
        {
            Id = $"{name}/way", Resource = new Measure(DecimalOf(kilometres * (double)jobs.Sum(j => j.Grams) / 1000), LedgerUnit.KilometreKilogram),
        }, CostTerm.Transport, first.Prices.TransportPerKmKg, first);
        if (costs.Count == 0)
        {
            return;
        }

        costs.ForEach(emit);
        Share($"cost/{order.Id}/delivery-{number}/{first.Machine.Site}", SharedThing.Delivery, first, [.. costs.Select(c => new SharedItem(c.Id, c.Cost!.Amount, [order.Id]))], [order.Id], jobs, at, fact);
    }

    // A delivery was really made: what it cost is shared by the orders that something of it was for.
    private void TakeDropOff(long fact, DeliveryStepped step)
    {
        var delivery = state.Deliveries[step.Delivery];
        var jobs = delivery.Jobs.Select(j => _taken.GetValueOrDefault(j.Id)).OfType<TakenJob>().Where(t => t.Entry.Job.ReplacedBy is null && !_decided.ContainsKey(t.Id)).ToList();
        if (jobs.Count == 0)
        {
            return;
        }

        var (first, name) = (jobs[0], $"event/{delivery.Id}");
        var handedOver = first.Event("", LedgerAction.TransferCustody, step.At, fact) with { InputOf = null, ToLocation = LedgerNames.Site(delivery.To), Note = PlainText.Of(step.By) };
        var kilometres = state.Sites.GetValueOrDefault(delivery.To) is { } there ? GreatCircle.Kilometres(first.Site, there) : 0;
        List<(EconomicEvent Cost, OrderId? Only)> costs = [];
        foreach (var order in jobs.GroupBy(static j => j.Order))
        {
            var (one, its) = (order.First(), handedOver with { Id = $"{name}/{order.Key}", Order = order.Key, Receiver = order.First().Receiver });
            emit(its with { ConformsTo = LedgerNames.Design(one.Entry.Order.Order.Design), Resource = new Measure(order.Sum(static j => j.Entry.Job.Copies), LedgerUnit.One) });
            Add(its with { Id = $"{name}/{order.Key}/way", Resource = new Measure(DecimalOf(kilometres * (double)order.Sum(static j => j.Grams) / 1000), LedgerUnit.KilometreKilogram) }, first.Prices.TransportPerKmKg, order.Key);
        }

        Add(handedOver with { Id = $"{name}/fixed", Resource = new Measure(1, LedgerUnit.One) }, first.Prices.TransportFixed, null);
        _broughtOver.UnionWith(jobs.Select(static j => j.Id));
        if (costs.Count == 0)
        {
            return;
        }

        var orders = jobs.Select(static j => j.Entry.Order).Distinct().OrderBy(static o => o.Number).Select(static o => o.Order.Id).ToList();
        costs.ForEach(c => emit(c.Cost));
        Share($"cost/{delivery.Id}", SharedThing.Delivery, first, [.. costs.Select(c => new SharedItem(c.Cost.Id, c.Cost.Cost!.Amount, c.Only is { } only ? [only] : orders))], orders, jobs, step.At, fact);

        // The first job's prices hold for all of it: they are of one site.
        void Add(EconomicEvent service, decimal price, OrderId? only)
        {
            List<EconomicEvent> priced = [];
            AddPriced(priced, service with { Action = LedgerAction.DeliverService, ConformsTo = "service/transport" }, CostTerm.Transport, price, first);
            costs.AddRange(priced.Select(e => (e, only)));
        }
    }

    // An order pays its share of a cost once each of its jobs there is accepted or refused; refused ones are not paid for.
    private void Pay(OrderId order, DateTimeOffset at, long fact)
    {
        if (!_unpaid.TryGetValue(order, out var unpaid))
        {
            return;
        }

        foreach (var cost in unpaid.ToList())
        {
            var share = cost.Orders.First(o => o.Order == order);
            if (!share.Jobs.All(_decided.ContainsKey))
            {
                continue;
            }

            unpaid.Remove(cost);
            var amount = LedgerShares.DueOf(share.Share, share.Jobs.Count(j => _decided[j]), share.Jobs.Count);
            if (amount > 0)
            {
                emit(new EconomicEvent
                {
                    Id = $"payment/{order}/{cost.Id}",
                    At = at,
                    Fact = fact,
                    Action = LedgerAction.Transfer,
                    Provider = LedgerNames.Customer(state.Orders[order].Order.Customer),
                    Receiver = cost.Receiver,
                    ConformsTo = LedgerNames.Currency(cost.Currency),
                    Resource = new Measure(amount, LedgerUnit.Currency),
                    Order = order,
                    Pays = cost.Id,
                });
            }
        }
    }

    private void TakeSettlement(long fact, ClaimSettled settled)
    {
        if (_claims.Remove(settled.Claim, out var claim))
        {
            emit(new EconomicEvent
            {
                Id = $"settlement/{claim.Id}",
                At = settled.At,
                Fact = fact,
                Action = LedgerAction.Transfer,
                Provider = claim.Provider,
                Receiver = claim.Receiver,
                ConformsTo = claim.Currency is { } currency ? LedgerNames.Currency(currency) : "reciprocity",
                Resource = claim.Amount is { } amount ? new Measure(amount, LedgerUnit.Currency) : null,
                Order = claim.Order,
                Settles = claim.Id,
                Note = PlainText.Of(settled.Note),
            });
        }
    }
}
