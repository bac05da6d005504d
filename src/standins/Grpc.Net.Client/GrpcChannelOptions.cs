using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a channel reaches its server.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Makes options with the defaults.</summary>
    public GrpcChannelOptions()
    {
    }

    /// <summary>Encryption, and what every call adds; null, the default, means what the scheme of the address says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The longest request message in bytes; null, the default, means any length.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The longest response message in bytes; null means any length. Default: 4 MB (4,194,304).</summary>
    public int? MaxReceiveMessageSize { get; set; } = Core.Wire.MessageFrame.DefaultMaxReceiveMessageSize;

    /// <summary>Where the channel tells what happens; null, the default, means nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The HTTP client to call with, instead of <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>
    /// The HTTP handler to call with: certificates, proxies, keep-alive. Default: a new handler that opens further
    /// connections when one is full, and pings idle ones.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing of the channel disposes of <see cref="HttpClient"/> or <see cref="HttpHandler"/>. Default: false.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>
    /// Whether a call that its token or its deadline ended throws <see cref="OperationCanceledException"/> instead of
    /// <see cref="RpcException"/>. Default: false.
    /// </summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether credentials of calls are sent even without encryption. Default: false.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Services of the channel. If there is a <see cref="TimeProvider"/>, it is the clock of deadlines.</summary>
    public IServiceProvider? ServiceProvider { get; set; }
}
