using System.IO.Pipelines;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// A call over an HTTP request. The handler and the deadline race to end it: whoever sets <c>_finished</c> under the gate
/// writes the status, and a write in progress holds off the other.
/// </summary>
internal sealed partial class HttpServerCallContext : ServerCallContext, IServerCallContextFeature
{
    private const int Http2InternalError = 2;

    private readonly CallSettings _settings;
    private readonly Lock _gate = new();
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private MessageWriter? _writer;
    private string? _encoding;
    private bool _wroteMessage;
    private bool _writing;
    private bool _finished;

    internal HttpServerCallContext(HttpContext http, CallSettings settings)
    {
        Http = http;
        _settings = settings;
    }

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    /// <summary>The request that carries the call.</summary>
    internal HttpContext Http { get; }

    /// <summary>How request messages are compressed, if any is.</summary>
    internal string? RequestEncoding { get; private set; }

    protected override string MethodCore => Http.Request.Path.Value!;

    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => Http.Connection switch
    {
        { RemoteIpAddress: null } => "unknown",
        { RemoteIpAddress: { AddressFamily: AddressFamily.InterNetwork } address, RemotePort: var port } => $"ipv4:{address}:{port}",
        { RemoteIpAddress: var address, RemotePort: var port } => $"ipv6:[{address}]:{port}",
    };

    protected override DateTime DeadlineCore => DeadlineUtc;

    protected override CancellationToken CancellationTokenCore => _cancellation is null ? Http.RequestAborted : _deadlineToken;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerCertificate.ToAuthContext(Http.Connection.ClientCertificate);

    /// <summary>Reads what the headers ask for, and starts the deadline.</summary>
    internal void Start()
    {
        var headers = Http.Request.Headers;
        if (headers.TryGetValue(GrpcHeaders.Encoding, out var encoding))
        {
            RequestEncoding = encoding.ToString();
        }

        if (_settings.Encoding is { } wanted && MessageEncoding.IsAccepted(headers[GrpcHeaders.AcceptEncoding].ToString(), wanted))
        {
            UseEncoding(wanted);
        }

        if (headers.TryGetValue(GrpcHeaders.Timeout, out var value))
        {
            if (GrpcTimeout.TryParse(value.ToString(), out var timeout))
            {
                StartDeadline(timeout);
            }
            else
            {
                _settings.Logger.MalformedTimeout(value.ToString());
            }
        }
    }

    /// <summary>Begins to write: from here to <see cref="EndWrite"/> the deadline leaves the response alone.</summary>
    /// <exception cref="OperationCanceledException">The client gave up or the deadline passed.</exception>
    /// <exception cref="InvalidOperationException">The call has ended, or the previous write has not.</exception>
    internal void BeginWrite()
    {
        lock (_gate)
        {
            ThrowIfFinishedLocked();
            if (_writing)
            {
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            }

            _writing = true;
        }
    }

    /// <summary>Ends a write.</summary>
    internal void EndWrite()
    {
        lock (_gate)
        {
            _writing = false;
        }
    }

    /// <summary>Puts a message into the response; it leaves with the next flush, or with the end of the call.</summary>
    internal void Write<T>(T message, Action<T, SerializationContext> serialize, WriteFlags flags)
    {
        if (message is null)
        {
            throw new ArgumentNullException(nameof(message));
        }

        _writer ??= new MessageWriter(Http.Response.BodyWriter, _settings.MaxSendMessageSize);
        _writer.Write(message, serialize, flags.HasFlag(WriteFlags.NoCompress) ? null : _encoding, _settings.CompressionLevel);
        _wroteMessage = true;
    }

    /// <summary>Sends what has been written; ends when the transport has room for more.</summary>
    internal ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => Http.Response.BodyWriter.FlushAsync(cancellationToken);

