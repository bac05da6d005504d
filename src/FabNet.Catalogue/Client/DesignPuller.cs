// Pulls a design into a folder: resumed, verified, and only then put in place.

using System.Security.Cryptography;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;
using Polly;

namespace FabNet.Catalogue.Client;

/// <summary>Pulls designs. Bytes get their name in the folder only after their digest was found right.</summary>
public sealed class DesignPuller
{
    /// <summary>Where unfinished downloads lie within the folder, by digest.</summary>
    private const string PartialFolder = ".fabnet-partial";

    private readonly DesignCatalogue.DesignCatalogueClient _client;
    private readonly ResiliencePipeline _retry;

    internal DesignPuller(DesignCatalogue.DesignCatalogueClient client, ResiliencePipeline retry) => (_client, _retry) = (client, retry);

    /// <summary>Pulls every file of a design into a folder. Called again it goes on where it stopped; files that are right are left alone.</summary>
    /// <param name="design">A verified design, from <see cref="CatalogueClient.GetAsync(string, string?, CancellationToken)"/>.</param>
    /// <param name="folder">The folder; created where it is missing.</param>
    /// <param name="progress">Told after each chunk; null for nobody.</param>
    /// <param name="cancellationToken">Stops; what came down is kept.</param>
    /// <exception cref="TamperedException">The catalogue sent other bytes.</exception>
    /// <exception cref="IOException">A file stands there with other contents, or can't be written.</exception>
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
                if (!await IsThereAsync(target, blob, cancellationToken))
                {
                    wanted.Add(target);
                }
            }

            if (wanted.Count > 0)
            {
                var partial = Path.Combine(partialFolder, blob.Digest.Hex);
                var before = done;
                await PullBlobAsync(blob.Digest, blob.Size, partial, received => progress?.Report(new TransferProgress(blob.Path, before + received, total)), cancellationToken);
                Place(partial, wanted);
            }

            done += blob.Size;
            progress?.Report(new TransferProgress(blob.Path, done, total));
        }

        Directory.Delete(partialFolder, recursive: true);
    }

    /// <summary>Pulls one blob into a file, going on where the file ends, and verifies the whole.</summary>
    /// <param name="digest">What the bytes must have.</param>
    /// <param name="size">How many there must be.</param>
    /// <param name="path">The file. After <see cref="TamperedException"/> it is gone; after anything else it holds what came, to go on from.</param>
    /// <param name="report">Told how many bytes are there, after each chunk.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="TamperedException">The catalogue sent other bytes.</exception>
    public async Task PullBlobAsync(Digest digest, long size, string path, Action<long>? report = null, CancellationToken cancellationToken = default)
    {
        var isResumed = File.Exists(path) && new FileInfo(path).Length > 0;
        if (await TryPullAsync(digest, size, path, report, cancellationToken))
        {
            return;
        }

        // What was there before may be what is wrong: once more from the beginning.
        if (!isResumed || !await TryPullAsync(digest, size, path, report, cancellationToken))
        {
            throw new TamperedException($"The catalogue sent bytes that are not the blob {digest}. They were thrown away. Its disk may be damaged: tell whoever runs it, and pull from another catalogue.");
        }
    }

    private async Task<bool> TryPullAsync(Digest digest, long size, string path, Action<long>? report, CancellationToken cancellationToken)
    {
        await using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.Asynchronous))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (file.Length > size)
            {
                file.SetLength(0);
            }

            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }

            var isWhole = await _retry.ExecuteAsync(async ct => await ReceiveAsync(digest, size, file, hash, report, ct), cancellationToken);
            if (isWhole && Digest.FromHash(hash.GetHashAndReset()) == digest)
            {
                await file.FlushAsync(cancellationToken);
                file.Flush(flushToDisk: true);
                return true;
            }
        }

        File.Delete(path);
        return false;
    }

    // One attempt, from where the file ends; false if the catalogue sent too much or too little.
    private async ValueTask<bool> ReceiveAsync(Digest digest, long size, FileStream file, IncrementalHash hash, Action<long>? report, CancellationToken cancellationToken)
    {
        if (file.Position == size)
        {
            return true;
        }

        using var call = _client.GetBlob(new GetBlobRequest { Digest = digest.Value, Offset = file.Position }, cancellationToken: cancellationToken);
        try
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var chunk = call.ResponseStream.Current.Chunk.Memory;
                if (file.Position + chunk.Length > size)
                {
                    return false;
                }

                await file.WriteAsync(chunk, cancellationToken);
                hash.AppendData(chunk.Span);
                report?.Invoke(file.Position);
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.OutOfRange)
        {
            // The catalogue's copy is shorter than the manifest says, so it is not the blob.
            return false;
        }

        return file.Position == size;
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

    private static void Place(string partial, List<string> targets)
    {
        foreach (var target in targets)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (target == targets[^1])
            {
                File.Move(partial, target);
            }
            else
            {
                File.Copy(partial, target);
            }
        }
    }
}
