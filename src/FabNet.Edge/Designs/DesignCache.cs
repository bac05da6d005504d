// Designs from the shared catalogue, verified by digest, kept on disk, and served from there without a network.

using FabNet.Edge.Storage;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
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

    /// <summary>How often a call that was broken off is repeated before it is given up, 1 or more. Default <see cref="CatalogueRetry.DefaultRetries"/>.</summary>
    public int Retries { get; init; } = CatalogueRetry.DefaultRetries;
}

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
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _retry;
    private readonly BlobDownload _download;
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Task> _pulling = [];
    private readonly CancellationTokenSource _lifetime = new();

    /// <summary>Creates the cache over a folder; what is there is used.</summary>
    public DesignCache(DesignCatalogue.DesignCatalogueClient catalogue, DesignCacheOptions options, TimeProvider time, ILogger<DesignCache> logger)
    {
        _catalogue = catalogue;
        _options = options;
        _logger = logger;
        _manifests = new FileCache(Path.Combine(options.Folder, "manifests"), ".json", 256 * 1024 * 1024, time);
        _blobs = new FileCache(Path.Combine(options.Folder, "blobs"), ".blob", options.MaxBytes, time);
        _retry = CatalogueRetry.Create(time, options.Retries, (e, attempt, delay) => LogRetry(e.Message, attempt, delay.TotalSeconds));
        _download = new BlobDownload(catalogue, _retry, time);
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

        return await FetchAsync(design, cancellationToken);
    }

    /// <summary>Why a design must not be made, as the catalogue says; null if it may, and where the catalogue can't be asked: who is offline makes what it has.</summary>
    public async Task<string?> FindStopAsync(DesignRef design, CancellationToken cancellationToken = default)
    {
        try
        {
            var report = await _catalogue.GetReportAsync(new GetReportRequest { ManifestDigest = design.Manifest.Value, StandingOnly = true }, cancellationToken: cancellationToken);
            return report.HasStopReason ? report.StopReason : null;
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (RpcException e)
        {
            LogNotAsked(design.ToString(), e.Status.Detail);
            return null;
        }
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

    /// <summary>Ends the pulls that are under way; what has arrived is taken up by the next one.</summary>
    public void Dispose()
    {
        _lifetime.Cancel();
        _lifetime.Dispose();
    }

    private async Task<Design> FetchAsync(DesignRef wanted, CancellationToken cancellationToken)
    {
        var request = new GetDesignRequest { Name = wanted.Name, ManifestDigest = wanted.Manifest.Value };
        try
        {
            var published = await _retry.ExecuteAsync(async token => await _catalogue.GetDesignAsync(request, cancellationToken: token), cancellationToken);
            var design = published.AnswerTo(request);
            await KeepManifestAsync(design, published.Manifest.Memory, cancellationToken);
            return design;
        }
        catch (Exception e) when (e is TamperedException or RpcException)
        {
            throw Explain(e, $"the design {wanted}", cancellationToken);
        }
    }

    private async Task KeepManifestAsync(Design design, ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken)
    {
        try
        {
            await using var kept = await _manifests.AddAsync(design.Ref.Manifest, file => file.WriteAsync(manifest, cancellationToken).AsTask());
            File.SetLastWriteTimeUtc(kept.SafeFileHandle, design.PublishedAt.UtcDateTime);
        }
        catch (IOException e)
        {
            throw Disk.Explain(e, _options.Folder);
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
        var partial = _blobs.PartialPathOf(artefact.Digest);
        try
        {
            Directory.CreateDirectory(_blobs.Folder);
            var missing = artefact.Size - (new FileInfo(partial) is { Exists: true, Length: var there } ? there : 0);
            if (missing > 0)
            {
                Disk.RequireSpace(_blobs.Folder, missing);
            }

            await _download.RunAsync(artefact.Digest, artefact.Size, partial, cancellationToken: _lifetime.Token);
            await _blobs.Publish(artefact.Digest, partial).DisposeAsync();
            LogPulled(design.ToString(), artefact.Path, artefact.Size);
        }
        catch (Exception e) when (e is TamperedException or RpcException)
        {
            throw Explain(e, $"{artefact.Path} of {design}", _lifetime.Token);
        }
        catch (IOException e) when (Disk.IsFull(e))
        {
            // Half a blob must not keep from the journal the space that it needs to say so.
            Disk.TryDelete(partial);
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

    private Exception Explain(Exception fault, string what, CancellationToken cancellationToken) => fault switch
    {
        RpcException { StatusCode: StatusCode.Cancelled } when cancellationToken.IsCancellationRequested => new OperationCanceledException(fault.Message, fault, cancellationToken),
        RpcException { StatusCode: StatusCode.NotFound } e => new DesignException(DesignFault.NotFound, $"{_options.CatalogueName} does not have {what}: {e.Status.Detail}", e),
        RpcException e => new DesignException(DesignFault.Unreachable, $"{_options.CatalogueName} could not send {what}: {e.Status.Detail} ({e.StatusCode}).", e),
        _ => new DesignException(DesignFault.Corrupt, $"{_options.CatalogueName} did not send {what}. {fault.Message}", fault),
    };

    [LoggerMessage(LogLevel.Information, "The catalogue can't be asked whether {Design} is safe ({Reason}); it is made as it was leased.")]
    private partial void LogNotAsked(string design, string reason);

    [LoggerMessage(LogLevel.Information, "Pulled {Design} {File}, {Bytes} bytes.")]
    private partial void LogPulled(string design, string file, long bytes);

    [LoggerMessage(LogLevel.Warning, "{Design} ({Digest}…) was damaged on disk and is pulled again.")]
    private partial void LogDamaged(string design, string digest);

    [LoggerMessage(LogLevel.Warning, "The catalogue broke off ({Reason}); pull number {Attempt} goes on in {Seconds:0.0} s.")]
    private partial void LogRetry(string reason, int attempt, double seconds);
}
