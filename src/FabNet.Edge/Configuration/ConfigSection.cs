// One mapping of a YAML file while it is read: typed values, problems with line numbers, and no key that nobody knows.

using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace FabNet.Edge.Configuration;

/// <summary>Reads the keys of one mapping. A wrong value becomes a problem and reads as absent, so that one pass finds every problem.</summary>
internal sealed class ConfigSection
{
    private readonly YamlMappingNode _node;
    private readonly ConfigProblems _problems;
    private readonly string _path;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public ConfigSection(YamlMappingNode node, string path, ConfigProblems problems)
    {
        _node = node;
        _path = path;
        _problems = problems;
    }

    private string Where => _path.Length == 0 ? "the file" : $"'{_path}'";

    public bool Has(string key) => Find(key) is not null;

    /// <summary>The line of a key's value, or of the section where the key is absent.</summary>
    public long LineOf(string key) => (Find(key) ?? _node).Start.Line;

    public string? Text(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { Length: > 0 } text }:
                return text;
            case var node:
                _problems.Add(node, $"'{Full(key)}' must be a text.");
                return null;
        }
    }

    public string RequiredText(string key, string example)
    {
        if (!Has(key))
        {
            _problems.Add(_node, $"'{key}' is missing in {Where}. Write for example {key}: {example}");
            return "";
        }

        return Text(key) ?? "";
    }

    public double? Number(string key, double min, double max)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= min && value <= max)
        {
            return value;
        }

        Problem(key, $"'{Full(key)}' is '{text}'. Write a number from {min} to {max}, with a decimal point.");
        return null;
    }

    public int? Integer(string key, int min, int max)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Problem(key, $"'{Full(key)}' is '{text}'. Write a whole number from {min} to {max}.");
        return null;
    }

    public decimal? Amount(string key)
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= 1_000_000_000m)
        {
            return value;
        }

        Problem(key, $"'{Full(key)}' is '{text}'. Write an amount such as 18.00, without the currency.");
        return null;
    }

    public bool? Flag(string key)
    {
        switch (Text(key))
        {
            case null: return null;
            case "true" or "yes": return true;
            case "false" or "no": return false;
            case var text:
                Problem(key, $"'{Full(key)}' is '{text}'. Write true or false.");
                return null;
        }
    }

    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        var text = Text(key);
        if (text is null)
        {
            return null;
        }

        var words = new List<string>(choices.Length);
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        Problem(key, $"'{Full(key)}' is '{text}'. Write one of: {string.Join(", ", words)}.");
        return null;
    }

    public Uri? Address(string key, string example)
    {
        var text = RequiredText(key, example);
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            return uri;
        }

        Problem(key, $"'{Full(key)}' is '{text}'. Write an address such as {example}.");
        return null;
    }

    /// <summary>Runs a parser of the model and turns its <see cref="FormatException"/> into a problem.</summary>
    public T? Parsed<T>(string key, string text, Func<string, T> parse)
        where T : struct
    {
        try
        {
            return text.Length == 0 ? null : parse(text);
        }
        catch (FormatException e)
        {
            Problem(key, e.Message);
            return null;
        }
    }

    public ConfigSection? Section(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlMappingNode mapping:
                return new ConfigSection(mapping, Full(key), _problems);
            case var node:
                _problems.Add(node, $"'{Full(key)}' must hold keys, indented below it.");
                return null;
        }
    }

    public IReadOnlyList<ConfigSection> List(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequenceNode sequence:
                var sections = new List<ConfigSection>();
                foreach (var child in sequence.Children)
                {
                    if (child is YamlMappingNode mapping)
                    {
                        sections.Add(new ConfigSection(mapping, $"{Full(key)}[{sections.Count}]", _problems));
                    }
                    else
                    {
                        _problems.Add(child, $"Each entry of '{Full(key)}' must hold keys, such as - name: mk3-left.");
                    }
                }

                return sections;
            case var node:
                _problems.Add(node, $"'{Full(key)}' must be a list; each entry starts with a dash.");
                return [];
        }
    }

    /// <summary>Every key and its text, for a section whose keys are the file's own.</summary>
    public IEnumerable<string> Keys()
    {
        foreach (var key in _node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                yield return name;
            }
        }
    }

    public void Problem(string key, string message) => _problems.Add(Find(key) ?? _node, message);

    /// <summary>Call once every key was asked for: what is left is a mistake.</summary>
    public void RefuseUnknownKeys()
    {
        foreach (var key in _node.Children.Keys)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!_known.Contains(name))
            {
                var near = _known.MinBy(k => EditDistance(k, name));
                var hint = near is not null && EditDistance(near, name) <= 2 + (name.Length / 4)
                    ? $"Did you mean '{near}'?"
                    : $"Known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.";
                _problems.Add(key, $"'{name}' is not a key of {Where}. {hint}");
            }
        }
    }

    private string Full(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return _node.Children.TryGetValue(new YamlScalarNode(key), out var node) && node is not YamlScalarNode { Value: null or "" or "~" or "null" } ? node : null;
    }

    private static int EditDistance(string a, string b)
    {
        Span<int> row = stackalloc int[Math.Min(b.Length, 64) + 1];
        b = b.Length > 64 ? b[..64] : b;
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[b.Length];
    }
}

/// <summary>The problems of one file.</summary>
internal sealed class ConfigProblems(string source)
{
    private readonly List<(long Line, string Text)> _found = [];

    public bool Any => _found.Count > 0;

    public void Add(YamlNode node, string message) => Add(node.Start.Line, message);

    public void Add(long line, string message) => _found.Add((line, $"{source}:{line}: {message}"));

    public EdgeConfigException ToException() => new([.. _found.OrderBy(p => p.Line).Select(p => p.Text)]);
}
