// Console commands that wait for the machine's answer, by sequence number.

using System.Text.Json.Nodes;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>The calls under way. Owned by the session's loop.</summary>
internal sealed class BambuCalls(TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (TaskCompletionSource<CommandReply> Waiter, long Since)> _waiting = new(StringComparer.Ordinal);

    /// <summary>A command was sent.</summary>
    public void Add(string sequence, TaskCompletionSource<CommandReply> waiter) => _waiting[sequence] = (waiter, time.GetTimestamp());

    /// <summary>Completes the call that an answer belongs to, if it is one.</summary>
    public void Take(string sequence, bool isOk, JsonObject answer)
    {
        if (_waiting.Remove(sequence, out var call))
            call.Waiter.TrySetResult(new CommandReply(isOk, [], isOk ? null : BambuReport.Text(answer, "reason") ?? "The machine refused it."));
    }

    /// <summary>Ends the calls that waited too long.</summary>
    public void Expire()
    {
        foreach (var (sequence, (waiter, since)) in _waiting)
        {
            if (time.GetElapsedTime(since) < Limit)
                continue;
            _waiting.Remove(sequence);
            waiter.TrySetResult(new CommandReply(false, [], "The machine did not answer."));
        }
    }

    /// <summary>Ends all calls: the session is being closed.</summary>
    public void Close()
    {
        foreach (var (waiter, _) in _waiting.Values)
            waiter.TrySetResult(new CommandReply(false, [], "The session was closed."));
        _waiting.Clear();
    }
}
