// A published design: an immutable version of an open design with its parts and files, named with Open Know-How's words.

using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using FabNet.Model.Machines;

namespace FabNet.Model.Designs;

/// <summary>Names one immutable version of a design: the manifest's digest decides, name and version are for people.</summary>
/// <param name="Name">The design's name in its catalogue, such as <c>cable-clip</c>.</param>
/// <param name="Version">The version as published, such as <c>1.2.0</c>.</param>
/// <param name="Manifest">The digest of the canonical manifest.</param>
public readonly record struct DesignRef(string Name, string Version, Digest Manifest)
{
    /// <inheritdoc />
    public override string ToString() => $"{Name}@{Version}";
}

/// <summary>What a file of a design is for.</summary>
public enum ArtefactKind
{
    /// <summary>Anything that is not one of the others: licences, pictures, instructions.</summary>
    Other,

    /// <summary>What a person edits: OpenSCAD, STEP, FreeCAD.</summary>
    Source,

    /// <summary>A mesh that a slicer reads: STL, 3MF, OBJ, AMF.</summary>
    Mesh,

    /// <summary>A toolpath proven on a machine class: G-code.</summary>
    Toolpath,

    /// <summary>What was made from the sources and is no mesh: a drawing, a flat pattern, Gerber files.</summary>
    Export,

    /// <summary>How to make or assemble a part.</summary>
    Instructions,

    /// <summary>A picture of a part.</summary>
    Image,
}

/// <summary>One file of a design.</summary>
public sealed record Artefact
{
    /// <summary>Its path within the design, with forward slashes; never absolute and never with <c>..</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What it is for.</summary>
    public required ArtefactKind Kind { get; init; }

    /// <summary>IANA media type, such as <c>model/stl</c> or <c>text/x-gcode</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>The digest of its bytes.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>For a toolpath: the machine profile it is proven on, such as <c>shapeoko-3</c>.</summary>
    public string? MachineClass { get; init; }

    /// <summary>For a toolpath: the material it is proven for, upper case; null where it does not matter.</summary>
    public string? Material { get; init; }

    /// <summary>For a toolpath: what it was made with, such as <c>layer-mm</c> = <c>0.2</c>; names are its author's. Only the manifest holds them.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>For a toolpath: the ids of the attested runs that prove it. Only the manifest holds them.</summary>
    [JsonIgnore]
    public IReadOnlyList<Digest> Runs { get; init; } = [];
}

/// <summary>A part that can be made by itself.</summary>
public sealed record DesignPart
{
    /// <summary>Its name, unique in the design.</summary>
    public required string Name { get; init; }

    /// <summary>How it is made.</summary>
    public required FabricationProcess Process { get; init; }

    /// <summary>The material its designer calls for, upper case, if stated. An order may name another.</summary>
    public string? Material { get; init; }

    /// <summary>Outer dimensions in mm, measured from the mesh where there is one, else as claimed; null if neither is known.</summary>
    public Size3? OuterDimensionsMm { get; init; }

    /// <summary>Outer dimensions in mm as the designer claims them, measured or not; null if none are claimed.</summary>
    public Size3? ClaimedDimensionsMm { get; init; }

    /// <summary>Volume of the mesh in mm³, where it is closed.</summary>
    public double? VolumeMm3 { get; init; }

    /// <summary>Claimed mass in grams, if stated.</summary>
    public double? MassGrams { get; init; }

    /// <summary>How many of it make one product. Default 1.</summary>
    public int Quantity { get; init; } = 1;

    /// <summary>What it asks of a machine; null if nothing.</summary>
    public PartRequirements? Requirements { get; init; }

    /// <summary>
    /// Further fields of Open Know-How's <c>[[part]]</c>, each as its TOML value on one line, so that an export loses nothing. Only the manifest
    /// holds them: an order's copy of a part does not.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> OkhFields { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Its files: sources, meshes, toolpaths.</summary>
    public required IReadOnlyList<Artefact> Artefacts { get; init; }
}

/// <summary>One published, immutable version of a design.</summary>
public sealed record Design
{
    /// <summary>Name, version and manifest digest.</summary>
    public required DesignRef Ref { get; init; }

    /// <summary>The name that people read.</summary>
    public required string Title { get; init; }

    /// <summary>What it does (Open Know-How's <c>function</c>).</summary>
    public required string Function { get; init; }

    /// <summary>SPDX licence expression as published; <c>NOASSERTION</c> where the manifest names none.</summary>
    public required string License { get; init; }

    /// <summary>Who licenses it, as the manifest says.</summary>
    public required string Licensor { get; init; }

    /// <summary>Who else is to be credited: authors, contributors, organisations, upstream licensors.</summary>
    public IReadOnlyList<string> Attribution { get; init; } = [];

    /// <summary>The namespace of its publisher, such as <c>alice</c>; null where it was published without one.</summary>
    public string? Publisher { get; init; }

    /// <summary>What it is a fork of; null for an original.</summary>
    public ForkOrigin? ForkOf { get; init; }

    /// <summary>Where it is developed, if stated.</summary>
    public string? Repository { get; init; }

    /// <summary>The revision in <see cref="Repository"/> that it was imported from: 40 or 64 hexadecimal digits; null if it is not known.</summary>
    public string? Commit { get; init; }

    /// <summary>When the catalogue accepted it.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The parts that can be made; at least one for a design that can be ordered.</summary>
    public required IReadOnlyList<DesignPart> Parts { get; init; }

    /// <summary>What one product needs besides its parts.</summary>
    public IReadOnlyList<BoughtPart> BillOfMaterials { get; init; } = [];

    /// <summary>Further fields of Open Know-How, each as its TOML value on one line, so that an export loses nothing.</summary>
    public IReadOnlyDictionary<string, string> OkhFields { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Files that belong to no part: licences, pictures, instructions.</summary>
    public IReadOnlyList<Artefact> Files { get; init; } = [];
}
