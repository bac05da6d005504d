// Meshes: measured right, and a claim is never believed.

using FabNet.Catalogue.Meshes;
using FabNet.Model;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class StlReaderTests
{
    [Fact]
    public void A_box_is_measured_alike_in_binary_and_in_text()
    {
        var box = StlFiles.Box(10, 20, 30);
        var binary = Measure(StlFiles.Binary(box));
        Assert.Equal(new Size3(10, 20, 30), binary.Size);
        Assert.Equal(6000, binary.SignedVolumeMm3, 6);
        Assert.True(binary.IsClosed);
        Assert.Equal(12, binary.Triangles);
        Assert.Equal(binary, Measure(StlFiles.Ascii(box)));
    }

    [Fact]
    public void A_binary_file_may_begin_with_solid() =>
        Assert.True(Measure(StlFiles.Binary(StlFiles.Box(1, 2, 3), header: "solid made by a program that should know better")).IsClosed);

    [Fact]
    public void A_hole_or_a_flipped_face_is_noticed()
    {
        var hole = StlFiles.Box(10, 10, 10);
        hole.RemoveAt(5);
        Assert.False(Measure(StlFiles.Binary(hole)).IsClosed);

        var flipped = StlFiles.Box(10, 10, 10);
        Array.Reverse(flipped[3]);
        Assert.False(Measure(StlFiles.Binary(flipped)).IsClosed);
    }

    [Fact]
    public void A_mesh_turned_inside_out_has_a_negative_volume()
    {
        var box = StlFiles.Box(10, 10, 10);
        box.ForEach(Array.Reverse);
        var mesh = Measure(StlFiles.Binary(box));
        Assert.Equal(-1000, mesh.SignedVolumeMm3, 6);
        Assert.True(mesh.IsClosed);
    }

    [Fact]
    public void A_mesh_far_from_the_origin_keeps_its_volume()
    {
        var box = StlFiles.Box(8, 8, 8).ConvertAll(t => Array.ConvertAll(t, v => new Vertex(v.X + 65536, v.Y - 65536, v.Z + 65536)));
        Assert.Equal(512, Measure(StlFiles.Binary(box)).SignedVolumeMm3, 6);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(13u)]
    public void A_count_beyond_what_is_there_is_refused_and_nothing_is_allocated_for_it(uint claimed)
    {
        var bytes = StlFiles.Binary(StlFiles.Box(1, 1, 1), claimed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<MeshFormatException>(() => Measure(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Contains($"claims {claimed} triangles", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("solid")]
    [InlineData("not a mesh")]
    [InlineData("solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nendloop\n")]
    [InlineData("solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nvertex 1 1 1\nendloop\n")]
    [InlineData("solid x\nvertex 1 2 inf\n")]
    [InlineData("solid x\nvertex 1 2\n")]
    [InlineData("solid x\nvertex 1 2 3\n")]
    [InlineData("solid x\nhello\n")]
    [InlineData("solid x\n0000000000000000000000000000000000000000000000000000000000000000000000000\n")]
    public void Text_that_is_no_mesh_is_refused(string text) =>
        Assert.Throws<MeshFormatException>(() => Measure(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_corner_that_is_not_a_number_is_refused()
    {
        var box = StlFiles.Box(1, 1, 1);
        box[4][1] = new Vertex(float.NaN, 0, 0);
        Assert.Contains("triangle 5", Assert.Throws<MeshFormatException>(() => Measure(StlFiles.Binary(box))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_measured_or_refused_and_nothing_else() => Prop.ForAll(
        ArbMap.Default.ArbFor<(bool IsText, int Place, byte Value, ushort Length)>(),
        damage =>
        {
            var box = StlFiles.Box(3, 4, 5);
            var bytes = damage.IsText ? StlFiles.Ascii(box) : StlFiles.Binary(box);
            bytes[(int)(unchecked((uint)damage.Place * 2654435761u) % (uint)bytes.Length)] = damage.Value;
            bytes = damage.Length % 3 == 0 ? bytes[..Math.Min(bytes.Length, damage.Length)] : bytes;
            try
            {
                return Measure(bytes).Triangles > 0;
            }
            catch (MeshFormatException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static MeshSummary Measure(byte[] bytes) => StlReader.Measure(new MemoryStream(bytes));
}
