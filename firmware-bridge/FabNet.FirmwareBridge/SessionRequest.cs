// What other threads ask of a session's loop.

using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>A request to a session's loop, completed by it.</summary>
internal abstract record SessionRequest
{
    /// <summary>The link is gone, or the session ends: there will be no answer.</summary>
    public abstract void Refuse(string why);
}

/// <summary>What a simple request asks.</summary>
internal enum SessionVerb
{
    /// <summary>Hold the program.</summary>
    Pause,

    /// <summary>Go on.</summary>
    Resume,

    /// <summary>Stop the program for good.</summary>
    Cancel,

    /// <summary>Answer the prompt.</summary>
    Answer,

    /// <summary>The machine is clear.</summary>
    Clear,

    /// <summary>An emergency stop was written.</summary>
    Emergency,
}

/// <summary>A request that is answered by null (accepted) or by a reason.</summary>
internal sealed record VerbRequest(SessionVerb Verb, string Reason, int Choice, TaskCompletionSource<string?> Done) : SessionRequest
{
    /// <inheritdoc />
    public override void Refuse(string why) => Done.TrySetResult(why);
}

/// <summary>A program to run.</summary>
internal sealed record RunRequest(ActiveRun Run) : SessionRequest
{
    /// <inheritdoc />
    public override void Refuse(string why)
    {
        Run.BreakReason = why;
        Run.Done.TrySetResult(Run.Outcome(SafeState.NotNeeded, 0, 0));
    }
}

/// <summary>Something that a person does by hand.</summary>
internal sealed record OperationRequest(ManualOperation Operation, TaskCompletionSource<CommandReply> Done) : SessionRequest
{
    /// <inheritdoc />
    public override void Refuse(string why) => Done.TrySetResult(new CommandReply(false, [], why));
}

/// <summary>A console command.</summary>
internal sealed record CommandRequest(Submission Command) : SessionRequest
{
    /// <inheritdoc />
    public override void Refuse(string why) => Command.Abandon(why);
}
