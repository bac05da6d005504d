// Connections made, refused, lost and made again.
using System.Net;
using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.Mqtt;

public sealed class MqttClientConnectionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<MqttProtocolVersion> Versions => [MqttProtocolVersion.V311, MqttProtocolVersion.V500];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Versions))]
    public async Task The_right_password_connects_and_a_wrong_one_is_refused(MqttProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync(login: ("maker", "sésame"));
        using var right = new MqttTestClient();
        using var wrong = new MqttTestClient();

        MqttClientConnectResult accepted = await right.Client.ConnectAsync(
            MqttTestClient.To(broker, version).WithCredentials("maker", "sésame").Build(), Ct);
        MqttClientConnectResult refused = await wrong.Client.ConnectAsync(
            MqttTestClient.To(broker, version).WithCredentials("maker", "guess").Build(), Ct);

        Assert.Equal(MqttClientConnectResultCode.Success, accepted.ResultCode);
        Assert.True(right.Client.IsConnected);
        Assert.True(refused.ResultCode is MqttClientConnectResultCode.NotAuthorized or MqttClientConnectResultCode.BadUserNameOrPassword, $"{refused.ResultCode}");
        Assert.False(wrong.Client.IsConnected);
        MqttClientDisconnectedEventArgs disconnected = await wrong.DisconnectedAsync();
        Assert.False(disconnected.ClientWasConnected);
        Assert.Same(refused, disconnected.ConnectResult);
        await Assert.ThrowsAsync<MqttClientNotConnectedException>(() => wrong.Client.PublishStringAsync("t", "x", cancellationToken: Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unreachable_broker_is_named()
    {
        int port = MosquittoBroker.FreePort();
        using var client = new MqttTestClient();

        var failure = await Assert.ThrowsAnyAsync<MqttCommunicationException>(
            () => client.Client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build(), Ct));

        Assert.Contains($"127.0.0.1:{port}", failure.Message, StringComparison.Ordinal);
        Assert.False((await client.DisconnectedAsync()).ClientWasConnected);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_says_nothing_is_waited_for_no_longer_than_the_token_or_the_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        int port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var client = new MqttTestClient();
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", port).WithTimeout(TimeSpan.FromMilliseconds(50)).Build();

        await Assert.ThrowsAsync<MqttCommunicationTimedOutException>(() => client.Client.ConnectAsync(options, CancellationToken.None));
        using var cancellation = new CancellationTokenSource();
        Task connecting = client.Client.ConnectAsync(options, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);

        Assert.False(client.Client.IsConnected);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Versions))]
    public async Task A_killed_broker_is_reported_once_and_pending_publishes_fail(MqttProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var client = await MqttTestClient.ConnectAsync(broker, version);
        Task<Exception?> publishing = Record.ExceptionAsync(async () =>
        {
            while (true)
            {
                await client.Client.PublishStringAsync("t", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);
            }
        }).AsTask();
        await client.Client.PublishStringAsync("t", "first", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);

        broker.Kill();

        Assert.True(await publishing is MqttClientDisconnectedException or MqttClientNotConnectedException);
        MqttClientDisconnectedEventArgs disconnected = await client.DisconnectedAsync();
        Assert.True(disconnected.ClientWasConnected);
        Assert.IsAssignableFrom<MqttCommunicationException>(disconnected.Exception);
        Assert.False(client.Client.IsConnected);

        await broker.StartAgainAsync();
        MqttClientConnectResult again = await client.Client.ConnectAsync(client.Client.Options!, Ct);
        Assert.Equal(MqttClientConnectResultCode.Success, again.ResultCode);
        await client.Client.SubscribeAsync("t", cancellationToken: Ct);
        await client.Client.PublishStringAsync("t", "after", cancellationToken: Ct);
        Assert.Equal("after", (await client.ReceiveAsync()).ConvertPayloadToString());
        Assert.Equal(0, client.Disconnections);
    }

    /// <summary>MQTT 5, sections 3.2 and 3.14. Mosquitto 2.0.11 closes without a DISCONNECT in such cases, so the broker's side is played from bytes.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_says_why_it_disconnects_is_heard()
    {
        byte[] connectionAccepted = [0x20, 0x03, 0x00, 0x00, 0x00];
        byte[] sessionTakenOver = [0xE0, 0x02, 0x8E, 0x00];
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new MqttTestClient();
        Task<MqttClientConnectResult> connecting = client.Client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port).Build(), Ct);
        using TcpClient connection = await listener.AcceptTcpClientAsync(Ct);
        Assert.NotEqual(0, await connection.GetStream().ReadAsync(new byte[1024], Ct));

        await connection.GetStream().WriteAsync(connectionAccepted, Ct);
        await connecting;
        await connection.GetStream().WriteAsync(sessionTakenOver, Ct);

        MqttClientDisconnectedEventArgs disconnected = await client.DisconnectedAsync();
        Assert.Equal(MqttClientDisconnectReason.SessionTakenOver, disconnected.Reason);
        Assert.True(disconnected.ClientWasConnected);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_of_the_same_name_takes_the_connection_over()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var first = new MqttTestClient();
        using var second = new MqttTestClient();
        await first.Client.ConnectAsync(MqttTestClient.To(broker).WithClientId("edge-1").Build(), Ct);

        await second.Client.ConnectAsync(MqttTestClient.To(broker).WithClientId("edge-1").Build(), Ct);

        Assert.True((await first.DisconnectedAsync()).ClientWasConnected);
        Assert.True(second.Client.IsConnected);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_larger_than_the_broker_takes_is_refused_and_the_connection_stays()
    {
        await using var broker = await MosquittoBroker.StartAsync("max_packet_size 2000");
        using var client = await MqttTestClient.ConnectAsync(broker);

        await Assert.ThrowsAsync<MqttProtocolViolationException>(() => client.Client.PublishBinaryAsync("t", new byte[3000], cancellationToken: Ct));

        Assert.True((await client.Client.PublishBinaryAsync("t", new byte[1000], MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct)).IsSuccess);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Versions))]
    public async Task The_will_is_published_when_a_client_vanishes_and_not_when_it_leaves(MqttProtocolVersion version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var watcher = await MqttTestClient.ConnectAsync(broker, version);
        await watcher.Client.SubscribeAsync("will/#", MqttQualityOfServiceLevel.AtLeastOnce, Ct);
        MqttClientOptionsBuilder WithWill(string topic) => MqttTestClient.To(broker, version).WithWillTopic(topic).WithWillPayload("offline")
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).WithWillRetain();

        using var leaving = new MqttTestClient();
        await leaving.Client.ConnectAsync(WithWill("will/leaving").Build(), Ct);
        await leaving.Client.DisconnectAsync(cancellationToken: Ct);
        Assert.True((await leaving.DisconnectedAsync()).ClientWasConnected);
        using var vanishing = new MqttTestClient();
        await vanishing.Client.ConnectAsync(WithWill("will/vanishing").Build(), Ct);
        vanishing.Dispose();

        MqttApplicationMessage will = await watcher.ReceiveAsync();
        Assert.Equal(("will/vanishing", "offline"), (will.Topic, will.ConvertPayloadToString()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kept_session_delivers_what_came_meanwhile()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var client = new MqttTestClient();
        MqttClientOptions options = MqttTestClient.To(broker).WithClientId("edge-1").WithCleanStart(false).WithSessionExpiryInterval(300).Build();
        Assert.False((await client.Client.ConnectAsync(options, Ct)).IsSessionPresent);
        await client.Client.SubscribeAsync("jobs", MqttQualityOfServiceLevel.AtLeastOnce, Ct);
        await client.Client.DisconnectAsync(cancellationToken: Ct);
        using var sender = await MqttTestClient.ConnectAsync(broker);
        await sender.Client.PublishStringAsync("jobs", "while away", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct);

        Assert.True((await client.Client.ConnectAsync(options, Ct)).IsSessionPresent);

        Assert.Equal("while away", (await client.ReceiveAsync()).ConvertPayloadToString());
        await Assert.ThrowsAsync<NotSupportedException>(() => client.Client.SubscribeAsync("jobs", MqttQualityOfServiceLevel.ExactlyOnce, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broker_may_name_the_client()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var client = new MqttTestClient();

        MqttClientConnectResult result = await client.Client.ConnectAsync(MqttTestClient.To(broker).WithClientId("").Build(), Ct);

        Assert.False(string.IsNullOrEmpty(result.AssignedClientIdentifier));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_may_be_disposed_in_its_own_handlers()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        var disposed = new TaskCompletionSource();
        client.ApplicationMessageReceivedAsync += _ =>
        {
            client.Dispose();
            disposed.SetResult();
            return Task.CompletedTask;
        };
        await client.ConnectAsync(MqttTestClient.To(broker).Build(), Ct);
        await client.SubscribeAsync("t", cancellationToken: Ct);

        // The answer may or may not come before the end.
        _ = await Record.ExceptionAsync(() => client.PublishStringAsync("t", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Ct));
        await disposed.Task.WaitAsync(Ct);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.PublishStringAsync("t", "x", cancellationToken: Ct));
        client.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_may_connect_again_in_its_disconnected_handler()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        var again = new TaskCompletionSource<MqttClientConnectResult>();
        client.DisconnectedAsync += async _ => again.TrySetResult(await client.ConnectAsync(client.Options!, Ct));
        await client.ConnectAsync(MqttTestClient.To(broker).Build(), Ct);

        await client.DisconnectAsync(cancellationToken: Ct);

        Assert.Equal(MqttClientConnectResultCode.Success, (await again.Task.WaitAsync(Ct)).ResultCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connected_client_cannot_connect_and_a_disconnected_one_may_leave()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var client = await MqttTestClient.ConnectAsync(broker);

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Client.ConnectAsync(client.Client.Options!, Ct));
        await client.Client.DisconnectAsync(cancellationToken: Ct);
        await client.Client.DisconnectAsync(cancellationToken: Ct);
    }

    [Fact]
    public async Task Options_that_libmosquitto_cannot_serve_are_refused_by_name()
    {
        using var client = new MqttTestClient();
        MqttClientOptionsBuilder To() => new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1");

        foreach (MqttClientOptionsBuilder options in new[]
        {
            To().WithKeepAlivePeriod(TimeSpan.FromSeconds(1)),
            To().WithProtocolVersion(MqttProtocolVersion.V311).WithSessionExpiryInterval(60),
            To().WithTlsOptions(tls => tls.WithSslProtocols(System.Security.Authentication.SslProtocols.Tls12)),
            new MqttClientOptionsBuilder().WithEndPoint(new UnixDomainSocketEndPoint("/run/mosquitto")),
        })
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => client.Client.ConnectAsync(options.Build(), Ct));
        }
    }
}
