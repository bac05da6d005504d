// A person's G-code commands on their way to Klipper, one after the other, with what it says meanwhile.

using System.Text;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// Console commands. Owned by the session's loop. Klipper answers a command when it is done, and says what it has to say before that: so one is under way at a time.
/// What a running print says in that time can't be told apart.
/// </summary>
internal sealed class ConsoleCommands(MoonrakerLink link, MoonrakerMachineOptions options)
{
    private const int Limit = 64;

    private readonly Queue<CommandRequest> _waiting = [];
    private CommandRequest? _current;

    /// <summary>Takes a command.</summary>
    public void Take(CommandRequest request)
    {
        if (_waiting.Count >= Limit)
            request.Refuse("Too many commands wait already.");
        else
            _waiting.Enqueue(request);
    }

    /// <summary>Klipper said a line.</summary>
    public void Hear(ReadOnlySpan<byte> line) => _current?.Command.AddReply(line);

    /// <summary>Sends the next command, if none is under way.</summary>
    public void Advance()
    {
        while (_current is null && _waiting.TryDequeue(out var request))
        {
            _current = request;
            var script = Encoding.ASCII.GetString(request.Command.Command);
            // Through the queue an emergency stop would wait for all that is before it.
            if (script.Trim().Equals("M112", StringComparison.OrdinalIgnoreCase))
                link.Ask("printer.emergency_stop", null, options.Answer, End);
            else
                link.AskScript(script, options.CommandAnswer, End);
        }
    }

    /// <summary>Refuses all that wait.</summary>
    public void Refuse(string why)
    {
        _current?.Refuse(why);
        _current = null;
        while (_waiting.TryDequeue(out var request))
            request.Refuse(why);
    }

    private void End(RpcAnswer answer)
    {
        var request = _current;
        _current = null;
        request?.Command.Answer(answer.IsDone ? null : answer.Message);
    }
}
