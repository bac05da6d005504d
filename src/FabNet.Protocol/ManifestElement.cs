// A JSON element that knows its place, so that every refusal names the field.

using System.Collections.ObjectModel;
using System.Text.Json;
using FabNet.Model;

namespace FabNet.Protocol;

/// <summary>One element of a manifest with its path, such as <c>manifest.parts[2].name</c>. Every getter throws <see cref="FormatException"/> with that path.</summary>
internal readonly record struct ManifestElement(JsonElement Json, string Path)
{
    /// <summary>A member that must be there.</summary>
    public ManifestElement this[string name] => Find(name) ?? throw new FormatException($"{Path}.{name} is missing.");

    /// <summary>A member that may be absent.</summary>
    public ManifestElement? Find(string name) =>
        Json.TryGetProperty(name, out var member) ? new ManifestElement(member, $"{Path}.{name}") : null;

    /// <summary>Refuses anything but an object with some of these members.</summary>
    public void RequireMembers(params ReadOnlySpan<string> known)
    {
        RequireKind(JsonValueKind.Object, "an object");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in Json.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw new FormatException($"{Path} has a member '{member.Name}', which this version does not know.");
            }

            if (!seen.Add(member.Name))
            {
                throw new FormatException($"{Path} has the member '{member.Name}' twice.");
            }
        }
    }

    /// <summary>A digest in its written form.</summary>
    public Digest Digest()
    {
        var text = String();
        return Model.Digest.TryParse(text, out var digest) ? digest : throw new FormatException($"{Path} is not a digest. Write it as sha256: and 64 hexadecimal digits.");
    }

    /// <summary>One of a few words.</summary>
    public T OneOf<T>(params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = String();
        foreach (var (word, value) in words)
        {
            if (word == text)
            {
                return value;
            }
        }

        throw new FormatException($"{Path} is another word than {string.Join(", ", words.ToArray().Select(w => w.Word))}.");
    }

    public string String()
    {
        RequireKind(JsonValueKind.String, "a string");
        return Json.GetString()!;
    }

    public long Integer(long max)
    {
        RequireKind(JsonValueKind.Number, "a whole number");
        return Json.TryGetInt64(out var value) && value >= 0 && value <= max
            ? value
            : throw new FormatException($"{Path} is {Json.GetRawText()}, not a whole number from 0 to {max}.");
    }

    public double Double()
    {
        RequireKind(JsonValueKind.Number, "a number");
        return Json.TryGetDouble(out var value) && value is >= 0 and <= 1e12
            ? value
            : throw new FormatException($"{Path} is {Json.GetRawText()}, not a number from 0 to 1e12.");
    }

    public IReadOnlyList<T> List<T>(int max, Func<ManifestElement, T> read)
    {
        RequireKind(JsonValueKind.Array, "an array");
        var count = Json.GetArrayLength();
        if (count > max)
        {
            throw new FormatException($"{Path} has {count} elements; at most {max} are allowed.");
        }

        var list = new List<T>(count);
        foreach (var element in Json.EnumerateArray())
        {
            list.Add(read(new ManifestElement(element, $"{Path}[{list.Count}]")));
        }

        return list;
    }

    /// <summary>A list that is left out where it is empty.</summary>
    public IReadOnlyList<T> OptionalList<T>(string name, int max, Func<ManifestElement, T> read) => Find(name)?.List(max, read) ?? [];

    /// <summary>An object of texts, which is left out where it is empty.</summary>
    public IReadOnlyDictionary<string, string> OptionalTexts(string name, int max)
    {
        if (Find(name) is not { } member)
        {
            return ReadOnlyDictionary<string, string>.Empty;
        }

        member.RequireKind(JsonValueKind.Object, "an object");
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in member.Json.EnumerateObject())
        {
            texts[text.Name] = new ManifestElement(text.Value, $"{member.Path}.{text.Name}").String();
            if (texts.Count > max)
            {
                throw new FormatException($"{member.Path} has more than {max} members.");
            }
        }

        return texts;
    }

    private void RequireKind(JsonValueKind kind, string what)
    {
        if (Json.ValueKind != kind)
        {
            throw new FormatException($"{Path} is {Json.ValueKind.ToString().ToLowerInvariant()}, not {what}.");
        }
    }
}
