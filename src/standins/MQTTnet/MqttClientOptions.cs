// How a client connects: broker, identity, session, will and transport.
using System.Net;
using System.Text;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>How a client connects. Not to be changed while a client uses it.</summary>
public sealed class MqttClientOptions
{
    /// <summary>Where the broker is.</summary>
    public IMqttClientChannelOptions? ChannelOptions { get; set; }

    /// <summary>Who this client is to the broker; empty lets the broker choose, with a clean session. Default a random name.</summary>
    public string ClientId { get; set; } = Guid.NewGuid().ToString("N");

    /// <summary>User and password, if the broker wants them.</summary>
    public IMqttClientCredentialsProvider? Credentials { get; set; }

    /// <summary>Whether the broker forgets an earlier session of this client. Default true.</summary>
    public bool CleanSession { get; set; } = true;

    /// <summary>Seconds for which the broker keeps the session after a disconnect; 0 not at all (MQTT 5).</summary>
    public uint SessionExpiryInterval { get; set; }

    /// <summary>The longest silence before the client asks whether the broker is there: 5 s to 65,535 s, or zero for never. Default 15 s.</summary>
    public TimeSpan KeepAlivePeriod { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for an answer when the caller gives no token. Default 100 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>The version to speak. Default MQTT 5.</summary>
    public MqttProtocolVersion ProtocolVersion { get; set; } = MqttProtocolVersion.V500;

    /// <summary>Names and values sent with the connection (MQTT 5).</summary>
    public List<MqttUserProperty>? UserProperties { get; set; }

    /// <summary>Where the broker publishes the will when this client is lost; null for no will.</summary>
    public string? WillTopic { get; set; }

    /// <summary>The will's payload.</summary>
    public byte[]? WillPayload { get; set; }

    /// <summary>The will's quality of service.</summary>
    public MqttQualityOfServiceLevel WillQualityOfServiceLevel { get; set; }

    /// <summary>Whether the broker keeps the will for later subscribers.</summary>
    public bool WillRetain { get; set; }

    /// <summary>Seconds between the loss of the client and the will (MQTT 5).</summary>
    public uint WillDelayInterval { get; set; }
}

/// <summary>A way to the broker; the only one here is <see cref="MqttClientTcpOptions"/>.</summary>
public interface IMqttClientChannelOptions
{
    /// <summary>Encryption of this way.</summary>
    MqttClientTlsOptions TlsOptions { get; }
}

/// <summary>A TCP connection to the broker.</summary>
public sealed class MqttClientTcpOptions : IMqttClientChannelOptions
{
    /// <summary>Host and port: a <see cref="DnsEndPoint"/> or an <see cref="IPEndPoint"/>.</summary>
    public EndPoint? RemoteEndpoint { get; set; }

    /// <summary>Whether each packet is sent at once. Default true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <inheritdoc />
    public MqttClientTlsOptions TlsOptions { get; set; } = new();

    /// <inheritdoc />
    public override string ToString() => RemoteEndpoint?.ToString() ?? "";
}

/// <summary>Gives user and password at each connect.</summary>
public interface IMqttClientCredentialsProvider
{
    /// <summary>The password's bytes; null for none.</summary>
    /// <param name="clientOptions">The connection they are for.</param>
    byte[]? GetPassword(MqttClientOptions clientOptions);

    /// <summary>The user; null for none.</summary>
    /// <param name="clientOptions">The connection it is for.</param>
    string? GetUserName(MqttClientOptions clientOptions);
}

/// <summary>A fixed user and password.</summary>
/// <param name="userName">The user.</param>
/// <param name="password">The password's bytes.</param>
public sealed class MqttClientCredentials(string? userName, byte[]? password = null) : IMqttClientCredentialsProvider
{
    /// <inheritdoc />
    public byte[]? GetPassword(MqttClientOptions clientOptions) => password;

    /// <inheritdoc />
    public string? GetUserName(MqttClientOptions clientOptions) => userName;

    internal static MqttClientCredentials Of(string? userName, string? password) =>
        new(userName, password is null ? null : Encoding.UTF8.GetBytes(password));
}
