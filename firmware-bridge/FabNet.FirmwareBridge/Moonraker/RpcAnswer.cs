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

    /// <summary>A member of what it returned; undefined if it returned no such thing.</summary>
    public JsonElement this[string name] => Result.Member(name);
}

/// <summary>Reads JSON that may have any shape: what is not there is undefined.</summary>
internal static class JsonMembers
{
    /// <summary>A member of an object; undefined of anything else.</summary>
    public static JsonElement Member(this JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var member) ? member : default;

    /// <summary>A member's text; null if it is none.</summary>
    public static string? Text(this JsonElement item, string name) => item.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>A member's number; null if it is none.</summary>
    public static double? Number(this JsonElement item, string name) => item.Member(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    /// <summary>The items of a list; none of anything else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement list) => list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
