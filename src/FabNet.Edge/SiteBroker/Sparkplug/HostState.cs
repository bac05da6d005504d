// What a primary host application says of itself: retained JSON, as {"online":true,"timestamp":1700000000000}.

using System.Text.Json;

namespace FabNet.Edge.SiteBroker.Sparkplug;

internal static class HostState
{
    /// <summary>Reads a STATE payload; null if it is not one.</summary>
    public static (bool IsOnline, long Timestamp)? TryRead(byte[] payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            return document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("online", out var online) && online.ValueKind is JsonValueKind.True or JsonValueKind.False
                && document.RootElement.TryGetProperty("timestamp", out var timestamp) && timestamp.TryGetInt64(out var milliseconds)
                ? (online.GetBoolean(), milliseconds)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
