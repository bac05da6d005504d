// @grpc/grpc-js as the server of our client.

using System.Security.Cryptography.X509Certificates;
using FabNet.Tests.Grpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class NodeServerTests(NodeServer server) : IClassFixture<NodeServer>, IAsyncLifetime
{
    private const int TimeoutMs = 60_000;

    private readonly string _id = Guid.NewGuid().ToString();
    private NodePeer _node = null!;
    private Echo.EchoClient _client = null!;
    private bool _answered;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await server.StartAsync();
        _node = server.Node;
        _client = new Echo.EchoClient(server.Channel);
    }

    public ValueTask DisposeAsync() => default;

    [Fact(Timeout = TimeoutMs)]
    public Task Node_serves_all_four_kinds_of_calls() => MakeAllFourKindsAsync(_client);

    [Fact(Timeout = TimeoutMs)]
    public async Task Node_serves_them_over_tls()
    {
        using var certificate = EchoServer.CreateCertificate();
        var folder = Directory.CreateTempSubdirectory("fabnet-grpc-");
        try
        {
            var certificatePath = Path.Combine(folder.FullName, "certificate.pem");
            var keyPath = Path.Combine(folder.FullName, "key.pem");
            await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem(), Token);
            using (var key = certificate.GetECDsaPrivateKey()!)
            {
                await File.WriteAllTextAsync(keyPath, key.ExportPkcs8PrivateKeyPem(), Token);
            }

            await using var node = await NodePeer.StartAsync("server.js", certificatePath, keyPath);
            var listening = await node.ReceiveAsync("listening");
            var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString();
            using var channel = GrpcChannel.ForAddress(
                $"https://localhost:{listening["port"]}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
            await MakeAllFourKindsAsync(new Echo.EchoClient(channel));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Metadata_comes_back_in_headers_and_trailers()
    {
        byte[] blob = [0, 255, 10, 13, 44];
        var headers = new Metadata { { "x-text", "plain" }, { "x-blob-bin", blob } };
        using var call = _client.UnaryAsync(new EchoRequest { Reflect = true }, headers, cancellationToken: Token);
        await call;
        foreach (var metadata in new[] { await call.ResponseHeadersAsync, call.GetTrailers() })
        {
            Assert.Equal("plain", metadata.GetValue("x-text"));
            Assert.Equal(blob, metadata.GetValueBytes("x-blob-bin"));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Status_message_and_rich_details_of_a_failure_arrive()
    {
        byte[] details = [8, 9, 18, 3, 97, 98, 99];
        var request = new EchoRequest { FailWith = 9, FailDetail = "Bett nicht geräumt: 100 %", FailDetails = ByteString.CopyFrom(details) };
        using var expanding = _client.Expand(request, cancellationToken: Token);
        using var chat = _client.Chat(cancellationToken: Token);
        await chat.RequestStream.WriteAsync(request, Token);
        foreach (var attempt in new Func<Task>[]
        {
            async () => await _client.UnaryAsync(request, cancellationToken: Token),
            () => expanding.ResponseStream.MoveNext(Token),
            () => chat.ResponseStream.MoveNext(Token),
        })
        {
            var failure = await Assert.ThrowsAsync<RpcException>(attempt);
            Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
            Assert.Equal("Bett nicht geräumt: 100 %", failure.Status.Detail);
            Assert.Equal(details, failure.Trailers.GetValueBytes("grpc-status-details-bin"));
            Assert.Equal("asked to", failure.Trailers.GetValue("x-reason"));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Our_deadline_ends_the_call_on_both_sides()
    {
        foreach (var deadlineMs in EchoServer.Deadlines)
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(deadlineMs);
            using var call = _client.Chat(new Metadata { { "x-id", _id } }, deadline, Token);
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await call.RequestStream.WriteAsync(new EchoRequest(), Token);
                while (await call.ResponseStream.MoveNext(Token))
                {
                    _answered = true;
                }
            });
            Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
            if (_answered)
            {
                break;
            }
        }

        await _node.ReceiveAsync(line => (string?)line["event"] == "cancelled" && (string?)line["id"] == _id);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Our_cancellation_reaches_the_handler(bool byDisposal)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var call = _client.Chat(new Metadata { { "x-id", _id } }, cancellationToken: giveUp.Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "one" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        if (byDisposal)
        {
            call.Dispose();
        }
        else
        {
            await giveUp.CancelAsync();
        }

        await _node.ReceiveAsync(line => (string?)line["event"] == "cancelled" && (string?)line["id"] == _id);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Large_messages_pass_both_ways_compressed_or_not(string? encoding)
    {
        const int Length = 9_000_001;
        var headers = new Metadata();
        if (encoding is not null)
        {
            headers.Add("grpc-internal-encoding-request", encoding);
        }

        var answer = await _client.UnaryAsync(new EchoRequest { Payload = ByteString.CopyFrom(NodePayload.Create(Length)) }, headers, cancellationToken: Token);
        Assert.True(answer.Payload.Span.SequenceEqual(NodePayload.Create(Length)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_killed_server_is_unavailable()
    {
        await using var doomed = new NodeServer();
        await doomed.StartAsync();
        using var call = new Echo.EchoClient(doomed.Channel).Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "one" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var next = call.ResponseStream.MoveNext(Token);
        await doomed.Node.DisposeAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(() => next);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    private static async Task MakeAllFourKindsAsync(Echo.EchoClient client)
    {
        Assert.Equal("grüß", (await client.UnaryAsync(new EchoRequest { Text = "grüß" }, cancellationToken: Token)).Text);

        using var collecting = client.Collect(cancellationToken: Token);
        await collecting.RequestStream.WriteAsync(new EchoRequest { Text = "a" }, Token);
        await collecting.RequestStream.WriteAsync(new EchoRequest { Text = "b" }, Token);
        await collecting.RequestStream.CompleteAsync();
        Assert.Equal("a,b", (await collecting).Text);

        using var expanding = client.Expand(new EchoRequest { Count = 200, ResponseLength = 1000 }, cancellationToken: Token);
        var indexes = new List<int>();
        await foreach (var message in expanding.ResponseStream.ReadAllAsync(Token))
        {
            indexes.Add(message.Index);
        }

        Assert.Equal(Enumerable.Range(0, 200), indexes);

        using var chat = client.Chat(cancellationToken: Token);
        for (var i = 0; i < 50; i++)
        {
            await chat.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" }, Token);
            Assert.True(await chat.ResponseStream.MoveNext(Token));
            Assert.Equal($"{i}", chat.ResponseStream.Current.Text);
        }

        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, chat.GetStatus().StatusCode);
    }
}

/// <summary>The node server and a channel to it, for all tests of a class. The first test starts it: only a test can skip.</summary>
public sealed class NodeServer : IAsyncDisposable
{
    internal NodePeer Node { get; private set; } = null!;

    internal GrpcChannel Channel { get; private set; } = null!;

    public async ValueTask StartAsync()
    {
        if (Node is not null)
        {
            return;
        }

        Node = await NodePeer.StartAsync("server.js");
        var listening = await Node.ReceiveAsync("listening");
        Channel = GrpcChannel.ForAddress($"http://127.0.0.1:{listening["port"]}", new GrpcChannelOptions { MaxReceiveMessageSize = null });
    }

    public ValueTask DisposeAsync()
    {
        Channel?.Dispose();
        return Node?.DisposeAsync() ?? default;
    }
}
