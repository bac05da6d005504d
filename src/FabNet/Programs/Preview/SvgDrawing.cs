// The toolpath as an SVG picture, written as it is read: one group for each layer, one path for each run of one kind.

using System.Globalization;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Programs.Preview;

/// <summary>Writes paths as they come; memory does not grow with their number.</summary>
internal sealed class SvgDrawing : IDisposable
{
    private const double TravelMm = 0.08;

    // Long paths are slow to show: they are cut.
    private const int LongestRun = 2000;

    private readonly StreamWriter _writer;
    private readonly Sheet _sheet;
    private readonly PathColours _colours;
    private readonly double _lineMm;
    private int _layer = int.MinValue;
    private int _kind = -1;
    private int _run;
    private Position _at;

    public SvgDrawing(Stream file, Sheet sheet, PathColours colours, MachineProfile machine, double lineMm)
    {
        _writer = new StreamWriter(file) { NewLine = "\n" };
        _sheet = sheet;
        _colours = colours;
        _lineMm = lineMm;
        var (x, y) = (sheet.Shown.X, sheet.Shown.Y);
        Write($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {x.Length:0.##} {y.Length:0.##}\" width=\"{x.Length:0.##}mm\" height=\"{y.Length:0.##}mm\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\" font-family=\"sans-serif\">");
        Write($"<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        if (sheet.Bed is { } bed)
            Write($"<rect x=\"{X(bed.X.Min):0.##}\" y=\"{Y(bed.Y.Max):0.##}\" width=\"{bed.X.Length:0.##}\" height=\"{bed.Y.Length:0.##}\" stroke=\"#a0a0a0\" stroke-width=\"0.4\"><title>{System.Security.SecurityElement.Escape(machine.Title)}</title></rect>");
    }

    /// <summary>Draws one piece.</summary>
    public void Add(in ToolpathSegment segment)
    {
        var kind = _colours.ClassOf(segment);
        if (segment.Layer != _layer)
        {
            EndRun();
            if (_layer != int.MinValue)
                Write($"</g>");
            _layer = segment.Layer;
            Write($"<g id=\"layer{_layer}\" data-z=\"{segment.To.Z:0.###}\">");
        }

        if (kind != _kind || _run >= LongestRun || segment.From != _at)
        {
            EndRun();
            var (_, colour) = _colours.Palette[kind];
            _writer.Write(string.Create(CultureInfo.InvariantCulture, $"<path stroke=\"{colour.Hex}\" stroke-width=\"{(kind == 0 ? TravelMm : _lineMm * 0.85):0.###}\" d=\"M{X(segment.From.X):0.###} {Y(segment.From.Y):0.###}"));
            _kind = kind;
        }

        // A single place is a dot with round ends; a lift alone draws nothing more.
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $"L{X(segment.To.X):0.###} {Y(segment.To.Y):0.###}"));
        _run++;
        _at = segment.To;
    }

    /// <summary>Adds the scale bar and the legend, and ends the picture.</summary>
    public void End()
    {
        EndRun();
        if (_layer != int.MinValue)
            Write($"</g>");
        var size = _sheet.Shown.X.Length / 60;
        var (left, bottom) = (size, _sheet.Shown.Y.Length - size);
        Write($"<g id=\"legend\" font-size=\"{size:0.##}\">");
        Write($"<path stroke=\"#202020\" stroke-width=\"{size / 6:0.###}\" d=\"M{left:0.##} {bottom - (size / 3):0.##}V{bottom:0.##}H{left + _sheet.ScaleMm:0.##}V{bottom - (size / 3):0.##}\"/>");
        Write($"<text x=\"{left + _sheet.ScaleMm + (size / 2):0.##}\" y=\"{bottom:0.##}\" fill=\"#202020\">{_sheet.ScaleMm:0.###} mm</text>");
        var line = 1.5 * size;
        foreach (var (name, colour) in _colours.Palette)
        {
            Write($"<rect x=\"{left:0.##}\" y=\"{line - (0.8 * size):0.##}\" width=\"{size:0.##}\" height=\"{0.8 * size:0.##}\" fill=\"{colour.Hex}\"/><text x=\"{left + (1.5 * size):0.##}\" y=\"{line:0.##}\" fill=\"#202020\">{name}</text>");
            line += 1.3 * size;
        }

        Write($"</g>");
        Write($"</svg>");
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();

    private double X(double x) => x - _sheet.Shown.X.Min;

    private double Y(double y) => _sheet.Shown.Y.Max - y;

    private void EndRun()
    {
        if (_kind >= 0)
            Write($"\"/>");
        _kind = -1;
        _run = 0;
    }

    private void Write(FormattableString text) => _writer.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
