// How a shared cost was divided, as the ledger records it.

namespace FabNet.Model.Ledger;

/// <summary>The rule by which a shared cost is divided.</summary>
public enum SharingRule
{
    /// <summary>The Shapley value: what each order adds, averaged over every sequence in which they could have joined. Up to ten orders.</summary>
    Shapley,

    /// <summary>The middle between what an order adds and what it costs alone, scaled to the total. Above ten orders.</summary>
    MidPoint,
}

/// <summary>What became of the bounds: no order pays less than what it adds, or more than it costs alone.</summary>
public enum SharingBounds
{
    /// <summary>The rule's own shares lie within them.</summary>
    Kept,

    /// <summary>Some of the rule's shares lay outside and were moved onto their bound; the others took up the difference evenly.</summary>
    Held,

    /// <summary>What the orders add sums to more than the total: each pays its part of the total in proportion to what it adds.</summary>
    IncrementalScaled,

    /// <summary>Together is dearer than apart (S &lt; 0): nobody's bound can be kept, and each pays in proportion to what it costs alone.</summary>
    NotSubadditive,
}
