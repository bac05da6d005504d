// Reads Wavefront OBJ as a stream: corners are kept, faces are measured as they come.

using System.Buffers.Text;

namespace FabNet.Catalogue.Meshes;

/// <summary>
/// Measures an OBJ file (vertices <c>v</c> and faces <c>f</c>; polygons are cut into a fan). The format has no unit; millimetres are taken.
/// Beyond <see cref="VertexTable.MaxVertices"/> the size is measured and the volume is not.
/// </summary>
public static class ObjReader
{
    private const int MaxLine = 64 * 1024;

    /// <summary>Measures the mesh in a stream, from where it stands.</summary>
    /// <exception cref="MeshFormatException">It is not OBJ: a corner is not three finite numbers, a face names no corner, or nothing is there.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static MeshSummary Measure(Stream obj)
    {
        var vertices = new VertexTable();
        var measure = default(MeshMeasure);
        var lines = new ByteLines(obj, MaxLine);
        while (lines.TryNext(out var line))
        {
            line = line.Trim(" \t\r"u8);
            if (line.StartsWith("v "u8) || line.StartsWith("v\t"u8))
            {
                vertices.Add(ReadVertex(line[1..], lines.Number));
            }
            else if ((line.StartsWith("f "u8) || line.StartsWith("f\t"u8)) && vertices.IsWhole)
            {
                AddFace(line[1..], vertices, ref measure, lines.Number);
            }
        }

        return vertices.Summarise(measure);
    }

    private static Vertex ReadVertex(ReadOnlySpan<byte> rest, long line) =>
        TryNumber(ref rest, out var x) && TryNumber(ref rest, out var y) && TryNumber(ref rest, out var z)
            ? new Vertex(x, y, z)
            : throw new MeshFormatException($"Line {line}: a corner should be three finite numbers.");

    private static void AddFace(ReadOnlySpan<byte> rest, VertexTable vertices, ref MeshMeasure measure, long line)
    {
        var (count, first, last) = (0, default(Vertex), default(Vertex));
        while (TryWord(ref rest, out var word))
        {
            // "7/1/3" names the corner, its texture and its normal; a negative number counts back from the newest corner.
            if (!Utf8Parser.TryParse(word, out long index, out var consumed) || (consumed < word.Length && word[consumed] != (byte)'/'))
            {
                throw new MeshFormatException($"Line {line}: a face should name corners by number.");
            }

            index = index < 0 ? vertices.Count + index : index - 1;
            if (index < 0 || index >= vertices.Count)
            {
                throw new MeshFormatException($"Line {line}: a face names a corner that is not there; {vertices.Count} are.");
            }

            var corner = vertices[(int)index];
            if (count >= 2)
            {
                measure.Add(first, last, corner);
            }

            first = count == 0 ? corner : first;
            last = corner;
            count++;
        }

        if (count < 3)
        {
            throw new MeshFormatException($"Line {line}: a face has {count} corners; it needs three.");
        }
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> rest, out float number)
    {
        number = 0;
        return TryWord(ref rest, out var word) && Utf8Parser.TryParse(word[0] == (byte)'+' ? word[1..] : word, out number, out var consumed)
            && consumed == word.Length - (word[0] == (byte)'+' ? 1 : 0) && float.IsFinite(number);
    }

    private static bool TryWord(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> word)
    {
        rest = rest.TrimStart(" \t"u8);
        var end = rest.IndexOfAny((byte)' ', (byte)'\t');
        word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return !word.IsEmpty;
    }
}
