// A cost of one site that one or several orders share: what it is made of, what each order costs alone and adds, and what each pays.

namespace FabNet.Model.Ledger;

/// <summary>What is shared.</summary>
public enum SharedThing
{
    /// <summary>A set-up of a machine: the runs from one change of material, colour or tool to the next.</summary>
    SetUp,

    /// <summary>A delivery from a site to a place.</summary>
    Delivery,
}

/// <summary>A part of a shared cost.</summary>
/// <param name="Event">The event that it is the cost of.</param>
/// <param name="Amount">That event's amount.</param>
/// <param name="Users">The orders that need it: an order's own run is its own, clearing a bed that several shared is theirs, a change of set-up is every order's that would have needed it alone.</param>
public sealed record SharedItem(string Event, decimal Amount, IReadOnlyList<OrderId> Users);

/// <summary>An order's share.</summary>
public sealed record OrderShare
{
    /// <summary>The order.</summary>
    public required OrderId Order { get; init; }

    /// <summary>Its jobs here that were made.</summary>
    public required IReadOnlyList<JobId> Jobs { get; init; }

    /// <summary>What it would have cost alone: the same runs, from the set-up that the machine had then.</summary>
    public required decimal Alone { get; init; }

    /// <summary>What adding it added.</summary>
    public required decimal Incremental { get; init; }

    /// <summary>What it pays, in whole cents.</summary>
    public required decimal Share { get; init; }
}

/// <summary>A shared cost, divided. An order that shared with nobody is divided too: it pays all.</summary>
public sealed record SharedCost : LedgerEntry
{
    /// <summary>What is shared.</summary>
    public required SharedThing Thing { get; init; }

    /// <summary>Who bore it and is paid for it, as an agent's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>The machine, for a set-up.</summary>
    public MachineId? Machine { get; init; }

    /// <summary>Its currency.</summary>
    public required string Currency { get; init; }

    /// <summary>What it is made of.</summary>
    public required IReadOnlyList<SharedItem> Items { get; init; }

    /// <summary>The orders, by number.</summary>
    public required IReadOnlyList<OrderShare> Orders { get; init; }

    /// <summary>C(q), to a hundredth of a cent.</summary>
    public required decimal Total { get; init; }

    /// <summary>S = (ΣC(qᵢ) − C(q)) / C(q), to four digits.</summary>
    public required decimal Saving { get; init; }

    /// <summary>The rule used.</summary>
    public required SharingRule Rule { get; init; }

    /// <summary>What became of the bounds.</summary>
    public required SharingBounds Bounds { get; init; }
}
