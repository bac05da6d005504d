// Pixels, and lines drawn on them with soft edges.

namespace FabNet.Programs.Preview;

/// <summary>A colour.</summary>
internal readonly record struct Rgb(byte R, byte G, byte B)
{
    public string Hex => $"#{R:x2}{G:x2}{B:x2}";
}

/// <summary>An RGB picture on white. Its size, not the number of lines drawn, decides the memory.</summary>
internal sealed class Raster(int width, int height)
{
    private readonly byte[] _pixels = Blank(width, height);

    public int Width => width;

    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>Draws a line with round ends. Each pixel takes the colour as far as the line covers it: half a pixel beyond the edge it fades out.</summary>
    public void Line(double x0, double y0, double x1, double y1, double thickness, Rgb colour)
    {
        var reach = Math.Max(0.35, thickness / 2) + 0.5;
        if (!TryClip(ref x0, ref y0, ref x1, ref y1, reach))
            return;
        var (dx, dy) = (x1 - x0, y1 - y0);
        var lengthSquared = (dx * dx) + (dy * dy);

        // Along the longer axis, a strip across of the other: the work grows with length and thickness, not with the box around the line.
        var isSteep = Math.Abs(dy) > Math.Abs(dx);
        var (from, to) = isSteep ? (Math.Min(y0, y1), Math.Max(y0, y1)) : (Math.Min(x0, x1), Math.Max(x0, x1));
        var slope = isSteep ? (dy == 0 ? 0 : dx / dy) : dx == 0 ? 0 : dy / dx;
        var half = (reach * Math.Sqrt(1 + (slope * slope))) + 1;
        var (alongEnd, acrossEnd) = isSteep ? (height, width) : (width, height);
        for (var along = Math.Max(0, (int)(from - reach)); along <= Math.Min(alongEnd - 1, (int)(to + reach)); along++)
        {
            var centre = isSteep ? x0 + (slope * (Math.Clamp(along + 0.5, from, to) - y0)) : y0 + (slope * (Math.Clamp(along + 0.5, from, to) - x0));
            for (var across = Math.Max(0, (int)(centre - half)); across <= Math.Min(acrossEnd - 1, (int)(centre + half)); across++)
            {
                var (px, py) = isSteep ? (across + 0.5, along + 0.5) : (along + 0.5, across + 0.5);
                var share = lengthSquared == 0 ? 0 : Math.Clamp((((px - x0) * dx) + ((py - y0) * dy)) / lengthSquared, 0, 1);
                var (ex, ey) = (px - x0 - (share * dx), py - y0 - (share * dy));
                var cover = Math.Min(1, reach - Math.Sqrt((ex * ex) + (ey * ey)));
                if (cover > 0)
                    Blend(isSteep ? across : along, isSteep ? along : across, colour, cover * Math.Min(1, thickness));
            }
        }
    }

    private void Blend(int x, int y, Rgb colour, double share)
    {
        var pixel = _pixels.AsSpan(((y * width) + x) * 3, 3);
        var part = (int)(share * 256);
        pixel[0] = (byte)(pixel[0] + (((colour.R - pixel[0]) * part) >> 8));
        pixel[1] = (byte)(pixel[1] + (((colour.G - pixel[1]) * part) >> 8));
        pixel[2] = (byte)(pixel[2] + (((colour.B - pixel[2]) * part) >> 8));
    }

    /// <summary>Cuts a line to the picture and a margin (Liang and Barsky); false if nothing is left.</summary>
    private bool TryClip(ref double x0, ref double y0, ref double x1, ref double y1, double margin)
    {
        var (dx, dy) = (x1 - x0, y1 - y0);
        var (start, end) = (0.0, 1.0);
        foreach (var (step, room) in (ReadOnlySpan<(double, double)>)[(-dx, x0 + margin), (dx, width + margin - x0), (-dy, y0 + margin), (dy, height + margin - y0)])
        {
            if (step == 0 && room < 0)
                return false;
            if (step < 0)
                start = Math.Max(start, room / step);
            else if (step > 0)
                end = Math.Min(end, room / step);
        }

        if (!(start <= end))
            return false;
        (x1, y1) = (x0 + (end * dx), y0 + (end * dy));
        (x0, y0) = (x0 + (start * dx), y0 + (start * dy));
        return true;
    }

    private static byte[] Blank(int width, int height)
    {
        var pixels = new byte[checked(width * height * 3)];
        Array.Fill(pixels, byte.MaxValue);
        return pixels;
    }
}
