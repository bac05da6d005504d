// Makes STL files for tests: a box, binary or text, whole or damaged.

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FabNet.Catalogue.Meshes;

namespace FabNet.Tests.Catalogue;

internal static class StlFiles
{
    /// <summary>The 12 triangles of a box with one corner at the origin, facing outwards.</summary>
    public static List<Vertex[]> Box(float width, float depth, float height)
    {
        var p = new Vertex[8];
        for (var i = 0; i < 8; i++)
        {
            p[i] = new Vertex((i & 1) * width, ((i >> 1) & 1) * depth, ((i >> 2) & 1) * height);
        }

        int[] corners = [0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5];
        return [.. corners.Chunk(3).Select(t => new[] { p[t[0]], p[t[1]], p[t[2]] })];
    }

    public static byte[] Binary(IReadOnlyList<Vertex[]> triangles, uint? claimed = null, string header = "made by a test")
    {
        var bytes = new byte[84 + (triangles.Count * 50)];
        Encoding.ASCII.GetBytes(header, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(80), claimed ?? (uint)triangles.Count);
        for (var i = 0; i < triangles.Count; i++)
        {
            var at = 84 + (i * 50) + 12;
            foreach (var v in triangles[i])
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), v.X);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at + 4), v.Y);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at + 8), v.Z);
                at += 12;
            }
        }

        return bytes;
    }

    public static byte[] Ascii(IEnumerable<Vertex[]> triangles)
    {
        var text = new StringBuilder("solid a box of facets\n");
        foreach (var triangle in triangles)
        {
            text.Append("  facet normal 0 0 nan\n    outer loop\n");
            foreach (var v in triangle)
            {
                text.Append(CultureInfo.InvariantCulture, $"      vertex {v.X:R} {v.Y:e6} +{v.Z:R}\r\n");
            }

            text.Append("    endloop\n  endfacet\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("endsolid a box\n").ToString());
    }
}
