// The books that follow from a ledger's entries: per site, per order, per designer, each currency by itself.

using FabNet.Model;
using FabNet.Model.Ledger;

namespace FabNet.Coordinator.Ledger;

/// <summary>A site's book in one currency.</summary>
public sealed record SiteBook
{
    /// <summary>The site, as an agent's name.</summary>
    public required string Site { get; init; }

    /// <summary>The currency.</summary>
    public required string Currency { get; init; }

    /// <summary>What runs and deliveries that served somebody cost it, term by term, to a hundredth of a cent; also what is not divided yet.</summary>
    public required IReadOnlyDictionary<CostTerm, decimal> Costs { get; init; }

    /// <summary>What runs cost it that made nothing: paid from the risk that orders paid for.</summary>
    public required decimal Scrap { get; init; }

    /// <summary>The shares of all orders in what it bore.</summary>
    public required decimal Shares { get; init; }

    /// <summary>What was paid to it.</summary>
    public required decimal Paid { get; init; }

    /// <summary>What will be paid to it once it is accepted.</summary>
    public required decimal Open { get; init; }

    /// <summary>What it bears itself, because its receiver refused what was made.</summary>
    public required decimal Refused { get; init; }
}

/// <summary>An order's book in one currency.</summary>
public sealed record OrderLedgerBook
{
    /// <summary>The order.</summary>
    public required OrderId Order { get; init; }

    /// <summary>The currency.</summary>
    public required string Currency { get; init; }

    /// <summary>What it would have cost alone.</summary>
    public required decimal Alone { get; init; }

    /// <summary>Its shares.</summary>
    public required decimal Shares { get; init; }

    /// <summary>What it paid.</summary>
    public required decimal Paid { get; init; }

    /// <summary>What it will pay once it is accepted.</summary>
    public required decimal Open { get; init; }

    /// <summary>What it does not pay, because its receiver refused what was made.</summary>
    public required decimal Refused { get; init; }
}

/// <summary>A designer's book.</summary>
public sealed record DesignerBook
{
    /// <summary>The designer, as an agent's name.</summary>
    public required string Designer { get; init; }

    /// <summary>Credits: copies made of its designs, and its part of those that were forked from them.</summary>
    public required decimal Credits { get; init; }

    /// <summary>What is owed to it under reciprocal licences and not settled, by currency; claims without a rate count under "-", with how many there are.</summary>
    public required IReadOnlyDictionary<string, decimal> Claims { get; init; }

    /// <summary>What was settled, likewise.</summary>
    public required IReadOnlyDictionary<string, decimal> Settled { get; init; }
}

/// <summary>Keeps the books, entry by entry. Not thread safe.</summary>
public sealed class LedgerBooks
{
    private const string NoRate = "-";

    private readonly Dictionary<(string Site, string Currency), Dictionary<CostTerm, decimal>> _costs = [];
    private readonly Dictionary<(string Site, string Currency), decimal> _scrap = [];
    private readonly Dictionary<(string Site, string Currency), decimal> _received = [];
    private readonly Dictionary<(OrderId Order, string Currency), decimal> _paid = [];
    private readonly List<SharedCost> _shared = [];
    private readonly Dictionary<JobId, bool> _decided = [];
    private readonly SortedDictionary<string, decimal> _credits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReciprocityClaim> _claims = new(StringComparer.Ordinal);
    private readonly HashSet<string> _settled = new(StringComparer.Ordinal);

    /// <summary>The claims that nobody settled yet, by name.</summary>
    public IEnumerable<ReciprocityClaim> OpenClaims => _claims.Values.Where(c => !_settled.Contains(c.Id)).OrderBy(c => c.Fact).ThenBy(c => c.Id, StringComparer.Ordinal);

    /// <summary>The shared costs, as they were divided.</summary>
    public IReadOnlyList<SharedCost> Shared => _shared;

    /// <summary>Takes the next entry.</summary>
    public void Take(LedgerEntry entry)
    {
        switch (entry)
        {
            case EconomicEvent e: Take(e); break;
            case SharedCost s: _shared.Add(s); break;
            case ReciprocityClaim c: _claims[c.Id] = c; break;
            default: break;
        }
    }

    /// <summary>The sites' books, by name and currency.</summary>
    public IReadOnlyList<SiteBook> Sites()
    {
        var keys = _costs.Keys.Concat(_scrap.Keys).Concat(_received.Keys).Concat(_shared.Select(s => (s.Receiver, s.Currency))).Distinct();
        return [.. keys.OrderBy(k => k.Item1, StringComparer.Ordinal).ThenBy(k => k.Item2, StringComparer.Ordinal).Select(k =>
        {
            var shares = _shared.Where(s => (s.Receiver, s.Currency) == k).SelectMany(s => s.Orders).ToList();
            return new SiteBook
            {
                Site = k.Item1,
                Currency = k.Item2,
                Costs = _costs.GetValueOrDefault(k) ?? [],
                Scrap = _scrap.GetValueOrDefault(k),
                Shares = shares.Sum(s => s.Share),
                Paid = _received.GetValueOrDefault(k),
                Open = shares.Sum(OpenOf),
                Refused = shares.Sum(RefusedOf),
            };
        })];
    }

