// Ids, digests and weekly hours are stored in JSON as people write them. Public, because generated serialisers in other rooms create these.

using System.Text.Json;
using System.Text.Json.Serialization;

namespace FabNet.Model;

/// <summary>A value of the vocabulary that JSON holds as its written form. Reading throws <see cref="JsonException"/> where the text is none.</summary>
public abstract class TextForm<T>(Func<string, T> parse) : JsonConverter<T>
    where T : struct
{
    /// <inheritdoc />
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"A {typeof(T).Name} is written as a text.");
        }

        try
        {
            return parse(reader.GetString()!);
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>Such as <c>"lab-lisbon"</c>.</summary>
public sealed class SiteIdText() : TextForm<SiteId>(SiteId.Parse);

/// <summary>Such as <c>"lab-lisbon/mk3-left"</c>.</summary>
public sealed class MachineIdText() : TextForm<MachineId>(MachineId.Parse);

/// <summary>Such as <c>"o-7"</c>.</summary>
public sealed class OrderIdText() : TextForm<OrderId>(OrderId.Parse);

/// <summary>Such as <c>"o-7.2"</c>.</summary>
public sealed class JobIdText() : TextForm<JobId>(JobId.Parse);

/// <summary>Such as <c>"sha256:…"</c>.</summary>
public sealed class DigestText() : TextForm<Digest>(Digest.Parse);

/// <summary>Such as <c>"mon-fri 09:00-18:00"</c>.</summary>
public sealed class WeeklyHoursText() : TextForm<Sites.WeeklyHours>(Sites.WeeklyHours.Parse);
