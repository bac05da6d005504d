// How the connection is encrypted, and whom it trusts.
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MQTTnet;

/// <summary>How the connection is encrypted, and whom it trusts.</summary>
public sealed class MqttClientTlsOptions
{
    /// <summary>Whether the connection is encrypted at all. Default false.</summary>
    public bool UseTls { get; set; }

    /// <summary>
    /// Decides on the broker's certificate; called before the user and password are sent, on the connection's own thread. Without it a certificate is
    /// accepted when nothing is wrong with it.
    /// </summary>
    public Func<MqttClientCertificateValidationEventArgs, bool>? CertificateValidationHandler { get; set; }

    /// <summary>The authorities to trust, instead of those of this machine; null or empty for the machine's.</summary>
    public X509Certificate2Collection? TrustChain { get; set; }

    /// <summary>The name that the certificate must carry; null or empty for the host's.</summary>
    public string? TargetHost { get; set; }

    /// <summary>Accepts a certificate from an authority that is not trusted; the name is still checked. Default false.</summary>
    public bool IgnoreCertificateChainErrors { get; set; }

    /// <summary>Does not ask whether the certificate was revoked. Default false.</summary>
    public bool IgnoreCertificateRevocationErrors { get; set; }

    /// <summary>How to learn whether the certificate was revoked. Default online.</summary>
    public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.Online;

    /// <summary>This client's own certificate with its private key; the first one is used.</summary>
    public IMqttClientCertificatesProvider? ClientCertificatesProvider { get; set; }

    /// <summary>The protocols allowed. Default TLS 1.2 and 1.3.</summary>
    public SslProtocols SslProtocol { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}

/// <summary>Gives a client's own certificates at each connect.</summary>
public interface IMqttClientCertificatesProvider
{
    /// <summary>The certificates, each with its private key.</summary>
    X509CertificateCollection? GetCertificates();
}

/// <summary>A broker's certificate to decide on.</summary>
/// <param name="certificate">The broker's certificate.</param>
/// <param name="chain">The chain that was built for it, with what is wrong with it.</param>
/// <param name="sslPolicyErrors">What is wrong, in short.</param>
/// <param name="clientOptions">The connection it is for.</param>
public sealed class MqttClientCertificateValidationEventArgs(
    X509Certificate certificate, X509Chain chain, SslPolicyErrors sslPolicyErrors, IMqttClientChannelOptions clientOptions) : EventArgs
{
    /// <summary>The broker's certificate.</summary>
    public X509Certificate Certificate { get; } = certificate;

    /// <summary>The chain that was built for it, with what is wrong with it.</summary>
    public X509Chain Chain { get; } = chain;

    /// <summary>What is wrong, in short.</summary>
    public SslPolicyErrors SslPolicyErrors { get; } = sslPolicyErrors;

    /// <summary>The connection it is for.</summary>
    public IMqttClientChannelOptions ClientOptions { get; } = clientOptions;
}

/// <summary>Builds the options for encryption. Not to be shared between threads.</summary>
public sealed class MqttClientTlsOptionsBuilder
{
    private readonly MqttClientTlsOptions _options = new() { UseTls = true };

    /// <summary>The options.</summary>
    public MqttClientTlsOptions Build() => _options;

    /// <summary>Whether the connection is encrypted at all.</summary>
    /// <param name="useTls">True to encrypt.</param>
    public MqttClientTlsOptionsBuilder UseTls(bool useTls = true)
    {
        _options.UseTls = useTls;
        return this;
    }

    /// <summary>Decides on the broker's certificate.</summary>
    /// <param name="certificateValidationHandler">Returns true to accept it.</param>
    public MqttClientTlsOptionsBuilder WithCertificateValidationHandler(Func<MqttClientCertificateValidationEventArgs, bool> certificateValidationHandler)
    {
        ArgumentNullException.ThrowIfNull(certificateValidationHandler);
        _options.CertificateValidationHandler = certificateValidationHandler;
        return this;
    }

    /// <summary>The authorities to trust, instead of those of this machine.</summary>
    /// <param name="chain">Their certificates.</param>
    public MqttClientTlsOptionsBuilder WithTrustChain(X509Certificate2Collection chain)
    {
        _options.TrustChain = chain;
        return this;
    }

    /// <summary>The name that the certificate must carry, when it is not the host's.</summary>
    /// <param name="targetHost">The name.</param>
    public MqttClientTlsOptionsBuilder WithTargetHost(string targetHost)
    {
        _options.TargetHost = targetHost;
        return this;
    }

    /// <summary>Accepts a certificate from an authority that is not trusted.</summary>
    /// <param name="ignoreCertificateChainErrors">True to accept it.</param>
    public MqttClientTlsOptionsBuilder WithIgnoreCertificateChainErrors(bool ignoreCertificateChainErrors = true)
    {
        _options.IgnoreCertificateChainErrors = ignoreCertificateChainErrors;
        return this;
    }

    /// <summary>Does not ask whether the certificate was revoked.</summary>
    /// <param name="ignoreCertificateRevocationErrors">True not to ask.</param>
    public MqttClientTlsOptionsBuilder WithIgnoreCertificateRevocationErrors(bool ignoreCertificateRevocationErrors = true)
    {
        _options.IgnoreCertificateRevocationErrors = ignoreCertificateRevocationErrors;
        return this;
    }

    /// <summary>How to learn whether the certificate was revoked.</summary>
    /// <param name="revocationMode">The way.</param>
    public MqttClientTlsOptionsBuilder WithRevocationMode(X509RevocationMode revocationMode)
    {
        _options.RevocationMode = revocationMode;
        return this;
    }

    /// <summary>This client's own certificate.</summary>
    /// <param name="certificates">The certificate with its private key; the first one is used.</param>
    public MqttClientTlsOptionsBuilder WithClientCertificates(IEnumerable<X509Certificate2> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        return WithClientCertificatesProvider(new FixedCertificates([.. certificates]));
    }

    /// <summary>This client's own certificate.</summary>
    /// <param name="clientCertificatesProvider">Gives it at each connect.</param>
    public MqttClientTlsOptionsBuilder WithClientCertificatesProvider(IMqttClientCertificatesProvider? clientCertificatesProvider)
    {
        _options.ClientCertificatesProvider = clientCertificatesProvider;
        return this;
    }

    /// <summary>The protocols allowed.</summary>
    /// <param name="sslProtocols">TLS 1.2 and later, or TLS 1.3 alone.</param>
    public MqttClientTlsOptionsBuilder WithSslProtocols(SslProtocols sslProtocols)
    {
        _options.SslProtocol = sslProtocols;
        return this;
    }

    private sealed class FixedCertificates(X509Certificate2[] certificates) : IMqttClientCertificatesProvider
    {
        public X509CertificateCollection GetCertificates() => [.. certificates];
    }
}
