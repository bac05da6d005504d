// A ledger's entries and books as tables for people.

using System.Globalization;
using FabNet.CommandLine;
using FabNet.Coordinator.Ledger;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;

namespace FabNet.Ledger;

internal static class LedgerText
{
    /// <summary>A table for <see cref="Add"/>.</summary>
    public static TextTable Entries() => new("AT", "WHAT", "OF", "FROM", "TO", "QUANTITY", "COSTS", "ENTRY");

    /// <summary>Adds an entry.</summary>
    public static void Add(TextTable table, LedgerEntry entry)
    {
        var at = entry.At.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
        switch (entry)
        {
            case EconomicEvent e:
                table.Add(at, LedgerWords.WordOf(e.Action), Of(e.ConformsTo), LedgerNames.ForPeople(e.Provider), LedgerNames.ForPeople(e.Receiver), Text(e.Quantity),
                    e.Cost is { } cost ? $"{Amount(cost.Amount)} {cost.Currency} {LedgerWords.WordOf(cost.Term)}{(e.IsScrap ? ", scrap" : "")}" : "", e.Id);
                break;
            case OrderAgreement a: table.Add(at, "order", a.Design.ToString(), "", LedgerNames.ForPeople(a.Receiver), $"{a.Copies}", "", a.Id); break;
            case WorkCommitment c:
                table.Add(at, "commit", Of(c.ConformsTo), LedgerNames.ForPeople(c.Provider), LedgerNames.ForPeople(c.Receiver), $"{c.Copies}", $"{Amount(c.Planned.Sum(p => p.Amount))} {c.Currency} planned", c.Id);
                break;
            case ReciprocityClaim c:
                table.Add(at, "claim", c.License, LedgerNames.ForPeople(c.Provider), LedgerNames.ForPeople(c.Receiver), c.Amount is { } owed ? $"{owed:0.00} {c.Currency}" : "to be agreed on", "", c.Id);
                break;
            case SharedCost s:
                table.Add(at, "share", $"{s.Orders.Count} {(s.Orders.Count == 1 ? "order" : "orders")}, S {s.Saving.ToString("0.##", CultureInfo.InvariantCulture)}", "", LedgerNames.ForPeople(s.Receiver),
                    string.Join(", ", s.Orders.Select(o => $"{o.Order} {o.Share:0.00}")), $"{Amount(s.Total)} {s.Currency}", s.Id);
                break;
            default: break;
        }
    }

    /// <summary>The books of the sites.</summary>
    public static TextTable Sites(IEnumerable<SiteBook> books)
    {
        var table = new TextTable("SITE", "", "MACHINES", "SET-UP", "MATERIAL", "ENERGY", "TRANSPORT", "RISK", "SCRAP", "SHARES", "PAID", "OPEN", "REFUSED");
        foreach (var b in books)
        {
            table.Add(LedgerNames.ForPeople(b.Site), b.Currency, Term(b, CostTerm.MachineTime), Term(b, CostTerm.SetUp), Term(b, CostTerm.Material), Term(b, CostTerm.Energy), Term(b, CostTerm.Transport),
                Term(b, CostTerm.Risk), Cents(b.Scrap), Cents(b.Shares), Cents(b.Paid), Cents(b.Open), Cents(b.Refused));
        }

        return table;
    }

    /// <summary>The books of the orders.</summary>
    public static TextTable Orders(IEnumerable<OrderLedgerBook> books)
    {
        var table = new TextTable("ORDER", "", "ALONE", "SHARE", "SAVED", "PAID", "OPEN", "REFUSED");
        foreach (var b in books)
        {
            table.Add(b.Order.Value, b.Currency, Cents(b.Shares + Saved(b)), Cents(b.Shares), Cents(Saved(b)), Cents(b.Paid), Cents(b.Open), Cents(b.Refused));
        }

        return table;
    }

    /// <summary>The books of the designers.</summary>
    public static TextTable Designers(IEnumerable<DesignerBook> books)
    {
        var table = new TextTable("DESIGNER", "CREDITS", "OWED", "SETTLED");
        foreach (var b in books)
        {
            table.Add(LedgerNames.ForPeople(b.Designer), b.Credits.ToString("0.####", CultureInfo.InvariantCulture), Sums(b.Claims), Sums(b.Settled));
        }

        return table;
    }

    // A share is in whole cents: what is less than one is no saving and no loss, and what alone would cost is shown so that the three agree.
    private static decimal Saved(OrderLedgerBook book) => Math.Round(book.Alone - book.Shares, 2, MidpointRounding.ToZero);

    private static string Sums(IReadOnlyDictionary<string, decimal> sums) => string.Join(", ", sums.Select(s => s.Key == "-" ? $"{s.Value:0} to be agreed on" : $"{Cents(s.Value)} {s.Key}"));

    private static string Term(SiteBook book, CostTerm term) => Cents(book.Costs.GetValueOrDefault(term));

    private static string Cents(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Amount(decimal amount) => amount.ToString("0.00##", CultureInfo.InvariantCulture);

    // A digest says nothing to a person; the part behind it does.
    private static string Of(string conformsTo) => conformsTo.StartsWith("design/sha256:", StringComparison.Ordinal)
        ? conformsTo.IndexOf('#', StringComparison.Ordinal) is > 0 and var at ? Uri.UnescapeDataString(conformsTo[(at + 1)..]) : $"design {conformsTo["design/sha256:".Length..][..12]}"
        : LedgerNames.ForPeople(conformsTo);

    private static string Text(Measure? measure) => measure is not { } m ? "" : m.Unit switch
    {
        LedgerUnit.One => m.Value.ToString("0.####", CultureInfo.InvariantCulture),
        LedgerUnit.Gram => m.Value.ToString("0.## g", CultureInfo.InvariantCulture),
        LedgerUnit.Hour => m.Value.ToString("0.### h", CultureInfo.InvariantCulture),
        LedgerUnit.KilowattHour => m.Value.ToString("0.#### kWh", CultureInfo.InvariantCulture),
        LedgerUnit.KilometreKilogram => m.Value.ToString("0.## km·kg", CultureInfo.InvariantCulture),
        _ => m.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
