// A line of a bill of materials: what is bought, not made.

namespace FabNet.Model.Designs;

/// <summary>Something that one product needs and nobody makes from this design: a screw, a bearing, a motor.</summary>
public sealed record BoughtPart
{
    /// <summary>What it is, such as <c>M3 × 12 screw, ISO 4762</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How many of <see cref="Unit"/> one product needs; above 0. Default 1.</summary>
    public double Quantity { get; init; } = 1;

    /// <summary>The unit of the quantity, such as <c>m</c>; null for pieces.</summary>
    public string? Unit { get; init; }

    /// <summary>A maker's or a seller's number for it, if stated.</summary>
    public string? Reference { get; init; }

    /// <summary>Where it can be had or read about, if stated.</summary>
    public string? Link { get; init; }
}
