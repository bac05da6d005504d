// Tells libmosquitto how to connect, and begins to.
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;

namespace MQTTnet.Mosquitto;

internal sealed partial class MosquittoConnection
{
    private const int MinKeepAliveSeconds = 5;

    /// <summary>The broker's host and port.</summary>
    /// <exception cref="NotSupportedException">It is not on TCP.</exception>
    private static (string Host, int Port) Broker(MqttClientTcpOptions tcp) => tcp.RemoteEndpoint switch
    {
        DnsEndPoint dns => (dns.Host, dns.Port),
        IPEndPoint ip => (ip.Address.ToString(), ip.Port),
        _ => throw new NotSupportedException($"Only TCP end points are supported, not '{tcp.RemoteEndpoint}'."),
    };

    /// <summary>Checks what can be known to fail before anything is started.</summary>
    /// <exception cref="NotSupportedException">An option cannot be served by libmosquitto.</exception>
    internal static void ThrowIfNotSupported(MqttClientOptions options)
    {
        if (options.ChannelOptions is not MqttClientTcpOptions tcp)
        {
            throw new ArgumentException("ChannelOptions are not set.", nameof(options));
        }

        _ = Broker(tcp);
        double keepAlive = options.KeepAlivePeriod.TotalSeconds;
        if (keepAlive != 0 && keepAlive is < MinKeepAliveSeconds or > ushort.MaxValue)
        {
            throw new NotSupportedException($"The keep-alive period must be {MinKeepAliveSeconds} s to {ushort.MaxValue} s, or zero for none; it is {keepAlive} s.");
        }

        if (tcp.TlsOptions is { UseTls: true } tls && TlsVersion(tls.SslProtocol) is null)
        {
            throw new NotSupportedException($"The TLS versions must be 1.2 and later, or 1.3 alone; they are {tls.SslProtocol}.");
        }

        bool isVersion5 = options.ProtocolVersion == MqttProtocolVersion.V500;
        if (!isVersion5 && (options.SessionExpiryInterval != 0 || options.WillDelayInterval != 0 || options.UserProperties is { Count: > 0 }))
        {
            throw new NotSupportedException("A session expiry, a will delay and user properties need MQTT 5.");
        }
    }

    /// <summary>The least version, as libmosquitto names it; null when it cannot be told.</summary>
    private static string? TlsVersion(SslProtocols protocols) => protocols switch
    {
        SslProtocols.None or (SslProtocols.Tls12 | SslProtocols.Tls13) => "tlsv1.2",
        SslProtocols.Tls13 => "tlsv1.3",
        _ => null,
    };

    private void Connect()
    {
        var tcp = (MqttClientTcpOptions)_options.ChannelOptions!;
        (string host, int port) = Broker(tcp);
        Check(Libmosquitto.SetOption(_client, Libmosquitto.OptionProtocolVersion, (int)_options.ProtocolVersion), "the protocol version");
        Check(Libmosquitto.SetOption(_client, Libmosquitto.OptionTcpNoDelay, tcp.NoDelay ? 1 : 0), "TCP_NODELAY");

        // Packets are then only written by the loop: not before the broker's certificate was checked, and never inside another call.
        Check(Libmosquitto.SetThreaded(_client, 1), "the threading mode");
        SetCredentials();
        SetWill();
        using ClientCertificateFiles? identity = SetTls(tcp.TlsOptions);
        using var properties = new OutgoingProperties();
        properties.AddInt32(PropertyNumber.SessionExpiryInterval, _options.SessionExpiryInterval);
        properties.AddUserProperties(_options.UserProperties);
        int code = Libmosquitto.Connect(
            _client, MqttText.Checked(host), port, (int)Math.Ceiling(_options.KeepAlivePeriod.TotalSeconds), null, properties.List);
        if (code > Libmosquitto.Success)
        {
            throw new MqttCommunicationException(
                $"The broker at {host}:{port} could not be reached: {Describe(code, Marshal.GetLastPInvokeError())} Check that it runs and that host and port are right.");
        }
    }

    private unsafe void SetCredentials()
    {
        if (_options.Credentials is not { } credentials)
        {
            return;
        }

        byte[]? password = credentials.GetPassword(_options);
        if (password?.Contains((byte)0) == true)
        {
            throw new NotSupportedException("A password with a zero byte cannot be sent through libmosquitto.");
        }

        string? user = credentials.GetUserName(_options);
        byte[]? terminated = password is null ? null : [.. password, 0];
        fixed (byte* start = terminated)
        {
            Check(Libmosquitto.SetCredentials(_client, user is null ? null : MqttText.Checked(user), start), "the user and password");
        }
    }

    private unsafe void SetWill()
    {
        if (_options.WillTopic is null)
        {
            return;
        }

        // Libmosquitto keeps this list and frees it with the client; it is given up only when it refuses the will.
        var properties = new OutgoingProperties();
        properties.AddInt32(PropertyNumber.WillDelayInterval, _options.WillDelayInterval);
        fixed (byte* payload = _options.WillPayload)
        {
            int code = Libmosquitto.SetWill(
                _client,
                MqttText.CheckedTopic(_options.WillTopic),
                _options.WillPayload?.Length ?? 0,
                payload,
                (int)_options.WillQualityOfServiceLevel,
                _options.WillRetain ? (byte)1 : (byte)0,
                properties.List);
            if (code != Libmosquitto.Success)
            {
                properties.Dispose();
            }

            Check(code, "the will");
        }
    }

    private ClientCertificateFiles? SetTls(MqttClientTlsOptions tls)
    {
        if (!tls.UseTls)
        {
            return null;
        }

        ClientCertificateFiles? identity = ClientCertificateFiles.Of(tls);
        try
        {
            // Libmosquitto wants to be told of some authorities; it is .NET that decides whom to trust (ServerCertificate).
            Check(Libmosquitto.SetTls(_client, null, "/etc/ssl/certs", identity?.CertificateFile, identity?.KeyFile, 0), "the client certificate");
            Check(Libmosquitto.SetTlsOptions(_client, verifyPeer: 0, TlsVersion(tls.SslProtocol), null), "the TLS versions");
            return identity;
        }
        catch
        {
            identity?.Dispose();
            throw;
        }
    }

    private static void Check(int code, string what)
    {
        if (code != Libmosquitto.Success)
        {
            throw new MqttProtocolViolationException($"libmosquitto does not accept {what}: {Libmosquitto.Text(code)}");
        }
    }
}
