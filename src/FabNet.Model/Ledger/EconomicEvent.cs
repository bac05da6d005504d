// What happened to resources, in ValueFlows' words.

namespace FabNet.Model.Ledger;

/// <summary>The actions of ValueFlows that this ledger uses.</summary>
public enum LedgerAction
{
    /// <summary>Goods were made.</summary>
    Produce,

    /// <summary>Material or energy was used up.</summary>
    Consume,

    /// <summary>A machine's time was used.</summary>
    Use,

    /// <summary>A person's time.</summary>
    Work,

    /// <summary>A design was used; its designers are credited.</summary>
    Cite,

    /// <summary>A service was given: a delivery, or the warranty to make again what fails.</summary>
    DeliverService,

    /// <summary>Goods went to who ordered them.</summary>
    TransferCustody,

    /// <summary>The receiver has them and is content.</summary>
    Accept,

    /// <summary>Made, or begun, and of no use: scrap.</summary>
    Lower,

    /// <summary>Money or credit goes from one to the other.</summary>
    Transfer,
}

/// <summary>The terms of a cost, named as docs/economics names them.</summary>
public enum CostTerm
{
    /// <summary>Machine time × rate.</summary>
    MachineTime,

    /// <summary>Set-up: a person's and the machine's time × rates.</summary>
    SetUp,

    /// <summary>Material and purge, g × price.</summary>
    Material,

    /// <summary>kWh × price.</summary>
    Energy,

    /// <summary>Fixed + distance × mass.</summary>
    Transport,

    /// <summary>Hours late × price. It weighs in plans; nobody is paid for it.</summary>
    Lateness,

    /// <summary>Failure probability × cost of remaking: what failed runs are paid from.</summary>
    Risk,
}

/// <summary>The units of this ledger, each an OM 2 unit.</summary>
public enum LedgerUnit
{
    /// <summary>Pieces, and plain numbers.</summary>
    One,

    /// <summary>Grams.</summary>
    Gram,

    /// <summary>Hours.</summary>
    Hour,

    /// <summary>Kilowatt-hours.</summary>
    KilowattHour,

    /// <summary>Kilometres × kilograms.</summary>
    KilometreKilogram,

    /// <summary>Money, in the currency that the resource names.</summary>
    Currency,
}

/// <summary>Where a quantity comes from.</summary>
public enum QuantityBasis
{
    /// <summary>Counted or stated; needs no more words.</summary>
    Stated,

    /// <summary>Measured by the site in this run.</summary>
    Measured,

    /// <summary>From the machine's profile: what its set-ups take.</summary>
    Profile,

    /// <summary>Computed from a broken-off run's time and its program's estimate.</summary>
    Estimated,
}

/// <summary>A quantity.</summary>
/// <param name="Value">To nine digits after the point.</param>
/// <param name="Unit">Its unit.</param>
public readonly record struct Measure(decimal Value, LedgerUnit Unit);

/// <summary>What an event cost: quantity × price.</summary>
/// <param name="Term">The term of the cost that it belongs to.</param>
/// <param name="Price">For one unit, in force when the job was taken.</param>
/// <param name="Amount">Quantity × price, to a hundredth of a cent, half to even; at most <see cref="MostAmount"/>.</param>
/// <param name="Currency">ISO 4217, or a community's own three letters.</param>
public sealed record EventCost(CostTerm Term, decimal Price, decimal Amount, string Currency)
{
    /// <summary>No event costs more than a million: a site that lies does not break the books.</summary>
    public const decimal MostAmount = 1_000_000m;

    /// <summary>The cost of a quantity.</summary>
    public static EventCost Of(CostTerm term, decimal quantity, decimal price, string currency) => new(term, price, AmountOf(quantity, price), currency);

    /// <summary>Quantity × price, as every reader computes it.</summary>
    public static decimal AmountOf(decimal quantity, decimal price) => Math.Min(MostAmount, Math.Round(quantity * price, 4, MidpointRounding.ToEven));
}

/// <summary>One thing that happened.</summary>
public sealed record EconomicEvent : LedgerEntry
{
    /// <summary>What.</summary>
    public required LedgerAction Action { get; init; }

    /// <summary>The agent who gives, such as <c>site/lab-north</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The agent who gets, such as <c>customer/ana</c>.</summary>
    public required string Receiver { get; init; }

    /// <summary>What kind of resource, such as <c>material/PLA</c>.</summary>
    public required string ConformsTo { get; init; }

    /// <summary>The very resource, such as <c>machine/lab-north/mk3</c>; null where it does not matter.</summary>
    public string? Inventoried { get; init; }

    /// <summary>How much of it; null where only effort counts.</summary>
    public Measure? Resource { get; init; }

    /// <summary>How much time of it; null where it is no time.</summary>
    public Measure? Effort { get; init; }

    /// <summary>What it cost; null where it has no price.</summary>
    public EventCost? Cost { get; init; }

    /// <summary>Where the quantity comes from.</summary>
    public QuantityBasis Basis { get; init; }

    /// <summary>The order, its agreement.</summary>
    public OrderId? Order { get; init; }

    /// <summary>The process that it went into.</summary>
    public string? InputOf { get; init; }

    /// <summary>The process that it came from.</summary>
    public string? OutputOf { get; init; }

    /// <summary>The commitment that it fulfils.</summary>
    public string? Fulfills { get; init; }

    /// <summary>The claim that it settles.</summary>
    public string? Settles { get; init; }

    /// <summary>The shared cost that it pays a share of.</summary>
    public string? Pays { get; init; }

    /// <summary>Where it went.</summary>
    public string? ToLocation { get; init; }

    /// <summary>True if what it cost made nothing: the site bears it, out of the risk that orders paid for.</summary>
    public bool IsScrap { get; init; }

    /// <summary>What a person should know of it.</summary>
    public string? Note { get; init; }

    /// <summary>The quantity that its price is for.</summary>
    public Measure? Quantity => Resource ?? Effort;
}
