// A command that is not of the program: a person's, a poll, or an order of the control.

using System.Text;

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>A command on its way through a streamer. Owned by the session's loop.</summary>
internal sealed class Submission(byte[] command)
{
    private List<string>? _replies;

    /// <summary>A command given as text; ASCII.</summary>
    public Submission(string command)
        : this(Encoding.ASCII.GetBytes(command))
    {
    }

    /// <summary>The command's bytes, without a line end.</summary>
    public byte[] Command { get; } = command;

    /// <summary>Its sequence number once it is framed; -1 before.</summary>
    public int Sequence { get; set; } = -1;

    /// <summary>True once the firmware answered it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Why the firmware did not take it; null if it did.</summary>
    public string? Error { get; private set; }

    /// <summary>Completes when it is answered; null if nobody waits.</summary>
    public TaskCompletionSource<CommandReply>? Waiter { get; init; }

    /// <summary>What the firmware said while this command was at its head.</summary>
    public IReadOnlyList<string> Replies => _replies ?? [];

    /// <summary>Keeps a line of the answer, up to a bound that no real answer reaches.</summary>
    public void AddReply(ReadOnlySpan<byte> line)
    {
        if (Waiter is not null && (_replies ??= []).Count < 1000)
            _replies.Add(FirmwareText.Of(line));
    }

    /// <summary>The firmware answered.</summary>
    public void Answer(string? error)
    {
        IsAnswered = true;
        Error = error;
        Waiter?.TrySetResult(new CommandReply(error is null, Replies, error));
    }

    /// <summary>There will be no answer.</summary>
    public void Abandon(string why)
    {
        if (!IsAnswered)
            Answer(why);
    }
}
