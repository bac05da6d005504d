// One connection to the site's broker: opened once, ended once; what arrives waits in a bounded queue.

using System.Buffers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using FabNet.Edge.Configuration;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace FabNet.Edge.SiteBroker;

/// <summary>What the broker publishes when a connection is lost.</summary>
internal sealed record BrokerWill(string Topic, byte[] Payload, bool Retain);

/// <summary>A message that arrived.</summary>
internal readonly record struct BrokerMessage(string Topic, byte[] Payload);

/// <summary>
/// A clean session in MQTT 3.1.1. Any call fails with <see cref="BrokerException"/> once the connection is lost, and when the broker takes longer
/// than <see cref="AnswerLimit"/> to answer.
/// </summary>
internal sealed class BrokerConnection : IAsyncDisposable
{
    /// <summary>How long an answer of the broker may take.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    private const int MaxWaiting = 1024;

    private readonly IMqttClient _client;
    private readonly TimeProvider _time;
    private readonly Channel<BrokerMessage> _arrived = Channel.CreateBounded<BrokerMessage>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private volatile string? _lost;

    private BrokerConnection(IMqttClient client, TimeProvider time) => (_client, _time) = (client, time);

    /// <summary>Why the connection is over; null while it stands.</summary>
    public string? Lost => _lost;

    /// <summary>Connects.</summary>
    /// <param name="broker">Where the broker is.</param>
    /// <param name="clientId">Who this is; the broker ends an older connection of the same name.</param>
    /// <param name="will">What to publish when the connection is lost.</param>
    /// <param name="wake">Called when something arrived or the connection is lost. Must not wait.</param>
    /// <param name="time">The clock of the limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BrokerException">It could not; the message says why.</exception>
    public static async Task<BrokerConnection> OpenAsync(
        BrokerConfig broker, string clientId, BrokerWill will, Action wake, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        var connection = new BrokerConnection(client, time);
        client.ApplicationMessageReceivedAsync += async received =>
        {
            var message = new BrokerMessage(received.ApplicationMessage.Topic, received.ApplicationMessage.Payload.ToArray());
            if (!connection._arrived.Writer.TryWrite(message))
            {
                wake();
                await connection._arrived.Writer.WriteAsync(message); // The broker is held back until there is room; nothing else waits.
            }

            wake();
        };
        client.DisconnectedAsync += lost =>
        {
            connection.End(lost.Exception?.Message ?? lost.ReasonString ?? lost.Reason.ToString());
            wake();
            return Task.CompletedTask;
        };
        try
        {
            var options = Options(broker, clientId, will);
            var result = await connection.InTimeAsync(token => client.ConnectAsync(options, token), cancellationToken);
            return result.ResultCode == MqttClientConnectResultCode.Success
                ? connection
                : throw new BrokerException($"the broker refused the connection: {result.ResultCode}. Check broker.user and broker.passwordFile.");
        }
        catch (Exception e)
        {
            client.Dispose();
            throw e is IOException or UnauthorizedAccessException or AuthenticationException or System.Security.Cryptography.CryptographicException
                ? new BrokerException(e.Message, e)
                : e;
        }
    }

    /// <summary>The next message that arrived, if any.</summary>
    public bool TryRead(out BrokerMessage message) => _arrived.Reader.TryRead(out message);

    /// <summary>Subscribes at QoS 1.</summary>
    /// <exception cref="BrokerException">It could not, or the broker refused this topic.</exception>
    public async Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        var result = await InTimeAsync(token => _client.SubscribeAsync(topic, MqttQualityOfServiceLevel.AtLeastOnce, token), cancellationToken);
        if (result.Items.FirstOrDefault(i => (int)i.ResultCode >= 0x80) is { } refused)
        {
            throw new BrokerException($"the broker refused the subscription to {topic}: {refused.ResultCode}. Check its access control list.");
        }
    }

    /// <summary>Publishes at QoS 0: handed to the system, in order.</summary>
    /// <exception cref="BrokerException">The connection is lost.</exception>
    public Task SendAsync(string topic, byte[] payload, CancellationToken cancellationToken) =>
        PublishAsync(topic, payload, MqttQualityOfServiceLevel.AtMostOnce, retain: false, cancellationToken);

    /// <summary>Publishes at QoS 1: done when the broker has it, and all that was published on this connection before it.</summary>
    /// <exception cref="BrokerException">The connection is lost, or the broker did not answer in time.</exception>
    public Task DeliverAsync(string topic, byte[] payload, bool retain, CancellationToken cancellationToken) =>
        PublishAsync(topic, payload, MqttQualityOfServiceLevel.AtLeastOnce, retain, cancellationToken);

    /// <summary>Says goodbye, so that the broker drops the will.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await InTimeAsync(
            async token =>
            {
                await _client.DisconnectAsync(new MqttClientDisconnectOptions(), token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Ends the connection without a goodbye, if it still stands: the broker publishes the will.</summary>
    public ValueTask DisposeAsync()
    {
        End("closed here");
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MqttClientOptions Options(BrokerConfig broker, string clientId, BrokerWill will)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithClientId(clientId)
            .WithCleanSession()
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(15))
            .WithWillTopic(will.Topic)
            .WithWillPayload(will.Payload)
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithWillRetain(will.Retain);
        if (broker.User is { } user)
        {
            builder = builder.WithCredentials(user, broker.PasswordFile is { } file ? File.ReadAllText(file).TrimEnd('\r', '\n') : null);
        }

        if (broker.Tls)
        {
            builder = builder.WithTlsOptions(tls =>
            {
                tls.UseTls().WithTargetHost(broker.Host);
                if (broker.CertificateAuthority is { } file)
                {
                    var authority = new X509Certificate2Collection();
                    authority.ImportFromPemFile(file);
                    tls.WithTrustChain(authority).WithRevocationMode(X509RevocationMode.NoCheck);
                }
            });
        }

        return builder.Build();
    }

    private async Task PublishAsync(string topic, byte[] payload, MqttQualityOfServiceLevel quality, bool retain, CancellationToken cancellationToken)
    {
        var result = await InTimeAsync(token => _client.PublishBinaryAsync(topic, payload, quality, retain, token), cancellationToken);
        if (!result.IsSuccess)
        {
            throw new BrokerException($"the broker refused a message on {topic}: {result.ReasonCode}.");
        }
    }

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await act(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BrokerException($"the broker did not answer within {AnswerLimit.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is MqttCommunicationException or InvalidOperationException or ObjectDisposedException)
        {
            throw new BrokerException(_lost ?? e.Message, e);
        }
    }

    private void End(string reason)
    {
        _lost ??= reason;
        _arrived.Writer.TryComplete();
    }
}

/// <summary>The site's broker can't be reached, or refuses something.</summary>
internal sealed class BrokerException(string message, Exception? inner = null) : Exception(message, inner);
