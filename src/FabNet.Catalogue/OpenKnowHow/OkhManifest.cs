// What an Open Know-How manifest said, whichever version it is written in: only what is there, nothing guessed.

using System.Collections.ObjectModel;
using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>A path that a manifest names, and where it does.</summary>
internal readonly record struct OkhFile(string Path, string Field, int Line)
{
    /// <summary>True for an address on the web: nothing in the folder.</summary>
    public bool IsAddress => Path.Contains("://", StringComparison.Ordinal) || Path.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
}

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

    /// <summary>Fields that are kept as they stand, each as TOML on one line.</summary>
    public IReadOnlyDictionary<string, string> Kept { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}

/// <summary>A toolpath of a part: FabNet's extension, see docs/okh.md.</summary>
internal sealed record OkhToolpath(OkhFile File, string? MachineClass, string? Material)
{
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyList<Digest> Runs { get; init; } = [];
}

/// <summary>A declared part.</summary>
internal sealed record OkhPart : OkhThing
{
    public int Quantity { get; init; } = 1;

    public IReadOnlyList<OkhToolpath> Toolpaths { get; init; } = [];

    public IReadOnlyList<OkhFile> Images { get; init; } = [];

    public IReadOnlyList<OkhFile> Instructions { get; init; } = [];

    public IReadOnlyList<OkhFile> Auxiliaries { get; init; } = [];

    public PartRequirements? Requirements { get; init; }
}

/// <summary>The table <c>[fabnet]</c>: what FabNet adds to Open Know-How, see docs/okh.md.</summary>
internal sealed record OkhExtension
{
    /// <summary>The catalogue name, where it is not the one that the title gives.</summary>
    public string? Name { get; init; }

    public string? Publisher { get; init; }

    public string? Commit { get; init; }

    public ForkOrigin? ForkOf { get; init; }

    public IReadOnlyList<BoughtPart> Bought { get; init; } = [];
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

    /// <summary>Who is to be credited besides the licensor.</summary>
    public IReadOnlyList<string> Attribution { get; init; } = [];

    /// <summary>What FabNet adds to Open Know-How.</summary>
    public OkhExtension Extension { get; init; } = new();

    /// <summary>The bill of materials, if it is a file.</summary>
    public OkhFile? Bom { get; init; }

    public IReadOnlyList<OkhPart> Parts { get; init; } = [];

    /// <summary>Files of no part that it names: readme, picture, instructions.</summary>
    public IReadOnlyList<OkhFile> Documents { get; init; } = [];
}
