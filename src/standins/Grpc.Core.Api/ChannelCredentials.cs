// Credentials of a channel: whether it is encrypted, and what it adds to every call.

namespace Grpc.Core;

/// <summary>Decides whether a server's certificate is accepted.</summary>
/// <param name="context">The certificate.</param>
/// <returns>Whether to go on.</returns>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>Credentials of a channel.</summary>
public abstract class ChannelCredentials
{
    /// <summary>For implementers.</summary>
    protected ChannelCredentials()
    {
    }

    /// <summary>No encryption: HTTP/2 in clear text, for <c>http</c> addresses.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS with the machine's trusted roots, for <c>https</c> addresses.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>TLS, and credentials for every call.</summary>
    /// <param name="channelCredentials">TLS.</param>
    /// <param name="callCredentials">What every call adds.</param>
    /// <returns>Both as one.</returns>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new CompositeCredentials(channelCredentials, callCredentials);
    }

    /// <summary>Describes these credentials to a channel.</summary>
    /// <param name="configurator">The channel's side.</param>
    /// <param name="state">Handed back to the channel.</param>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class CompositeCredentials(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetCompositeCredentials(state, channel, call);
    }
}

/// <summary>TLS. A channel over HttpClient takes roots and client certificates from its handler, so both stay null here.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    /// <summary>TLS with the machine's trusted roots.</summary>
    public SslCredentials()
    {
    }

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
        configurator.SetSslCredentials(state, null, null, null);
}

/// <summary>How a channel learns what <see cref="ChannelCredentials"/> consist of.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>No encryption.</summary>
    /// <param name="state">The channel's own.</param>
    public abstract void SetInsecureCredentials(object state);

    /// <summary>TLS.</summary>
    /// <param name="state">The channel's own.</param>
    /// <param name="rootCertificates">Trusted roots (PEM), or null for the machine's.</param>
    /// <param name="keyCertificatePair">The client's certificate, or null.</param>
    /// <param name="verifyPeerCallback">Checks the server's certificate, or null.</param>
    public abstract void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>TLS, and credentials for every call.</summary>
    /// <param name="state">The channel's own.</param>
    /// <param name="channelCredentials">TLS.</param>
    /// <param name="callCredentials">What every call adds.</param>
    public abstract void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}

/// <summary>A certificate chain and its private key.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>Makes a pair.</summary>
    /// <param name="certificateChain">The chain (PEM).</param>
    /// <param name="privateKey">The key (PEM).</param>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>The chain (PEM).</summary>
    public string CertificateChain { get; }

    /// <summary>The key (PEM).</summary>
    public string PrivateKey { get; }
}

/// <summary>A server's certificate that waits to be accepted.</summary>
public class VerifyPeerContext
{
    /// <summary>Names a server and its certificate.</summary>
    /// <param name="targetName">The host that was called.</param>
    /// <param name="peerPem">Its certificate (PEM).</param>
    public VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The host that was called.</summary>
    public string TargetName { get; }

    /// <summary>Its certificate (PEM).</summary>
    public string PeerPem { get; }
}
