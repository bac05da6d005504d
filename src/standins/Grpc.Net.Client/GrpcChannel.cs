using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Calls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>
/// A way to a server over HTTP/2: clear text with prior knowledge for <c>http</c>, TLS for <c>https</c>. Thread-safe;
/// meant to be long-lived and shared.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _http;
    private readonly bool _ownsHttp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<IMethod, Uri> _addresses = new(ReferenceEqualityComparer.Instance);
    private int _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (options is { HttpClient: not null, HttpHandler: not null })
        {
            throw new ArgumentException("Set either HttpClient or HttpHandler, not both.", nameof(options));
        }

        Address = address;
        CallCredentials = CredentialsReader.Read(options.Credentials, address);
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        SendsCallCredentials = address.Scheme == Uri.UriSchemeHttps || options.UnsafeUseInsecureChannelCallCredentials;
        Time = (TimeProvider?)options.ServiceProvider?.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
        Logger = options.LoggerFactory?.CreateLogger<GrpcChannel>() ?? NullLogger<GrpcChannel>.Instance;
        _ownsHttp = options.DisposeHttpClient || options is { HttpClient: null, HttpHandler: null };
        _http = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? CreateHandler(), disposeHandler: _ownsHttp);
        Stopping = _stopping.Token;
    }

    /// <summary>The address of the server; only scheme, host and port are used.</summary>
    internal Uri Address { get; }

    /// <summary>What every call adds, in order.</summary>
    internal IReadOnlyList<CallCredentials> CallCredentials { get; }

    /// <summary>The longest request message in bytes; null means any length.</summary>
    internal int? MaxSendMessageSize { get; }

    /// <summary>The longest response message in bytes; null means any length.</summary>
    internal int? MaxReceiveMessageSize { get; }

    /// <summary>Whether a call that its token or its deadline ended throws <see cref="OperationCanceledException"/>.</summary>
    internal bool ThrowOperationCanceledOnCancellation { get; }

    /// <summary>Whether credentials of calls are sent.</summary>
    internal bool SendsCallCredentials { get; }

    /// <summary>The clock of deadlines.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Where the channel tells what happens.</summary>
    internal ILogger Logger { get; }

    /// <summary>Cancelled when the channel is disposed of.</summary>
    internal CancellationToken Stopping { get; }

    /// <summary>Makes a channel with the defaults.</summary>
    /// <param name="address">The address, such as <c>https://coordinator.example:7443</c>.</param>
    /// <returns>The channel. It connects with the first call.</returns>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel.</summary>
    /// <param name="address">The address, such as <c>https://coordinator.example:7443</c>.</param>
    /// <param name="channelOptions">How to reach the server.</param>
    /// <returns>The channel. It connects with the first call.</returns>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address), channelOptions);
    }

    /// <summary>Makes a channel with the defaults.</summary>
    /// <param name="address">The address, such as <c>https://coordinator.example:7443</c>.</param>
    /// <returns>The channel. It connects with the first call.</returns>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel.</summary>
    /// <param name="address">The address, such as <c>https://coordinator.example:7443</c>.</param>
    /// <param name="channelOptions">How to reach the server.</param>
    /// <returns>The channel. It connects with the first call.</returns>
    /// <exception cref="ArgumentException">The scheme is neither http nor https, or the options contradict each other.</exception>
    /// <exception cref="InvalidOperationException">The credentials do not fit the scheme.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"The address '{address}' of a gRPC server must begin with http:// or https://.", nameof(address));
        }

        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new HttpCallInvoker(this);
    }

    /// <summary>Ends the calls on this channel, and its connections unless they are somebody else's.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _stopping.Cancel();
        _stopping.Dispose();
        if (_ownsHttp)
        {
            _http.Dispose();
        }
    }

    /// <summary>Where a method is.</summary>
    internal Uri AddressOf(IMethod method) => _addresses.GetOrAdd(method, static (added, address) => new Uri(address, added.FullName), Address);

    /// <summary>Sends a request and waits for the response headers.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _http is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _http.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = KeepAliveDelay,
        KeepAlivePingTimeout = KeepAliveTimeout,
        AllowAutoRedirect = false,
        UseCookies = false,
    };
}
