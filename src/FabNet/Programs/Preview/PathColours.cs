// What colour a piece of the tool's way has: by the slicer's name for it, or by depth.

using FabNet.GCode;
using FabNet.Model;

namespace FabNet.Programs.Preview;

/// <summary>Gives paths their class and colour. Class 0 is travel.</summary>
internal sealed class PathColours
{
    private const int DepthSteps = 16;
    private static readonly Rgb Travel = new(0xB8, 0xC4, 0xD0);

    // Slicers' names differ in words, hardly in meaning: the first fragment that a name holds decides. Colours as people know them from slicers.
    private static readonly (string Fragment, string Name, Rgb Colour)[] Features =
    [
        ("overhang", "overhang", new(0x3A, 0x52, 0xCC)),
        ("bridge", "bridge", new(0x4D, 0x80, 0xBA)),
        ("support-interface", "support interface", new(0x1F, 0x80, 0x1F)),
        ("support", "support", new(0x4C, 0xB8, 0x4C)),
        ("gap", "gap fill", new(0xC0, 0xA8, 0x20)),
        ("ironing", "ironing", new(0xC8, 0x70, 0x70)),
        ("skirt", "skirt, brim", new(0x00, 0x87, 0x6E)),
        ("brim", "skirt, brim", new(0x00, 0x87, 0x6E)),
        ("tower", "prime tower", new(0x70, 0x90, 0x80)),
        ("external perimeter", "outer wall", new(0xE0, 0x70, 0x20)),
        ("outer", "outer wall", new(0xE0, 0x70, 0x20)),
        ("top", "top surface", new(0xE0, 0x30, 0x30)),
        ("solid infill", "solid infill", new(0x90, 0x40, 0xC0)),
        ("skin", "solid infill", new(0x90, 0x40, 0xC0)),
        ("bottom surface", "solid infill", new(0x90, 0x40, 0xC0)),
        ("infill", "infill", new(0xA8, 0x28, 0x28)),
        ("fill", "infill", new(0xA8, 0x28, 0x28)),
        ("perimeter", "inner wall", new(0xD8, 0xB0, 0x20)),
        ("inner", "inner wall", new(0xD8, 0xB0, 0x20)),
        ("", "extrusion", new(0x30, 0x60, 0xA8)),
    ];

    private readonly Dictionary<string, int> _classes = new(StringComparer.Ordinal);
    private readonly AxisRange? _depth;
    private readonly bool _feedsCut;
    private readonly List<(string Name, Rgb Colour)> _palette = [("travel", Travel)];

    /// <param name="depth">The range of Z, where depth gives the colour; null where the slicer's names do.</param>
    /// <param name="feedsCut">True to take all motion but rapids for cutting: for a program that leaves the spindle to a person.</param>
    public PathColours(AxisRange? depth, bool feedsCut)
    {
        _depth = depth;
        _feedsCut = feedsCut;
        if (depth is not { } range)
            return;
        for (var step = 0; step < DepthSteps; step++)
        {
            // Light at the top, dark and warm in the depth.
            var share = step / (DepthSteps - 1.0);
            _palette.Add((string.Create(null, $"Z {range.Min + (share * range.Length):0.##} mm"), new((byte)(150 - (110 * share)), (byte)(30 + (130 * share)), (byte)(60 + (160 * share)))));
        }
    }

    /// <summary>The classes: name and colour of each.</summary>
    public IReadOnlyList<(string Name, Rgb Colour)> Palette => _palette;

    /// <summary>The class of a piece.</summary>
    public int ClassOf(in ToolpathSegment segment)
    {
        if (!segment.IsCut && (segment.IsRapid || !_feedsCut))
            return 0;
        if (_depth is { } range)
            return 1 + (range.Length <= 0 ? DepthSteps - 1 : (int)Math.Clamp((segment.To.Z - range.Min) / range.Length * DepthSteps, 0, DepthSteps - 1));
        if (_classes.TryGetValue(segment.Feature, out var known))
            return known;
        var text = segment.Feature.ToLowerInvariant();
        var (_, name, colour) = Array.Find(Features, feature => text.Contains(feature.Fragment, StringComparison.Ordinal));
        var index = _palette.FindIndex(entry => entry.Name == name);
        if (index < 0)
        {
            index = _palette.Count;
            _palette.Add((name, colour));
        }

        return _classes[segment.Feature] = index;
    }
}
