// A shared cost, divided.

using FabNet.Model.Ledger;

namespace FabNet.Planning.Sharing;

/// <summary>What an order costs by itself, and what it adds to the others.</summary>
/// <param name="Alone">Its stand-alone cost C(qᵢ).</param>
/// <param name="Incremental">What adding it added: C(q) − C(q without i).</param>
public readonly record struct OrderCost(decimal Alone, decimal Incremental);

/// <summary>The shares of one shared cost.</summary>
public sealed record SharedOut
{
    /// <summary>What is divided: C(q), to a hundredth of a cent.</summary>
    public required decimal Total { get; init; }

    /// <summary>What each order costs alone and adds, in the order in which they were given.</summary>
    public required IReadOnlyList<OrderCost> Orders { get; init; }

    /// <summary>What each order pays, in whole cents. They sum to <see cref="Total"/> rounded to the cent.</summary>
    public required IReadOnlyList<decimal> Shares { get; init; }

    /// <summary>The economy of scope S = (ΣC(qᵢ) − C(q)) / C(q), to four digits; 0 where nothing is paid.</summary>
    public required decimal Saving { get; init; }

    /// <summary>The rule.</summary>
    public required SharingRule Rule { get; init; }

    /// <summary>What became of the bounds.</summary>
    public required SharingBounds Bounds { get; init; }
}
