// One mapping of a profile's YAML: typed access to its keys, each mistake noted where it stands.

using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FabNet.Model.Machines;

/// <content>The sections and words of a profile.</content>
public static partial class MachineProfileReader
{
    internal static readonly (string Name, FirmwareDialect Value)[] Dialects =
    [
        ("marlin", FirmwareDialect.Marlin), ("grbl", FirmwareDialect.Grbl), ("klipper", FirmwareDialect.Klipper), ("bambu", FirmwareDialect.Bambu),
    ];

    internal static readonly (string Name, FabricationProcess Value)[] Processes =
    [
        ("printing", FabricationProcess.Printing), ("milling", FabricationProcess.Milling), ("laser-cutting", FabricationProcess.LaserCutting), ("unknown", FabricationProcess.Unknown),
    ];

    internal static readonly (string Name, UnknownCommandPolicy Value)[] Policies = [("refuse", UnknownCommandPolicy.Refuse), ("warn", UnknownCommandPolicy.Warn)];

    private sealed class ProfileSection
    {
        private readonly YamlMappingNode _node;
        private readonly string _path;
        private readonly string _source;
        private readonly List<MachineProfileError> _errors;
        private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Mark> _keys = new(StringComparer.Ordinal);
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public ProfileSection(YamlMappingNode node, string path, string source, List<MachineProfileError> errors)
        {
            _node = node;
            _path = path;
            _source = source;
            _errors = errors;
            foreach (var (key, value) in node.Children)
            {
                if (key is YamlScalarNode { Value: { } name })
                {
                    _values[name] = value;
                    _keys[name] = key.Start;
                }
                else
                {
                    Note(key.Start, "a key must be a plain word");
                }
            }
        }

        public bool Has(string key) => _values.ContainsKey(key);

        public string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

        /// <summary>Notes a mistake at a key, or at the section where the key is missing.</summary>
        public void Refuse(string key, string message) => Note(_keys.TryGetValue(key, out var mark) ? mark : _node.Start, message);

        public string Text(string key, bool isRequired)
        {
            var text = Scalar(key, isRequired)?.Value ?? "";
            if (isRequired && Has(key) && text.Length == 0)
                Refuse(key, $"{PathOf(key)} must not be empty");
            return text;
        }

