// Each kind of entry: its members written and read, side by side.

using System.Globalization;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Ledger;

namespace FabNet.Protocol.Ledger;

public static partial class LedgerFormat
{
    private const int MostListed = 10_000;
    private const long MostCopies = 1_000_000;

    private static LedgerMembers MembersOf(LedgerEntry entry) => entry switch
    {
        EconomicEvent e => MembersOf(e),
        OrderAgreement a => new LedgerMembers()
            .Text("@type", "Agreement").Text("receiver", a.Receiver).Moment("created", a.At).Text("fabnet:order", a.Order.Value)
            .Text("resourceConformsTo", LedgerNames.Design(a.Design)).Text("name", a.Design.ToString()).Measure("resourceQuantity", new Measure(a.Copies, LedgerUnit.One))
            .Moment("due", a.Due).Text("toLocation", a.Destination is { } to ? LedgerNames.Site(to) : null),
        WorkCommitment c => new LedgerMembers()
            .Text("@type", "Commitment").Text("action", LedgerWords.WordOf(LedgerAction.Produce)).Text("provider", c.Provider).Text("receiver", c.Receiver).Moment("created", c.At)
            .Text("agreedIn", LedgerNames.Agreement(c.Order)).Text("outputOf", c.Process).Text("resourceConformsTo", c.ConformsTo)
            .Measure("resourceQuantity", new Measure(c.Copies, LedgerUnit.One)).Text("fabnet:currency", c.Currency).Text("note", c.Why)
            .List("fabnet:planned", c.Planned, (json, t) => new LedgerMembers().Text("fabnet:term", LedgerWords.WordOf(t.Term)).Decimal("fabnet:amount", t.Amount).Write(json)),
        ReciprocityClaim c => new LedgerMembers()
            .Text("@type", "Claim").Text("action", LedgerWords.WordOf(LedgerAction.Transfer)).Text("provider", c.Provider).Text("receiver", c.Receiver).Moment("created", c.At)
            .Text("agreedIn", LedgerNames.Agreement(c.Order)).Text("triggeredBy", c.TriggeredBy).Text("fabnet:license", c.License)
            .Text("resourceConformsTo", c.Currency is { } currency ? LedgerNames.Currency(currency) : null)
            .Measure("resourceQuantity", c.Amount is { } amount ? new Measure(amount, LedgerUnit.Currency) : null),
        SharedCost s => new LedgerMembers()
            .Text("@type", "fabnet:SharedCost").Text("fabnet:thing", LedgerWords.Of(LedgerWords.Things, s.Thing)).Text("receiver", s.Receiver).Moment("created", s.At)
            .Text("resourceInventoriedAs", s.Machine is { } machine ? LedgerNames.Machine(machine) : null).Text("fabnet:currency", s.Currency)
            .Decimal("fabnet:total", s.Total).Decimal("fabnet:saving", s.Saving).Text("fabnet:rule", LedgerWords.WordOf(s.Rule)).Text("fabnet:bounds", LedgerWords.WordOf(s.Bounds))
            .List("fabnet:items", s.Items, (json, i) => new LedgerMembers().Text("fabnet:event", i.Event).Decimal("fabnet:amount", i.Amount).List("fabnet:users", i.Users, (j, o) => j.String(o.Value)).Write(json))
            .List("fabnet:orders", s.Orders, (json, o) => new LedgerMembers()
                .Text("fabnet:order", o.Order.Value).List("fabnet:jobs", o.Jobs, (j, id) => j.String(id.Value)).Decimal("fabnet:alone", o.Alone).Decimal("fabnet:incremental", o.Incremental).Decimal("fabnet:share", o.Share).Write(json)),
        _ => throw new NotSupportedException($"{entry.GetType().Name} has no form."),
    };