    /// <summary>Throws if a flush showed that nobody reads any more.</summary>
    internal void CheckFlush(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("The client gave the call up.", CancellationToken);
        }
    }

    /// <summary>Throws if the client has given up.</summary>
    internal void ThrowIfAborted()
    {
        if (Http.RequestAborted.IsCancellationRequested)
        {
            throw new OperationCanceledException("The client gave the call up.", CancellationToken);
        }
    }

    /// <summary>Throws if the call has ended.</summary>
    internal void ThrowIfFinished()
    {
        lock (_gate)
        {
            ThrowIfFinishedLocked();
        }
    }

    /// <summary>Ends the call with the outcome of its handler, unless the deadline ended it before.</summary>
    /// <param name="failure">What the handler threw, or null.</param>
    internal async ValueTask EndAsync(Exception? failure)
    {
        try
        {
            if (TryFinish())
            {
                End(failure is null ? Status : StatusOf(failure));
            }
        }
        finally
        {
            await StopDeadlineAsync();
            _writer?.Dispose();
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        BeginWrite();
        try
        {
            if (Http.Response.HasStarted || _wroteMessage)
            {
                throw new InvalidOperationException("The response headers have been sent already.");
            }

            if (responseHeaders.GetValue(Metadata.RequestEncodingKey) is { } encoding)
            {
                UseEncoding(encoding);
            }

            GrpcResponse.WriteMetadata(Http.Response.Headers, responseHeaders);
            await Http.Response.StartAsync();
            CheckFlush(await FlushAsync(CancellationToken.None));
        }
        finally
        {
            EndWrite();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options)
    {
        options ??= ContextPropagationOptions.Default;
        return new CallPropagationToken(
            options.IsPropagateDeadline && DeadlineUtc != DateTime.MaxValue ? DeadlineUtc : null,
            options.IsPropagateCancellation ? CancellationToken : CancellationToken.None);
    }

    private void End(Status status)
    {
        if (_writer is { IsBroken: true })
        {
            _settings.Logger.ResponseBroken(Method);
            Http.Features.Get<IHttpResetFeature>()?.Reset(Http2InternalError);
        }
        else
        {
            WriteStatus(status);
        }
    }

    private void UseEncoding(string encoding)
    {
        if (!MessageEncoding.IsKnown(encoding))
        {
            throw new InvalidOperationException($"Responses cannot be compressed as '{encoding}'. Supported: {MessageEncoding.Accepted}.");
        }

        Http.Response.Headers[GrpcHeaders.Encoding] = encoding;
        _encoding = encoding;
    }

    private bool TryFinish()
    {
        lock (_gate)
        {
            return !_finished && (_finished = true);
        }
    }

    private void ThrowIfFinishedLocked()
    {
        if (_deadlinePassed)
        {
            throw new OperationCanceledException("The deadline of the call has passed.", CancellationToken);
        }

        if (_finished)
        {
            throw new InvalidOperationException("The call has ended: its handler has returned.");
        }
    }

    private Status StatusOf(Exception failure)
    {
        if (failure is RpcException rpc)
        {
            _settings.Logger.CallFailed(Method, rpc.StatusCode, rpc.Status.Detail);
            foreach (var entry in rpc.Trailers)
            {
                if (!ResponseTrailers.Contains(entry))
                {
                    ResponseTrailers.Add(entry);
                }
            }

            return rpc.Status;
        }

        if (failure is OperationCanceledException or IOException && Http.RequestAborted.IsCancellationRequested)
        {
            _settings.Logger.ClientCancelled(Method);
            return Status.DefaultCancelled;
        }

        _settings.Logger.HandlerFailed(Method, failure);
        return new Status(
            StatusCode.Unknown,
            _settings.DetailedErrors ? $"Exception was thrown by handler. {failure.GetType().Name}: {failure.Message}" : "Exception was thrown by handler.",
            failure);
    }

    private void WriteStatus(Status status)
    {
        var response = Http.Response;
        var destination = response.HasStarted || _wroteMessage
            ? Http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : response.Headers;
        if (_responseTrailers is not null)
        {
            GrpcResponse.WriteMetadata(destination, _responseTrailers);
        }

        GrpcResponse.WriteStatus(destination, status);
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in Http.Request.Headers)
        {
            if (GrpcHeaders.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                GrpcHeaders.AddTo(metadata, name, value ?? "");
            }
        }

        return metadata;
    }
}
