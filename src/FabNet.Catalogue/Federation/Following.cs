// The two loops of one follow: statements at once, files as they come.

using System.Globalization;
using FabNet.Protocol.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace FabNet.Catalogue.Federation;

/// <summary>
/// Keeps up with another node. Statements have a loop of their own, so that a verdict never waits for gigabytes of files. After a failure each loop waits, longer each time, and goes on where it was.
/// </summary>
internal sealed partial class Following : IAsyncDisposable
{
    private const int MaxAtOnce = 4;

    private const int MaxBatch = 64;

    /// <summary>A log of which statements were refused is read again from its beginning after so long.</summary>
    private static readonly TimeSpan AgainAfter = TimeSpan.FromHours(6);

    private readonly FollowStore _follows;
    private readonly BlobPulls _pulls;
    private readonly StatementInbox _inbox;
    private readonly CatalogueStore _store;
    private readonly FollowingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly Lock _gate = new();
    private readonly List<Task> _loops = [];
    private StatementSync _sync;
    private Trouble? _statements;
    private Trouble? _files;
    private DateTimeOffset? _refusedAt;

    public Following(Follow follow, CatalogueStore store, FollowStore follows, StatementInbox inbox, BlobPulls pulls, FollowingOptions options, TimeProvider time, ILogger log)
    {
        (Follow, _store, _follows, _inbox, _pulls, _options, _time, _log) = (follow, store, follows, inbox, pulls, options, time, log);
        Peer = new Peer(follow.Address, time);
        _sync = SyncOf(follow);
    }

    /// <summary>What is followed.</summary>
    public Follow Follow { get; private set; }

    /// <summary>The connection to it.</summary>
    public Peer Peer { get; }

    /// <summary>Begins.</summary>
    public void Start()
    {
        // After a start what was refused is worth another look: this may be a newer version.
        if (_follows.Progress(Follow.Id).HasGaps)
        {
            _follows.Rewind(Follow.Id);
        }

        _loops.Add(Task.Run(() => LoopAsync(SyncAsync, trouble => _statements = trouble, WaitAsync)));
        _loops.Add(Task.Run(() => LoopAsync(PullAsync, trouble => _files = trouble, _news.WaitAsync)));
    }

    /// <summary>What is followed was said again, with or without files.</summary>
    public void Change(Follow follow)
    {
        lock (_gate)
        {
            (Follow, _sync) = (follow, SyncOf(follow));
        }

        Wake();
    }

    /// <summary>Pulls what is new, once.</summary>
    /// <exception cref="PeerException">The other does not answer, or not as an honest node does.</exception>
    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        StatementSync sync;
        lock (_gate)
        {
            sync = _sync;
        }

        var progress = _follows.Progress(Follow.Id);
        if (progress.HasGaps)
        {
            _refusedAt ??= _time.GetUtcNow();
            if (_time.GetUtcNow() - _refusedAt > AgainAfter)
            {
                _follows.Rewind(Follow.Id);
                _refusedAt = null;
            }
        }

        try
        {
            await sync.RunAsync(cancellationToken);
            _follows.SetSynced(Follow.Id, _time.GetUtcNow());
            var taken = _follows.Progress(Follow.Id).Taken - progress.Taken;
            if (taken > 0)
            {
                LogSynced(Follow.Address, Follow.Part, taken);
            }
        }
        finally
        {
            Wake();
        }
    }

    /// <summary>Pulls the files that are missing now, once.</summary>
    /// <exception cref="PeerException">One did not come; the message says why. Others may have.</exception>
    public async Task PullAsync(CancellationToken cancellationToken)
    {
        Exception? failure = null;
        var tried = new HashSet<Model.Digest>();
        while (_follows.Wanted(Follow.Id, MaxBatch).Where(b => tried.Add(b.Digest)).ToList() is { Count: > 0 } wanted)
        {
            await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken }, async (blob, stop) =>
            {
                try
                {
                    await _pulls.PullAsync(Peer, blob.Digest, blob.Size, stop);
                    _follows.Forget(blob.Digest);
                }
                catch (CatalogueException e) when (e.Fault is CatalogueFault.Invalid)
                {
                    _follows.LeaveOut(blob, e.Message);
                }
                catch (PeerException e)
                {
                    _follows.Postpone(blob);
                    failure = e;
                }
            });
            if (failure is not null)
            {
                throw failure;
            }
        }
    }

    /// <summary>How far it is, for people.</summary>
    public Followed Describe()
    {
        var progress = _follows.Progress(Follow.Id);
        var followed = new Followed
        {
            Address = Follow.Address.AbsoluteUri,
            Scope = Follow.Scope,
            NoBlobs = !Follow.HasBlobs,
            Cursor = progress.Cursor,
            Head = Math.Max(_sync.Head, progress.Cursor),
            Taken = progress.Taken,
            Refused = progress.Refused,
            Waiting = _follows.WaitingOf(Follow.Id).Count,
            MissingBlobs = _follows.CountWanted(Follow.Id),
            SyncedAt = progress.SyncedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        };
        followed.LeftOut.AddRange(_follows.LeftOut(Follow.Id, 10));
        if ((_statements ?? _files) is { } trouble)
        {
            (followed.Fault, followed.RetryAt) = (trouble.Reason, Timestamp.FromDateTimeOffset(trouble.RetryAt));
        }

        return followed;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        Peer.Dispose();
        _news.Dispose();
        _stop.Dispose();
    }

    private StatementSync SyncOf(Follow follow) => follow.IsAll
        ? new StatementSync(follow, Peer, _store, _follows, _inbox) : new ScopeSync(follow, Peer, _store, _follows, _inbox);

    private void Wake()
    {
        lock (_gate)
        {
            if (_news.CurrentCount == 0)
            {
                _news.Release();
            }
        }
    }

    private Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(_options.Interval, _time, cancellationToken);

    private async Task LoopAsync(Func<CancellationToken, Task> work, Action<Trouble?> tell, Func<CancellationToken, Task> pause)
    {
        var retry = new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is not null && !_stop.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.FirstDelay,
                MaxDelay = _options.LongestDelay,
                OnRetry = arguments =>
                {
                    var failure = arguments.Outcome.Exception!;
                    if (failure is not (IOException or CatalogueException))
                    {
                        LogUnexpected(failure, Follow.Address, Follow.Part);
                    }

                    LogFailed(Follow.Address, Follow.Part, failure.Message, arguments.RetryDelay.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));
                    tell(new Trouble(failure.Message, _time.GetUtcNow() + arguments.RetryDelay));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await retry.ExecuteAsync(async stop => await work(stop), _stop.Token);
                tell(null);
                await pause(_stop.Token);
            }
        }
        catch (Exception e) when (_stop.IsCancellationRequested)
        {
            // The end, as wanted; what failed just then is asked for again at the next start.
            if (e is not (OperationCanceledException or IOException or CatalogueException))
            {
                LogUnexpected(e, Follow.Address, Follow.Part);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Took {Count} statements from {Address} ({Part}).")]
    private partial void LogSynced(Uri address, string part, long count);

    [LoggerMessage(LogLevel.Warning, "{Address} ({Part}) can't be followed now: {Reason} It is asked again in {Seconds} s.")]
    private partial void LogFailed(Uri address, string part, string reason, string seconds);

    [LoggerMessage(LogLevel.Error, "Following {Address} ({Part}) failed in a way that was not foreseen.")]
    private partial void LogUnexpected(Exception error, Uri address, string part);

    private sealed record Trouble(string Reason, DateTimeOffset RetryAt);
}
