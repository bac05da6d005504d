// JSON-RPC 2.0 as Moonraker speaks it: requests with ids, their answers, and notifications. Source: Moonraker docs, external_api/introduction.md; jsonrpc.org.

using System.Buffers;
using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>The requests under way on one connection. Owned by the session's loop; does no I/O.</summary>
internal sealed class RpcCalls(TimeProvider time)
{
    private readonly Dictionary<long, Call> _waiting = [];
    private long _last;

    /// <summary>Makes a request.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="writeParameters">Writes the members of <c>params</c>; null for none.</param>
    /// <param name="limit">How long to wait for the answer.</param>
    /// <param name="then">Called once on the loop, with the answer or without.</param>
    /// <returns>The message to send.</returns>
    public byte[] Make(string method, Action<Utf8JsonWriter>? writeParameters, TimeSpan limit, Action<RpcAnswer> then)
    {
        _waiting.Add(++_last, new Call(method, time.GetTimestamp(), limit, then));
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc", "2.0");
            writer.WriteString("method", method);
            if (writeParameters is not null)
            {
                writer.WriteStartObject("params");
                writeParameters(writer);
                writer.WriteEndObject();
            }

            writer.WriteNumber("id", _last);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Takes in a message, if it is an answer.</summary>
    /// <returns>False if it is none.</returns>
    public bool TakeAnswer(JsonElement message)
    {
        if (message.Member("id") is not { ValueKind: JsonValueKind.Number } id || !id.TryGetInt64(out var number))
            return false;
        if (!_waiting.Remove(number, out var call))
            return true; // It came after its time.
        if (message.TryGetProperty("error", out var error))
            call.Then(new RpcAnswer(RpcOutcome.Refused, default, MessageOf(error), CodeOf(error)));
        else if (message.TryGetProperty("result", out var result))
            call.Then(new RpcAnswer(RpcOutcome.Done, result, "", 0));
        else
            call.Then(new RpcAnswer(RpcOutcome.Refused, default, $"{call.Method} was answered with neither result nor error.", 0));
        return true;
    }

    /// <summary>Ends the requests whose time is up.</summary>
    public void Check()
    {
        foreach (var (number, call) in _waiting.ToArray())
        {
            if (time.GetElapsedTime(call.Since) >= call.Limit && _waiting.Remove(number))
                call.Then(new RpcAnswer(RpcOutcome.Late, default, $"{call.Method} was not answered in {call.Limit.TotalSeconds:0} s.", 0));
        }
    }

    /// <summary>The connection has ended: there will be no more answers.</summary>
    public void Lose()
    {
        var lost = _waiting.Values.ToArray();
        _waiting.Clear();
        foreach (var call in lost)
            call.Then(new RpcAnswer(RpcOutcome.Lost, default, "The connection was lost before the answer.", 0));
    }

    private static int CodeOf(JsonElement error) =>
        error.Member("code") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out var number) ? number : 0;

    private static string MessageOf(JsonElement error) => error.Text("message") ?? error.GetRawText();

    private sealed record Call(string Method, long Since, TimeSpan Limit, Action<RpcAnswer> Then);
}
