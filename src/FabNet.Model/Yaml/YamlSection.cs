// One mapping of a YAML file: its sections and lists, and no key that nobody knows.

using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Yaml;

/// <summary>
/// Reads the keys of one mapping. What is wrong is noted where it stands and reads as absent, so that one reading finds every mistake. A key whose value is
/// left empty counts as absent.
/// </summary>
public sealed partial class YamlSection
{
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly YamlMistakes _mistakes;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Mark> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    internal YamlSection(YamlMappingNode node, string path, YamlMistakes mistakes)
    {
        _node = node;
        _path = path;
        _mistakes = mistakes;
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                _values[name] = value;
                _keys[name] = key.Start;
            }
            else
            {
                mistakes.Add(key.Start, "a key must be a plain word");
            }
        }
    }

    /// <summary>Every key, for a section whose keys are the file's own.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>True if the key is there and has a value.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A key as messages call it, such as <c>axes.z.maxMm</c>.</summary>
    public string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    /// <summary>Notes a mistake at a key, or at the section where the key is missing.</summary>
    public void Refuse(string key, string message) => _mistakes.Add(_keys.TryGetValue(key, out var mark) ? mark : _node.Start, message);

    /// <summary>True if the key is there; else its absence is noted.</summary>
    /// <param name="key">The key.</param>
    /// <param name="example">What might be written for it; null where the message needs none.</param>
    public bool Require(string key, string? example = null)
    {
        if (Has(key))
        {
            return true;
        }

        Refuse(key, $"{PathOf(key)} is missing{(example is null ? "" : $"; write for example {key}: {example}")}");
        return false;
    }

    /// <summary>A section below this one; null where it is absent.</summary>
    public YamlSection? Section(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlMappingNode node:
                return new YamlSection(node, PathOf(key), _mistakes);
            default:
                Refuse(key, $"{PathOf(key)} must hold keys and values of its own, indented below it");
                return null;
        }
    }

    /// <summary>A list of sections; empty where it is absent.</summary>
    public IReadOnlyList<YamlSection> Sections(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequenceNode sequence:
                var sections = new List<YamlSection>();
                for (var i = 0; i < sequence.Children.Count; i++)
                {
                    if (sequence.Children[i] is YamlMappingNode node)
                    {
                        sections.Add(new YamlSection(node, $"{PathOf(key)}[{i}]", _mistakes));
                    }
                    else
                    {
                        _mistakes.Add(sequence.Children[i].Start, $"{PathOf(key)}[{i}] must hold keys and values of its own");
                    }
                }

                return sections;
            default:
                Refuse(key, $"{PathOf(key)} must be a list, each item beginning with '-'");
                return [];
        }
    }

    /// <summary>A list of words; empty where it is absent.</summary>
    public IReadOnlyList<string> Words(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequenceNode sequence when sequence.Children.All(child => child is YamlScalarNode { Value.Length: > 0 }):
                return [.. sequence.Children.Select(child => ((YamlScalarNode)child).Value!)];
            default:
                Refuse(key, $"{PathOf(key)} must be a list of words, such as [PLA, PETG]");
                return [];
        }
    }

    /// <summary>Call once every key was asked for: what is left is a mistake.</summary>
    public void RefuseUnknownKeys()
    {
        foreach (var (name, mark) in _keys)
        {
            if (!_known.Contains(name))
            {
                var hint = FindNearest(name) is { } near ? $"did you mean {near}?" : $"known are {string.Join(", ", _known)}";
                _mistakes.Add(mark, $"{PathOf(name)} is not a key of {_mistakes.Kind}; {hint}");
            }
        }
    }

    private string? FindNearest(string name)
    {
        var (near, distance) = _known.Select(known => (known, EditDistance(name, known))).OrderBy(pair => pair.Item2).FirstOrDefault();
        return near is not null && (distance <= Math.Max(2, name.Length / 3) || name.StartsWith(near, StringComparison.OrdinalIgnoreCase)) ? near : null;
    }

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return _values.TryGetValue(key, out var value) && value is not YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" } ? value : null;
    }

    // Levenshtein's, without regard to case. A text has at most 256 Ki characters, and a known key few, so the shorter side is the row.
    private static int EditDistance(string text, string known)
    {
        var row = new int[known.Length + 1];
        for (var j = 0; j <= known.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= text.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= known.Length; j++)
            {
                var cost = char.ToUpperInvariant(text[i - 1]) == char.ToUpperInvariant(known[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[known.Length];
    }
}
