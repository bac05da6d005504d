// One WebSocket to Moonraker: text messages out, JSON messages in, in order.

using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// The socket. Messages wait in a bounded channel (256) for the one writer; a machine that takes none for so long has lost its connection. What arrives goes through a callback that
/// may wait, which holds the machine back.
/// </summary>
internal sealed class MoonrakerSocket : IAsyncDisposable
{
    /// <summary>No message of Moonraker's is longer; a longer one ends the connection.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private readonly ClientWebSocket _socket;
    private readonly Channel<byte[]> _outgoing = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(256) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private MoonrakerSocket(ClientWebSocket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    /// <param name="http">The connections' handler, with its TLS settings.</param>
    /// <param name="options">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MachineLinkException">It could not; the message says why.</exception>
    public static async Task<MoonrakerSocket> OpenAsync(HttpMessageInvoker http, MoonrakerMachineOptions options, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
        if (options.ApiKey is not null)
            socket.Options.SetRequestHeader("X-Api-Key", options.ApiKey);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Connect);
        try
        {
            await socket.ConnectAsync(AddressOf(options.Address), http, limit.Token);
            return new MoonrakerSocket(socket);
        }
        catch (Exception error) when (error is WebSocketException or HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            var why = error is OperationCanceledException ? $"it did not answer in {options.Connect.TotalSeconds:0} s" : (error.InnerException ?? error).Message;
            throw new MachineLinkException($"Moonraker at {options.Address} can't be reached: {why}. Check that the machine is on and that the address is right (Moonraker's usual port is 7125).", error);
        }
    }

    /// <summary>Begins to receive and to send.</summary>
    /// <param name="onMessage">Called with each message, one after the other.</param>
    /// <param name="onLost">Called once when the connection has ended, with the reason; not after <see cref="DisposeAsync"/>.</param>
    public void Start(Func<JsonElement, ValueTask> onMessage, Func<string, ValueTask> onLost) => _running = RunAsync(onMessage, onLost);

    /// <summary>Sends a message after those before it. False if the machine has taken nothing for too long, or the connection has ended.</summary>
    public bool Send(byte[] message) => _outgoing.Writer.TryWrite(message);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Abort();
        await _running;
        _socket.Dispose();
        _stop.Dispose();
    }

    private static Uri AddressOf(Uri address) => new UriBuilder(address)
    {
        Scheme = address.Scheme is "https" or "wss" ? "wss" : "ws",
        Port = address.Port,
        Path = address.AbsolutePath.TrimEnd('/') + "/websocket",
    }.Uri;

    private async Task RunAsync(Func<JsonElement, ValueTask> onMessage, Func<string, ValueTask> onLost)
    {
        await Task.Yield();
        var sending = SendAllAsync();
        string why;
        try
        {
            why = await ReceiveAllAsync(onMessage);
        }
        catch (Exception error) when (error is WebSocketException or JsonException or OperationCanceledException or ObjectDisposedException)
        {
            why = error.Message;
        }

        _outgoing.Writer.TryComplete();
        _socket.Abort();
        await sending;
        if (!_stop.IsCancellationRequested)
            await onLost(why);
    }

    private async Task<string> ReceiveAllAsync(Func<JsonElement, ValueTask> onMessage)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer.GetMemory(4096), _stop.Token);
            if (received.MessageType == WebSocketMessageType.Close)
                return $"it was closed by the machine ({_socket.CloseStatusDescription ?? _socket.CloseStatus?.ToString() ?? "no reason given"})";
            buffer.Advance(received.Count);
            if (buffer.WrittenCount > MaxMessageBytes)
                return $"a message was longer than {MaxMessageBytes} bytes";
            if (!received.EndOfMessage)
                continue;
            using (var document = JsonDocument.Parse(buffer.WrittenMemory))
                await onMessage(document.RootElement.Clone());
            buffer.ResetWrittenCount();
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(_stop.Token))
                await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _stop.Token);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The receiving side ends for the same reason, and tells it.
            _outgoing.Writer.TryComplete();
            _socket.Abort();
        }
    }
}
