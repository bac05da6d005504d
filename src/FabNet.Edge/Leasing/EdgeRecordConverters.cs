// JSON forms of vocabulary structs with several members, which System.Text.Json would otherwise build empty.

using System.Text.Json;
using System.Text.Json.Serialization;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Sites;

namespace FabNet.Edge.Leasing;

/// <summary><c>{"material":"PLA","color":"black"}</c>.</summary>
internal sealed class LoadedMaterialConverter : JsonConverter<LoadedMaterial>
{
    public override LoadedMaterial Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var members = TextMembers.Read(ref reader);
        return new LoadedMaterial(members.GetValueOrDefault("material"), members.GetValueOrDefault("color"));
    }

    public override void Write(Utf8JsonWriter writer, LoadedMaterial value, JsonSerializerOptions options) =>
        TextMembers.Write(writer, ("material", value.Material), ("color", value.Color));
}

/// <summary><c>{"name":"cable-clip","version":"1.0.0","manifest":"sha256:…"}</c>.</summary>
internal sealed class DesignRefConverter : JsonConverter<DesignRef>
{
    public override DesignRef Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var members = TextMembers.Read(ref reader);
        return Digest.TryParse(members.GetValueOrDefault("manifest"), out var manifest)
            ? new DesignRef(members.GetValueOrDefault("name") ?? "", members.GetValueOrDefault("version") ?? "", manifest)
            : throw new JsonException("A design's manifest is not a digest.");
    }

    public override void Write(Utf8JsonWriter writer, DesignRef value, JsonSerializerOptions options) =>
        TextMembers.Write(writer, ("name", value.Name), ("version", value.Version), ("manifest", value.Manifest.Value));
}

/// <summary>An object whose members are all texts.</summary>
internal static class TextMembers
{
    public static Dictionary<string, string> Read(ref Utf8JsonReader reader)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An object was expected.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            members[name] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException($"'{name}' must be a text.");
        }

        return members;
    }

    public static void Write(Utf8JsonWriter writer, params ReadOnlySpan<(string Name, string? Value)> members)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }

        writer.WriteEndObject();
    }
}
