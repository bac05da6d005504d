// The one stream to the coordinator: opened from here, opened again when it breaks, with nothing lost in between.

using System.Threading.Channels;
using FabNet.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace FabNet.Edge.Leasing;

/// <summary>
/// Connects, says hello, waits for the welcome, and then carries messages both ways until the stream breaks; then again, with jittered backoff from
/// 1 s to 30 s. It knows nothing of jobs: what comes goes to the edge's loop, what goes up comes from it. While the loop is busy the
/// stream is not read, so HTTP/2 holds the coordinator back.
/// </summary>
internal sealed partial class CoordinatorLink
{
    private static readonly TimeSpan WelcomeLimit = TimeSpan.FromSeconds(15);

    private readonly EdgeLink.EdgeLinkClient _client;
    private readonly Func<EdgeUp.Types.Hello> _hello;
    private readonly ChannelWriter<EdgeMessage> _inbox;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline<Connection> _connect;

    public CoordinatorLink(
        EdgeLink.EdgeLinkClient client, Func<EdgeUp.Types.Hello> hello, ChannelWriter<EdgeMessage> inbox, TimeSpan firstDelay, TimeProvider time, ILogger logger)
    {
        _client = client;
        _hello = hello;
        _inbox = inbox;
        _time = time;
        _logger = logger;
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
                    LogRetry(arguments.Outcome.Exception?.Message ?? "", arguments.RetryDelay.TotalSeconds);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        FirstDelay = firstDelay;
    }

    private TimeSpan FirstDelay { get; }

    /// <summary>Keeps the link until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = await _connect.ExecuteAsync(async token => await OpenAsync(token), cancellationToken);
                var reason = await CarryAsync(connection, cancellationToken);
                await _inbox.WriteAsync(new LinkDown(reason), CancellationToken.None);
                await Task.Delay(FirstDelay, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent is being stopped.
        }
    }

    private async Task<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        var call = _client.Connect(cancellationToken: cancellationToken);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var timer = _time.CreateTimer(_ => limit.Cancel(), null, WelcomeLimit, Timeout.InfiniteTimeSpan);
            await call.RequestStream.WriteAsync(new EdgeUp { Hello = _hello() }, limit.Token);
            if (!await call.ResponseStream.MoveNext(limit.Token))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator ended the stream before its welcome"));
            }

            return call.ResponseStream.Current is { MessageCase: EdgeDown.MessageOneofCase.Welcome } first
                ? new Connection(call, first.Welcome)
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
        var up = Channel.CreateBounded<EdgeUp>(new BoundedChannelOptions(Uplink.Capacity) { SingleReader = true });
        await _inbox.WriteAsync(new LinkUp(connection.Welcome, up.Writer), cancellationToken);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAsync(connection.Call, up.Reader, broken);
        string reason;
        try
        {
            while (await connection.Call.ResponseStream.MoveNext(broken.Token))
            {
                await _inbox.WriteAsync(new FromCoordinator(connection.Call.ResponseStream.Current), broken.Token);
            }

            reason = "the coordinator ended the stream";
        }
        catch (Exception e) when (e is RpcException or IOException or OperationCanceledException)
        {
            reason = e is RpcException rpc ? rpc.Status.Detail : e.Message;
        }

        await broken.CancelAsync();
        await sending;
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

    private sealed class Connection(AsyncDuplexStreamingCall<EdgeUp, EdgeDown> call, EdgeDown.Types.Welcome welcome) : IDisposable
    {
        public AsyncDuplexStreamingCall<EdgeUp, EdgeDown> Call => call;

        public EdgeDown.Types.Welcome Welcome => welcome;

        public void Dispose() => call.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "The coordinator does not answer ({Reason}); it is tried again in {Seconds:0.0} s.")]
    private partial void LogRetry(string reason, double seconds);
}
