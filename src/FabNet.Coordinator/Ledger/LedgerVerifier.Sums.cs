// What each entry must say, given those before it.

using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Planning.Sharing;
using FabNet.Protocol.Ledger;

namespace FabNet.Coordinator.Ledger;

public sealed partial class LedgerVerifier
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EconomicEvent> _priced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, decimal> _ofProcess = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (decimal Made, decimal Cited)> _cited = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SharedCost> _costs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReciprocityClaim> _claims = new(StringComparer.Ordinal);

    private void Check(LedgerEntry entry)
    {
        if (!_names.Add(entry.Id))
        {
            Find(entry.Id, "It stands there twice.");
        }

        RequireKnown(entry, entry.Corrects, "corrects");
        switch (entry)
        {
            case EconomicEvent e: Check(e); break;
            case SharedCost s: Check(s); break;
            case WorkCommitment c: Require(c, c.Planned.DistinctBy(p => p.Term).Count() == c.Planned.Count, "It plans a term twice."); break;
            case ReciprocityClaim c:
                RequireKnown(c, c.TriggeredBy, "is triggered by");
                _claims[c.Id] = c;
                break;
            default: break;
        }
    }

    private void Check(EconomicEvent e)
    {
        RequireKnown(e, e.Fulfills, "fulfils");
        RequireKnown(e, e.Order is { } order ? LedgerNames.Agreement(order) : null, "is agreed in");
        Require(e, e.Quantity is null or { Value: >= 0 }, "Its quantity is negative.");
        if (e.Cost is { } cost)
        {
            var amount = EventCost.AmountOf(e.Quantity?.Value ?? 0, cost.Price);
            Require(e, cost.Amount == amount, $"Its amount is {cost.Amount}, and {e.Quantity?.Value} × {cost.Price} is {amount} {cost.Currency}.");
            if (e.InputOf is { } process && !e.IsScrap)
            {
                var before = _ofProcess.GetValueOrDefault(process);
                Require(e, cost.Term is not CostTerm.Risk || cost.Price == before, $"Its risk is on {cost.Price}, and its run cost {before}.");
                _ofProcess[process] = before + cost.Amount;
            }

            if (!e.IsScrap)
            {
                _priced[e.Id] = e;
            }
        }

        if (e is { Action: LedgerAction.Produce, OutputOf: { } made })
        {
            _cited[made] = (e.Resource?.Value ?? 0, _cited.GetValueOrDefault(made).Cited);
        }
        else if (e is { Action: LedgerAction.Cite, InputOf: { } citing })
        {
            _cited[citing] = (_cited.GetValueOrDefault(citing).Made, _cited.GetValueOrDefault(citing).Cited + (e.Resource?.Value ?? 0));
        }
        else if (e.Action is LedgerAction.Transfer)
        {
            CheckTransfer(e);
        }
    }

    private void CheckTransfer(EconomicEvent e)
    {
        if (e.Pays is { } paid)
        {
            var (cost, share) = _costs.TryGetValue(paid, out var known) ? (known, known.Orders.FirstOrDefault(o => o.Order == e.Order)) : (null, null);
            Require(e, share is not null, $"It pays {paid}, of which {e.Order} has no share.");
            if (cost is not null && share is not null)
            {
                var due = Books.DueOf(share);
                Require(e, e.Resource?.Value == due, $"It pays {e.Resource?.Value}, and {(due is null ? "nothing is accepted yet" : $"{due} is due")}.");
                Require(e, e.Receiver == cost.Receiver && e.ConformsTo == LedgerNames.Currency(cost.Currency), "It pays another site, or in another currency, than the cost is in.");
            }
        }
        else if (e.Settles is { } settled)
        {
            var claim = _claims.GetValueOrDefault(settled);
            Require(e, claim is not null && _claims.Remove(settled), $"It settles {settled}, which is no open claim.");
            Require(e, claim is null || (claim.Provider == e.Provider && claim.Receiver == e.Receiver && claim.Amount == e.Resource?.Value), "It settles another claim than that one: who, to whom or how much differs.");
        }
        else
        {
            Find(e.Id, "It is a transfer that neither pays a share nor settles a claim.");
        }
    }

    private void Check(SharedCost s)
    {
        foreach (var item in s.Items)
        {
            // Each cost is divided once: it is taken out when it is.
            if (!_priced.Remove(item.Event, out var happened))
            {
                Find(s.Id, $"It divides {item.Event}, which is not there before it, is scrap, or was divided already.");
            }
            else if (happened.Cost!.Amount != item.Amount || happened.Cost.Currency != s.Currency || happened.Provider != s.Receiver)
            {
                Find(s.Id, $"It divides {item.Amount} {s.Currency} for {item.Event}, which cost {happened.Cost.Amount} {happened.Cost.Currency} at {happened.Provider}.");
            }
            else
            {
                var isOwn = LedgerNames.JobOf(happened.InputOf) is not null;
                Require(s, !isOwn || (item.Users is [var user] && user == happened.Order), $"{item.Event} is {happened.Order}'s own, and others are made to pay for it.");
            }
        }

        SharedOut again;
        try
        {
            again = LedgerShares.Of(s.Items, [.. s.Orders.Select(o => o.Order)]);
        }
        catch (ArgumentException e)
        {
            Find(s.Id, $"It can't be divided: {e.Message}");
            return;
        }

        Require(s, s.Total == again.Total, $"Its total is {s.Total}, and its items sum to {again.Total}.");
        Require(s, s.Saving == again.Saving, $"Its S is {s.Saving}, and its costs give {again.Saving}.");
        Require(s, (s.Rule, s.Bounds) == (again.Rule, again.Bounds), $"It was divided by {LedgerWords.WordOf(s.Rule)} ({LedgerWords.WordOf(s.Bounds)}), and the rule is {LedgerWords.WordOf(again.Rule)} ({LedgerWords.WordOf(again.Bounds)}).");
        foreach (var (share, i) in s.Orders.Select((o, i) => (o, i)))
        {
            var cost = again.Orders[i];
            Require(s, share.Alone == cost.Alone && share.Incremental == cost.Incremental, $"{share.Order} costs {share.Alone} alone and adds {share.Incremental}; its items give {cost.Alone} and {cost.Incremental}.");
            Require(s, share.Share == again.Shares[i], $"The share of {share.Order} is {share.Share}, and the rule gives {again.Shares[i]} {s.Currency}.");
        }

        _costs[s.Id] = s;
    }

    // A copy that was made credits designers with one, along the whole chain; before there were credits, with none.
    private void FinishCitations()
    {
        foreach (var (process, (made, cited)) in _cited)
        {
            if (cited != 0 && cited != made)
            {
                Add(new LedgerFinding(_line, process, $"It made {made} and credits {cited}."));
            }
        }
    }

    private void RequireKnown(LedgerEntry entry, string? name, string how) => Require(entry, name is null || _names.Contains(name), $"It {how} {name}, which is not there before it.");

    private void Require(LedgerEntry entry, bool condition, string otherwise)
    {
        if (!condition)
        {
            Find(entry.Id, otherwise);
        }
    }
}
