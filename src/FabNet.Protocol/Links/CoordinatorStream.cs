// The one stream to a coordinator: opened from a site's side, opened again when it breaks, with nothing lost in between.

using System.Threading.Channels;
using FabNet.Protocol.V1;
using Grpc.Core;
using Polly;
using Polly.Retry;

namespace FabNet.Protocol.Links;

/// <summary>What whoever keeps a stream does with what comes. All are called one after another; while one runs the stream is not read, so HTTP/2 holds the coordinator back.</summary>
public sealed record CoordinatorStreamEvents
{
    /// <summary>What is said first, on each new stream.</summary>
    public required Func<CancellationToken, ValueTask<EdgeUp.Types.Hello>> Hello { get; init; }

    /// <summary>The coordinator welcomed; messages for it go into the channel until the stream is down. Given too: when hello was sent, as a timestamp of the clock. Returns why to break off; null to go on.</summary>
    public required Func<EdgeDown.Types.Welcome, ChannelWriter<EdgeUp>, long, CancellationToken, ValueTask<string?>> Up { get; init; }

    /// <summary>The coordinator said something. Returns why to break off; null to go on.</summary>
    public required Func<EdgeDown, CancellationToken, ValueTask<string?>> Said { get; init; }

    /// <summary>A stream that had been welcomed broke, and why.</summary>
    public required Func<string, ValueTask> Down { get; init; }

    /// <summary>No stream could be opened: why, and when it is tried again.</summary>
    public required Action<string, TimeSpan> Retrying { get; init; }

    /// <summary>The pause after a stream that had been welcomed; null: the first delay.</summary>
    public Func<TimeSpan>? Pause { get; init; }
}

/// <summary>
/// Connects, says hello, waits for the welcome, and then carries messages both ways until the stream breaks; then again, with jittered backoff of at most 30 s. It knows nothing of jobs.
/// </summary>
public sealed class CoordinatorStream
{
    /// <summary>The capacity of a stream's outgoing channel.</summary>
    public const int Capacity = 512;

    private static readonly TimeSpan WelcomeLimit = TimeSpan.FromSeconds(15);

    private readonly EdgeLink.EdgeLinkClient _client;
    private readonly CoordinatorStreamEvents _events;
    private readonly TimeSpan _firstDelay;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<Connection> _connect;

    /// <summary>Makes it; nothing is opened before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The coordinator.</param>
    /// <param name="events">What is done with what comes.</param>
    /// <param name="firstDelay">The first pause of the backoff.</param>
    /// <param name="time">The clock of pauses and limits.</param>
    public CoordinatorStream(EdgeLink.EdgeLinkClient client, CoordinatorStreamEvents events, TimeSpan firstDelay, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(time);
        (_client, _events, _firstDelay, _time) = (client, events, firstDelay, time);
        _connect = new ResiliencePipelineBuilder<Connection> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<Connection>
            {
                ShouldHandle = new PredicateBuilder<Connection>().Handle<RpcException>().Handle<IOException>(),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = firstDelay,
                MaxDelay = TimeSpan.FromSeconds(30),
                OnRetry = arguments =>
                {
                    events.Retrying(arguments.Outcome.Exception is RpcException rpc ? rpc.Status.Detail : arguments.Outcome.Exception?.Message ?? "", arguments.RetryDelay);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Keeps the stream until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = await _connect.ExecuteAsync(async token => await OpenAsync(token), cancellationToken);
                var reason = await CarryAsync(connection, cancellationToken);
                await _events.Down(reason);
                await Task.Delay(_events.Pause?.Invoke() ?? _firstDelay, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever keeps it is being stopped.
        }
    }

    private async Task<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        var hello = await _events.Hello(cancellationToken);
        var helloAt = _time.GetTimestamp();
        var call = _client.Connect(cancellationToken: cancellationToken);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var timer = _time.CreateTimer(_ => limit.Cancel(), null, WelcomeLimit, Timeout.InfiniteTimeSpan);
            await call.RequestStream.WriteAsync(new EdgeUp { Hello = hello }, limit.Token);
            if (!await call.ResponseStream.MoveNext(limit.Token))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator ended the stream before its welcome"));
            }

            return call.ResponseStream.Current is { MessageCase: EdgeDown.MessageOneofCase.Welcome } first
                ? new Connection(call, first.Welcome, helloAt)
                : throw new RpcException(new Status(StatusCode.Internal, $"the coordinator began with {call.ResponseStream.Current.MessageCase} and not with its welcome"));
        }
        catch (Exception e)
        {
            call.Dispose();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no welcome within {WelcomeLimit.TotalSeconds:0} s"));
            }

            if (e is RpcException { StatusCode: StatusCode.Cancelled })
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            throw;
        }
    }

    private async Task<string> CarryAsync(Connection connection, CancellationToken cancellationToken)
    {
        var up = Channel.CreateBounded<EdgeUp>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var enough = await _events.Up(connection.Welcome, up.Writer, connection.HelloAt, cancellationToken);
        var sending = SendAsync(connection.Call, up.Reader, broken);
        string? reason = null;
        try
        {
            while (enough is null && await connection.Call.ResponseStream.MoveNext(broken.Token))
            {
                enough = await _events.Said(connection.Call.ResponseStream.Current, broken.Token);
            }

            reason = enough ?? "the coordinator ended the stream";
        }
        catch (Exception e) when (e is RpcException or IOException or OperationCanceledException)
        {
            reason = e is RpcException rpc ? rpc.Status.Detail : e.Message;
        }
        finally
        {
            await broken.CancelAsync();
            await sending;
        }

        return reason;
    }

    private static async Task SendAsync(AsyncDuplexStreamingCall<EdgeUp, EdgeDown> call, ChannelReader<EdgeUp> up, CancellationTokenSource broken)
    {
        try
        {
            await foreach (var message in up.ReadAllAsync(broken.Token))
            {
                await call.RequestStream.WriteAsync(message, broken.Token);
            }
        }
        catch (Exception e) when (e is RpcException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // The reading side sees the same break, and says why.
            await broken.CancelAsync();
        }
    }

    private sealed class Connection(AsyncDuplexStreamingCall<EdgeUp, EdgeDown> call, EdgeDown.Types.Welcome welcome, long helloAt) : IDisposable
    {
        public AsyncDuplexStreamingCall<EdgeUp, EdgeDown> Call => call;

        public EdgeDown.Types.Welcome Welcome => welcome;

        public long HelloAt => helloAt;

        public void Dispose() => call.Dispose();
    }
}
