// What became of one request.

using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>How a request ended.</summary>
internal enum RpcOutcome
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>It was refused, or failed.</summary>
    Refused,

    /// <summary>No answer came in time: it may be done yet.</summary>
    Late,

    /// <summary>The connection ended first: it may have been done, or may be done yet.</summary>
    Lost,
}

/// <summary>The end of one request.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Result">What it returned; undefined unless done.</param>
/// <param name="Message">Why not, in the machine's words; empty if it was done.</param>
/// <param name="Code">The error's code, where Moonraker gave one: those of HTTP, and of JSON-RPC.</param>
internal readonly record struct RpcAnswer(RpcOutcome Outcome, JsonElement Result, string Message, int Code)
{
    public bool IsDone => Outcome == RpcOutcome.Done;
}
