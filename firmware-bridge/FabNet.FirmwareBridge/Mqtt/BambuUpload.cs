// Brings a program onto the machine's card: packed as a project file on disk, then uploaded.

using FabNet.FirmwareBridge.Ftps;
using FabNet.GCode;
using Polly;
using Polly.Retry;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>Packs and uploads. Nothing moves by it, so it is tried again where the line broke.</summary>
internal sealed class BambuUpload(BambuMachineOptions options, BambuTrust trust, EventOutbox events, TimeProvider time)
{
    private const int Retries = 2;
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    /// <summary>Uploads a program.</summary>
    /// <returns>The MD5 of the file, as the start names it.</returns>
    /// <exception cref="FtpsException">The machine did not take it.</exception>
    /// <exception cref="IOException">The file can't be written here.</exception>
    public async Task<string> RunAsync(AdmittedProgram program, BambuTask task, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.SpoolFolder);
        await using var file = new FileStream(
            Path.Combine(options.SpoolFolder, task.File), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
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
}
