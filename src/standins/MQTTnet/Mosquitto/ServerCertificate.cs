// Decides whether the broker is who it should be, by .NET's rules, once the TLS handshake is done and before anything is sent to it.
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Exceptions;

namespace MQTTnet.Mosquitto;

/// <summary>
/// Libmosquitto is told to encrypt only; its own check knows no handler, no other name than the host's, and no revocation. The certificate is read from its
/// OpenSSL session.
/// </summary>
internal static unsafe partial class ServerCertificate
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";

    internal static bool HandshakeIsDone(nint ssl) => ssl != 0 && IsInitFinished(ssl) == 1;

    /// <exception cref="MqttCommunicationException">The broker is not to be trusted; nothing has been sent to it.</exception>
    internal static void Check(nint ssl, MqttClientTcpOptions tcp, string host)
    {
        MqttClientTlsOptions tls = tcp.TlsOptions;
        nint peer = GetPeerCertificate(ssl);
        if (peer == 0)
        {
            throw new MqttCommunicationException($"The broker at {host} showed no certificate.");
        }

        using X509Certificate2 certificate = Load(peer);
        FreeCertificate(peer);
        using X509Chain chain = new();
        X509ChainPolicy policy = chain.ChainPolicy;
        policy.RevocationMode = tls.IgnoreCertificateRevocationErrors ? X509RevocationMode.NoCheck : tls.RevocationMode;
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1")); // server authentication
        if (tls.TrustChain is { Count: > 0 } authorities)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
            policy.VerificationFlags = X509VerificationFlags.IgnoreEndRevocationUnknown;
        }

        nint sent = GetPeerChain(ssl);
        for (int i = 0; i < (sent == 0 ? 0 : CountOf(sent)); i++)
        {
            policy.ExtraStore.Add(Load(ItemOf(sent, i)));
        }

        string name = string.IsNullOrEmpty(tls.TargetHost) ? host : tls.TargetHost;
        SslPolicyErrors errors = (chain.Build(certificate) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors)
            | (certificate.MatchesHostname(name) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateNameMismatch);
        bool accepted = tls.CertificateValidationHandler is { } handler
            ? handler(new MqttClientCertificateValidationEventArgs(certificate, chain, errors, tcp))
            : (tls.IgnoreCertificateChainErrors ? errors & ~SslPolicyErrors.RemoteCertificateChainErrors : errors) == SslPolicyErrors.None;
        if (!accepted)
        {
            string problems = string.Join(" ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
            throw new MqttCommunicationException(
                $"The certificate of the broker at {host} is not accepted ({errors}; wanted name '{name}', subject '{certificate.Subject}'). {problems}".TrimEnd());
        }
    }

    private static X509Certificate2 Load(nint certificate)
    {
        int length = ToDer(certificate, null);
        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* end = start;
            _ = ToDer(certificate, &end);
        }

        return X509CertificateLoader.LoadCertificate(der);
    }

    [LibraryImport(Ssl, EntryPoint = "SSL_is_init_finished")]
    private static partial int IsInitFinished(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_get1_peer_certificate")]
    private static partial nint GetPeerCertificate(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_peer_cert_chain")]
    private static partial nint GetPeerChain(nint ssl);

    [LibraryImport(Crypto, EntryPoint = "OPENSSL_sk_num")]
    private static partial int CountOf(nint stack);

    [LibraryImport(Crypto, EntryPoint = "OPENSSL_sk_value")]
    private static partial nint ItemOf(nint stack, int index);

    [LibraryImport(Crypto, EntryPoint = "i2d_X509")]
    private static partial int ToDer(nint certificate, byte** end);

    [LibraryImport(Crypto, EntryPoint = "X509_free")]
    private static partial void FreeCertificate(nint certificate);
}
