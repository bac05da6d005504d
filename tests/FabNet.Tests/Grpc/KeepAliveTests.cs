// A connection that goes silent without being closed: cable pulled, router restarted.

using System.Net;
using System.Net.Sockets;
using FabNet.Tests.Grpc.Wire;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class KeepAliveTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task A_call_over_a_dead_line_fails_when_a_ping_is_not_answered()
    {
        await using var server = await EchoServer.StartAsync();
        await using var line = new TcpLine(server.Address.Port);
        var handler = new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) };
        using var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{line.Port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        using var call = server.Client(channel).Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest(), Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        line.GoSilent();
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));

        // HttpClient calls an unanswered ping a protocol error, which gRPC's table makes INTERNAL.
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Contains("ping", failure.Status.Detail);
    }

    /// <summary>A TCP connection through which bytes pass until it goes silent; it is never closed before the end of the test.</summary>
    private sealed class TcpLine : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _relay;
        private volatile bool _silent;

        internal TcpLine(int target)
        {
            _listener.Start();
            _relay = RelayAsync(target);
        }

        internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        internal void GoSilent() => _silent = true;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _relay;
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task RelayAsync(int target)
        {
            using var far = new TcpClient();
            await far.ConnectAsync(IPAddress.Loopback, target, _stop.Token);
            using var near = await _listener.AcceptTcpClientAsync(_stop.Token);
            await Task.WhenAll(PumpAsync(near.GetStream(), far.GetStream()), PumpAsync(far.GetStream(), near.GetStream()));
        }

        private async Task PumpAsync(NetworkStream from, NetworkStream to)
        {
            var buffer = new byte[4096];
            try
            {
                while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var read)
                {
                    if (!_silent)
                    {
                        await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The end of the test, or a side that has hung up on a silent line.
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }
}
