// What an import gives: a design that can be published, its files, and what a publisher would fix.

using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>A folder or an archive, imported. Disposing it removes the files that were unpacked for it; a folder's are left alone.</summary>
public sealed record ImportedDesign : IDisposable
{
    /// <summary>The design; <see cref="Design.PublishedAt"/> is <see cref="DateTimeOffset.UnixEpoch"/>, for it is not published yet.</summary>
    public required Design Design { get; init; }

    /// <summary>Its canonical manifest, whose digest is in <see cref="DesignRef.Manifest"/>.</summary>
    public required byte[] Manifest { get; init; }

    /// <summary>The full path of a file with each digest that the manifest names.</summary>
    public required IReadOnlyDictionary<Digest, string> FilesByDigest { get; init; }

    /// <summary>What is missing or wrong, in the order a publisher would fix it; empty for a complete design.</summary>
    public required IReadOnlyList<ImportFinding> Findings { get; init; }

    /// <summary>Where an archive was unpacked; null for a folder.</summary>
    internal string? UnpackedTo { get; init; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (UnpackedTo is { } folder && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
