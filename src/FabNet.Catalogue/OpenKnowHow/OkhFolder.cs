// A design as a folder of Open Know-How: its files, and the okh.toml that says what its manifest says.

using FabNet.Catalogue.Designs;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>Writes designs as folders that any tool of Open Know-How reads. Nothing that stands there with other contents is overwritten.</summary>
public static class OkhFolder
{
    /// <summary>Exports an imported design, whose files are on this machine, into a folder.</summary>
    /// <param name="imported">The design.</param>
    /// <param name="folder">The folder; created where it is missing.</param>
    /// <param name="cancellationToken">Stops; files that were written stay.</param>
    /// <exception cref="FormatException">The design breaks a rule of the manifest. Nothing was written.</exception>
    /// <exception cref="IOException">A file stands there already, a link leads elsewhere, or a file can't be read or written.</exception>
    public static async Task ExportAsync(ImportedDesign imported, string folder, CancellationToken cancellationToken = default)
    {
        _ = DesignManifest.Write(imported.Design);
        var root = Path.GetFullPath(folder);
        foreach (var artefact in imported.Design.AllArtefacts().DistinctBy(a => a.Path))
        {
            var target = Path.Combine(root, artefact.Path.Replace('/', Path.DirectorySeparatorChar));
            RefuseLinks(root, target);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            if (artefact.Size > 0)
            {
                await using var source = File.OpenRead(imported.FilesByDigest[artefact.Digest]);
                await source.CopyToAsync(copy, cancellationToken);
            }
        }

        await AddManifestAsync(imported.Design, root, cancellationToken);
    }

    /// <summary>True for a file name that an import reads as a design's manifest, however its letters are written.</summary>
    public static bool IsManifest(string fileName) => DesignImporter.ManifestNames.Contains(fileName, StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds <c>okh.toml</c> to a folder with a design's files. A design that has a file of that name keeps it.</summary>
    internal static async Task AddManifestAsync(Design design, string root, CancellationToken cancellationToken)
    {
        if (design.AllArtefacts().Any(a => a.Path.Equals(OkhWriter.FileName, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        Directory.CreateDirectory(root);
        var (path, toml) = (Path.Combine(root, OkhWriter.FileName), OkhWriter.Write(design));
        var there = new FileInfo(path);
        if (there.Exists && there.LinkTarget is null && there.Length == toml.Length && (await File.ReadAllBytesAsync(path, cancellationToken)).AsSpan().SequenceEqual(toml))
        {
            return;
        }

        if (there.Exists || there.LinkTarget is not null)
        {
            throw new IOException($"The file {path} is there with other contents than the design's. Choose an empty folder, or move the file away.");
        }

        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        await file.WriteAsync(toml, cancellationToken);
    }

    /// <summary>A folder within the target that is a symbolic link could lead out of it.</summary>
    internal static void RefuseLinks(string root, string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null && folder.Length > root.Length; folder = Path.GetDirectoryName(folder))
        {
            if (new DirectoryInfo(folder) is { Exists: true, LinkTarget: { } target })
            {
                throw new IOException($"{folder} is a link to {target}; files are only written within {root}. Choose another folder.");
            }
        }
    }
}
