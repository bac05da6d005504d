// The four kinds of calls, our client against our server.

using FabNet.Tests.Grpc.Wire;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class CallKindsTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unary_call_brings_back_its_answer(bool tls)
    {
        await using var server = await EchoServer.StartAsync(tls: tls);
        using var channel = server.Channel();
        using var call = server.Client(channel).UnaryAsync(new EchoRequest { Text = "héllo" }, cancellationToken: Token);
        var answer = await call;
        Assert.Equal("héllo", answer.Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(1, server.Probe.Instances);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_blocking_unary_call_works()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var client = server.Client(channel);
        var answer = await Task.Run(() => client.Unary(new EchoRequest { Text = "block" }, cancellationToken: Token), Token);
        Assert.Equal("block", answer.Text);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_client_stream_is_collected_into_one_answer()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Collect(cancellationToken: Token);
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }, Token);
        }

        await call.RequestStream.CompleteAsync();
        var answer = await call;
        Assert.Equal("a,b,c", answer.Text);
        Assert.Equal(3, answer.Index);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_server_stream_arrives_in_order()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Expand(new EchoRequest { Text = "x", Count = 1000 }, cancellationToken: Token);
        var next = 0;
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            Assert.Equal(next++, message.Index);
        }

        Assert.Equal(1000, next);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_server_stream_may_be_empty()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Expand(new EchoRequest(), cancellationToken: Token);
        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_duplex_call_answers_each_request_while_both_streams_stay_open()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Chat(cancellationToken: Token);
        for (var i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Large_messages_pass_both_ways()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = null);
        var options = server.Options();
        options.MaxReceiveMessageSize = null;
        using var channel = server.Channel(options);
        var payload = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(payload);
        var answer = await server.Client(channel).UnaryAsync(
            new EchoRequest { Payload = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(payload) }, cancellationToken: Token);
        Assert.True(answer.Payload.Span.SequenceEqual(payload));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Hundreds_of_calls_share_one_connection()
    {
        await using var server = await EchoServer.StartAsync();
        var options = server.Options();
        ((SocketsHttpHandler)options.HttpHandler!).EnableMultipleHttp2Connections = false;
        using var channel = server.Channel(options);
        var client = server.Client(channel);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(async i => (await client.UnaryAsync(new EchoRequest { Text = $"{i}" }, cancellationToken: Token)).Text));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), answers);
        Assert.Single(server.Probe.Connections.Distinct());
    }
}
