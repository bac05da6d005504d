// A moment in a planning problem: only with its distance from UTC, or it would be another one on another machine.

using System.Text.Json;
using System.Text.Json.Serialization;

namespace FabNet.Plans;

/// <summary>Such as <c>"2026-01-05T08:00:00Z"</c> or <c>"2026-01-05T09:00:00+01:00"</c>.</summary>
internal sealed class MomentText : JsonConverter<DateTimeOffset>
{
    private const string Form = "There should be a moment with Z or its distance from UTC, such as \"2026-01-05T08:00:00Z\".";

    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var moment) && HasDistance(reader.GetString()!) ? moment : throw new JsonException(Form);

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    // Behind the day, whose dashes are none.
    private static bool HasDistance(string text) => text.IndexOf('T', StringComparison.OrdinalIgnoreCase) is > 0 and var time && text.AsSpan(time).IndexOfAny("Zz+-") > 0;
}
