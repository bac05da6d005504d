// The toolpath as a PNG picture.

using FabNet.GCode;

namespace FabNet.Programs.Preview;

/// <summary>Draws paths on a raster whose longer side has 1600 pixels.</summary>
internal sealed class PngDrawing
{
    private const int LongerSide = 1600;
    private static readonly Rgb BedColour = new(0xA0, 0xA0, 0xA0);
    private static readonly Rgb Ink = new(0x20, 0x20, 0x20);

    private readonly Sheet _sheet;
    private readonly PathColours _colours;
    private readonly double _lineMm;
    private readonly double _pixelsPerMm;
    private readonly Raster _raster;

    public PngDrawing(Sheet sheet, PathColours colours, double lineMm)
    {
        _sheet = sheet;
        _colours = colours;
        _lineMm = lineMm;
        _pixelsPerMm = LongerSide / Math.Max(sheet.Shown.X.Length, sheet.Shown.Y.Length);
        _raster = new Raster(Math.Max(16, (int)(sheet.Shown.X.Length * _pixelsPerMm)), Math.Max(16, (int)(sheet.Shown.Y.Length * _pixelsPerMm)));
        if (sheet.Bed is { } bed)
        {
            Draw(bed.X.Min, bed.Y.Min, bed.X.Max, bed.Y.Min, 2, BedColour);
            Draw(bed.X.Max, bed.Y.Min, bed.X.Max, bed.Y.Max, 2, BedColour);
            Draw(bed.X.Max, bed.Y.Max, bed.X.Min, bed.Y.Max, 2, BedColour);
            Draw(bed.X.Min, bed.Y.Max, bed.X.Min, bed.Y.Min, 2, BedColour);
        }
    }

    /// <summary>Draws one piece.</summary>
    public void Add(in ToolpathSegment segment)
    {
        var kind = _colours.ClassOf(segment);
        var thickness = kind == 0 ? 0.6 : Math.Max(1, _lineMm * _pixelsPerMm * 0.85);
        Draw(segment.From.X, segment.From.Y, segment.To.X, segment.To.Y, thickness, _colours.Palette[kind].Colour);
    }

    /// <summary>Adds the scale bar and writes the picture.</summary>
    public void Save(Stream file)
    {
        var (x, y, length) = (_sheet.Shown.X.Min + (12 / _pixelsPerMm), _sheet.Shown.Y.Min + (12 / _pixelsPerMm), _sheet.ScaleMm);
        var tick = 6 / _pixelsPerMm;
        Draw(x, y, x + length, y, 3, Ink);
        Draw(x, y - tick, x, y + tick, 2, Ink);
        Draw(x + length, y - tick, x + length, y + tick, 2, Ink);
        StrokeText.Draw(string.Create(null, $"{length:0.###} mm"), (glyphX0, glyphY0, glyphX1, glyphY1) =>
            Draw(x + length + ((10 + glyphX0) / _pixelsPerMm), y + (glyphY0 / _pixelsPerMm), x + length + ((10 + glyphX1) / _pixelsPerMm), y + (glyphY1 / _pixelsPerMm), 2, Ink));
        PngWriter.Write(file, _raster.Pixels, _raster.Width);
    }

    private void Draw(double x0, double y0, double x1, double y1, double thickness, Rgb colour) => _raster.Line(
        (x0 - _sheet.Shown.X.Min) * _pixelsPerMm, (_sheet.Shown.Y.Max - y0) * _pixelsPerMm, (x1 - _sheet.Shown.X.Min) * _pixelsPerMm, (_sheet.Shown.Y.Max - y1) * _pixelsPerMm, thickness, colour);
}
