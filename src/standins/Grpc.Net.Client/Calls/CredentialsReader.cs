using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Takes credentials apart into what a channel over HTTP can use, and applies those of a call.</summary>
internal sealed class CredentialsReader : ChannelCredentialsConfiguratorBase
{
    private readonly List<CallCredentials> _calls = [];
    private bool _secure;

    /// <summary>Reads a channel's credentials.</summary>
    /// <returns>What every call adds.</returns>
    /// <exception cref="InvalidOperationException">They do not fit the scheme of the address.</exception>
    internal static IReadOnlyList<CallCredentials> Read(ChannelCredentials? credentials, Uri address)
    {
        if (credentials is null)
        {
            return [];
        }

        var reader = new CredentialsReader();
        credentials.InternalPopulateConfiguration(reader, reader);
        if (reader._secure != (address.Scheme == Uri.UriSchemeHttps))
        {
            throw new InvalidOperationException(reader._secure
                ? $"The credentials ask for TLS, but the address {address} is not https."
                : $"The credentials are insecure, but the address {address} is https.");
        }

        return reader._calls;
    }

    /// <summary>Lets credentials add their headers.</summary>
    internal static async Task ApplyAsync(CallCredentials credentials, AuthInterceptorContext context, Metadata headers)
    {
        var interceptors = new List<AsyncAuthInterceptor>();
        credentials.InternalPopulateConfiguration(new CallReader(), interceptors);
        foreach (var interceptor in interceptors)
        {
            await interceptor(context, headers);
        }
    }

    public override void SetInsecureCredentials(object state) => _secure = false;

    public override void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (rootCertificates is not null || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException("A channel over HttpClient takes certificates from its HttpHandler: set SocketsHttpHandler.SslOptions.");
        }

        _secure = true;
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        _calls.Add(callCredentials);
    }

    private sealed class CallReader : CallCredentialsConfiguratorBase
    {
        public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) =>
            ((List<AsyncAuthInterceptor>)state!).Add(interceptor);

        public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
        {
            foreach (var part in credentials)
            {
                part.InternalPopulateConfiguration(this, state);
            }
        }
    }
}
