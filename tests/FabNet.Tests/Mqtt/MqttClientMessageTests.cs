// Messages through a real broker: every quality of service, both versions of the protocol, and other people's clients.
using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.Mqtt;

public sealed class MqttClientMessageTests : IAsyncLifetime
{
    private MosquittoBroker _broker = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _broker = await MosquittoBroker.StartAsync("max_inflight_messages 100");

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    public static TheoryData<MqttProtocolVersion, MqttQualityOfServiceLevel> Levels()
    {
        var data = new TheoryData<MqttProtocolVersion, MqttQualityOfServiceLevel>();
        foreach (MqttProtocolVersion version in new[] { MqttProtocolVersion.V311, MqttProtocolVersion.V500 })
        {
            foreach (MqttQualityOfServiceLevel level in Enum.GetValues<MqttQualityOfServiceLevel>())
            {
                data.Add(version, level);
            }
        }

        return data;
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Levels))]
    public async Task A_message_arrives_at_each_quality_of_service(MqttProtocolVersion version, MqttQualityOfServiceLevel level)
    {
        using var receiver = await MqttTestClient.ConnectAsync(_broker, version);
        using var sender = await MqttTestClient.ConnectAsync(_broker, version);
        MqttClientSubscribeResult subscribed = await receiver.Client.SubscribeAsync("fabnet/+/state", level, Ct);
        Assert.Equal((MqttClientSubscribeResultCode)level, Assert.Single(subscribed.Items).ResultCode);
        byte[] payload = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        MqttClientPublishResult published = await sender.Client.PublishBinaryAsync("fabnet/élan-1/state", payload, level, cancellationToken: Ct);

        Assert.True(published.IsSuccess);
        Assert.Equal(level == MqttQualityOfServiceLevel.AtMostOnce, published.PacketIdentifier is null);
        MqttApplicationMessage received = await receiver.ReceiveAsync();
        Assert.Equal("fabnet/élan-1/state", received.Topic);
        Assert.Equal(payload, received.Payload.ToArray());
        Assert.Equal(level, received.QualityOfServiceLevel);
        Assert.False(received.Retain);
    }

    [Fact(Timeout = 60_000)]
    public async Task Properties_of_version_5_arrive_with_the_message()
    {
        using var receiver = await MqttTestClient.ConnectAsync(_broker);
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        var subscription = new MqttClientSubscribeOptionsBuilder().WithTopicFilter("t").WithSubscriptionIdentifier(7).Build();
        await receiver.Client.SubscribeAsync(subscription, Ct);

        await sender.Client.PublishAsync(
            new MqttApplicationMessageBuilder().WithTopic("t").WithPayload("{}").WithContentType("application/json").WithResponseTopic("answers")
                .WithCorrelationData([0, 1, 0, 2]).WithMessageExpiryInterval(60).WithPayloadFormatIndicator(MqttPayloadFormatIndicator.CharacterData)
                .WithUserProperty("site", "Köln").WithUserProperty("site", "Lyon").Build(),
            Ct);

        MqttApplicationMessage received = await receiver.ReceiveAsync();
        Assert.Equal(("application/json", "answers"), (received.ContentType, received.ResponseTopic));
        Assert.Equal([0, 1, 0, 2], received.CorrelationData!);
        Assert.InRange(received.MessageExpiryInterval, 1u, 60u);
        Assert.Equal(MqttPayloadFormatIndicator.CharacterData, received.PayloadFormatIndicator);
        Assert.Equal(["site = Köln", "site = Lyon"], received.UserProperties!.Select(property => property.ToString()));
        Assert.Equal([7u], received.SubscriptionIdentifiers!);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_retained_message_waits_for_a_later_subscriber()
    {
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        await sender.Client.PublishStringAsync("config", "first", MqttQualityOfServiceLevel.AtLeastOnce, retain: true, cancellationToken: Ct);

        using var receiver = await MqttTestClient.ConnectAsync(_broker);
        await receiver.Client.SubscribeAsync("config", cancellationToken: Ct);

        MqttApplicationMessage received = await receiver.ReceiveAsync();
        Assert.True(received.Retain);
        Assert.Equal("first", received.ConvertPayloadToString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Ten_thousand_messages_arrive_in_order()
    {
        const int Count = 10_000;
        using var receiver = await MqttTestClient.ConnectAsync(_broker);
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        await receiver.Client.SubscribeAsync("line", MqttQualityOfServiceLevel.AtLeastOnce, Ct);

        Task[] publishing = [.. Enumerable.Range(0, Count).Select(i => sender.Client.PublishStringAsync(
            "line", i.ToString(CultureInfo.InvariantCulture), MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct))];

        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (await receiver.ReceiveAsync()).ConvertPayloadToString());
        }

        await Task.WhenAll(publishing);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(MqttQualityOfServiceLevel.AtMostOnce)]
    [InlineData(MqttQualityOfServiceLevel.ExactlyOnce)]
    public async Task A_megabyte_arrives_intact(MqttQualityOfServiceLevel level)
    {
        byte[] payload = new byte[1 << 20];
        new Random(5).NextBytes(payload);
        using var receiver = await MqttTestClient.ConnectAsync(_broker);
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        await receiver.Client.SubscribeAsync("model", level, Ct);

        // In two pieces, as a pipe would give it.
        await sender.Client.PublishSequenceAsync("model", Pieces(payload, 300_000), level, cancellationToken: Ct);

        Assert.Equal(payload, (await receiver.ReceiveAsync()).Payload.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_handler_holds_the_broker_back_and_loses_nothing()
    {
        const int Count = 5_000;
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        using IMqttClient slow = new MqttClientFactory().CreateMqttClient();
        var release = new TaskCompletionSource();
        var done = new TaskCompletionSource();
        int handled = 0;
        slow.ApplicationMessageReceivedAsync += async received =>
        {
            await release.Task;
            Assert.Equal(handled.ToString(CultureInfo.InvariantCulture), received.ApplicationMessage.ConvertPayloadToString());
            if (++handled == Count)
            {
                done.SetResult();
            }
        };
        await slow.ConnectAsync(MqttTestClient.To(_broker).Build(), Ct);
        await slow.SubscribeAsync("flood", MqttQualityOfServiceLevel.AtLeastOnce, Ct);

        for (int i = 0; i < Count; i++)
        {
            await sender.Client.PublishStringAsync(
                "flood", i.ToString(CultureInfo.InvariantCulture), MqttQualityOfServiceLevel.AtMostOnce, cancellationToken: Ct);
        }

        await sender.Client.PublishStringAsync("end", "", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);
        Assert.Equal(0, handled);
        release.SetResult();
        await done.Task.WaitAsync(Ct);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_handler_may_publish_and_wait_during_a_flood()
    {
        const int Count = 3_000;
        using var sender = await MqttTestClient.ConnectAsync(_broker);
        using var answers = await MqttTestClient.ConnectAsync(_broker);
        await answers.Client.SubscribeAsync("answers", MqttQualityOfServiceLevel.AtLeastOnce, Ct);
        using IMqttClient worker = new MqttClientFactory().CreateMqttClient();
        worker.ApplicationMessageReceivedAsync += received => worker.PublishSequenceAsync(
            "answers", received.ApplicationMessage.Payload, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);
        await worker.ConnectAsync(MqttTestClient.To(_broker).Build(), Ct);
        await worker.SubscribeAsync("requests", MqttQualityOfServiceLevel.AtLeastOnce, Ct);

        Task[] publishing = [.. Enumerable.Range(0, Count).Select(i => sender.Client.PublishStringAsync(
            "requests", i.ToString(CultureInfo.InvariantCulture), MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct))];

        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (await answers.ReceiveAsync()).ConvertPayloadToString());
        }

        await Task.WhenAll(publishing);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_handler_is_reported_and_the_next_message_comes()
    {
        var log = new CollectingLogger();
        using IMqttClient client = new MqttClientFactory(log).CreateMqttClient();
        var second = new TaskCompletionSource<string?>();
        client.ApplicationMessageReceivedAsync += received =>
        {
            if (received.ApplicationMessage.ConvertPayloadToString() == "bad")
            {
                throw new FormatException("not a job");
            }

            second.SetResult(received.ApplicationMessage.ConvertPayloadToString());
            return Task.CompletedTask;
        };
        await client.ConnectAsync(MqttTestClient.To(_broker).Build(), Ct);
        await client.SubscribeAsync("t", cancellationToken: Ct);

        await client.PublishStringAsync("t", "bad", cancellationToken: Ct);
        await client.PublishStringAsync("t", "good", cancellationToken: Ct);

        Assert.Equal("good", await second.Task.WaitAsync(Ct));
        Assert.IsType<FormatException>(Assert.Single(log.Exceptions));
    }

    [Fact(Timeout = 60_000)]
    public async Task After_unsubscribing_nothing_comes()
    {
        using var client = await MqttTestClient.ConnectAsync(_broker);
        var filters = new MqttClientSubscribeOptionsBuilder()
            .WithTopicFilter("a", MqttQualityOfServiceLevel.ExactlyOnce).WithTopicFilter(filter => filter.WithTopic("b").WithAtLeastOnceQoS()).Build();
        MqttClientSubscribeResult subscribed = await client.Client.SubscribeAsync(filters, Ct);
        Assert.Equal(
            [("a", MqttClientSubscribeResultCode.GrantedQoS2), ("b", MqttClientSubscribeResultCode.GrantedQoS1)],
            subscribed.Items.Select(item => (item.TopicFilter.Topic, item.ResultCode)));

        MqttClientUnsubscribeResult unsubscribed = await client.Client.UnsubscribeAsync("a", Ct);
        await client.Client.PublishStringAsync("a", "unheard", cancellationToken: Ct);
        await client.Client.PublishStringAsync("b", "heard", cancellationToken: Ct);

        Assert.Equal("a", Assert.Single(unsubscribed.Items).TopicFilter);
        Assert.Equal("heard", (await client.ReceiveAsync()).ConvertPayloadToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/+/b")]
    [InlineData("a/#")]
    [InlineData("a\0b")]
    public async Task A_topic_that_cannot_be_published_to_is_refused(string topic)
    {
        using var client = await MqttTestClient.ConnectAsync(_broker);
        await Assert.ThrowsAsync<MqttProtocolViolationException>(() => client.Client.PublishStringAsync(topic, "x", cancellationToken: Ct));
        Assert.True(client.Client.IsConnected);
    }

    [Fact(Timeout = 60_000)]
    public async Task Mosquitto_sub_receives_what_is_published()
    {
        using Process subscriber = StartTool("mosquitto_sub", "-t", "interop", "-q", "1", "-C", "1", "-F", "%x", "-i", "their-client");
        await _broker.LoggedAsync("Sending SUBACK to their-client", Ct);

        using var sender = await MqttTestClient.ConnectAsync(_broker);
        await sender.Client.PublishBinaryAsync("interop", new byte[] { 0, 1, 0xFE, 0xFF }, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);

        Assert.Equal("0001feff", (await subscriber.StandardOutput.ReadToEndAsync(Ct)).Trim());
        await subscriber.WaitForExitAsync(Ct);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_mosquitto_pub_sends_is_received()
    {
        using var receiver = await MqttTestClient.ConnectAsync(_broker, MqttProtocolVersion.V311);
        await receiver.Client.SubscribeAsync("interop", MqttQualityOfServiceLevel.ExactlyOnce, Ct);

        using Process publisher = StartTool("mosquitto_pub", "-t", "interop", "-q", "2", "-m", "grüße");
        await publisher.WaitForExitAsync(Ct);

        Assert.Equal("grüße", (await receiver.ReceiveAsync()).ConvertPayloadToString());
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int first)
    {
        var head = new Piece(bytes.AsMemory(0, first), null);
        var tail = new Piece(bytes.AsMemory(first), head);
        return new ReadOnlySequence<byte>(head, 0, tail, tail.Memory.Length);
    }

    private Process StartTool(string name, params string[] arguments) => Process.Start(
        new ProcessStartInfo($"/usr/bin/{name}", ["-h", "127.0.0.1", "-p", _broker.Port.ToString(CultureInfo.InvariantCulture), .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