    /// <summary>The orders' books, by number and currency.</summary>
    public IReadOnlyList<OrderLedgerBook> Orders() =>
    [
        .. _shared.SelectMany(s => s.Orders.Select(o => (s.Currency, Share: o))).GroupBy(s => (s.Share.Order, s.Currency))
            .OrderBy(g => g.Key.Order.Value.Length).ThenBy(g => g.Key.Order.Value, StringComparer.Ordinal).ThenBy(g => g.Key.Currency, StringComparer.Ordinal)
            .Select(g => new OrderLedgerBook
            {
                Order = g.Key.Order,
                Currency = g.Key.Currency,
                Alone = g.Sum(s => s.Share.Alone),
                Shares = g.Sum(s => s.Share.Share),
                Paid = _paid.GetValueOrDefault(g.Key),
                Open = g.Sum(s => OpenOf(s.Share)),
                Refused = g.Sum(s => RefusedOf(s.Share)),
            }),
    ];

    /// <summary>The designers' books, by name.</summary>
    public IReadOnlyList<DesignerBook> Designers() =>
    [
        .. _credits.Keys.Union(_claims.Values.Select(c => c.Receiver).Where(static r => r.StartsWith("designer/", StringComparison.Ordinal))).Order(StringComparer.Ordinal).Select(name => new DesignerBook
        {
            Designer = name,
            Credits = _credits.GetValueOrDefault(name),
            Claims = Sums(_claims.Values.Where(c => c.Receiver == name && !_settled.Contains(c.Id))),
            Settled = Sums(_claims.Values.Where(c => c.Receiver == name && _settled.Contains(c.Id))),
        }),
    ];

    /// <summary>
    /// What does not balance, a sentence each; none if all does. Every share is a site's to get and an order's to pay; what was paid by the ones is what the others got; and what is
    /// neither paid nor open nor refused is nowhere.
    /// </summary>
    public IReadOnlyList<string> Imbalances()
    {
        List<string> found = [];
        foreach (var cost in _shared.Where(s => s.Orders.Sum(o => o.Share) != Math.Round(s.Total, 2, MidpointRounding.ToEven)))
        {
            found.Add($"The shares of {cost.Id} sum to {cost.Orders.Sum(o => o.Share)} {cost.Currency}, and it cost {cost.Total}.");
        }

        var (sites, orders) = (Sites(), Orders());
        foreach (var currency in sites.Select(s => s.Currency).Union(orders.Select(o => o.Currency)))
        {
            var (got, gave) = (sites.Where(s => s.Currency == currency).ToList(), orders.Where(o => o.Currency == currency).ToList());
            Compare("the shares", got.Sum(s => s.Shares), gave.Sum(o => o.Shares));
            Compare("what is paid", got.Sum(s => s.Paid), gave.Sum(o => o.Paid));
            Compare("what sites get in the end", got.Sum(s => s.Shares), got.Sum(s => s.Paid + s.Open + s.Refused));

            void Compare(string what, decimal left, decimal right)
            {
                if (left != right)
                {
                    found.Add($"In {currency}, {what} come to {left} on one side and {right} on the other.");
                }
            }
        }

        return found;
    }

    /// <summary>What is due of a share, once each of its jobs is accepted or refused; null before.</summary>
    public decimal? DueOf(OrderShare share)
    {
        ArgumentNullException.ThrowIfNull(share);
        return share.Jobs.All(_decided.ContainsKey) ? LedgerShares.DueOf(share.Share, share.Jobs.Count(j => _decided[j]), share.Jobs.Count) : null;
    }

    private decimal OpenOf(OrderShare share) => DueOf(share) is null ? share.Share : 0;

    private decimal RefusedOf(OrderShare share) => DueOf(share) is { } due ? share.Share - due : 0;

    private void Take(EconomicEvent e)
    {
        if (e.Cost is { } cost)
        {
            var key = (e.Provider, cost.Currency);
            if (e.IsScrap)
            {
                _scrap[key] = _scrap.GetValueOrDefault(key) + cost.Amount;
            }
            else
            {
                var terms = _costs.TryGetValue(key, out var known) ? known : _costs[key] = [];
                terms[cost.Term] = terms.GetValueOrDefault(cost.Term) + cost.Amount;
            }
        }

        switch (e.Action)
        {
            case LedgerAction.Cite: _credits[e.Provider] = _credits.GetValueOrDefault(e.Provider) + (e.Resource?.Value ?? 0); break;
            case LedgerAction.Accept when LedgerNames.JobOf(e.InputOf) is { } accepted: _decided[accepted] = true; break;
            case LedgerAction.Lower when e.Corrects is not null && LedgerNames.JobOf(e.OutputOf) is { } refused: _decided[refused] = false; break;
            case LedgerAction.Transfer when e is { Settles: { } claim }: _settled.Add(claim); break;
            case LedgerAction.Transfer when e is { Pays: not null, Order: { } order, Resource.Value: var amount }:
                var currency = e.ConformsTo["currency/".Length..];
                _paid[(order, currency)] = _paid.GetValueOrDefault((order, currency)) + amount;
                _received[(e.Receiver, currency)] = _received.GetValueOrDefault((e.Receiver, currency)) + amount;
                break;
            default: break;
        }
    }

    private static SortedDictionary<string, decimal> Sums(IEnumerable<ReciprocityClaim> claims)
    {
        var sums = new SortedDictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var claim in claims)
        {
            var key = claim.Currency ?? NoRate;
            sums[key] = sums.GetValueOrDefault(key) + (claim.Amount ?? 1);
        }

        return sums;
    }
}
