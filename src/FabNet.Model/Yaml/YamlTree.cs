// Documents of fields that nobody here decides on: read as a tree, from YAML or JSON, and written as either.

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Yaml;

/// <summary>Reads and writes documents as trees of <see cref="JsonNode"/>.</summary>
public static class YamlTree
{
    private const int MaxDepth = 32;

    /// <summary>Reads YAML or JSON whose root has keys. A key that stands twice counts as it stands last.</summary>
    /// <param name="text">The text; at most <see cref="YamlText.MaxLength"/> characters.</param>
    /// <param name="source">Its file, for messages.</param>
    /// <param name="kind">What it should be, for messages, such as "an Open Know-Where manifest".</param>
    /// <exception cref="FormatException">It is neither; the message says where and why.</exception>
    public static JsonObject Read(string text, string source, string kind)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.AsSpan().TrimStart() is ['{', ..] && text.Length <= YamlText.MaxLength)
        {
            try
            {
                using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
                return (JsonObject)Of(document.RootElement)!;
            }
            catch (JsonException e)
            {
                throw new FormatException($"{source}: this is not valid JSON: {e.Message}", e);
            }
        }

        var mistakes = new YamlMistakes(source, kind);
        return YamlText.ReadRoot(text, mistakes, "begin with 'name:'", MaxDepth) is { } root
            ? (JsonObject)Of(root)!
            : throw new FormatException(string.Join(' ', mistakes.InOrder));
    }

    /// <summary>Writes a tree as indented JSON.</summary>
    public static string ToJson(JsonObject tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            tree.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>Writes a tree as YAML that reads back the same.</summary>
    public static string ToYaml(JsonObject tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        var text = new StringBuilder();
        foreach (var (key, value) in tree)
        {
            Write(text, key, value, 0);
        }

        return text.Length == 0 ? "{}\n" : text.ToString();
    }

    private static void Write(StringBuilder text, string key, JsonNode? value, int indent)
    {
        text.Append(' ', indent).Append(IsPlain(key) ? key : Quoted(key)).Append(':');
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                foreach (var (name, member) in map)
                {
                    Write(text, name, member, indent + 2);
                }

                break;
            case JsonArray { Count: > 0 } list when list.All(static i => i is JsonObject { Count: > 0 }):
                text.Append('\n');
                foreach (var item in list)
                {
                    var begin = text.Length;
                    foreach (var (name, member) in item!.AsObject())
                    {
                        Write(text, name, member, indent + 4);
                    }

                    text[begin + indent + 2] = '-';
                }

                break;
            default: text.Append(' ').Append(Flow(value)).Append('\n'); break; // JSON is YAML.
        }
    }

    private static bool IsPlain(string key) => key.Length > 0 && char.IsAsciiLetter(key[0]) && key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && !key.Equals("true", StringComparison.OrdinalIgnoreCase) && !key.Equals("false", StringComparison.OrdinalIgnoreCase) && !key.Equals("null", StringComparison.OrdinalIgnoreCase);

    private static string Flow(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject map => $"{{{string.Join(", ", map.Select(static m => $"{Quoted(m.Key)}: {Flow(m.Value)}"))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Flow))}]",
        _ when value.GetValueKind() is JsonValueKind.String => Quoted(value.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static JsonNode? Of(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    map[member.Name] = Of(member.Value);
                }

                return map;
            case JsonValueKind.Array: return new JsonArray([.. element.EnumerateArray().Select(Of)]);
            case JsonValueKind.String: return JsonValue.Create(element.GetString());
            case JsonValueKind.True: return JsonValue.Create(true);
            case JsonValueKind.False: return JsonValue.Create(false);
            case JsonValueKind.Number: return Number(element.GetRawText());
            default: return null;
        }
    }

    private static JsonNode? Of(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var map = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    map[key is YamlScalarNode { Value: { } name } ? name : key.ToString()] = Of(value);
                }

                return map;
            case YamlSequenceNode sequence: return new JsonArray([.. sequence.Children.Select(Of)]);
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: var plain }:
                return plain switch
                {
                    null or "" or "~" or "null" => null,
                    "true" or "True" or "TRUE" => JsonValue.Create(true),
                    "false" or "False" or "FALSE" => JsonValue.Create(false),
                    _ => Number(plain),
                };
            case YamlScalarNode scalar: return JsonValue.Create(scalar.Value ?? "");
            default: return null;
        }
    }

    // What would read back otherwise (007, 1e3, +4) stays the text that somebody wrote.
    private static JsonValue Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == text
            ? JsonValue.Create(number)
            : JsonValue.Create(text)!;
}
