// What a part asks of the machine that makes it.

namespace FabNet.Model.Designs;

/// <summary>What a part needs to come out right; each is null where its designer does not mind.</summary>
public sealed record PartRequirements
{
    /// <summary>The widest nozzle's bore in mm that still makes it well; above 0.</summary>
    public double? NozzleMm { get; init; }

    /// <summary>How far a dimension may be off, in mm, either way; above 0.</summary>
    public double? ToleranceMm { get; init; }

    /// <summary>The share of the inside that is filled, in percent, 0 to 100.</summary>
    public double? InfillPercent { get; init; }

    /// <summary>The greatest height of a layer in mm; above 0.</summary>
    public double? LayerMm { get; init; }

    /// <summary>The tool it needs, such as <c>2 mm end mill</c>.</summary>
    public string? Tool { get; init; }
}
