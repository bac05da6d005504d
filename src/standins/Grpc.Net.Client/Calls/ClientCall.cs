using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The life of a call: it starts, and ends once, by its trailers, a fault, its deadline, its token, its disposal or the
/// channel's. Whoever ends it first sets the status under the gate; the HTTP stream is then reset unless it has ended by itself.
/// </summary>
internal abstract class ClientCall : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string? _host;
    private readonly DateTime? _deadline;
    private CancellationTokenRegistration _tokenRegistration;
    private CancellationTokenRegistration _parentRegistration;
    private CancellationTokenRegistration _channelRegistration;
    private ITimer? _deadlineTimer;
    private HttpRequestMessage? _request;
    private HttpResponseMessage? _response;
    private Task<Metadata>? _headers;
    private Metadata? _trailers;
    private Status _status;
    private bool _ended;
    private bool _endedHere;
    private bool _reading;

    protected ClientCall(GrpcChannel channel, IMethod method, string? host, CallOptions options)
    {
        Channel = channel;
        Method = method;
        Options = options;
        _host = host;
        _deadline = EarlierOf(options.Deadline, (options.PropagationToken as CallPropagationToken)?.Deadline);
        Encoding = options.Headers?.GetValue(Metadata.RequestEncodingKey);
        if (Encoding is not null && !MessageEncoding.IsKnown(Encoding))
        {
            throw new RpcException(new Status(StatusCode.Internal, $"Requests cannot be compressed as '{Encoding}'. Supported: {MessageEncoding.Accepted}."));
        }
    }

    /// <summary>How request messages are compressed, if at all.</summary>
    internal string? Encoding { get; }

    /// <summary>What was asked of the call.</summary>
    internal CallOptions Options { get; }

    /// <summary>The channel of the call.</summary>
    internal GrpcChannel Channel { get; }

    /// <summary>Cancelled when the call ends in any way but its trailers.</summary>
    internal CancellationToken Stopped => _stop.Token;

    /// <summary>Whether the call has ended.</summary>
    internal bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>The method.</summary>
    protected IMethod Method { get; }

    /// <summary>Whether there is a response body to read, as soon as the headers are here. Never fails: a failure ends the call.</summary>
    protected Task<bool> Opened { get; private set; } = Task.FromResult(false);

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    internal Status GetStatus()
    {
        lock (_gate)
        {
            return _ended ? _status : throw new InvalidOperationException("Unable to get the status because the call is not complete.");
        }
    }

    /// <summary>The trailers.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    internal Metadata GetTrailers()
    {
        lock (_gate)
        {
            return _ended ? _trailers ??= [] : throw new InvalidOperationException("Unable to get the call trailers because the call is not complete.");
        }
    }

    /// <summary>The response headers.</summary>
    internal Task<Metadata> GetHeadersAsync()
    {
        lock (_gate)
        {
            return _headers ??= ReadHeadersAsync();
        }
    }

    /// <summary>The exception that tells how the call ended.</summary>
    internal Exception ToException()
    {
        var status = GetStatus();
        var exception = new RpcException(status, GetTrailers());
        return _endedHere && Channel.ThrowOperationCanceledOnCancellation && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded
            ? new OperationCanceledException(status.Detail, exception, Options.CancellationToken)
            : exception;
    }

    /// <summary>Cancels the call because a token of the caller asks for it.</summary>
    internal void Cancel() => Stop(new Status(StatusCode.Cancelled, "Call canceled by the client."));

    /// <summary>Ends the call because something failed; the first reason stands.</summary>
    internal void Fail(Exception exception) => Stop(CallFault.ToStatus(exception, Channel.Address), here: false);

    /// <summary>Cancels the call if it has not ended.</summary>
    public void Dispose() => Stop(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    /// <summary>Starts the call.</summary>
    protected void Start(HttpContent content)
    {
        if (Options.CancellationToken.IsCancellationRequested)
        {
            Cancel();
        }
        else if (_deadline is { } due && due <= Channel.Time.GetUtcNow().UtcDateTime)
        {
            Stop(DeadlineExceeded());
        }

        if (!HasEnded)
        {
            Watch();
        }

        if (HasEnded)
        {
            Unwatch();
            content.Dispose();
            return;
        }

        Opened = OpenAsync(content);
    }

    /// <summary>Begins a read of the response: until <see cref="EndRead"/>, the response is not disposed of.</summary>
    /// <returns>Whether the call goes on.</returns>
    /// <exception cref="InvalidOperationException">The previous read has not ended.</exception>
    protected bool BeginRead()
    {
        lock (_gate)
        {
            if (_reading)
            {
                throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
            }

            return !_ended && (_reading = true);
        }
    }

    /// <summary>Ends a read, and lets go of the response if the call has ended meanwhile.</summary>
    protected void EndRead()
    {
        lock (_gate)
        {
            _reading = false;
        }

        ReleaseIfEnded();
    }

    /// <summary>Ends the call as its trailers say.</summary>
    /// <param name="missing">What to say if the status is OK but the response is not all there; null if it is.</param>
    protected void EndByTrailers(string? missing)
    {
        var trailers = _response!.TrailingHeaders;
        var status = CallResponse.ReadStatus(trailers)
            ?? new Status(StatusCode.Cancelled, "No grpc-status found on response.");
        if (status.StatusCode == StatusCode.OK && missing is not null)
        {
            status = new Status(StatusCode.Internal, missing);
        }

        TryEnd(status, CallResponse.ReadMetadata(trailers), here: false);
    }

    /// <summary>Takes the response body.</summary>
    protected abstract void Open(Stream body, string? encoding);

    /// <summary>Gives back what reading took. Not called during a read.</summary>
    protected abstract void ReleaseBody();

    /// <summary>Whether the request is still being written; if so, it is given up.</summary>
    protected abstract bool AbortRequest();

    private static Status DeadlineExceeded() => new(StatusCode.DeadlineExceeded, "Deadline Exceeded");

    private static DateTime? EarlierOf(DateTime? own, DateTime? parent)
    {
        if (own == DateTime.MaxValue)
        {
            own = null;
        }

        if (own is { Kind: not DateTimeKind.Utc } deadline && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException("The deadline of a call must be UTC (DateTimeKind.Utc).");
        }

        return own is null ? parent : parent is null || own < parent ? own : parent;
    }

    private void Watch()
    {
        if (Options.CancellationToken.CanBeCanceled)
        {
            _tokenRegistration = Options.CancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), this);
        }

        if (Options.PropagationToken is CallPropagationToken { CancellationToken: { CanBeCanceled: true } parent })
        {
            _parentRegistration = parent.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), this);
        }

        _channelRegistration = Channel.Stopping.UnsafeRegister(static call => ((ClientCall)call!).Dispose(), this);
        if (_deadline is not null)
        {
            _deadlineTimer = Channel.Time.CreateTimer(static call => ((ClientCall)call!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            OnTimer();
        }
    }

    private void OnTimer()
    {
        // A timer may fire a moment early, and a deadline beyond its range comes in pieces.
        var left = _deadline!.Value - Channel.Time.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
        {
            Stop(DeadlineExceeded());
        }
        else
        {
            _deadlineTimer!.Change(left < GrpcTimeout.MaxTimer ? left + TimeSpan.FromMilliseconds(1) : GrpcTimeout.MaxTimer, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<bool> OpenAsync(HttpContent content)
    {
        try
        {
            _request = CallRequest.Create(Channel, Method, _host, content, _deadline, Options.Headers, Encoding);
            if (Channel.SendsCallCredentials && (Options.Credentials is not null || Channel.CallCredentials.Count > 0))
            {
                await AddCredentialsAsync(_request);
            }

            var response = await Channel.SendAsync(_request, _stop.Token);
            lock (_gate)
            {
                _response = response;
            }

            if (HasEnded)
            {
                return false;
            }

            if ((CallResponse.ReadStatus(response.Headers) ?? CallResponse.RefusalOf(response)) is { } status)
            {
                TryEnd(status, CallResponse.ReadMetadata(response.Headers), here: false);
                return false;
            }

            Open(await response.Content.ReadAsStreamAsync(_stop.Token), CallResponse.Value(response.Headers, GrpcHeaders.Encoding));
            return true;
        }
        catch (Exception e)
        {
            Fail(e);
            return false;
        }
        finally
        {
            ReleaseIfEnded();
        }
    }

    private async Task AddCredentialsAsync(HttpRequestMessage request)
    {
        var service = new Uri(Channel.Address, Method.ServiceName).ToString();
        var context = new AuthInterceptorContext(service, Method.Name, _stop.Token);
        var added = new Metadata();
        foreach (var credentials in Channel.CallCredentials)
        {
            await CredentialsReader.ApplyAsync(credentials, context, added);
        }

        if (Options.Credentials is not null)
        {
            await CredentialsReader.ApplyAsync(Options.Credentials, context, added);
        }

        CallRequest.Add(request, added);
    }

    private async Task<Metadata> ReadHeadersAsync()
    {
        await Opened;
        lock (_gate)
        {
            if (_response is not null)
            {
                return CallResponse.ReadMetadata(_response.Headers);
            }
        }

        throw ToException();
    }

    private void Stop(Status status, bool here = true)
    {
        if (TryEnd(status, null, here))
        {
            _stop.Cancel();
            ReleaseIfEnded();
        }
    }

    private bool TryEnd(Status status, Metadata? trailers, bool here)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            _ended = true;
            _endedHere = here;
            _status = status;
            _trailers = trailers;
        }

        if (status.StatusCode != StatusCode.OK)
        {
            Channel.Logger.CallFailed(Method.FullName, status.StatusCode, status.Detail, status.DebugException);
        }

        Unwatch();
        if (AbortRequest())
        {
            _stop.Cancel();
        }

        return true;
    }

    private void Unwatch()
    {
        _tokenRegistration.Unregister();
        _parentRegistration.Unregister();
        _channelRegistration.Unregister();
        _deadlineTimer?.Dispose();
    }

    // While a read goes on it owns the response; its end comes here too.
    private void ReleaseIfEnded()
    {
        lock (_gate)
        {
            if (!_ended || _reading)
            {
                return;
            }
        }

        ReleaseBody();
        _response?.Dispose();
        _request?.Dispose();
    }
}
