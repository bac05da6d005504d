// A client with its received messages and its disconnections in queues that a test can await.
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using Xunit;

namespace FabNet.Tests.Mqtt;

internal sealed class MqttTestClient : IDisposable
{
    private readonly Channel<MqttApplicationMessage> _messages = Channel.CreateUnbounded<MqttApplicationMessage>();
    private readonly Channel<MqttClientDisconnectedEventArgs> _disconnections = Channel.CreateUnbounded<MqttClientDisconnectedEventArgs>();

    public MqttTestClient()
    {
        Client.ApplicationMessageReceivedAsync += received => _messages.Writer.WriteAsync(received.ApplicationMessage).AsTask();
        Client.DisconnectedAsync += disconnected => _disconnections.Writer.WriteAsync(disconnected).AsTask();
    }

    public IMqttClient Client { get; } = new MqttClientFactory().CreateMqttClient();

    public int Disconnections => _disconnections.Reader.Count;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static MqttClientOptionsBuilder To(MosquittoBroker broker, MqttProtocolVersion version = MqttProtocolVersion.V500) =>
        new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", broker.Port).WithProtocolVersion(version).WithTimeout(TimeSpan.FromSeconds(20));

    public static async Task<MqttTestClient> ConnectAsync(MosquittoBroker broker, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var client = new MqttTestClient();
        MqttClientConnectResult result = await client.Client.ConnectAsync(To(broker, version).Build(), Ct);
        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        return client;
    }

    public async Task<MqttApplicationMessage> ReceiveAsync() => await _messages.Reader.ReadAsync(Ct);

    public async Task<MqttClientDisconnectedEventArgs> DisconnectedAsync() => await _disconnections.Reader.ReadAsync(Ct);

    public void Dispose() => Client.Dispose();
}
