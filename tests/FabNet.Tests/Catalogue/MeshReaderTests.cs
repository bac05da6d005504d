// OBJ and 3MF: measured as STL is, in whatever way they name corners and place objects.

using System.Globalization;
using System.IO.Compression;
using System.Text;
using FabNet.Catalogue.Meshes;
using FabNet.Model;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class MeshReaderTests
{
    private const string Core = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02";

    [Fact]
    public void An_OBJ_has_the_size_and_volume_of_its_box()
    {
        foreach (var isNegative in new[] { false, true })
        {
            var mesh = ObjReader.Measure(Bytes(Obj(10, 20, 30, isNegative)));
            Assert.Equal((12, new Size3(10, 20, 30), 6000.0, true), (mesh.Triangles, mesh.Size, mesh.SignedVolumeMm3, mesh.IsClosed));
        }
    }

    [Fact]
    public void Polygons_are_cut_into_triangles_and_other_lines_do_not_count()
    {
        var mesh = ObjReader.Measure(Bytes("# a square\nmtllib a.mtl\no x\nv 0 0 0 1.0\r\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvn 0 0 1\ns off\nf 1/1/1 2//1 3 4/1\n"));
        Assert.Equal((2, new Size3(1, 1, 0), false), (mesh.Triangles, mesh.Size, mesh.IsClosed));
    }

    [Theory]
    [InlineData("v 1 2\nf 1 1 1", "Line 1: a corner")]
    [InlineData("v 1 2 nan", "Line 1: a corner")]
    [InlineData("v 0 0 0\nf 1 2 3", "Line 2: a face names a corner that is not there")]
    [InlineData("v 0 0 0\nf 1 1", "Line 2: a face has 2 corners")]
    [InlineData("v 0 0 0\nf a b c", "Line 2: a face should name corners")]
    [InlineData("v 0 0 0\nf -2 1 1", "not there")]
    [InlineData("", "no triangles")]
    public void What_is_no_OBJ_is_refused_with_its_line(string text, string expected)
    {
        var error = Assert.Throws<MeshFormatException>(() => ObjReader.Measure(Bytes(text)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("millimeter", 1)]
    [InlineData("inch", 25.4f)]
    [InlineData("meter", 1000)]
    public void A_3MF_is_measured_in_its_unit(string unit, float scale)
    {
        var mesh = ThreeMfReader.Measure(Package(("3D/3dmodel.model", Model(Box("1", 1, 2, 3), "<item objectid='1'/>", unit))));
        Assert.Equal((12, true), (mesh.Triangles, mesh.IsClosed));
        Assert.Equal(2.0 * scale, mesh.Size.Depth, 3);
        Assert.Equal(6.0 * scale * scale * scale, mesh.SignedVolumeMm3, 6.0 * scale * scale);
    }

    [Fact]
    public void Objects_are_placed_by_components_and_items()
    {
        // Two boxes of 1 × 2 × 3, one turned by 90° about Z and shifted, the whole scaled by 2.
        var model = Model(
            Box("1", 1, 2, 3) + "<object id='2'><components><component objectid='1'/><component objectid='1' transform='0 1 0 -1 0 0 0 0 1 12 0 0'/></components></object>",
            "<item objectid='2' transform='2 0 0 0 2 0 0 0 2 100 0 0'/>");
        var mesh = ThreeMfReader.Measure(Package(("3D/3dmodel.model", model)));
        Assert.Equal((24, new Size3(24, 4, 6), true), (mesh.Triangles, mesh.Size, mesh.IsClosed));
        Assert.Equal(12.0 * 8, mesh.SignedVolumeMm3, 3);
    }

    [Fact]
    public void An_object_may_be_in_another_model_of_the_package()
    {
        var root = Model("", "<item objectid='7' p:path='/3D/Objects/box.model' xmlns:p='http://schemas.microsoft.com/3dmanufacturing/production/2015/06'/>");
        var mesh = ThreeMfReader.Measure(Package(
            ("_rels/.rels", "<Relationships><Relationship Type='http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel' Target='/3D/main.model'/></Relationships>"),
            ("3D/main.model", root), ("3D/Objects/box.model", Model(Box("7", 1, 2, 3), ""))));
        Assert.Equal((12, new Size3(1, 2, 3)), (mesh.Triangles, mesh.Size));
    }

    [Theory]
    [InlineData("<item objectid='9'/>", "object 9 is named and not there")]
    [InlineData("<item objectid='1' transform='1 2 3'/>", "twelve finite numbers")]
    [InlineData("<item objectid='2'/>", "nested")]
    public void A_package_that_names_what_is_not_there_is_refused(string build, string expected)
    {
        var model = Model(Box("1", 1, 1, 1) + "<object id='2'><components><component objectid='2'/></components></object>", build);
        var error = Assert.Throws<MeshFormatException>(() => ThreeMfReader.Measure(Package(("3D/3dmodel.model", model))));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Components_that_multiply_into_billions_are_refused()
    {
        var objects = new StringBuilder(Box("0", 1, 1, 1));
        for (var i = 1; i <= 12; i++)
        {
            objects.Append(CultureInfo.InvariantCulture, $"<object id='{i}'><components>");
            objects.Insert(objects.Length, $"<component objectid='{i - 1}'/>", 10).Append("</components></object>");
        }

        var error = Assert.Throws<MeshFormatException>(() => ThreeMfReader.Measure(Package(("3D/3dmodel.model", Model(objects.ToString(), "<item objectid='12'/>")))));
        Assert.Contains("repeat too often", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_with_entities_is_refused()
    {
        var bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><model>&b;</model>";
        Assert.Throws<MeshFormatException>(() => ThreeMfReader.Measure(Package(("3D/3dmodel.model", bomb))));
    }

    [Fact]
    public void Damaged_meshes_are_measured_or_refused() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int Place, byte Value)>(),
        damage =>
        {
            foreach (var (bytes, measure) in new (byte[], Func<Stream, MeshSummary>)[]
                { (Encoding.ASCII.GetBytes(Obj(1, 2, 3, false)), ObjReader.Measure), (Package(("3D/3dmodel.model", Model(Box("1", 1, 2, 3), "<item objectid='1'/>"))).ToArray(), ThreeMfReader.Measure) })
            {
                bytes[(int)(unchecked((uint)damage.Place * 2654435761u) % (uint)bytes.Length)] = damage.Value;
                try
                {
                    measure(new MemoryStream(bytes));
                }
                catch (MeshFormatException)
                {
                    // Refused, as it should be.
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    private static string Obj(float width, float depth, float height, bool isNegative)
    {
        var text = new StringBuilder();
        foreach (var (triangle, i) in StlFiles.Box(width, depth, height).Select((t, i) => (t, i)))
        {
            foreach (var v in triangle)
            {
                text.Append(CultureInfo.InvariantCulture, $"v {v.X} {v.Y} +{v.Z}\n");
            }

            text.Append(isNegative ? "f -3 -2 -1\n" : string.Create(CultureInfo.InvariantCulture, $"f {(i * 3) + 1} {(i * 3) + 2} {(i * 3) + 3}\n"));
        }

        return text.ToString();
    }

    private static string Box(string id, float width, float depth, float height)
    {
        var (vertices, triangles) = (new StringBuilder(), new StringBuilder());
        foreach (var (triangle, i) in StlFiles.Box(width, depth, height).Select((t, i) => (t, i)))
        {
            foreach (var v in triangle)
            {
                vertices.Append(CultureInfo.InvariantCulture, $"<vertex x='{v.X}' y='{v.Y}' z='{v.Z}'/>");
            }

            triangles.Append(CultureInfo.InvariantCulture, $"<triangle v1='{i * 3}' v2='{(i * 3) + 1}' v3='{(i * 3) + 2}'/>");
        }

        return $"<object id='{id}'><mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh></object>";
    }

    private static string Model(string objects, string build, string unit = "millimeter") =>
        $"<model unit='{unit}' xmlns='{Core}'><resources>{objects}</resources><build>{build}</build></model>";

    private static MemoryStream Package(params (string Name, string Text)[] parts)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in parts)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        stream.Position = 0;
        return stream;
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
