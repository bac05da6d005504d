// What an Open Know-How manifest said, whichever version it is written in: only what is there, nothing guessed.

using FabNet.Model;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>A path that a manifest names, and where it does.</summary>
internal readonly record struct OkhFile(string Path, string Field, int Line);

/// <summary>The facts that a whole design and each of its parts may state.</summary>
internal record OkhThing
{
    public required int Line { get; init; }

    public string? Name { get; init; }

    public string? Tsdc { get; init; }

    public string? Material { get; init; }

    public double? MassGrams { get; init; }

    public Size3? OuterDimensionsMm { get; init; }

    /// <summary>What a person edits.</summary>
    public IReadOnlyList<OkhFile> Sources { get; init; } = [];

    /// <summary>What was made from the sources: meshes, drawings.</summary>
    public IReadOnlyList<OkhFile> Exports { get; init; } = [];
}

/// <summary>A toolpath of a part: FabNet's extension, see docs/okh.md.</summary>
internal sealed record OkhToolpath(OkhFile File, string? MachineClass, string? Material);

/// <summary>A declared part.</summary>
internal sealed record OkhPart : OkhThing
{
    public int Quantity { get; init; } = 1;

    public IReadOnlyList<OkhToolpath> Toolpaths { get; init; } = [];
}

/// <summary>A manifest.</summary>
internal sealed record OkhManifest : OkhThing
{
    /// <summary>The version of Open Know-How that it follows, as it says.</summary>
    public string? OkhVersion { get; init; }

    public string? Version { get; init; }

    public string? License { get; init; }

    public string? Licensor { get; init; }

    public string? Function { get; init; }

    public string? Repository { get; init; }

    public IReadOnlyList<OkhPart> Parts { get; init; } = [];

    /// <summary>Files of no part that it names: readme, picture, instructions.</summary>
    public IReadOnlyList<OkhFile> Documents { get; init; } = [];
}
