// A manual operation in a firmware's words.

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>What to send for a manual operation.</summary>
/// <param name="Lines">Lines, in order.</param>
/// <param name="Urgent">Bytes that go ahead of every line.</param>
/// <param name="Refusal">Why this firmware can't do it; null if it can.</param>
internal sealed record OperationPlan(IReadOnlyList<string> Lines, byte[] Urgent, string? Refusal)
{
    /// <summary>Which line's answer is the operation's; the last one's unless said otherwise.</summary>
    public int Answering { get; init; } = Lines.Count - 1;

    /// <summary>Lines only.</summary>
    public static OperationPlan Of(params string[] lines) => new(lines, [], null);

    /// <summary>Bytes only.</summary>
    public static OperationPlan OfBytes(ReadOnlySpan<byte> bytes) => new([], bytes.ToArray(), null);

    /// <summary>It can't be done.</summary>
    public static OperationPlan Refused(string why) => new([], [], why);

    /// <summary>Sends the lines one by one to a machine that takes console commands but no realtime bytes.</summary>
    public async Task<CommandReply> SendAsync(Func<string, Task<CommandReply>> send)
    {
        if (Refusal is not null || Lines.Count == 0)
            return new CommandReply(false, [], Refusal ?? "This machine can't do that from here. Use its own screen.");
        CommandReply? answer = null;
        for (var index = 0; index < Lines.Count; index++)
        {
            var reply = await send(Lines[index]);
            if (!reply.IsOk)
                return reply;
            if (index == Answering)
                answer = reply;
        }

        return answer!;
    }
}
