// A Sparkplug host for tests: subscribes to everything, and decodes and encodes with a package that this project did not write.

using System.Text;
using System.Text.Json.Nodes;
using FabNet.Tests.Grpc;
using FabNet.Tests.Mqtt;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.SiteBroker;

/// <summary>A Sparkplug message as the peer decoded it. <paramref name="Kind"/> is NBIRTH, DDATA and so on.</summary>
internal sealed record SparkplugMessage(string Kind, string Node, string? Device, JsonObject Payload, MqttQualityOfServiceLevel Quality, bool Retained)
{
    public int? Sequence => (int?)Payload["seq"];

    public IEnumerable<JsonObject> Metrics => Payload["metrics"]?.AsArray().Select(m => m!.AsObject()) ?? [];

    public JsonObject Metric(string name) => Metrics.Single(m => (string?)m["name"] == name);

    public override string ToString() => $"{Kind} {Device} {Payload.ToJsonString()}";
}

internal sealed class SparkplugHost : IAsyncDisposable
{
    private readonly MosquittoBroker _broker;
    private readonly NodePeer _codec;
    private readonly Dictionary<int, string> _names = [];
    private MqttTestClient _client;
    private int _asked;

    private SparkplugHost(MosquittoBroker broker, NodePeer codec, MqttTestClient client) => (_broker, _codec, _client) = (broker, codec, client);

    /// <summary>Every message so far, in order.</summary>
    public List<SparkplugMessage> Heard { get; } = [];

    public static async Task<SparkplugHost> StartAsync(MosquittoBroker broker)
    {
        var codec = await NodePeer.StartInAsync("sparkplug", "sparkplug-payload", "codec.js");
        var host = new SparkplugHost(broker, codec, await MqttTestClient.ConnectAsync(broker));
        await host.SubscribeAsync();
        return host;
    }

    /// <summary>Connects again, after the broker was away.</summary>
    public async Task ReturnAsync()
    {
        _client.Dispose();
        _client = await MqttTestClient.ConnectAsync(_broker);
        await SubscribeAsync();
    }

    /// <summary>The next message of a kind; the ones before it are in <see cref="Heard"/> too.</summary>
    public Task<SparkplugMessage> NextAsync(string kind, string? device = null) => NextAsync(m => m.Kind == kind && (device is null || m.Device == device));

    public async Task<SparkplugMessage> NextAsync(Func<SparkplugMessage, bool> wanted)
    {
        while (true)
        {
            var message = await ReceiveAsync();
            if (wanted(message))
            {
                return message;
            }
        }
    }

    /// <summary>The next value of a metric, by its name or by the alias that a birth gave it.</summary>
    public async Task<JsonObject> NextValueAsync(string metric, Func<JsonObject, bool> wanted)
    {
        while (true)
        {
            var message = await NextAsync(m => m.Kind is "DDATA" or "NDATA");
            if (Values(message, metric).FirstOrDefault(wanted) is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>The values of a metric in a message.</summary>
    public IEnumerable<JsonObject> Values(SparkplugMessage message, string metric) => message.Metrics.Where(m => NameOf(m) == metric);

    /// <summary>The name of a metric in data.</summary>
    public string? NameOf(JsonObject metric) => (string?)metric["name"] ?? _names.GetValueOrDefault((int)metric["alias"]!);

    /// <summary>Publishes a command, encoded by the peer.</summary>
    public async Task CommandAsync(string topic, string metric, bool value)
    {
        var answer = await AskAsync(new JsonObject
        {
            ["encode"] = new JsonObject
            {
                ["timestamp"] = 1,
                ["metrics"] = new JsonArray(new JsonObject { ["name"] = metric, ["type"] = "Boolean", ["value"] = value, ["timestamp"] = 1 }),
            },
        });
        await PublishAsync(topic, Convert.FromBase64String((string)answer["bytes"]!));
    }

    public Task PublishAsync(string topic, byte[] payload, bool retain = false) =>
        _client.Client.PublishBinaryAsync(topic, payload, MqttQualityOfServiceLevel.AtLeastOnce, retain, TestContext.Current.CancellationToken);

    /// <summary>Says that this is a primary host, and whether it is there.</summary>
    public Task SayAsync(string host, bool isOnline, long timestamp) => PublishAsync(
        $"spBv1.0/STATE/{host}", Encoding.UTF8.GetBytes($$"""{"online":{{(isOnline ? "true" : "false")}},"timestamp":{{timestamp}}}"""), retain: true);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _codec.DisposeAsync();
    }

    private async Task SubscribeAsync() => await _client.Client.SubscribeAsync("spBv1.0/+/#", MqttQualityOfServiceLevel.ExactlyOnce, TestContext.Current.CancellationToken);

    private async Task<SparkplugMessage> ReceiveAsync()
    {
        while (true)
        {
            var received = await _client.ReceiveAsync();
            var levels = received.Topic.Split('/');
            if (levels[1] == "STATE" || levels[2].EndsWith("CMD", StringComparison.Ordinal))
            {
                continue;
            }

            var answer = await AskAsync(new JsonObject { ["decode"] = Convert.ToBase64String(System.Buffers.BuffersExtensions.ToArray(received.Payload)) });
            var message = new SparkplugMessage(
                levels[2], levels[3], levels.Length > 4 ? levels[4] : null, answer["payload"]!.AsObject(), received.QualityOfServiceLevel, received.Retain);
            if (message.Kind is "NBIRTH" or "DBIRTH")
            {
                foreach (var metric in message.Metrics.Where(m => m["alias"] is not null))
                {
                    _names[(int)metric["alias"]!] = (string)metric["name"]!;
                }
            }

            Heard.Add(message);
            return message;
        }
    }

    private async Task<JsonObject> AskAsync(JsonObject question)
    {
        var id = ++_asked;
        question["id"] = id;
        await _codec.SendAsync(question);
        var answer = await _codec.ReceiveAsync(a => (int?)a["id"] == id);
        return answer["error"] is { } error ? throw new InvalidOperationException($"The peer can't do it: {error}") : answer;
    }
}
