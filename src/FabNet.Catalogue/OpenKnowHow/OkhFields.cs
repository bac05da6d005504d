// Reads the fields of one table of a manifest, forgiving what real manifests get wrong, and reporting it.

using System.Globalization;
using System.Text.RegularExpressions;
using FabNet.Catalogue.Designs;
using FabNet.Catalogue.Search;
using FabNet.Model;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// The fields of one table. A key that is not known but is one or two slips away from a known and absent one is taken for it, with a
/// finding; other unknown keys are reported and left alone.
/// </summary>
internal sealed partial class OkhFields
{
    /// <summary>The most characters of a value that is kept as it stands.</summary>
    private const int MaxKept = 16_000;

    /// <summary>The most fields of one table that are kept as they stand.</summary>
    private const int MaxKeptFields = 100;

    private readonly Dictionary<string, ManifestNode> _byName = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _kept = new(StringComparer.Ordinal);
    private readonly FindingList _findings;
    private readonly string _place;

    public OkhFields(MapNode map, string place, IReadOnlyCollection<string> known, FindingList findings)
    {
        (Map, _place, _findings) = (map, place, findings);
        foreach (var (key, value) in map.Members)
        {
            if (known.Contains(key))
            {
                _byName[key] = value;
            }
        }

        foreach (var (key, value) in map.Members.Where(m => !known.Contains(m.Key)))
        {
            AddUnknown(key, value, known);
        }
    }

    public MapNode Map { get; }

    /// <summary>What the manifest will hold as it stands: unknown fields, and those that <see cref="Keep"/> named. Each as TOML on one line.</summary>
    public IReadOnlyDictionary<string, string> Kept => _kept;

