// What a program was made with: the part of a job that the commons can learn from.

using FabNet.Model;

namespace FabNet.Edge.Commons;

/// <summary>What a program was made with.</summary>
internal sealed record Recipe
{
    /// <summary>The design's licence, as its manifest states it.</summary>
    public required string License { get; init; }

    /// <summary>The settings that matter, in the form that an attested run has them.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The design's own toolpath that is run; null where the program was sliced here.</summary>
    public Digest? Toolpath { get; init; }
}
