// Keeps the connection to one Moonraker and carries requests over it.

using System.Text.Json;
using System.Threading.Channels;
using Polly;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// The connection as the session's loop sees it: open or not, requests and their answers. Owned by the loop; the socket's own tasks only write to the loop's inbox. A lost
/// connection is opened again with growing pauses; requests that it carried are lost, and never repeated here.
/// </summary>
internal sealed class MoonrakerLink : IAsyncDisposable
{
    private readonly MoonrakerMachineOptions _options;
    private readonly MoonrakerFiles _files;
    private readonly ChannelWriter<object> _inbox;
    private readonly RpcCalls _calls;
    private readonly ResiliencePipeline _reopening;
    private readonly CancellationTokenSource _stopping = new();
    private MoonrakerSocket? _socket;
    private Task _opening = Task.CompletedTask;

    public MoonrakerLink(MoonrakerMachineOptions options, MoonrakerFiles files, ChannelWriter<object> inbox, TimeProvider time)
    {
        _options = options;
        _files = files;
        _inbox = inbox;
        _calls = new RpcCalls(time);
        _reopening = Reopening.Pipeline(options.ReopenDelay, options.MaxReopenDelay, time);
    }

    /// <summary>In the inbox: a connection is there.</summary>
    public sealed record Opened(MoonrakerSocket Socket);

    /// <summary>In the inbox: a message arrived.</summary>
    public sealed record Arrived(MoonrakerSocket Socket, JsonElement Message);

    /// <summary>In the inbox: a connection ended.</summary>
    public sealed record Ended(MoonrakerSocket Socket, string Why);

    /// <summary>True while there is a connection.</summary>
    public bool IsOpen => _socket is not null;

    /// <summary>Connects for the first time.</summary>
    /// <exception cref="MachineLinkException">Nobody is there.</exception>
    public Task<MoonrakerSocket> ConnectAsync(CancellationToken cancellationToken) => MoonrakerSocket.OpenAsync(_files.Http, _options, cancellationToken);

    /// <summary>Begins to use a connection.</summary>
    public void Use(MoonrakerSocket socket)
    {
        _socket = socket;
        socket.Start(async message => await PostAsync(new Arrived(socket, message)), async why => await PostAsync(new Ended(socket, why)));
    }

    /// <summary>Takes in a message.</summary>
    /// <returns>The message if it is a notification of the present connection, otherwise null.</returns>
    public JsonElement? Take(Arrived arrived) => arrived.Socket != _socket || _calls.TakeAnswer(arrived.Message) ? null : arrived.Message;

    /// <summary>The connection ended: its requests are lost, and a new one is tried for.</summary>
    /// <returns>False if it is not the present connection that ended.</returns>
    public bool Take(Ended ended)
    {
        if (ended.Socket != _socket)
            return false;
        Drop();
        return true;
    }

    /// <summary>Ends the present connection, if there is one, and tries for a new one.</summary>
    public void Drop()
    {
        var dropped = _socket;
        _socket = null;
        _calls.Lose();
        if (_opening.IsCompleted && !_stopping.IsCancellationRequested)
            _opening = ReopenAsync(dropped);
    }

    /// <summary>Asks the machine something. A request whose answer is lost is not repeated: the caller finds out what became of it.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="writeParameters">Writes the members of <c>params</c>; null for none.</param>
    /// <param name="limit">How long to wait for the answer.</param>
    /// <param name="then">Called once on the loop.</param>
    public void Ask(string method, Action<Utf8JsonWriter>? writeParameters, TimeSpan limit, Action<RpcAnswer> then)
    {
        if (_socket is not { } socket)
        {
            then(new RpcAnswer(RpcOutcome.Lost, default, $"{_options.Address} is offline.", 0));
            return;
        }

        if (!socket.Send(_calls.Make(method, writeParameters, limit, then)))
            Drop();
    }

    /// <summary>Asks for a G-code script to be run; it is answered when the script is done.</summary>
    public void AskScript(string script, TimeSpan limit, Action<RpcAnswer> then) => Ask("printer.gcode.script", writer => writer.WriteString("script", script), limit, then);

    /// <summary>Looks at the clock.</summary>
    public void Check() => _calls.Check();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _opening;
        if (_socket is { } socket)
            await socket.DisposeAsync();
        _socket = null;
        _calls.Lose();
        _stopping.Dispose();
    }

    private async Task ReopenAsync(MoonrakerSocket? dropped)
    {
        await Task.Yield();
        if (dropped is not null)
            await dropped.DisposeAsync();
        try
        {
            var socket = await _reopening.ExecuteAsync(async token => await ConnectAsync(token), _stopping.Token);
            if (!await PostAsync(new Opened(socket)))
                await socket.DisposeAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The session is being closed.
        }
    }

    /// <returns>False if the session is being closed: then nobody reads any more.</returns>
    private async ValueTask<bool> PostAsync(object item)
    {
        while (await _inbox.WaitToWriteAsync())
        {
            if (_inbox.TryWrite(item))
                return true;
        }

        return false;
    }
}
