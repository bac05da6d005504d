// One connection to a broker: a thread that owns a libmosquitto client from its making to its end.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Exceptions;

namespace MQTTnet.Mosquitto;

/// <summary>How a connection ended.</summary>
internal sealed record ConnectionEnd(MqttClientDisconnectReason Reason, Exception? Exception);

/// <summary>A message on its way to the handlers.</summary>
internal sealed record ReceivedMessage(ushort Id, MqttApplicationMessage Message);

/// <summary>
/// Only the connection's own thread calls libmosquitto, so the library's callbacks run on it too, inside those calls. Requests come in through a bounded
/// channel: when it is full, callers wait. Messages go out through a channel that is kept small by not reading from the broker while it is full; it then
/// waits in TCP, and a broker that waits for more than two keep-alive periods is lost.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Its thread disposes what it owns when it ends.")]
internal sealed partial class MosquittoConnection
{
    private const int MaxWaitingRequests = 1024;
    private const int MaxMessagesOut = 1000;
    private const int MaxUnhandled = 1024;
    private const int MaxUnhandledWhileAnswersAreAwaited = 64 * MaxUnhandled;
    private const long MaxUnhandledBytes = 16 << 20;
    private const int KeepAliveCheckMs = 1000;

    private readonly MqttClientOptions _options;
    private readonly IMqttNetLogger _logger;
    private readonly SocketWait _wait = new();
    private readonly Channel<Request> _requests =
        Channel.CreateBounded<Request>(new BoundedChannelOptions(MaxWaitingRequests) { SingleReader = true });
    private readonly Channel<ReceivedMessage> _messages =
        Channel.CreateUnbounded<ReceivedMessage>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<MqttClientConnectResult> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ConnectionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, Request> _unanswered = [];
    private int _unhandled;
    private long _unhandledBytes;
    private volatile bool _stopped;
    private volatile bool _heldBack;

    // Owned by the connection's thread.
    private nint _client;
    private bool _accepted;
    private bool _trusted;
    private DisconnectRequest? _leaving;
    private MqttClientDisconnectReason? _brokersReason;
    private Exception? _failure;
    private string? _lastError;
    private int _messagesOut;

    internal MosquittoConnection(MqttClientOptions options, IMqttNetLogger logger)
    {
        _options = options;
        _logger = logger;
    }

    /// <summary>The broker's answer to the connect, or why there is none.</summary>
    internal Task<MqttClientConnectResult> Connected => _connected.Task;

    /// <summary>The end of the connection; it never fails.</summary>
    internal Task<ConnectionEnd> Ended => _ended.Task;

    /// <summary>The messages received, for one reader, which calls <see cref="Handled"/> after each.</summary>
    internal ChannelReader<ReceivedMessage> Messages => _messages.Reader;

    internal void Start() => new Thread(Run) { IsBackground = true, Name = $"MQTT {_options.ClientId}" }.Start();

    /// <summary>Ends the connection at once, without a word to the broker, which will publish the will.</summary>
    internal void Stop(Exception? exception = null)
    {
        _stopped = true;
        _wait.Ring();

        // The thread may be waiting for a host that does not answer; nobody else needs to.
        FailConnect(new MqttClientDisconnectedException(exception));
        _ended.TrySetResult(new ConnectionEnd(
            exception is null ? MqttClientDisconnectReason.NormalDisconnection : MqttClientDisconnectReason.UnspecifiedError, exception));
    }

    /// <exception cref="MqttClientDisconnectedException">The connection has ended.</exception>
    internal async ValueTask SendAsync(Request request, CancellationToken cancellationToken)
    {
        try
        {
            if (!_requests.Writer.TryWrite(request))
            {
                await _requests.Writer.WriteAsync(request, cancellationToken);
            }
        }
        catch (ChannelClosedException)
        {
            throw new MqttClientDisconnectedException((await _ended.Task).Exception);
        }

        _wait.Ring();
    }

    /// <summary>The handlers are done with a message: there is room for another.</summary>
    internal void Handled(ReceivedMessage message)
    {
        long bytes = Interlocked.Add(ref _unhandledBytes, -message.Message.Payload.Length);
        int count = Interlocked.Decrement(ref _unhandled);
        if (_heldBack && HasRoom(count, bytes))
        {
            _heldBack = false;
            _wait.Ring();
        }
    }

    private void FailConnect(Exception exception)
    {
        if (_connected.TrySetException(exception))
        {
            // A caller that has gone must not turn this into an unobserved exception.
            _ = _connected.Task.Exception;
        }
    }

    private void Run()
    {
        ConnectionEnd end;
        GCHandle self = GCHandle.Alloc(this);
        try
        {
            Libmosquitto.EnsureLoaded();
            _client = Libmosquitto.New(_options.ClientId.Length == 0 ? null : _options.ClientId, _options.CleanSession ? (byte)1 : (byte)0, GCHandle.ToIntPtr(self));
            if (_client == 0)
            {
                throw new MqttCommunicationException($"The client name '{_options.ClientId}' is not accepted. An empty one needs a clean session.");
            }

            SetCallbacks();
            Connect();
            end = Loop();
        }
        catch (Exception exception)
        {
            end = new ConnectionEnd(MqttClientDisconnectReason.UnspecifiedError, exception);
        }

        if (_client != 0)
        {
            Libmosquitto.Destroy(_client);
        }

        self.Free();
        _requests.Writer.TryComplete();
        _ended.TrySetResult(end);
        FailConnect(end.Exception is MqttCommunicationException or NotSupportedException or DllNotFoundException or MqttProtocolViolationException
            ? end.Exception
            : new MqttConnectingFailedException($"Error while authenticating. {end.Exception?.Message ?? "Connection closed."}", end.Exception));
        _messages.Writer.TryComplete();
        var disconnected = new MqttClientDisconnectedException(end.Exception);
        foreach (Request request in _unanswered.Values)
        {
            request.Fail(disconnected);
        }

        while (_requests.Reader.TryRead(out Request? request))
        {
            request.Fail(disconnected);
        }

        _wait.Dispose();
    }

