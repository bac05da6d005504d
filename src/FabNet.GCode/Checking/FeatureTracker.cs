// What the slicer says it draws: perimeters, infill, support…, timed each by itself.

using System.Text;

namespace FabNet.GCode.Checking;

/// <summary>Follows the kinds of path that comments name: <c>;TYPE:</c> (PrusaSlicer, Cura, OrcaSlicer), <c>; FEATURE:</c> (Bambu Studio), <c>; feature</c> (Simplify3D).</summary>
internal sealed class FeatureTracker
{
    private const int MaxFeatures = 64;
    private const int MaxNameBytes = 40;

    private readonly Timeline _time;
    private readonly List<Feature> _features = [];

    // The one that is timed: the current one as soon as what was planned before it is final.
    private Feature? _timed;
    private double _since;
    private Feature? _current;

    public FeatureTracker(Timeline time) => _time = time;

    /// <summary>The name in force; empty before the first.</summary>
    public string Current => _current?.Name ?? "";

    /// <summary>Looks at a comment (its text, after the semicolon, without blanks before it).</summary>
    public void Comment(ReadOnlySpan<byte> text, int nextLine)
    {
        var name = text.StartsWith("TYPE:"u8) ? text[5..] : text.StartsWith("FEATURE:"u8) ? text[8..] : text.StartsWith("feature "u8) ? text[8..] : default;
        name = name.Trim(" \t\r"u8);
        if (name.IsEmpty)
            return;
        var feature = Find(name);
        if (feature == _current)
            return;
        _current = feature;
        _time.Mark(nextLine, feature.Begin);
    }

    /// <summary>Filament moved; a negative amount is drawn back.</summary>
    public void Filament(double mm)
    {
        if (_current is not null)
            _current.FilamentMm += mm;
    }

    /// <summary>All kinds of path with their times; the timeline has ended.</summary>
    public IReadOnlyList<FeatureSummary> End()
    {
        Switch(null, _time.Elapsed);
        return [.. _features.Select(feature => new FeatureSummary(feature.Name, feature.Seconds, feature.FilamentMm))];
    }

    private void Switch(Feature? next, double elapsed)
    {
        if (_timed is not null)
            _timed.Seconds += elapsed - _since;
        _timed = next;
        _since = elapsed;
    }

    private Feature Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameBytes)
            name = name[..MaxNameBytes];
        foreach (var known in _features)
        {
            if (name.SequenceEqual(known.Key))
                return known;
        }

        var feature = new Feature(this, _features.Count < MaxFeatures - 1 ? name.ToArray() : "other"u8.ToArray());
        if (_features.Count < MaxFeatures)
            _features.Add(feature);
        return _features.Count < MaxFeatures ? feature : _features[^1];
    }

    private sealed class Feature
    {
        public Feature(FeatureTracker tracker, byte[] key)
        {
            Key = key;
            Name = string.Create(key.Length, key, static (text, bytes) =>
            {
                for (var i = 0; i < bytes.Length; i++)
                    text[i] = bytes[i] is >= 0x20 and <= 0x7E ? (char)bytes[i] : '?';
            });
            Begin = elapsed => tracker.Switch(this, elapsed);
        }

        public byte[] Key { get; }

        public string Name { get; }

        public Action<double> Begin { get; }

        public double Seconds { get; set; }

        public double FilamentMm { get; set; }
    }
}
