// What an import found missing or wrong in a design's folder, in the order a publisher would fix it.

namespace FabNet.Catalogue.Designs;

/// <summary>What a finding is about. The order is the one in which a publisher would fix them: what stops others first, details last.</summary>
public enum FindingKind
{
    /// <summary>No licence is named for the hardware, so nobody may legally make it: <c>NOASSERTION</c> is recorded, nothing is guessed.</summary>
    LicenseMissing,

    /// <summary>No part can be made: no mesh, no toolpath. The design can be read, not ordered.</summary>
    NothingToMake,

    /// <summary>A file is a Git LFS pointer, not the file itself; it was left out.</summary>
    LfsPointer,

    /// <summary>A file that the manifest names is not there.</summary>
    FileMissing,

    /// <summary>A file was left out: a link, a name that leads out of the folder or that not every system can hold.</summary>
    FileLeftOut,

    /// <summary>A picture holds a script, or fetches from elsewhere. It is published as it is; nothing that FabNet shows may run it.</summary>
    ActiveContent,

    /// <summary>A name mixes the letters of several scripts within a word, or hid characters, so it may pass for another name.</summary>
    NameUnclear,

    /// <summary>A mesh can't be read, is not closed, or has an unlikely size.</summary>
    MeshFault,

    /// <summary>A field that Open Know-How requires is missing.</summary>
    FieldMissing,

    /// <summary>No version is stated: <c>0.0.0</c> is recorded.</summary>
    VersionMissing,

    /// <summary>Parts are not declared; they were found by walking the files.</summary>
    PartsNotDeclared,

    /// <summary>A toolpath names no machine class, so no machine will run it.</summary>
    MachineClassMissing,

    /// <summary>A part says no process, or none that Open Know-How has.</summary>
    ProcessUnknown,

    /// <summary>A key looks like another one misspelt.</summary>
    KeyMisspelt,

    /// <summary>A value is not in the form that Open Know-How gives it.</summary>
    ValueForm,

    /// <summary>The claimed dimensions are not those of the mesh.</summary>
    DimensionsDiffer,

    /// <summary>A mesh belongs to no declared part.</summary>
    MeshWithoutPart,

    /// <summary>A part names no material.</summary>
    MaterialMissing,

    /// <summary>A key that Open Know-How does not have.</summary>
    KeyUnknown,
}

/// <summary>One thing that a publisher would fix.</summary>
public sealed record ImportFinding
{
    /// <summary>What it is about.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>What was found, what was recorded instead, and what to write.</summary>
    public required string Message { get; init; }

    /// <summary>The file it is in, relative to the folder.</summary>
    public required string File { get; init; }

    /// <summary>The line in that file, counted from 1; null if it has none.</summary>
    public int? Line { get; init; }

    /// <inheritdoc />
    public override string ToString() => Line is { } line ? $"{File}:{line}: {Message}" : $"{File}: {Message}";
}
