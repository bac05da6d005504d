// Designs from the shared catalogue, verified by digest, kept on disk, and served from there without a network.

using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Polly;
using Artefact = FabNet.Model.Designs.Artefact;
using DesignRef = FabNet.Model.Designs.DesignRef;

namespace FabNet.Edge.Designs;

/// <summary>Where designs are kept, and how much of them.</summary>
public sealed record DesignCacheOptions
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Files kept, in bytes; the least recently used go first. Default 10 GB.</summary>
    public long MaxBytes { get; init; } = 10_000_000_000;

    /// <summary>How the catalogue is named in messages: its address.</summary>
    public required string CatalogueName { get; init; }

    /// <summary>How often a pull that was cut is taken up again before it is given up. Default 5.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>How long the catalogue may stay silent in the middle of a pull. Default 30 s.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>How far a pull has come.</summary>
/// <param name="File">The file that is being pulled.</param>
/// <param name="Bytes">Bytes of the design that are here.</param>
/// <param name="TotalBytes">Bytes of the whole design.</param>
public readonly record struct PullProgress(string File, long Bytes, long TotalBytes);

/// <summary>
/// Pulls designs and their files. Everything is checked against its digest while it arrives, so the catalogue need not be trusted; what
/// does not match is thrown away. A pull that was cut goes on where it stopped, also in a later process. Concurrent pulls of
/// one file share the work. Thread safe.
/// </summary>
public sealed partial class DesignCache : IDisposable
{
    private readonly DesignCatalogue.DesignCatalogueClient _catalogue;
    private readonly DesignCacheOptions _options;
    private readonly FileCache _manifests;
    private readonly FileCache _blobs;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _retry;
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Task> _pulling = [];
    private readonly CancellationTokenSource _lifetime = new();

    /// <summary>Creates the cache over a folder; what is there is used.</summary>
    public DesignCache(DesignCatalogue.DesignCatalogueClient catalogue, DesignCacheOptions options, TimeProvider time, ILogger<DesignCache> logger)
    {
        _catalogue = catalogue;
        _options = options;
        _time = time;
        _logger = logger;
        _manifests = new FileCache(Path.Combine(options.Folder, "manifests"), ".json", 256 * 1024 * 1024, time);
        _blobs = new FileCache(Path.Combine(options.Folder, "blobs"), ".blob", options.MaxBytes, time);
        _retry = CatalogueRetry.Build(options.Retries, time, LogRetry);
    }

    /// <summary>A design by its exact version: from the disk if it is there, else from the catalogue.</summary>
    /// <exception cref="DesignException">It can't be had; nothing that did not match was kept.</exception>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public async Task<Design> GetAsync(DesignRef design, CancellationToken cancellationToken = default)
    {
        if (_manifests.TryOpen(design.Manifest) is { } cached)
        {
            await using (cached)
            {
                var bytes = new byte[cached.Length];
                await cached.ReadExactlyAsync(bytes, cancellationToken);
                if (Digest.Of(bytes) == design.Manifest)
                {
                    return DesignManifest.Read(bytes, new DateTimeOffset(File.GetLastWriteTimeUtc(cached.SafeFileHandle)));
                }
            }

            LogDamaged(design.ToString(), design.Manifest.Short);
            Disk.TryDelete(_manifests.PathOf(design.Manifest));
        }

        return await FetchAsync(new GetDesignRequest { Name = design.Name, ManifestDigest = design.Manifest.Value }, design.ToString(), design.Manifest, cancellationToken);
    }

    /// <summary>A design by name, from the catalogue.</summary>
    /// <param name="name">The design's name.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="DesignException">It can't be had.</exception>
    public Task<Design> FindAsync(string name, string? version, CancellationToken cancellationToken = default)
    {
        var request = new GetDesignRequest { Name = name };
        if (version is not null)
        {
            request.Version = version;
        }

        return FetchAsync(request, version is null ? name : $"{name}@{version}", null, cancellationToken);
    }

    /// <summary>Opens a file of a design for reading: from the disk if it is there, else it is pulled first. What is open stays readable.</summary>
    /// <exception cref="DesignException">It can't be had; nothing that did not match was kept.</exception>
    /// <exception cref="DiskFullException">There is no space left.</exception>
    public async Task<FileStream> OpenAsync(Design design, Artefact artefact, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_blobs.TryOpen(artefact.Digest) is { } file)
            {
                if (file.Length == artefact.Size)
                {
                    return file;
                }

                await file.DisposeAsync();
                LogDamaged($"{design.Ref} {artefact.Path}", artefact.Digest.Short);
                Disk.TryDelete(_blobs.PathOf(artefact.Digest));
            }