    private static LedgerMembers MembersOf(EconomicEvent e) => new LedgerMembers()
        .Text("@type", "EconomicEvent").Text("action", LedgerWords.WordOf(e.Action)).Text("provider", e.Provider).Text("receiver", e.Receiver).Moment("hasPointInTime", e.At)
        .Text("resourceConformsTo", e.ConformsTo).Text("resourceInventoriedAs", e.Inventoried).Measure("resourceQuantity", e.Resource).Measure("effortQuantity", e.Effort)
        .Text("agreedIn", e.Order is { } order ? LedgerNames.Agreement(order) : null).Text("inputOf", e.InputOf).Text("outputOf", e.OutputOf).Text("fulfills", e.Fulfills)
        .Text("settles", e.Settles).Text("fabnet:pays", e.Pays).Text("toLocation", e.ToLocation).Text("note", e.Note)
        .Text("fabnet:basis", e.Basis is QuantityBasis.Stated ? null : LedgerWords.Of(LedgerWords.Bases, e.Basis)).Text("fabnet:scrap", e.IsScrap ? "yes" : null)
        .Text("fabnet:term", e.Cost is { } term ? LedgerWords.WordOf(term.Term) : null).Decimal("fabnet:price", e.Cost?.Price).Decimal("fabnet:amount", e.Cost?.Amount).Text("fabnet:currency", e.Cost?.Currency);

    private static EconomicEvent ReadEvent(ManifestElement e) => new()
    {
        Id = e["@id"].String(),
        At = MomentOf(e["hasPointInTime"]),
        Fact = FactOf(e),
        Corrects = TextOf(e, "fabnet:corrects"),
        Action = e["action"].OneOf(LedgerWords.Actions),
        Provider = e["provider"].String(),
        Receiver = e["receiver"].String(),
        ConformsTo = e["resourceConformsTo"].String(),
        Inventoried = TextOf(e, "resourceInventoriedAs"),
        Resource = MeasureOf(e, "resourceQuantity"),
        Effort = MeasureOf(e, "effortQuantity"),
        Cost = e.Find("fabnet:term") is { } term ? new EventCost(term.OneOf(LedgerWords.Terms), DecimalOf(e["fabnet:price"]), DecimalOf(e["fabnet:amount"]), e["fabnet:currency"].String()) : null,
        Basis = e.Find("fabnet:basis")?.OneOf(LedgerWords.Bases) ?? QuantityBasis.Stated,
        Order = e.Find("agreedIn") is { } agreed ? AgreedIn(agreed) : null,
        InputOf = TextOf(e, "inputOf"),
        OutputOf = TextOf(e, "outputOf"),
        Fulfills = TextOf(e, "fulfills"),
        Settles = TextOf(e, "settles"),
        Pays = TextOf(e, "fabnet:pays"),
        ToLocation = TextOf(e, "toLocation"),
        IsScrap = e.Find("fabnet:scrap") is not null,
        Note = TextOf(e, "note"),
    };

    private static OrderAgreement ReadAgreement(ManifestElement e) => new()
    {
        Id = e["@id"].String(),
        At = MomentOf(e["created"]),
        Fact = FactOf(e),
        Corrects = TextOf(e, "fabnet:corrects"),
        Order = OrderId.Parse(e["fabnet:order"].String()),
        Receiver = e["receiver"].String(),
        Design = DesignOf(e["name"].String(), e["resourceConformsTo"].String()),
        Copies = CopiesOf(e),
        Due = e.Find("due") is { } due ? MomentOf(due) : null,
        Destination = e.Find("toLocation") is { } to ? SiteId.Parse(After(to, "site/")) : null,
    };

    private static WorkCommitment ReadCommitment(ManifestElement e) => new()
    {
        Id = e["@id"].String(),
        At = MomentOf(e["created"]),
        Fact = FactOf(e),
        Corrects = TextOf(e, "fabnet:corrects"),
        Order = AgreedIn(e["agreedIn"]),
        Process = e["outputOf"].String(),
        Provider = e["provider"].String(),
        Receiver = e["receiver"].String(),
        ConformsTo = e["resourceConformsTo"].String(),
        Copies = CopiesOf(e),
        Planned = e.OptionalList("fabnet:planned", LedgerWords.Terms.Length, t => new PlannedTerm(t["fabnet:term"].OneOf(LedgerWords.Terms), DecimalOf(t["fabnet:amount"]))),
        Currency = e["fabnet:currency"].String(),
        Why = TextOf(e, "note"),
    };