    private ConnectionEnd Loop()
    {
        var tcp = (MqttClientTcpOptions)_options.ChannelOptions!;
        _trusted = !tcp.TlsOptions.UseTls;
        while (!_stopped)
        {
            SendRequests();
            int socket = Libmosquitto.Socket(_client);
            if (socket < 0 || _failure is not null)
            {
                return End(Libmosquitto.ConnectionLost, 0);
            }

            // Once leaving, nothing is read any more: libmosquitto takes a message after its own DISCONNECT for a fault and would not send it.
            bool reading = _leaving is null && !HoldBack();
            bool writing = _trusted && Libmosquitto.WantsWrite(_client) != 0;
            short happened = _wait.Wait(
                socket, (short)((reading ? SocketWait.Readable : 0) | (writing ? SocketWait.Writable : 0)), KeepAliveCheckMs);
            int code = Libmosquitto.Success;
            if ((happened & SocketWait.Writable) != 0)
            {
                code = Libmosquitto.Write(_client, 1);
            }

            if (code == Libmosquitto.Success && (happened & (SocketWait.Readable | SocketWait.HungUp)) != 0)
            {
                code = Libmosquitto.Read(_client, 1);
            }

            int errno = Marshal.GetLastPInvokeError();
            if (code == Libmosquitto.Success && Libmosquitto.Socket(_client) >= 0)
            {
                if (!_trusted && ServerCertificate.HandshakeIsDone(Libmosquitto.GetSsl(_client)))
                {
                    ServerCertificate.Check(Libmosquitto.GetSsl(_client), tcp, Broker(tcp).Host);
                    _trusted = true;
                }

                code = Libmosquitto.KeepAliveCheck(_client);
            }

            if (code != Libmosquitto.Success)
            {
                return End(code, errno);
            }
        }

        return new ConnectionEnd(MqttClientDisconnectReason.NormalDisconnection, null);
    }

    private void SendRequests()
    {
        // The broker's acceptance comes first; and while many messages are on their way, the next one waits, and what was asked after it.
        while (_accepted && _leaving is null && _requests.Reader.TryPeek(out Request? request))
        {
            if (request.IsMessage && _messagesOut >= MaxMessagesOut)
            {
                return;
            }

            _requests.Reader.TryRead(out _);
            if (!request.IsOver)
            {
                Send(request);
            }
        }
    }

    private void Send(Request request)
    {
        int code;
        int id;
        try
        {
            code = request.Send(_client, out id);
        }
        catch (MqttProtocolViolationException exception)
        {
            request.Fail(exception);
            return;
        }

        if (code != Libmosquitto.Success)
        {
            request.Fail(code is Libmosquitto.NoConnection or Libmosquitto.ConnectionLost or Libmosquitto.Errno
                ? new MqttClientDisconnectedException(new MqttCommunicationException(Libmosquitto.Text(code)))
                : new MqttProtocolViolationException($"The request is not accepted: {Libmosquitto.Text(code)}"));
        }
        else if (request is DisconnectRequest leaving)
        {
            _leaving = leaving;
        }
        else
        {
            _unanswered.Add(id, request);
            _messagesOut += request.IsMessage ? 1 : 0;
        }
    }

    /// <summary>
    /// Whether to leave messages with the broker for now. A handler may itself wait for an answer, which stands behind messages in the stream: while answers
    /// are awaited the bound is wider.
    /// </summary>
    private bool HoldBack()
    {
        if (_unanswered.Count > 0)
        {
            _heldBack = Volatile.Read(ref _unhandled) >= MaxUnhandledWhileAnswersAreAwaited;
        }
        else if (Volatile.Read(ref _unhandled) >= MaxUnhandled || Volatile.Read(ref _unhandledBytes) >= MaxUnhandledBytes)
        {
            // Looked at again after the flag is up: the handlers may have finished just before, and then nobody would ring.
            _heldBack = true;
            if (HasRoom(Volatile.Read(ref _unhandled), Volatile.Read(ref _unhandledBytes)))
            {
                _heldBack = false;
            }
        }

        return _heldBack;
    }

    private static bool HasRoom(int count, long bytes) => count <= MaxUnhandled / 2 && bytes <= MaxUnhandledBytes / 2;

    private ConnectionEnd End(int code, int errno)
    {
        if (_leaving is not null)
        {
            return new ConnectionEnd((MqttClientDisconnectReason)_leaving.Options.Reason, null);
        }

        if (_brokersReason is { } reason)
        {
            return new ConnectionEnd(reason, new MqttCommunicationException($"The broker ended the connection: {reason}."));
        }

        return new ConnectionEnd(
            code == Libmosquitto.KeepAlive ? MqttClientDisconnectReason.KeepAliveTimeout : MqttClientDisconnectReason.UnspecifiedError,
            _failure ?? new MqttCommunicationException($"The connection to the broker was lost: {Describe(code, errno)}"));
    }

    private string Describe(int code, int errno)
    {
        string text = code switch
        {
            Libmosquitto.Errno when errno != 0 => Marshal.GetPInvokeErrorMessage(errno),
            Libmosquitto.AddressLookup => "its name is not known",
            _ => Libmosquitto.Text(code).TrimEnd('.'),
        };
        return code == Libmosquitto.Tls && _lastError is not null ? $"{text} ({_lastError})." : $"{text}.";
    }
}
