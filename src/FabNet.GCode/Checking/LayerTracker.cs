// The layers of a print, from the slicer's comments or else from the heights at which it extrudes.

using System.Buffers.Text;
using FabNet.GCode.Program;

namespace FabNet.GCode.Checking;

/// <summary>Follows layers. Keeps the first 65,536 and counts all.</summary>
internal sealed class LayerTracker
{
    private const int MaxKept = 1 << 16;
    private const double SameHeightMm = 0.05;

    private readonly List<(double ZMm, int FirstLine, double FilamentMm)> _layers = [];
    private bool _hasHints;
    private bool _isOpen;
    private int _hintLine;
    private double _z = double.NaN;
    private double _filamentMm;
    private int _firstLine = 1;
    private int _count;

    /// <summary>The density that the slicer's comments give, in g/cm³; null without.</summary>
    public double? DensityGramsPerCm3 { get; private set; }

    /// <summary>How many layers have extrusion.</summary>
    public int Count => _count + (_isOpen ? 1 : 0);

    /// <summary>Looks at a comment (its text, after the semicolon).</summary>
    public void Comment(ReadOnlySpan<byte> text, int nextLine)
    {
        if (text.Length is < 6 or > 256)
            return;

        // PrusaSlicer and kin write ";LAYER_CHANGE", Cura ";LAYER:12", Bambu Studio "; CHANGE_LAYER", KISSlicer-like tools "; layer 12".
        var word = text.TrimStart((byte)' ');
        if (word.StartsWith("LAYER_CHANGE"u8) || word.StartsWith("LAYER:"u8) || word.StartsWith("CHANGE_LAYER"u8))
        {
            // What was extruded before the first hint (a priming line) is no layer of the part.
            if (!_hasHints)
                Restart();
            _hasHints = true;
            _hintLine = nextLine;
        }
        else if (word.StartsWith("filament_density"u8))
        {
            var value = word["filament_density"u8.Length..].TrimStart(" =:"u8);
            if (Utf8Parser.TryParse(value, out double density, out _) && density is > 0.3 and < 20)
                DensityGramsPerCm3 = density;
        }
    }

    /// <summary>Filament moved; a negative amount is drawn back.</summary>
    public void Filament(double mm) => _filamentMm += mm;

    /// <summary>A move that lays filament at a height.</summary>
    public void Extrude(double zMm, int line)
    {
        var begins = !_isOpen || (_hasHints ? _hintLine > 0 : Math.Abs(zMm - _z) >= SameHeightMm);
        if (!begins)
            return;
        var first = _hintLine > 0 ? _hintLine : line;
        if (_isOpen)
            Close();
        _isOpen = true;
        _firstLine = first;
        _z = zMm;
        _hintLine = 0;
    }

    /// <summary>All layers, with their times.</summary>
    public IReadOnlyList<LayerSummary> End(SampledTable seconds, int lastLine)
    {
        if (_isOpen)
            Close();
        _isOpen = false;
        var layers = new LayerSummary[_layers.Count];
        for (var i = 0; i < layers.Length; i++)
        {
            var (z, first, filament) = _layers[i];
            var end = i + 1 < layers.Length ? _layers[i + 1].FirstLine - 1 : lastLine;
            layers[i] = new LayerSummary(i, z, first, Math.Max(0, seconds.At(end) - seconds.At(first - 1)), filament);
        }

        return layers;
    }

    private void Restart()
    {
        _layers.Clear();
        _count = 0;
        _isOpen = false;
        _filamentMm = 0;
    }

    private void Close()
    {
        _count++;
        if (_layers.Count < MaxKept)
            _layers.Add((_z, _firstLine, _filamentMm));
        _filamentMm = 0;
    }
}
