// One MQTT connection to one Bambu Lab machine: TLS with the maker's CA pinned and the serial number checked.

using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>The connection. Reports arrive through a callback; nothing that is published is retained, and nothing is queued for a machine that is away (QoS 0, clean session).</summary>
internal sealed class BambuConnection : IAsyncDisposable
{
    private readonly BambuMachineOptions _options;
    private readonly IMqttClient _client;

    /// <summary>A connection that is not open yet.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="onReport">Called with each report's bytes, one after the other.</param>
    /// <param name="onLost">Called when the connection ends, with the reason.</param>
    public BambuConnection(BambuMachineOptions options, Func<byte[], Task> onReport, Func<string, Task> onLost)
    {
        _options = options;
        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += received => onReport(System.Buffers.BuffersExtensions.ToArray(received.ApplicationMessage.Payload));
        _client.DisconnectedAsync += lost => lost.ClientWasConnected ? onLost(lost.ReasonString ?? lost.Reason.ToString()) : Task.CompletedTask;
    }

    /// <summary>Connects and subscribes.</summary>
    /// <exception cref="MachineLinkException">It could not; the message says why.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(_options.Host, _options.Port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithCleanSession()
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(15))
            .WithTimeout(_options.Connect);
        if (_options.AccessCode is not null)
            builder = builder.WithCredentials("bblp", _options.AccessCode);
        if (_options.UseTls)
        {
            var authority = _options.CertificateAuthority
                ?? throw new MachineLinkException($"{_options.SerialNumber}: TLS needs the maker's CA certificate. Give it in the machine's configuration.");
            // The certificate's name is the serial number, not the address: that is the name to check.
            builder = builder.WithTlsOptions(tls => tls.UseTls().WithTrustChain(authority).WithTargetHost(_options.SerialNumber)
                .WithRevocationMode(System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck));
        }

        try
        {
            await _client.ConnectAsync(builder.Build(), cancellationToken);
            await _client.SubscribeAsync($"device/{_options.SerialNumber}/report", MqttQualityOfServiceLevel.AtMostOnce, cancellationToken);
        }
        catch (MqttCommunicationException error)
        {
            throw new MachineLinkException(
                $"{_options.SerialNumber} at {_options.Host}:{_options.Port} can't be reached: {error.Message} Check that it is on, in LAN mode, and that the access code is right.", error);
        }
    }

    /// <summary>Publishes a request.</summary>
    /// <exception cref="MachineLinkException">There is no connection.</exception>
    public async Task SendAsync(byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            await _client.PublishBinaryAsync($"device/{_options.SerialNumber}/request", request, MqttQualityOfServiceLevel.AtMostOnce, retain: false, cancellationToken);
        }
        catch (Exception error) when (error is MqttCommunicationException or InvalidOperationException)
        {
            throw new MachineLinkException($"{_options.SerialNumber} is not connected: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _client.TryDisconnectAsync();
        _client.Dispose();
    }
}
