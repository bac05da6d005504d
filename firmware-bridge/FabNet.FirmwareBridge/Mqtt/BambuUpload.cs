// Brings a program onto the machine's card: packed as a project file on disk, then uploaded.

using FabNet.FirmwareBridge.Ftps;
using FabNet.GCode;
using Polly;
using Polly.Retry;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// Packs and uploads. Nothing moves by it, so it is tried again where the line broke. The file of the print before is deleted first, so that the card does not fill. One upload at a time.
/// </summary>
internal sealed class BambuUpload(BambuMachineOptions options, BambuTrust trust, EventOutbox events, TimeProvider time)
{
    private const int Retries = 2;
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private string? _before;

    /// <summary>Uploads a program.</summary>
    /// <returns>The MD5 of the file, as the start names it.</returns>
    /// <exception cref="FtpsException">The machine did not take it.</exception>
    /// <exception cref="IOException">The file can't be written here.</exception>
    public async Task<string> RunAsync(AdmittedProgram program, BambuTask task, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.SpoolFolder);
        var path = Path.Combine(options.SpoolFolder, task.File);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        if (!OperatingSystem.IsWindows())
            File.Delete(path); // It lives on without a name, and is gone even if this process is killed.
        var md5 = await BambuProjectFile.WriteAsync(program, file, cancellationToken);
        var retrying = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<FtpsException>(static error => error.IsTransient),
                MaxRetryAttempts = Retries,
                Delay = options.ReopenDelay,
                BackoffType = DelayBackoffType.Exponential,
                OnRetry = retry =>
                {
                    events.Note($"{retry.Outcome.Exception!.Message} Trying again.");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        await retrying.ExecuteAsync(async token => await SendAsync(file, task, token), cancellationToken);
        return md5;
    }

    private async Task SendAsync(FileStream file, BambuTask task, CancellationToken cancellationToken)
    {
        await using var client = await FtpsClient.ConnectAsync(
            new FtpsOptions
            {
                Host = options.Host,
                Port = options.FtpsPort,
                User = "bblp",
                Password = options.AccessCode,
                TlsName = options.SerialNumber,
                Check = trust.Check,
                Connect = options.Connect,
                Time = time,
            },
            cancellationToken);
        if (_before is { } before && before != task.File)
            await DeleteAsync(client, before, cancellationToken);
        _before = task.File;
        file.Position = 0;
        long? told = null;
        await client.UploadAsync(
            file,
            task.File,
            sent =>
            {
                if (sent < file.Length && told is { } at && time.GetElapsedTime(at) < TellEvery)
                    return;
                told = time.GetTimestamp();
                events.Add(new UploadProgressed { At = events.Now, SentBytes = sent, TotalBytes = file.Length });
            },
            cancellationToken);
    }

    private async Task DeleteAsync(FtpsClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(name, cancellationToken);
        }
        catch (FtpsException error) when (!error.IsTransient)
        {
            events.Note($"{name} of the print before stays on the card: {error.Message}");
        }
    }
}