    private static ReciprocityClaim ReadClaim(ManifestElement e) => new()
    {
        Id = e["@id"].String(),
        At = MomentOf(e["created"]),
        Fact = FactOf(e),
        Corrects = TextOf(e, "fabnet:corrects"),
        Order = AgreedIn(e["agreedIn"]),
        Provider = e["provider"].String(),
        Receiver = e["receiver"].String(),
        TriggeredBy = e["triggeredBy"].String(),
        License = e["fabnet:license"].String(),
        Amount = MeasureOf(e, "resourceQuantity")?.Value,
        Currency = e.Find("resourceConformsTo") is { } currency ? After(currency, "currency/") : null,
    };

    private static SharedCost ReadSharedCost(ManifestElement e) => new()
    {
        Id = e["@id"].String(),
        At = MomentOf(e["created"]),
        Fact = FactOf(e),
        Corrects = TextOf(e, "fabnet:corrects"),
        Thing = e["fabnet:thing"].OneOf(LedgerWords.Things),
        Receiver = e["receiver"].String(),
        Machine = e.Find("resourceInventoriedAs") is { } machine ? MachineId.Parse(After(machine, "machine/")) : null,
        Currency = e["fabnet:currency"].String(),
        Total = DecimalOf(e["fabnet:total"]),
        Saving = DecimalOf(e["fabnet:saving"]),
        Rule = e["fabnet:rule"].OneOf(LedgerWords.Rules),
        Bounds = e["fabnet:bounds"].OneOf(LedgerWords.Bounds),
        Items = e.OptionalList("fabnet:items", MostListed, i => new SharedItem(i["fabnet:event"].String(), DecimalOf(i["fabnet:amount"]), i["fabnet:users"].List(MostListed, u => OrderId.Parse(u.String())))),
        Orders = e["fabnet:orders"].List(MostListed, o => new OrderShare
        {
            Order = OrderId.Parse(o["fabnet:order"].String()),
            Jobs = o["fabnet:jobs"].List(MostListed, j => JobId.Parse(j.String())),
            Alone = DecimalOf(o["fabnet:alone"]),
            Incremental = DecimalOf(o["fabnet:incremental"]),
            Share = DecimalOf(o["fabnet:share"]),
        }),
    };

    private static string? TextOf(ManifestElement e, string name) => e.Find(name)?.String();

    private static long FactOf(ManifestElement e) => e["fabnet:fact"].Integer(long.MaxValue);

    private static OrderId AgreedIn(ManifestElement e) => OrderId.Parse(After(e, "order/"));

    private static string After(ManifestElement e, string prefix) => e.String() is { } text && text.StartsWith(prefix, StringComparison.Ordinal)
        ? text[prefix.Length..]
        : throw new FormatException($"{e.Path} does not begin with {prefix}.");

    private static Measure? MeasureOf(ManifestElement e, string name) =>
        e.Find(name) is { } m ? new Measure(DecimalOf(m["hasNumericalValue"]), m["hasUnit"].OneOf(LedgerWords.Units)) : null;

    private static int CopiesOf(ManifestElement e) => MeasureOf(e, "resourceQuantity") is { Unit: LedgerUnit.One, Value: >= 1 and <= MostCopies and var copies } && decimal.IsInteger(copies)
        ? (int)copies
        : throw new FormatException($"{e.Path}.resourceQuantity is not a number of copies.");

    private static DesignRef DesignOf(string name, string conformsTo)
    {
        var at = name.LastIndexOf('@');
        return at > 0 && conformsTo.StartsWith("design/", StringComparison.Ordinal)
            ? new DesignRef(name[..at], name[(at + 1)..], Digest.Parse(conformsTo["design/".Length..]))
            : throw new FormatException("entry.name is not name@version, or entry.resourceConformsTo names no design.");
    }

    private static decimal DecimalOf(ManifestElement e) =>
        decimal.TryParse(e.String(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"{e.Path} is not a decimal.");

    private static DateTimeOffset MomentOf(ManifestElement e) =>
        DateTimeOffset.TryParse(e.String(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : throw new FormatException($"{e.Path} is not a moment.");
}