    /// <summary>Keeps fields as they stand, under their right names, so that an export loses nothing.</summary>
    public void Keep(params IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (_byName.TryGetValue(name, out var node))
            {
                KeepNode(name, node);
            }
        }
    }

    /// <summary>Keeps a text or a list of texts.</summary>
    public void KeepTexts(string name, IReadOnlyList<string> texts)
    {
        var nodes = texts.Select(t => new ScalarNode(t, Map.Line)).ToList();
        if (nodes is [var only])
        {
            KeepNode(name, only);
        }
        else if (nodes.Count > 1)
        {
            var list = new ListNode(Map.Line);
            list.Items.AddRange(nodes);
            KeepNode(name, list);
        }
    }

    public ManifestNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A text in one line; numbers and dates are taken as they would be written.</summary>
    public string? Text(string name)
    {
        var node = Find(name);
        if (node is null)
        {
            return null;
        }

        if (AsText(node) is { } text)
        {
            return text.Trim() is { Length: > 0 } trimmed ? trimmed : null;
        }

        _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a text, and is {Describe(node)}. It was left out.");
        return null;
    }

    /// <summary>The names of people or organisations: a text, a table with a name, or a list of those.</summary>
    public string? People(string name) => Find(name) switch
    {
        null => null,
        ListNode list => Join(list.Items.Select(PersonName)),
        var node => PersonName(node),
    };

    /// <summary>Texts: one, or a list of them.</summary>
    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        null => [],
        ListNode list => [.. list.Items.Select(AsText).OfType<string>()],
        var one => AsText(one) is { } text ? [text] : [],
    };

    /// <summary>The names of people or organisations, each by itself and without where to reach them.</summary>
    public IReadOnlyList<string> Names(string name) =>
        [.. (Find(name) switch { null => [], ListNode list => list.Items, var one => [one] }).Select(n => n is MapNode map ? TextOf(map, "name") : AsText(n)?.Trim()).OfType<string>()];

    /// <summary>Names with the text of each, as in a table of settings.</summary>
    public IReadOnlyDictionary<string, string> TextTable(string name)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        switch (Find(name))
        {
            case null:
                break;
            case MapNode map:
                foreach (var (key, node) in map.Members)
                {
                    var (cleanKey, value) = (PlainText.Line(key, 64), PlainText.Line(AsText(node), 1_000));
                    if (cleanKey is null || value is null || texts.Count == MaxKeptFields)
                    {
                        _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name}.{Shorten(key)} should be a text or a number. It was left out.");
                    }
                    else
                    {
                        texts[cleanKey] = value;
                    }
                }

                break;
            case var node:
                _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a table of names and values, and is {Describe(node)}. It was left out.");
                break;
        }

        return texts;
    }

    /// <summary>A number within bounds, which is not taken with a unit.</summary>
    public double? Number(string name, double min, double max)
    {
        if (Find(name) is not { } node)
        {
            return null;
        }

        if (AsText(node) is { } text && ToNumber(text) is { } number && number >= min && number <= max)
        {
            return number;
        }

        _findings.Add(FindingKind.ValueForm, node.Line, string.Create(CultureInfo.InvariantCulture, $"{_place}{name} should be a number from {min} to {max}, and is {Describe(node)}. It was left out."));
        return null;
    }

    /// <summary>A digest, as <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public Digest? Sha256(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (Digest.TryParse(text, out var digest))
        {
            return digest;
        }

        _findings.Add(FindingKind.ValueForm, Find(name)!.Line, $"{_place}{name} is '{Shorten(text)}', not sha256: and 64 hexadecimal digits. It was left out.");
        return null;
    }

    /// <summary>Paths: a text, a list of them, or (okh v1) tables with a path. Addresses on the web are not files of the folder.</summary>
    public IReadOnlyList<OkhFile> Files(string name) => [.. Paths(name).Where(f => !f.IsAddress)];

    /// <summary>Paths and addresses on the web.</summary>
    public IReadOnlyList<OkhFile> Paths(string name)
    {
        var files = new List<OkhFile>();
        foreach (var node in Find(name) switch { null => [], ListNode list => list.Items, var one => [one] })
        {
            var pathNode = node is MapNode map ? map.Members.GetValueOrDefault("path") ?? map.Members.GetValueOrDefault("file") : node;
            if (pathNode is not null && AsText(pathNode)?.Trim() is { Length: > 0 } path)
            {
                files.Add(new OkhFile(path, _place + name, node.Line));
            }
            else
            {
                _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a path, or a list of paths, and is {Describe(node)}. It was left out.");
            }
        }

        return files;
    }

    /// <summary>A mass in grams; a text with a unit is taken with a finding.</summary>
    public double? MassGrams() => Find("mass") is not { } node ? null : Quantity(node, "mass", "grams", ("kg", 1000), ("mg", 0.001), ("g", 1));

    /// <summary>A count of at least 1.</summary>
    public int? Count(string name)
    {
        var node = Find(name);
        if (node is null)
        {
            return null;
        }

        if (AsText(node) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 100_000)
        {
            return count;
        }

        _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a whole number from 1 to 100000, and is {Describe(node)}. 1 was taken.");
        return null;
    }

    /// <summary>Outer dimensions in mm: a table; an OpenSCAD cube or three numbers in a text are taken with a finding.</summary>
    public Size3? Dimensions()
    {
        const string Name = "outer-dimensions";
        switch (Find(Name))
        {
            case null:
                return null;
            case MapNode map:
                var fields = new OkhFields(map, $"{_place}{Name}.", ["width", "depth", "height"], _findings);
                return fields.Length("width") is { } width && fields.Length("depth") is { } depth && fields.Length("height") is { } height
                    ? new Size3(width, depth, height)
                    : null;
            case var node:
                var numbers = NumberPattern().Matches(AsText(node) ?? "").Select(m => ToNumber(m.Value)).ToList();
                var size = numbers is [{ } x and >= 0.001 and < 1e9, { } y and >= 0.001 and < 1e9, { } z and >= 0.001 and < 1e9] ? new Size3(x, y, z) : (Size3?)null;
                _findings.Add(FindingKind.ValueForm, node.Line,
                    $"{_place}{Name} should be a table of width, depth and height in mm, and is {Describe(node)}. "
                    + (size is { } s ? $"It was taken as {{ width = {s.Width}, depth = {s.Depth}, height = {s.Height} }}." : "It was left out."));
                return size;
        }
    }

    private double? Length(string name)
    {
        if (Find(name) is { } node)
        {
            return Quantity(node, name, "mm", ("mm", 1), ("cm", 10), ("m", 1000));
        }

        _findings.Add(FindingKind.ValueForm, Map.Line, $"{_place}{name} is missing. The claimed dimensions were left out.");
        return null;
    }

    private double? Quantity(ManifestNode node, string name, string unit, params ReadOnlySpan<(string Unit, double Factor)> units)
    {
        var (value, isPlain) = node switch
        {
            ScalarNode { Value: long whole } => (whole, true),
            ScalarNode { Value: double number } => (number, true),
            ScalarNode { Value: string text } => QuantityIn(text.Trim(), units),
            _ => ((double?)null, false),
        };
        if (value is not (>= 0.001 and < 1e9))
        {
            _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a number from 0.001 ({unit}), and is {Describe(node)}. It was left out.");
            return null;
        }

        if (!isPlain)
        {
            _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{name} should be a plain number ({unit}), and is {Describe(node)}. It was taken as {value}.");
        }

        return value;
    }

    private static (double? Value, bool IsPlain) QuantityIn(string text, ReadOnlySpan<(string Unit, double Factor)> units)
    {
        if (ToNumber(text) is { } plain)
        {
            return (plain, true);
        }

        foreach (var (unit, factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                return (ToNumber(text[..^unit.Length].Trim().Replace(',', '.')) * factor, false);
            }
        }

        return (ToNumber(text.Replace(',', '.')), false);
    }

    private static double? ToNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) ? number : null;

    private void AddUnknown(string key, ManifestNode value, IReadOnlyCollection<string> known)
    {
        var slips = key.Length <= 4 ? 1 : 2;
        var close = known.Where(k => SpellingDistance(key, k) <= slips).ToList();
        if (close.Where(k => !_byName.ContainsKey(k)).MinBy(k => SpellingDistance(key, k)) is { } meant)
        {
            _byName[meant] = value;
            _findings.Add(FindingKind.KeyMisspelt, value.Line, $"'{_place}{key}' was taken for '{meant}'. Write {meant}.");
        }
        else if (close.Count > 0)
        {
            _findings.Add(FindingKind.KeyUnknown, value.Line, $"'{_place}{key}' looks like '{close[0]}', which is there already. It was left out.");
        }
        else
        {
            _findings.Add(FindingKind.KeyUnknown, value.Line, $"Open Know-How has no '{_place}{Shorten(key)}'. It was kept as it stands.");
            KeepNode(key, value);
        }
    }

    private void KeepNode(string name, ManifestNode node)
    {
        if (PlainText.Line(name, 64) == name && TomlText.Of(node, MaxKept) is { } text && (_kept.Count < MaxKeptFields || _kept.ContainsKey(name)))
        {
            _kept[name] = text;
        }
        else
        {
            _findings.Add(FindingKind.ValueForm, node.Line, $"{_place}{Shorten(name)} is too long or nested too deep to be kept. It was left out.");
        }
    }

    /// <summary>The slips between two keys. Case does not count, and okh v1 in snake_case means the same as in kebab-case.</summary>
    internal static int SpellingDistance(string left, string right)
    {
        return Math.Abs(left.Length - right.Length) > 2 ? int.MaxValue : Spelling.Distance(Plain(left), Plain(right));

        static string Plain(string key) => key.ToLowerInvariant().Replace('_', '-');
    }

    private static string? AsText(ManifestNode node) => node is not ScalarNode scalar ? null : scalar.Value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        double number => number.ToString("0.0###############", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string? PersonName(ManifestNode node) => node is MapNode map
        ? (TextOf(map, "name"), TextOf(map, "email")) switch
        {
            ({ } name, { } email) => $"{name} <{email}>",
            var (name, email) => name ?? email,
        }
        : AsText(node)?.Trim();

    private static string? TextOf(MapNode map, string name) =>
        map.Members.TryGetValue(name, out var node) && AsText(node)?.Trim() is { Length: > 0 } text ? text : null;

    private static string? Join(IEnumerable<string?> names) =>
        string.Join(", ", names.Where(n => !string.IsNullOrWhiteSpace(n)).Select(n => n!.Trim())) is { Length: > 0 } joined ? joined : null;

    private static string Describe(ManifestNode node) => node switch
    {
        ListNode => "a list",
        MapNode => "a table",
        _ => $"'{Shorten(AsText(node) ?? "")}'",
    };

    private static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;

    [GeneratedRegex(@"[0-9]+(\.[0-9]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();
}
