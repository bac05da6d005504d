// Writes one file of a design into a person's folder, and never beside it.

using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Edge.Designs;

/// <summary>Files as a pull leaves them.</summary>
internal static class PulledFile
{
    /// <summary>Writes a file under a folder, whole or not at all.</summary>
    /// <exception cref="DesignException">The path is not safe.</exception>
    /// <exception cref="IOException">Another file is in the way, or the disk can't be written.</exception>
    public static async Task WriteAsync(DesignRef design, Artefact artefact, Stream source, string root, CancellationToken cancellationToken)
    {
        if (DesignPath.FindFault(artefact.Path) is { } fault)
        {
            throw new DesignException(DesignFault.Corrupt, $"{design} names the path '{artefact.Path}', which {fault}. Nothing was written.");
        }

        var path = Path.Combine(root, artefact.Path.Replace('/', Path.DirectorySeparatorChar));
        RefuseLinks(root, path);
        if (File.Exists(path))
        {
            await using var existing = File.OpenRead(path);
            if (existing.Length == artefact.Size && await Digest.OfAsync(existing, cancellationToken) == artefact.Digest)
            {
                return;
            }

            throw new IOException($"{path} is there already, and is not the design's. Choose another folder, or move it away.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".partial";
        try
        {
            await using var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);
            await source.CopyToAsync(file, cancellationToken);
            Disk.Publish(file, path);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, root);
        }
        finally
        {
            Disk.TryDelete(temporary);
        }
    }

    /// <summary>A folder within the target that is a symbolic link could lead out of it.</summary>
    private static void RefuseLinks(string root, string path)
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
