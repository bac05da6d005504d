// What a run asks Moonraker: one question at a time, and what was not answered is asked again, not at once.

using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>Asks for one run. Owned by the session's loop.</summary>
internal sealed class KlipperQuestions(MoonrakerLink link, MoonrakerMachineOptions options, TimeProvider time)
{
    private long _failedAt;

    /// <summary>True while an answer is waited for.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>True if another may be asked now.</summary>
    public bool MayAsk => !IsAsking && (_failedAt == 0 || time.GetElapsedTime(_failedAt) > options.StatePoll);

    /// <summary>Asks.</summary>
    public void Ask(string method, Action<Utf8JsonWriter>? parameters, Action<RpcAnswer> then)
    {
        IsAsking = true;
        link.Ask(method, parameters, options.Answer, answer => Take(answer, then));
    }

    /// <summary>Has commands executed, which may take as long as motion does.</summary>
    public void AskScript(string script, Action<RpcAnswer> then)
    {
        IsAsking = true;
        link.AskScript(script, options.CommandAnswer, answer => Take(answer, then));
    }

    /// <summary>Asks Moonraker's history how a file's print ended; null if it knows of none.</summary>
    public void AskHistory(string file, Action<string?> then) => Ask("server.history.list", static writer => writer.WriteNumber("limit", 50), answer =>
    {
        if (answer.Outcome is RpcOutcome.Done or RpcOutcome.Refused)
            then(answer.IsDone ? RunFiles.StatusIn(answer.Result, file) : null);
    });

    private void Take(RpcAnswer answer, Action<RpcAnswer> then)
    {
        IsAsking = false;
        _failedAt = answer.IsDone ? 0 : time.GetTimestamp();
        then(answer);
    }
}