            await PullSharedAsync(design.Ref, artefact).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Writes every file of a design into a folder, which is created. Files that are there already with the same bytes stay.</summary>
    /// <param name="design">The design.</param>
    /// <param name="folder">The folder. Paths of the design that would leave it are refused.</param>
    /// <param name="progress">Told after each file.</param>
    /// <param name="cancellationToken">Stops; what was written stays, and the next pull goes on from it.</param>
    /// <exception cref="DesignException">It can't be had, or names a path that is not safe.</exception>
    /// <exception cref="IOException">A file of the same name and other bytes is there, or the disk can't be written.</exception>
    public async Task PullAsync(Design design, string folder, IProgress<PullProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var root = Path.GetFullPath(folder);
        var artefacts = design.Files.Concat(design.Parts.SelectMany(p => p.Artefacts)).DistinctBy(a => a.Path).ToList();
        var total = artefacts.Sum(a => a.Size);
        long done = 0;
        foreach (var artefact in artefacts)
        {
            await using var file = await OpenAsync(design, artefact, cancellationToken);
            await PulledFile.WriteAsync(design.Ref, artefact, file, root, cancellationToken);
            done += artefact.Size;
            progress?.Report(new PullProgress(artefact.Path, done, total));
        }
    }

    /// <summary>Ends the pulls that are under way; what has arrived is taken up by the next one.</summary>
    public void Dispose()
    {
        _lifetime.Cancel();
        _lifetime.Dispose();
    }

    private async Task<Design> FetchAsync(GetDesignRequest request, string name, Digest? expected, CancellationToken cancellationToken)
    {
        var published = await CallAsync(
            async token => await _catalogue.GetDesignAsync(request, cancellationToken: token),
            $"the design {name}",
            cancellationToken);
        var manifest = published.Manifest.ToByteArray();
        var digest = Digest.Of(manifest);
        if (digest != (expected ?? published.Ref.ToModel().Manifest))
        {
            throw new DesignException(
                DesignFault.Corrupt,
                $"{_options.CatalogueName} sent a manifest for {name} with the digest {digest.Short}…, and {(expected ?? published.Ref.ToModel().Manifest).Short}… was asked for: it was changed on the way or at the catalogue. Nothing of it was kept.");
        }

        Design design;
        try
        {
            design = DesignManifest.Read(manifest, published.PublishedAt.ToModel("published_at"));
        }
        catch (FormatException e)
        {
            throw new DesignException(DesignFault.Corrupt, $"The manifest of {name} at {_options.CatalogueName} breaks the rules: {e.Message}", e);
        }

        await KeepManifestAsync(design, manifest, cancellationToken);
        return design;
    }

    private async Task KeepManifestAsync(Design design, byte[] manifest, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(_manifests.Folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(_manifests.Folder);
            await using var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            await file.WriteAsync(manifest, cancellationToken);
            await using var kept = _manifests.Publish(design.Ref.Manifest, file);
            File.SetLastWriteTimeUtc(kept.SafeFileHandle, design.PublishedAt.UtcDateTime);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, _options.Folder);
        }
        finally
        {
            Disk.TryDelete(temporary);
        }
    }

    /// <summary>One pull for each digest, whoever asks. It goes on when those who asked give up: what has arrived is kept anyway.</summary>
    private Task PullSharedAsync(DesignRef design, Artefact artefact)
    {
        lock (_gate)
        {
            if (!_pulling.TryGetValue(artefact.Digest, out var pull))
            {
                pull = Task.Run(() => PullBlobAsync(design, artefact), CancellationToken.None);
                _pulling.Add(artefact.Digest, pull);
            }

            return pull;
        }
    }

    private async Task PullBlobAsync(DesignRef design, Artefact artefact)
    {
        try
        {
            var download = new BlobDownload(_catalogue, _blobs, artefact, $"{artefact.Path} of {design}", _options, _time);
            await CallAsync(
                async token =>
                {
                    await download.RunAsync(token);
                    return true;
                },
                $"{artefact.Path} of {design}",
                _lifetime.Token);
            LogPulled(design.ToString(), artefact.Path, artefact.Size);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, _options.Folder);
        }
        finally
        {
            lock (_gate)
            {
                _pulling.Remove(artefact.Digest);
            }
        }
    }

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await _retry.ExecuteAsync(async token => await call(token), cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            throw new DesignException(DesignFault.NotFound, $"{_options.CatalogueName} does not have {what}: {e.Status.Detail}", e);
        }
        catch (RpcException e)
        {
            throw new DesignException(DesignFault.Unreachable, $"{_options.CatalogueName} could not send {what}: {e.Status.Detail} ({e.StatusCode}).", e);
        }
    }

    [LoggerMessage(LogLevel.Information, "Pulled {Design} {File}, {Bytes} bytes.")]
    private partial void LogPulled(string design, string file, long bytes);

    [LoggerMessage(LogLevel.Warning, "{Design} ({Digest}…) was damaged on disk and is pulled again.")]
    private partial void LogDamaged(string design, string digest);

    [LoggerMessage(LogLevel.Warning, "The catalogue broke off ({Reason}); pull number {Attempt} goes on in {Seconds:0.0} s.")]
    private partial void LogRetry(string reason, int attempt, double seconds);
}
