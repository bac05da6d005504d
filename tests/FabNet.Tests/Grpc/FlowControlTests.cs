// A slow reader stops the writer, whatever the direction; nothing piles up in between.

using System.Net;
using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class FlowControlTests
{
    private const int TimeoutMs = 60_000;
    private const int MessageLength = 64 * 1024;
    private const int Messages = 1024;

    // The windows and buffers of both sides together hold far less than this; all messages together are 64 MB.
    private const int MostInFlight = 8 * 1024 * 1024 / MessageLength;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task A_client_that_does_not_read_stops_the_servers_writes()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Expand(new EchoRequest { Count = Messages, ResponseLength = MessageLength }, cancellationToken: Token);
        Assert.InRange(await server.Probe.Stalled.Task.WaitAsync(Token), 0, MostInFlight);
        var read = 0;
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            Assert.Equal(read++, message.Index);
        }

        Assert.Equal(Messages, read);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_handler_that_does_not_read_stops_the_clients_writes()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Collect(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Hang = true }, Token);
        var message = new EchoRequest { Payload = ByteString.CopyFrom(new byte[MessageLength]) };
        var stalledAfter = -1;
        Task? write = null;
        for (var i = 0; i < Messages; i++)
        {
            write = call.RequestStream.WriteAsync(message, Token);
            if (await Task.WhenAny(write, Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, Token)) != write)
            {
                stalledAfter = i;
                break;
            }

            await write;
        }

        Assert.InRange(stalledAfter, 0, MostInFlight);
        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => write!)).StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_stalled_stream_does_not_stop_other_calls_on_the_connection()
    {
        await using var server = await EchoServer.StartAsync();
        var options = server.Options();
        ((SocketsHttpHandler)options.HttpHandler!).EnableMultipleHttp2Connections = false;
        using var channel = server.Channel(options);
        var client = server.Client(channel);
        using var stalled = client.Expand(new EchoRequest { Count = Messages, ResponseLength = MessageLength }, cancellationToken: Token);
        await server.Probe.Stalled.Task.WaitAsync(Token);
        Assert.Equal("quick", (await client.UnaryAsync(new EchoRequest { Text = "quick" }, cancellationToken: Token)).Text);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_deadline_frees_a_handler_whose_write_is_stalled_by_a_client_that_neither_reads_nor_gives_up()
    {
        await using var server = await EchoServer.StartAsync();
        using var client = new HttpClient();
        var body = RawWire.Frame(new EchoRequest { Count = Messages, ResponseLength = MessageLength }.ToByteArray());
        foreach (var deadlineMs in EchoServer.Deadlines)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/fabnet.tests.echo.v1.Echo/Expand"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(body) { Headers = { { "Content-Type", "application/grpc" } } },
            };
            request.Headers.TryAddWithoutValidation("grpc-timeout", $"{deadlineMs}m");
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
            if (response.Headers.Contains("grpc-status"))
            {
                continue; // The deadline passed before the handler had begun: this machine is busy.
            }

            Assert.IsAssignableFrom<OperationCanceledException>(await server.Probe.Ended.Task.WaitAsync(Token));
            await using var stream = await response.Content.ReadAsStreamAsync(Token);
            if (await Record.ExceptionAsync(() => stream.CopyToAsync(Stream.Null, Token)) is { } broken)
            {
                Assert.IsAssignableFrom<IOException>(broken);
                return;
            }
        }

        Assert.Fail("No deadline was long enough for the handler to fill the window.");
    }
}
