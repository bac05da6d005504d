// Pictures of toolpaths: that they are what their format says, and show what the program draws.

using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Programs.Preview;
using Xunit;

namespace FabNet.Tests.GCode;

public class PreviewTests
{
    private const string Square =
        "M104 S200\nG28\nM83\nG1 F3000\n;LAYER_CHANGE\n;TYPE:External perimeter\nG1 X50 Y50 Z.2\nG1 X250 E5\nG1 Y250 E5\nG1 X50 E5\nG1 Y50 E5\n;LAYER_CHANGE\n;TYPE:Internal infill\nG1 Z.4\nG1 X250 Y250 E5\nG0 X100 Y20\n";

    [Fact]
    public void A_png_has_the_paths_where_the_program_draws_them()
    {
        var (pixels, width, height) = Decode(Png(Square));
        Assert.Equal((1600, 1600), (width, height));
        (byte R, byte G, byte B) At(double xMm, double yMm)
        {
            // 310 mm are shown, from -5 to 305.
            var (x, y) = ((int)((xMm + 5) * width / 310), (int)((305 - yMm) * height / 310));
            var i = ((y * width) + x) * 3;
            return (pixels[i], pixels[i + 1], pixels[i + 2]);
        }

        var outer = At(150, 50);
        Assert.True(outer.R > 180 && outer.B < 120, outer.ToString());
        Assert.Equal(At(150, 50), At(250, 150));
        var infill = At(150, 150);
        Assert.True(infill.R is > 120 and < 200 && infill.G < 140, infill.ToString());
        Assert.Equal((255, 255, 255), At(80, 200));
        Assert.NotEqual((255, 255, 255), At(0, 150));
    }

    [Fact]
    public void An_svg_has_a_group_for_each_layer_and_a_legend()
    {
        using var file = new MemoryStream();
        Draw(Square, (sheet, colours) => new SvgDrawing(file, sheet, colours, Programs.Marlin, 0.4), (drawing, piece) => drawing.Add(piece), drawing => drawing.End());
        var svg = XDocument.Parse(Encoding.UTF8.GetString(file.ToArray()));
        var groups = svg.Root!.Elements().Where(element => element.Name.LocalName == "g").Select(element => element.Attribute("id")!.Value).ToList();
        Assert.Contains("layer0", groups);
        Assert.Contains("layer1", groups);
        Assert.Equal("legend", groups[^1]);
        Assert.Contains(svg.Descendants(), element => element.Value == "outer wall");
        Assert.Contains(svg.Descendants(), element => element.Attribute("d")?.Value.Contains("L255 255", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Coordinates_beyond_all_machines_are_not_drawn()
    {
        Assert.Throws<UsageException>(() => Sheet.For(Follow("G28\nG1 X999999 F600\n").Summary, Programs.Marlin));
        Assert.Throws<UsageException>(() => Sheet.For(Follow("G28\nM84\n").Summary, Programs.Marlin));
    }

    [Fact]
    public void A_line_far_outside_the_picture_costs_nothing_and_breaks_nothing()
    {
        var raster = new Raster(32, 32);
        raster.Line(-1e12, -1e12, 1e12, 1e12, 3, default);
        raster.Line(1e15, 0, 2e15, 5, 3, default);
        Assert.Equal(0, raster.Pixels[((16 * 32) + 16) * 3]);
        Assert.Equal(255, raster.Pixels[((2 * 32) + 30) * 3]);
    }

    private static AdmissionResult Follow(string program, ToolpathReceiver? receiver = null) =>
        Toolpath.Follow(new MemoryStream(Encoding.ASCII.GetBytes(program)), Programs.Marlin, receiver, cancellationToken: TestContext.Current.CancellationToken);

    private static byte[] Png(string program)
    {
        using var file = new MemoryStream();
        Draw(program, (sheet, colours) => new PngDrawing(sheet, colours, 0.4), (drawing, piece) => drawing.Add(piece), drawing => drawing.Save(file));
        return file.ToArray();
    }

    private static void Draw<T>(string program, Func<Sheet, PathColours, T> begin, Action<T, ToolpathSegment> add, Action<T> end)
    {
        var drawing = begin(Sheet.For(Follow(program).Summary, Programs.Marlin), new PathColours(depth: null, feedsCut: false));
        Follow(program, (in ToolpathSegment piece) => add(drawing, piece));
        end(drawing);
    }

    /// <summary>A reader of PNG apart from the writer: only what the writer writes, with each checksum verified.</summary>
    private static (byte[] Pixels, int Width, int Height) Decode(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        var (at, width, height) = (8, 0, 0);
        using var data = new MemoryStream();
        while (at < png.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var type = Encoding.ASCII.GetString(png, at + 4, 4);
            Assert.Equal(Crc(png.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            if (type == "IHDR")
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 12)));
            else if (type == "IDAT")
                data.Write(png, at + 8, length);
            at += 12 + length;
        }

        data.Position = 0;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        var pixels = new byte[width * height * 3];
        for (var row = 0; row < height; row++)
        {
            Assert.Equal(0, zlib.ReadByte());
            zlib.ReadExactly(pixels, row * width * 3, width * 3);
        }

        Assert.Equal(-1, zlib.ReadByte());
        return (pixels, width, height);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & ((crc & 1) != 0 ? uint.MaxValue : 0));
        }

        return ~crc;
    }
}
