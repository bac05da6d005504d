// Pulls a design into a folder: resumed, verified, and only then put in place.

using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using Grpc.Core;

namespace FabNet.Catalogue.Client;

/// <summary>Pulls designs. Bytes get their name in the folder only after their digest was found right.</summary>
public sealed class DesignPuller
{
    /// <summary>Where unfinished downloads lie within the folder, by digest.</summary>
    private const string PartialFolder = ".fabnet-partial";

    private readonly BlobDownload _download;

    internal DesignPuller(BlobDownload download) => _download = download;

    /// <summary>Pulls every file of a design into a folder, with the <c>okh.toml</c> that says what its manifest says. Called again it goes on where it stopped; files that are right are left alone.</summary>
    /// <param name="design">A verified design, from <see cref="CatalogueClient.GetAsync(string, string?, CancellationToken)"/>.</param>
    /// <param name="folder">The folder; created where it is missing.</param>
    /// <param name="progress">Told after each chunk; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what came down is kept.</param>
    /// <exception cref="TamperedException">The catalogue sent other bytes.</exception>
    /// <exception cref="FormatException">The design breaks a rule of the manifest, such as a path that leaves the folder. Nothing was written.</exception>
    /// <exception cref="IOException">A file stands there with other contents, a link leads elsewhere, or a file can't be written.</exception>
    /// <exception cref="RpcException">The catalogue refused, or could not be reached.</exception>
    public async Task PullAsync(Design design, string folder, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        // A design from anywhere but a manifest was not checked yet; a path must never leave the folder.
        _ = DesignManifest.Write(design);
        var root = Path.GetFullPath(folder);
        var partialFolder = Path.Combine(root, PartialFolder);
        Directory.CreateDirectory(partialFolder);
        var byDigest = design.AllArtefacts().DistinctBy(a => a.Path).GroupBy(a => a.Digest).ToList();
        var total = byDigest.Sum(g => g.First().Size);
        long done = 0;
        foreach (var group in byDigest)
        {
            var blob = group.First();
            var wanted = new List<string>();
            foreach (var target in group.Select(a => Path.Combine(root, a.Path.Replace('/', Path.DirectorySeparatorChar))))
            {
                OkhFolder.RefuseLinks(root, target);
                if (!await IsThereAsync(target, blob, cancellationToken))
                {
                    wanted.Add(target);
                }
            }

            if (wanted.Count > 0)
            {
                var partial = Path.Combine(partialFolder, blob.Digest.Hex);
                var before = done;
                await _download.RunAsync(blob.Digest, blob.Size, partial, received => progress?.Report(new TransferProgress(blob.Path, before + received, total)), cancellationToken);
                Place(partial, wanted);
            }

            done += blob.Size;
            progress?.Report(new TransferProgress(blob.Path, done, total));
        }

        await OkhFolder.AddManifestAsync(design, root, cancellationToken);
        Directory.Delete(partialFolder, recursive: true);
    }

    private static async Task<bool> IsThereAsync(string path, Artefact blob, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, FileOptions.Asynchronous);
        return file.Length == blob.Size && await Digest.OfAsync(file, cancellationToken) == blob.Digest ? true
            : throw new IOException($"The file {path} is there with other contents than the design's {blob.Path}. Pull into an empty folder, or move the file away.");
    }

    // Each name appears by a rename, so that no half file ever stands under it.
    private static void Place(string whole, List<string> targets)
    {
        foreach (var target in targets)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var source = whole;
            if (target != targets[^1])
            {
                source = whole + ".copy";
                File.Copy(whole, source, overwrite: true);
            }

            File.Move(source, target);
        }
    }
}
