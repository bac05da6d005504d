// The layers of a print, from the slicer's comments or else from the heights at which it extrudes.

using System.Buffers.Text;

namespace FabNet.GCode.Checking;

/// <summary>
/// Follows layers. Keeps the first 65,536 and counts all. Without comments, a layer begins where filament is laid level at another height: neither a lift
/// between two paths nor a vase, which climbs while it extrudes, makes one.
/// </summary>
internal sealed class LayerTracker
{
    private const int MaxKept = 1 << 16;
    private const double SameHeightMm = 0.05;

    private readonly List<Layer> _layers = [];
    private readonly Timeline _time;
    private Layer? _open;
    private bool _hasHints;
    private int _hintLine;
    private double _hintHeightMm;
    private double _filamentMm;
    private int _count;

    // When the first layer began that is not kept.
    private double? _endSeconds;

    public LayerTracker(Timeline time) => _time = time;

    /// <summary>The density that the slicer's comments give, in g/cm³; null without.</summary>
    public double? DensityGramsPerCm3 { get; private set; }

    /// <summary>How many layers have extrusion.</summary>
    public int Count => _count + (_open is null ? 0 : 1);

    /// <summary>The layer under way, from 0; -1 before the first.</summary>
    public int Index => _hintLine > 0 ? Count : Count - 1;

    /// <summary>Looks at a comment (its text, after the semicolon, without blanks before it).</summary>
    public void Comment(ReadOnlySpan<byte> text, int nextLine)
    {
        if (text.Length is < 6 or > 256)
            return;

        // PrusaSlicer, SuperSlicer and OrcaSlicer write ";LAYER_CHANGE", Cura and ideaMaker ";LAYER:12", Bambu Studio "; CHANGE_LAYER", Simplify3D "; layer 12, Z = 2.4".
        if (text.StartsWith("LAYER_CHANGE"u8) || text.StartsWith("LAYER:"u8) || text.StartsWith("CHANGE_LAYER"u8) || IsNumberedLayer(text))
        {
            // What was extruded before the first hint (a priming line) is no layer of the part.
            if (!_hasHints)
                Restart();
            _hasHints = true;
            _hintLine = nextLine;
            _hintHeightMm = 0;
        }
        else if (text.StartsWith("HEIGHT:"u8) || text.StartsWith("LAYER_HEIGHT:"u8))
        {
            // Within a layer it tells of single paths (bridges); only what stands at its head tells of the layer.
            if (_hintLine > 0 && _hintHeightMm == 0 && Utf8Parser.TryParse(text[(text.IndexOf((byte)':') + 1)..].TrimStart((byte)' '), out double height, out _) && height is > 0 and < 100)
                _hintHeightMm = height;
        }
        else if (text.StartsWith("filament_density"u8))
        {
            var value = text["filament_density"u8.Length..].TrimStart(" =:"u8);
            if (Utf8Parser.TryParse(value, out double density, out _) && density is > 0.3 and < 20)
                DensityGramsPerCm3 = density;
        }
    }

    /// <summary>Filament moved; a negative amount is drawn back.</summary>
    public void Filament(double mm) => _filamentMm += mm;

    /// <summary>A move that lays filament, ending at a height.</summary>
    public void Extrude(double zMm, bool isLevel, int line)
    {
        if (_open is not null && (_hasHints ? _hintLine == 0 : !isLevel || Math.Abs(zMm - _open.ZMm) < SameHeightMm))
            return;
        Begin(zMm, _hintLine > 0 ? _hintLine : line);
    }

    /// <summary>All layers, with their times; the timeline has ended.</summary>
    public IReadOnlyList<LayerSummary> End()
    {
        Close();
        var layers = new LayerSummary[_layers.Count];
        var below = 0.0;
        for (var i = 0; i < layers.Length; i++)
        {
            var layer = _layers[i];
            var until = i + 1 < layers.Length ? _layers[i + 1].StartSeconds : _endSeconds ?? _time.Elapsed;
            var height = layer.HeightMm > 0 ? layer.HeightMm : Math.Max(0, layer.ZMm - below);
            layers[i] = new LayerSummary(i, layer.ZMm, Math.Round(height, 6), layer.FirstLine, Math.Max(0, until - layer.StartSeconds), layer.FilamentMm);
            below = layer.ZMm;
        }

        return layers;
    }

    private static bool IsNumberedLayer(ReadOnlySpan<byte> text) => text.StartsWith("layer "u8) && text.Length > 6 && char.IsAsciiDigit((char)text[6]) && text.IndexOf(", Z"u8) > 0;

    private void Begin(double zMm, int firstLine)
    {
        Close();
        _open = new Layer { ZMm = zMm, FirstLine = firstLine, HeightMm = _hintHeightMm };
        if (_layers.Count < MaxKept)
            _time.Mark(firstLine, _open.Begin);
        else if (_count == MaxKept)
            _time.Mark(firstLine, seconds => _endSeconds = seconds);
        _hintLine = 0;
        _hintHeightMm = 0;
    }

    private void Restart()
    {
        _layers.Clear();
        _count = 0;
        _open = null;
        _filamentMm = 0;
    }

    private void Close()
    {
        if (_open is null)
            return;
        _open.FilamentMm = _filamentMm;
        if (_layers.Count < MaxKept)
            _layers.Add(_open);
        _count++;
        _open = null;
        _filamentMm = 0;
    }

    private sealed class Layer
    {
        public double ZMm { get; init; }

        public double HeightMm { get; init; }

        public int FirstLine { get; init; }

        public double FilamentMm { get; set; }

        public double StartSeconds { get; private set; }

        public void Begin(double seconds) => StartSeconds = seconds;
    }
}
