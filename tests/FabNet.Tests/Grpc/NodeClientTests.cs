// @grpc/grpc-js as the client of our server.

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Grpc;

public sealed class NodeClientTests(NodeClient client) : IClassFixture<NodeClient>, IAsyncLifetime
{
    private const int TimeoutMs = 60_000;

    private NodePeer _node = null!;

    public async ValueTask InitializeAsync()
    {
        await client.StartAsync();
        _node = client.Node;
    }

    public ValueTask DisposeAsync() => default;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Node_makes_all_four_kinds_of_calls(bool tls)
    {
        await using var server = await EchoServer.StartAsync(tls: tls);
        var unary = await CallAsync(server, "Unary", [new() { ["text"] = "grüß" }]);
        Assert.Equal("grüß", (string?)Assert.Single(Responses(unary))["text"]);

        var collected = await CallAsync(server, "Collect", [new() { ["text"] = "a" }, new() { ["text"] = "b" }]);
        Assert.Equal("a,b", (string?)Assert.Single(Responses(collected))["text"]);

        var expanded = await CallAsync(server, "Expand", [new() { ["text"] = "x", ["count"] = 200, ["response_length"] = 1000 }]);
        Assert.Equal(Enumerable.Range(0, 200), Responses(expanded).Select(response => (int)response["index"]!));

        var chat = await CallAsync(server, "Chat", [.. Enumerable.Range(0, 50).Select(i => new JsonObject { ["text"] = $"{i}" })]);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), Responses(chat).Select(response => (string)response["text"]!));
        Assert.All([unary, collected, expanded, chat], outcome => Assert.Equal(0, (int)outcome["code"]!));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Node_gets_its_metadata_back_in_headers_and_trailers()
    {
        await using var server = await EchoServer.StartAsync();
        var blob = Convert.ToBase64String([0, 255, 10, 13, 44]);
        var outcome = await CallAsync(
            server, "Unary", [new() { ["reflect"] = true }], ("metadata", new JsonArray(Pair("x-text", "plain"), Pair("x-blob-bin", blob))));
        foreach (var part in new[] { "initial", "trailing" })
        {
            Assert.Contains(("x-text", "plain"), Pairs(outcome[part]));
            Assert.Contains(("x-blob-bin", blob), Pairs(outcome[part]));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Node_sees_status_message_and_rich_details_of_a_failure()
    {
        await using var server = await EchoServer.StartAsync();
        var details = Convert.ToBase64String([8, 9, 18, 3, 97, 98, 99]);
        foreach (var method in new[] { "Unary", "Collect", "Expand", "Chat" })
        {
            var outcome = await CallAsync(
                server, method, [new() { ["fail_with"] = 9, ["fail_detail"] = "Bett nicht geräumt: 100 %", ["fail_details"] = details }]);
            Assert.Equal((int)StatusCode.FailedPrecondition, (int)outcome["code"]!);
            Assert.Equal("Bett nicht geräumt: 100 %", (string?)outcome["details"]);
            Assert.Contains(("grpc-status-details-bin", details), Pairs(outcome["trailing"]));
            Assert.Contains(("x-reason", "asked to"), Pairs(outcome["trailing"]));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Nodes_deadline_ends_the_call_on_both_sides()
    {
        await using var server = await EchoServer.StartAsync();
        foreach (var deadlineMs in EchoServer.Deadlines)
        {
            var outcome = await CallAsync(server, "Unary", [new() { ["hang"] = true }], ("deadline_ms", deadlineMs));
            Assert.Equal((int)StatusCode.DeadlineExceeded, (int)outcome["code"]!);
            if (server.Probe.Started.Task.IsCompleted)
            {
                break;
            }
        }

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probe.Ended.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Nodes_cancellation_reaches_the_handler()
    {
        await using var server = await EchoServer.StartAsync();
        var outcome = await CallAsync(
            server, "Chat", [new() { ["text"] = "one" }, new() { ["hang"] = true }], ("cancel_after", 1), ("keep_open", true));
        Assert.Equal((int)StatusCode.Cancelled, (int)outcome["code"]!);
        var seen = await server.Probe.Ended.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.True(seen is OperationCanceledException or IOException, $"{seen}");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Large_messages_pass_both_ways()
    {
        const int Length = 9_000_001;
        await using var server = await EchoServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = null);
        var outcome = await CallAsync(
            server, "Unary", [new() { ["payload_length"] = Length }], ("channel", new JsonObject { ["grpc.max_receive_message_length"] = -1 }));
        var response = Assert.Single(Responses(outcome));
        Assert.Equal(Length, (int)response["length"]!);
        Assert.Equal(NodePayload.Sha256(Length), (string?)response["sha256"]);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Gzip_passes_both_ways()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        var outcome = await CallAsync(
            server,
            "Chat",
            [.. Enumerable.Range(0, 5).Select(_ => new JsonObject { ["payload_length"] = 50_000 })],
            ("channel", new JsonObject { ["grpc.default_compression_algorithm"] = 2 }));
        Assert.Equal(0, (int)outcome["code"]!);
        Assert.All(Responses(outcome), response => Assert.Equal(NodePayload.Sha256(50_000), (string?)response["sha256"]));
        Assert.Equal(5, Responses(outcome).Count);
        Assert.Equal(["gzip"], server.Probe.RequestEncodings);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Too_large_a_message_is_refused()
    {
        await using var server = await EchoServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = 1000);
        var outcome = await CallAsync(server, "Unary", [new() { ["payload_length"] = 100_000 }]);
        Assert.Equal((int)StatusCode.ResourceExhausted, (int)outcome["code"]!);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_handler_may_answer_before_it_has_read_everything()
    {
        await using var server = await EchoServer.StartAsync();
        var outcome = await CallAsync(
            server,
            "Collect",
            [new() { ["fail_with"] = 8, ["fail_detail"] = "enough" }, .. Enumerable.Range(0, 100).Select(_ => new JsonObject { ["payload_length"] = 50_000 })]);
        Assert.Equal((int)StatusCode.ResourceExhausted, (int)outcome["code"]!);
        Assert.Equal("enough", (string?)outcome["details"]);
    }

    private static JsonArray Pair(string key, string value) => [key, value];

    private static List<JsonObject> Responses(JsonObject outcome) => [.. outcome["responses"]!.AsArray().Select(response => response!.AsObject())];

    private static List<(string Key, string Value)> Pairs(JsonNode? list) =>
        [.. list!.AsArray().Select(pair => ((string)pair![0]!, (string)pair[1]!))];

    private async Task<JsonObject> CallAsync(EchoServer server, string method, JsonObject[] requests, params (string Name, JsonNode Value)[] more)
    {
        var id = Guid.NewGuid().ToString();
        var command = new JsonObject
        {
            ["id"] = id,
            ["address"] = $"localhost:{server.Address.Port}",
            ["method"] = method,
            ["requests"] = new JsonArray([.. requests]),
            ["ca"] = server.Certificate?.ExportCertificatePem(),
        };
        foreach (var (name, value) in more)
        {
            command[name] = value;
        }

        await _node.SendAsync(command);
        return await _node.ReceiveAsync(line => (string?)line["id"] == id);
    }
}

/// <summary>The node client, for all tests of a class. The first test starts it: only a test can skip.</summary>
public sealed class NodeClient : IAsyncDisposable
{
    internal NodePeer Node { get; private set; } = null!;

    public async ValueTask StartAsync()
    {
        if (Node is not null)
        {
            return;
        }

        Node = await NodePeer.StartAsync("client.js");
        await Node.ReceiveAsync(line => line["ready"] is not null);
    }

    public ValueTask DisposeAsync() => Node?.DisposeAsync() ?? default;
}

/// <summary>The payload that the node peer makes: the i-th byte is 31 i mod 251.</summary>
internal static class NodePayload
{
    public static byte[] Create(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i * 31L % 251);
        }

        return bytes;
    }

    public static string Sha256(int length) => Convert.ToHexStringLower(SHA256.HashData(Create(length)));
}
