// One WebSocket client of the simulated Moonraker.

using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>A connection. Its messages wait in a bounded channel (1,024); a client that takes none for so long is cut off, as Klipper cuts off an unresponsive one.</summary>
internal sealed class MoonrakerClient(WebSocket socket)
{
    private readonly Channel<byte[]> _outgoing = Channel.CreateBounded<byte[]>(1024);

    /// <summary>True once it gave the API key, or where none is asked for.</summary>
    public bool IsLetIn { get; set; }

    /// <summary>What it subscribed to; null for nothing.</summary>
    public JsonObject? Subscription { get; set; }

    /// <summary>What it was told last.</summary>
    public JsonObject Told { get; set; } = [];

    /// <summary>Sends a message after those before it.</summary>
    public void Send(JsonObject message)
    {
        if (!_outgoing.Writer.TryWrite(Encoding.UTF8.GetBytes(message.ToJsonString())))
        {
            socket.Abort();
        }
    }

    /// <summary>Cuts the connection.</summary>
    public void Cut() => socket.Abort();

    /// <summary>Serves it until it ends.</summary>
    public async Task ServeAsync(Action<string> onText, CancellationToken cancellation)
    {
        var sending = SendAllAsync(cancellation);
        try
        {
            await ReceiveAllAsync(onText, cancellation);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            await sending;
        }
    }

    private async Task ReceiveAllAsync(Action<string> onText, CancellationToken cancellation)
    {
        var message = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                onText(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length));
                message.SetLength(0);
            }
        }
    }

    private async Task SendAllAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellation))
            {
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellation);
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            socket.Abort();
        }
    }
}
