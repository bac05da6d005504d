// The test service on our server, and the switchboard through which a test and a running handler meet.

using System.Collections.Concurrent;
using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace FabNet.Tests.Grpc;

/// <summary>What handlers tell a test. One per server.</summary>
internal sealed class EchoProbe
{
    public ConcurrentQueue<string> Connections { get; } = new();

    /// <summary>The <c>grpc-encoding</c> of each call that had one.</summary>
    public ConcurrentQueue<string> RequestEncodings { get; } = new();

    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<Exception?> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when a write of <c>Expand</c> stopped for want of room; its result is how many messages went before.</summary>
    public TaskCompletionSource<int> Stalled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Instances;

    public int Disposed;

    /// <summary>Middleware that fills <see cref="RequestEncodings"/>.</summary>
    public Task NoteEncodingAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Headers.TryGetValue("grpc-encoding", out var encoding) && encoding != "identity")
        {
            RequestEncodings.Enqueue(encoding.ToString());
        }

        return next(http);
    }
}

/// <summary>Does what <c>echo.proto</c> says.</summary>
internal sealed class EchoService : Echo.EchoBase, IDisposable
{
    private static readonly TimeSpan StallAfter = TimeSpan.FromMilliseconds(400);

    private readonly EchoProbe _probe;

    public EchoService(EchoProbe probe)
    {
        _probe = probe;
        Interlocked.Increment(ref probe.Instances);
    }

    public void Dispose() => Interlocked.Increment(ref _probe.Disposed);

    public override async Task<EchoResponse> Unary(EchoRequest request, ServerCallContext context)
    {
        _probe.Connections.Enqueue(context.GetHttpContext().Connection.Id);
        await BeginAsync(request, context);
        return Answer(request, 0);
    }

    public override async Task<EchoResponse> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var texts = new List<string>();
        var bytes = 0;
        try
        {
            await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
            {
                _probe.Started.TrySetResult();
                await BeginAsync(request, context);
                texts.Add(request.Text);
                bytes += request.Payload.Length;
            }
        }
        catch (Exception e) when (e is not RpcException)
        {
            _probe.Ended.TrySetResult(e);
            throw;
        }

        return new EchoResponse { Text = string.Join(",", texts), Index = texts.Count, Payload = ByteString.CopyFrom(BitConverter.GetBytes(bytes)) };
    }

    public override async Task Expand(EchoRequest request, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        try
        {
            await BeginAsync(request, context);
            for (var i = 0; i < request.Count; i++)
            {
                var write = responseStream.WriteAsync(Answer(request, i));
                if (!write.IsCompleted
                    && !_probe.Stalled.Task.IsCompleted
                    && await Task.WhenAny(write, Task.Delay(StallAfter, TimeProvider.System)) != write)
                {
                    _probe.Stalled.TrySetResult(i);
                }

                await write;
            }
        }
        catch (Exception e)
        {
            _probe.Ended.TrySetResult(e);
            throw;
        }
    }

    public override async Task Chat(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        try
        {
            var index = 0;
            while (await requestStream.MoveNext())
            {
                _probe.Started.TrySetResult();
                await BeginAsync(requestStream.Current, context);
                await responseStream.WriteAsync(Answer(requestStream.Current, index++));
            }

            _probe.Ended.TrySetResult(null);
        }
        catch (Exception e)
        {
            _probe.Ended.TrySetResult(e);
            throw;
        }
    }

    private static EchoResponse Answer(EchoRequest request, int index) => new()
    {
        Text = request.Text,
        Index = index,
        Payload = request.ResponseLength > 0 ? ByteString.CopyFrom(new byte[request.ResponseLength]) : request.Payload,
    };

    private async Task BeginAsync(EchoRequest request, ServerCallContext context)
    {
        if (request.Reflect)
        {
            var headers = new Metadata();
            foreach (var entry in context.RequestHeaders)
            {
                if (entry.Key.StartsWith("x-", StringComparison.Ordinal))
                {
                    headers.Add(entry);
                    context.ResponseTrailers.Add(entry);
                }
            }

            context.ResponseTrailers.Add("host-seen", context.Host);
            context.ResponseTrailers.Add("peer-seen", context.Peer);
            await context.WriteResponseHeadersAsync(headers);
        }

        if (request.FailWith < 0)
        {
            throw new InvalidOperationException(request.FailDetail);
        }

        if (request.FailWith > 0)
        {
            var trailers = new Metadata { { "x-reason", "asked to" } };
            if (!request.FailDetails.IsEmpty)
            {
                trailers.Add("grpc-status-details-bin", request.FailDetails.ToByteArray());
            }

            throw new RpcException(new Status((StatusCode)request.FailWith, request.FailDetail), trailers);
        }

        if (request.Hang)
        {
            _probe.Started.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }
            catch (OperationCanceledException e)
            {
                _probe.Ended.TrySetResult(e);
                throw;
            }
        }
    }
}
