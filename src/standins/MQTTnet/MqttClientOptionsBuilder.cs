// Builds a client's options step by step.
using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>Builds a client's options. Not to be shared between threads.</summary>
public sealed class MqttClientOptionsBuilder
{
    private const int Port = 1883;
    private const int SecurePort = 8883;

    private readonly MqttClientOptions _options = new();
    private MqttClientTcpOptions? _tcp;
    private MqttClientTlsOptions? _tls;

    /// <summary>The options; without a port, 1883, or 8883 with TLS.</summary>
    /// <exception cref="InvalidOperationException">No broker was named.</exception>
    public MqttClientOptions Build()
    {
        if (_tcp is null)
        {
            throw new InvalidOperationException("A channel must be set.");
        }

        _tcp.TlsOptions = _tls ?? _tcp.TlsOptions;
        int port = _tcp.TlsOptions.UseTls ? SecurePort : Port;
        _tcp.RemoteEndpoint = _tcp.RemoteEndpoint switch
        {
            DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, port, dns.AddressFamily),
            IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, port),
            null => throw new ArgumentException("No endpoint is set."),
            _ => _tcp.RemoteEndpoint,
        };
        _options.ChannelOptions = _tcp;
        return _options;
    }

    /// <summary>The broker's host and port.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">1 to 65,535; null for the usual one.</param>
    /// <param name="addressFamily">IPv4 or IPv6; unspecified leaves it to the resolver, and so does this implementation always.</param>
    public MqttClientOptionsBuilder WithTcpServer(string host, int? port = null, AddressFamily addressFamily = AddressFamily.Unspecified) =>
        WithEndPoint(new DnsEndPoint(host, port ?? 0, addressFamily));

    /// <summary>The broker's host and port.</summary>
    /// <param name="endPoint">A <see cref="DnsEndPoint"/> or an <see cref="IPEndPoint"/>.</param>
    public MqttClientOptionsBuilder WithEndPoint(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        _tcp = new MqttClientTcpOptions { RemoteEndpoint = endPoint };
        return this;
    }

    /// <summary>Encryption.</summary>
    /// <param name="tlsOptions">How.</param>
    public MqttClientOptionsBuilder WithTlsOptions(MqttClientTlsOptions tlsOptions)
    {
        _tls = tlsOptions;
        return this;
    }

    /// <summary>Encryption.</summary>
    /// <param name="configure">Says how.</param>
    public MqttClientOptionsBuilder WithTlsOptions(Action<MqttClientTlsOptionsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new MqttClientTlsOptionsBuilder();
        configure(builder);
        return WithTlsOptions(builder.Build());
    }

    /// <summary>Who this client is to the broker.</summary>
    /// <param name="value">The name; empty lets the broker choose, with a clean session.</param>
    public MqttClientOptionsBuilder WithClientId(string value)
    {
        _options.ClientId = value;
        return this;
    }

    /// <summary>User and password.</summary>
    /// <param name="username">The user.</param>
    /// <param name="password">The password, sent as UTF-8.</param>
    public MqttClientOptionsBuilder WithCredentials(string username, string? password) =>
        WithCredentials(MqttClientCredentials.Of(username, password));

    /// <summary>User and password.</summary>
    /// <param name="username">The user.</param>
    /// <param name="password">The password's bytes.</param>
    public MqttClientOptionsBuilder WithCredentials(string username, byte[]? password = null) =>
        WithCredentials(new MqttClientCredentials(username, password));

    /// <summary>User and password, asked for at each connect.</summary>
    /// <param name="credentials">Gives them.</param>
    public MqttClientOptionsBuilder WithCredentials(IMqttClientCredentialsProvider? credentials)
    {
        _options.Credentials = credentials;
        return this;
    }

    /// <summary>Whether the broker forgets an earlier session of this client (the name in MQTT 3.1.1).</summary>
    /// <param name="value">True to start anew.</param>
    public MqttClientOptionsBuilder WithCleanSession(bool value = true)
    {
        _options.CleanSession = value;
        return this;
    }

    /// <summary>Whether the broker forgets an earlier session of this client (the name in MQTT 5).</summary>
    /// <param name="value">True to start anew.</param>
    public MqttClientOptionsBuilder WithCleanStart(bool value = true) => WithCleanSession(value);

    /// <summary>How long the broker keeps the session after a disconnect (MQTT 5).</summary>
    /// <param name="sessionExpiryInterval">Seconds; 0 not at all.</param>
    public MqttClientOptionsBuilder WithSessionExpiryInterval(uint sessionExpiryInterval)
    {
        _options.SessionExpiryInterval = sessionExpiryInterval;
        return this;
    }

    /// <summary>The longest silence before the client asks whether the broker is there.</summary>
    /// <param name="value">5 s to 65,535 s, or zero for never.</param>
    public MqttClientOptionsBuilder WithKeepAlivePeriod(TimeSpan value)
    {
        _options.KeepAlivePeriod = value;
        return this;
    }

    /// <summary>Never asks whether the broker is there.</summary>
    public MqttClientOptionsBuilder WithNoKeepAlive() => WithKeepAlivePeriod(TimeSpan.Zero);

    /// <summary>How long to wait for an answer when the caller gives no token.</summary>
    /// <param name="value">Above zero.</param>
    public MqttClientOptionsBuilder WithTimeout(TimeSpan value)
    {
        _options.Timeout = value;
        return this;
    }

    /// <summary>The version to speak.</summary>
    /// <param name="value">The version.</param>
    public MqttClientOptionsBuilder WithProtocolVersion(MqttProtocolVersion value)
    {
        _options.ProtocolVersion = value == MqttProtocolVersion.Unknown ? throw new ArgumentException("Protocol version is invalid.") : value;
        return this;
    }

    /// <summary>Adds a name and a value to the connection (MQTT 5).</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public MqttClientOptionsBuilder WithUserProperty(string name, string value)
    {
        (_options.UserProperties ??= []).Add(new MqttUserProperty(name, value));
        return this;
    }

    /// <summary>Where the broker publishes the will when this client is lost.</summary>
    /// <param name="willTopic">The topic; null for no will.</param>
    public MqttClientOptionsBuilder WithWillTopic(string? willTopic)
    {
        _options.WillTopic = willTopic;
        return this;
    }

    /// <summary>The will's payload.</summary>
    /// <param name="willPayload">The bytes.</param>
    public MqttClientOptionsBuilder WithWillPayload(byte[]? willPayload)
    {
        _options.WillPayload = willPayload;
        return this;
    }

    /// <summary>The will's payload.</summary>
    /// <param name="willPayload">The text, sent as UTF-8.</param>
    public MqttClientOptionsBuilder WithWillPayload(string? willPayload) => WithWillPayload(Encoding.UTF8.GetBytes(willPayload ?? ""));

    /// <summary>The will's quality of service.</summary>
    /// <param name="willQualityOfServiceLevel">The level.</param>
    public MqttClientOptionsBuilder WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel willQualityOfServiceLevel)
    {
        _options.WillQualityOfServiceLevel = willQualityOfServiceLevel;
        return this;
    }

    /// <summary>Whether the broker keeps the will for later subscribers.</summary>
    /// <param name="willRetain">True to keep it.</param>
    public MqttClientOptionsBuilder WithWillRetain(bool willRetain = true)
    {
        _options.WillRetain = willRetain;
        return this;
    }

    /// <summary>The time between the loss of the client and the will (MQTT 5).</summary>
    /// <param name="willDelayInterval">Seconds.</param>
    public MqttClientOptionsBuilder WithWillDelayInterval(uint willDelayInterval)
    {
        _options.WillDelayInterval = willDelayInterval;
        return this;
    }
}
