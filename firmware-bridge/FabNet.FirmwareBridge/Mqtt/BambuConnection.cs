// One MQTT connection to one Bambu Lab machine: TLS with the maker's CA pinned and the serial number checked.

using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// The connection: MQTT 3.1.1, clean session, user <c>bblp</c>. Nothing that is published is retained, and nothing is queued for a machine that is away. Reports arrive one after the other
/// through a callback, which holds the broker back while it is not done.
/// </summary>
internal sealed class BambuConnection : IAsyncDisposable
{
    private const string User = "bblp";

    private readonly BambuMachineOptions _options;
    private readonly BambuTrust _trust;
    private readonly TimeProvider _time;
    private readonly IMqttClient _client;
    private string? _distrust;

    /// <summary>A connection that is not open yet.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="trust">Whom to trust.</param>
    /// <param name="time">The clock of its time limits.</param>
    /// <param name="onReport">Called with each report's bytes.</param>
    /// <param name="onLost">Called when the connection ends, with the reason.</param>
    public BambuConnection(BambuMachineOptions options, BambuTrust trust, TimeProvider time, Func<byte[], Task> onReport, Func<string, Task> onLost)
    {
        (_options, _trust, _time) = (options, trust, time);
        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += received => onReport(System.Buffers.BuffersExtensions.ToArray(received.ApplicationMessage.Payload));
        _client.DisconnectedAsync += lost => lost.ClientWasConnected ? onLost(lost.ReasonString ?? lost.Reason.ToString()) : Task.CompletedTask;
    }

    /// <summary>True between a successful <see cref="OpenAsync"/> and the end of the connection.</summary>
    public bool IsOpen => _client.IsConnected;

    /// <summary>Connects and subscribes.</summary>
    /// <exception cref="MachineLinkException">It could not; the message says why.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_options.UseTls && !_trust.IsPossible)
            throw new MachineLinkException($"{Where}: TLS needs the maker's CA certificate or the machine's fingerprint. Give one in the machine's configuration.");
        using var clock = new CancellationTokenSource(_options.Connect, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            _distrust = null;
            var answer = await _client.ConnectAsync(ClientOptions(), either.Token);
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
                throw new MachineLinkException(Refused(answer.ResultCode));
            var subscribed = await _client.SubscribeAsync($"device/{_options.SerialNumber}/report", MqttQualityOfServiceLevel.AtMostOnce, either.Token);
            if (subscribed.Items.FirstOrDefault() is { ResultCode: > MqttClientSubscribeResultCode.GrantedQoS2 } item)
                throw new MachineLinkException($"{Where} does not let this program read its reports ({item.ResultCode}). Check the serial number.");
        }
        catch (OperationCanceledException error) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await _client.TryDisconnectAsync();
            throw new MachineLinkException($"{Where} does not answer within {_options.Connect.TotalSeconds:0.#} s. Check that it is on, in LAN mode, and at this address.", error);
        }
        catch (MqttCommunicationException error)
        {
            await _client.TryDisconnectAsync();
            throw new MachineLinkException(
                _distrust is null ? $"{Where} can't be reached: {error.Message} Check that it is on, in LAN mode, and at this address." : $"{Where} is not trusted: {_distrust}", error);
        }
        catch
        {
            await _client.TryDisconnectAsync();
            throw;
        }
    }

    /// <summary>Publishes a request, at most once: what may only be done once is never sent twice by the protocol either.</summary>
    /// <exception cref="MachineLinkException">There is no connection.</exception>
    public Task SendOnceAsync(byte[] request, CancellationToken cancellationToken) => SendAsync(request, MqttQualityOfServiceLevel.AtMostOnce, cancellationToken);

    /// <summary>Publishes a request that may arrive twice, and waits until the machine's broker has it. Pause, resume and stop go this way, and are served first (OpenBambuAPI).</summary>
    /// <exception cref="MachineLinkException">There is no connection, or it is lost meanwhile.</exception>
    public Task SendSurelyAsync(byte[] request, CancellationToken cancellationToken) => SendAsync(request, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _client.TryDisconnectAsync();
        _client.Dispose();
    }

    private string Where => $"{_options.SerialNumber} at {_options.Host}:{_options.Port}";

    private async Task SendAsync(byte[] request, MqttQualityOfServiceLevel quality, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(_options.Connect, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await _client.PublishBinaryAsync($"device/{_options.SerialNumber}/request", request, quality, retain: false, either.Token);
        }
        catch (Exception error) when (error is MqttCommunicationException or InvalidOperationException
            || (error is OperationCanceledException && clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested))
        {
            throw new MachineLinkException($"{_options.SerialNumber} is not connected: {error.Message}", error);
        }
    }

    private MqttClientOptions ClientOptions()
    {
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(_options.Host, _options.Port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithCleanSession()
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(15))
            .WithTimeout(_options.Connect)
            .WithCredentials(User, _options.AccessCode);
        // The certificate's name is the serial number, not the address: it is what the handshake asks for, and what is checked.
        return !_options.UseTls ? builder.Build() : builder.WithTlsOptions(tls => tls.UseTls().WithTargetHost(_options.SerialNumber)
            .WithRevocationMode(System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck)
            .WithCertificateValidationHandler(IsTrusted)).Build();
    }

    private bool IsTrusted(MqttClientCertificateValidationEventArgs shown)
    {
        _distrust = shown.Certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 certificate
            ? _trust.Check(certificate, shown.Chain.ChainPolicy.ExtraStore)
            : "it showed no certificate.";
        return _distrust is null;
    }

    private string Refused(MqttClientConnectResultCode code) => code is MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.NotAuthorized
        ? $"{Where} does not accept the access code. Copy it again from the machine's screen: it changes when LAN mode is switched."
        : $"{Where} refuses the connection ({code}). It serves about four programs at a time: close another one.";
}