        public string Name(string key)
        {
            var name = Text(key, isRequired: true);
            if (name.Length > 0 && (name.Length > 64 || !char.IsAsciiLetterOrDigit(name[0]) || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '.'))))
                Refuse(key, $"{PathOf(key)} '{name}' must be lower-case letters, digits, '-' and '.', at most 64, such as prusa-mk3s");
            return name;
        }

        public double Number(string key, double otherwise, double least, double greatest) => Has(key) ? Required(key, least, greatest) : Known(key, otherwise);

        public double Required(string key, double least, double greatest)
        {
            if (!TryNumber(key, isRequired: true, out var value))
                return least;
            if (value < least || value > greatest)
                Refuse(key, $"{PathOf(key)} must be from {least:0.######} to {greatest:0.######}; it is {value:R}");
            return value;
        }

        public double Above0(string key, double? otherwise)
        {
            if (otherwise is { } usual && !Has(key))
                return Known(key, usual);
            if (!TryNumber(key, isRequired: true, out var value))
                return 1;
            if (value is <= 0 or > 1e7)
                Refuse(key, $"{PathOf(key)} must be above 0{Unit(key)}; it is {value:R}");
            return value;
        }

        public bool Flag(string key)
        {
            switch (Scalar(key, isRequired: false)?.Value)
            {
                case null or "false":
                    return false;
                case "true":
                    return true;
                default:
                    Refuse(key, $"{PathOf(key)} must be true or false");
                    return false;
            }
        }

        public T Choice<T>(string key, (string Name, T Value)[] choices, bool isRequired = true)
        {
            var text = Scalar(key, isRequired)?.Value;
            foreach (var (name, value) in choices)
            {
                if (name == text)
                    return value;
            }

            if (text is not null)
                Refuse(key, $"{PathOf(key)} '{text}' is none of {string.Join(", ", choices.Select(choice => choice.Name))}");
            return choices[0].Value;
        }

        public ProfileSection? Section(string key, bool isRequired = false)
        {
            switch (Value(key, isRequired))
            {
                case null:
                    return null;
                case YamlMappingNode node:
                    return new ProfileSection(node, PathOf(key), _source, _errors);
                default:
                    Refuse(key, $"{PathOf(key)} must hold keys and values of its own");
                    return null;
            }
        }

        public IEnumerable<ProfileSection> Sections(string key)
        {
            var value = Value(key, isRequired: false);
            if (value is null)
                yield break;
            if (value is not YamlSequenceNode sequence)
            {
                Refuse(key, $"{PathOf(key)} must be a list, each item beginning with '-'");
                yield break;
            }

            for (var i = 0; i < sequence.Children.Count; i++)
            {
                if (sequence.Children[i] is YamlMappingNode node)
                    yield return new ProfileSection(node, $"{PathOf(key)}[{i}]", _source, _errors);
                else
                    Note(sequence.Children[i].Start, $"{PathOf(key)}[{i}] must hold keys and values of its own");
            }
        }

        public IReadOnlyList<string> List(string key)
        {
            var value = Value(key, isRequired: false);
            if (value is null)
                return [];
            if (value is YamlSequenceNode sequence && sequence.Children.All(child => child is YamlScalarNode { Value.Length: > 0 }))
                return [.. sequence.Children.Select(child => ((YamlScalarNode)child).Value!)];
            Refuse(key, $"{PathOf(key)} must be a list of words, such as [PLA, PETG]");
            return [];
        }

        /// <summary>Settings of a slicer, any keys. A line end in a value is written as the slicer's files do: \n.</summary>
        public Dictionary<string, string> Settings(string key)
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal);
            if (Section(key) is not { } section)
                return settings;
            foreach (var name in section._values.Keys)
            {
                if (section.Scalar(name, isRequired: true) is { Value: { } text })
                    settings[name] = text.TrimEnd('\n').ReplaceLineEndings("\\n");
            }

            return settings;
        }

        public Dictionary<string, IReadOnlyDictionary<string, string>> SettingsOfEach(string key)
        {
            var all = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
            if (Section(key) is not { } section)
                return all;
            foreach (var name in section._values.Keys)
                all[name.ToUpperInvariant()] = section.Settings(name);
            return all;
        }

        public void RefuseUnknownKeys()
        {
            foreach (var (name, mark) in _keys)
            {
                if (_known.Contains(name))
                    continue;
                var nearest = _known.Select(known => (Known: known, Distance: EditDistance(name, known))).OrderBy(pair => pair.Distance).FirstOrDefault();
                var hint = nearest.Known is not null && (nearest.Distance <= Math.Max(2, name.Length / 3) || name.StartsWith(nearest.Known, StringComparison.OrdinalIgnoreCase)) ? $"; did you mean {nearest.Known}?" : $"; known are {string.Join(", ", _known)}";
                Note(mark, $"{PathOf(name)} is not a key of a profile{hint}");
            }
        }

        private double Known(string key, double value)
        {
            _known.Add(key);
            return value;
        }

        private bool TryNumber(string key, bool isRequired, out double value)
        {
            value = 0;
            if (Scalar(key, isRequired)?.Value is not { } text)
                return false;
            if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value) && double.IsFinite(value))
                return true;
            Refuse(key, $"{PathOf(key)} must be a number{Unit(key)}, such as 120 or 0.4; it is '{text}'");
            return false;
        }

        private YamlScalarNode? Scalar(string key, bool isRequired)
        {
            var value = Value(key, isRequired);
            if (value is null or YamlScalarNode)
                return (YamlScalarNode?)value;
            Refuse(key, $"{PathOf(key)} must be a single value");
            return null;
        }

        private YamlNode? Value(string key, bool isRequired)
        {
            _known.Add(key);
            if (_values.TryGetValue(key, out var value))
                return value;
            if (isRequired)
                Note(_node.Start, $"{PathOf(key)} is missing");
            return null;
        }

        private void Note(Mark mark, string message) => _errors.Add(new MachineProfileError(_source, (int)mark.Line, (int)mark.Column, message));

        private static string Unit(string key) =>
            key.EndsWith("MmPerMin", StringComparison.Ordinal) ? " mm/min"
            : key.EndsWith("MmPerS2", StringComparison.Ordinal) ? " mm/s²"
            : key.EndsWith("MmPerS", StringComparison.Ordinal) ? " mm/s"
            : key.EndsWith("Mm", StringComparison.Ordinal) ? " mm"
            : "";

        private static int EditDistance(string a, string b)
        {
            var row = new int[b.Length + 1];
            for (var j = 0; j <= b.Length; j++)
                row[j] = j;
            for (var i = 1; i <= a.Length; i++)
            {
                var diagonal = row[0];
                row[0] = i;
                for (var j = 1; j <= b.Length; j++)
                {
                    var above = row[j];
                    row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1));
                    diagonal = above;
                }
            }

            return row[b.Length];
        }
    }
}
