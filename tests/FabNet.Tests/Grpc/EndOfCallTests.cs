// How calls end before their time: deadlines, cancellation, failures, disposal; our client against our server.

using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class EndOfCallTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task A_deadline_ends_a_call_at_the_client()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100);
        using var call = server.Client(channel).UnaryAsync(new EchoRequest { Hang = true }, deadline: deadline, cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_deadline_in_the_past_fails_without_a_call()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-1);
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client(channel).UnaryAsync(new EchoRequest(), deadline: deadline, cancellationToken: Token));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(0, server.Probe.Instances);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_deadline_beyond_every_timer_is_kept()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddYears(500);
        Assert.Equal("late", (await server.Client(channel).UnaryAsync(new EchoRequest { Text = "late" }, deadline: deadline, cancellationToken: Token)).Text);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_local_deadline_is_refused()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var deadline = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Local);
        Assert.Throws<InvalidOperationException>(() => server.Client(channel).UnaryAsync(new EchoRequest(), deadline: deadline, cancellationToken: Token));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_cancels_a_unary_call_on_both_sides(bool asOperationCanceled)
    {
        await using var server = await EchoServer.StartAsync();
        var options = server.Options();
        options.ThrowOperationCanceledOnCancellation = asOperationCanceled;
        using var channel = server.Channel(options);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var call = server.Client(channel).UnaryAsync(new EchoRequest { Hang = true }, cancellationToken: giveUp.Token);
        await server.Probe.Started.Task.WaitAsync(Token);
        await giveUp.CancelAsync();
        if (asOperationCanceled)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync);
        }
        else
        {
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        }

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probe.Ended.Task.WaitAsync(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Disposal_cancels_a_stream_on_both_sides()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var call = server.Client(channel).Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest(), Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        call.Dispose();
        var seen = await server.Probe.Ended.Task.WaitAsync(Token);
        Assert.True(seen is OperationCanceledException or IOException, $"{seen}");
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoRequest(), Token))).StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_token_of_a_read_cancels_the_call()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Expand(new EchoRequest { Hang = true }, cancellationToken: Token);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var next = call.ResponseStream.MoveNext(giveUp.Token);
        await server.Probe.Started.Task.WaitAsync(Token);
        await giveUp.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => next)).StatusCode);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probe.Ended.Task.WaitAsync(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Disposal_of_the_channel_ends_its_calls()
    {
        await using var server = await EchoServer.StartAsync();
        var channel = server.Channel();
        var client = server.Client(channel);
        using var call = client.UnaryAsync(new EchoRequest { Hang = true }, cancellationToken: Token);
        await server.Probe.Started.Task.WaitAsync(Token);
        channel.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await server.Probe.Ended.Task.WaitAsync(Token);
        await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(new EchoRequest(), cancellationToken: Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_handlers_status_trailers_and_details_reach_the_client()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        var request = new EchoRequest { FailWith = (int)StatusCode.Aborted, FailDetail = "Größe %", FailDetails = ByteString.CopyFrom(1, 2, 3) };
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await server.Client(channel).UnaryAsync(request, cancellationToken: Token));
        Assert.Equal(StatusCode.Aborted, failure.StatusCode);
        Assert.Equal("Größe %", failure.Status.Detail);
        Assert.Equal([1, 2, 3], failure.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal("asked to", failure.Trailers.GetValue("x-reason"));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_is_unknown_and_tells_its_message_only_when_asked_to(bool detailed)
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.EnableDetailedErrors = detailed);
        using var channel = server.Channel();
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client(channel).UnaryAsync(new EchoRequest { FailWith = -1, FailDetail = "secret" }, cancellationToken: Token));
        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
        Assert.Equal(detailed, failure.Status.Detail.Contains("secret", StringComparison.Ordinal));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_stream_delivers_what_came_before_its_failure()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "one" }, Token);
        await call.RequestStream.WriteAsync(new EchoRequest { FailWith = 13, FailDetail = "two" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal("one", call.ResponseStream.Current.Text);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal("two", failure.Status.Detail);
        Assert.Equal("asked to", call.GetTrailers().GetValue("x-reason"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_handler_that_stops_reading_still_gets_its_status_across()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Collect(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest { FailWith = (int)StatusCode.OutOfRange, FailDetail = "enough" }, Token);
        var payload = ByteString.CopyFrom(new byte[100_000]);
        var writing = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Payload = payload }, Token);
            }
        });
        Assert.NotEqual(StatusCode.OK, writing.StatusCode);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.OutOfRange, failure.StatusCode);
        Assert.Equal("enough", failure.Status.Detail);

        Assert.Equal("next", (await server.Client(channel).UnaryAsync(new EchoRequest { Text = "next" }, cancellationToken: Token)).Text);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Status_and_trailers_are_not_to_be_had_before_the_end()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).UnaryAsync(new EchoRequest { Hang = true }, cancellationToken: Token);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_second_write_or_read_at_once_is_a_mistake()
    {
        await using var server = await EchoServer.StartAsync();
        using var channel = server.Channel();
        using var call = server.Client(channel).Chat(cancellationToken: Token);
        var read = call.ResponseStream.MoveNext(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Token));
        await call.RequestStream.WriteAsync(new EchoRequest(), Token);
        Assert.True(await read);
        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest(), Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Too_long_a_request_or_response_is_resource_exhausted_at_the_client()
    {
        await using var server = await EchoServer.StartAsync();
        var options = server.Options();
        options.MaxReceiveMessageSize = 1000;
        options.MaxSendMessageSize = 1000;
        using var channel = server.Channel(options);
        var client = server.Client(channel);
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[2000]) };
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(request, cancellationToken: Token));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(0, server.Probe.Instances);
        using var call = client.Expand(new EchoRequest { Count = 1, ResponseLength = 2000 }, cancellationToken: Token);
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode);
    }
}
