// Reads STL, binary and text, as a stream: what the header claims is checked against what is there.

using System.Buffers.Binary;
using System.Buffers.Text;

namespace FabNet.Catalogue.Meshes;

/// <summary>
/// Measures an STL file. The format has no unit; millimetres are taken, as slicers do. Memory does not grow with the file, and no count
/// in the file decides an allocation.
/// </summary>
public static class StlReader
{
    private const int HeaderBytes = 84;

    private const int TriangleBytes = 50;

    /// <summary>Measures the mesh in a seekable stream, from its beginning.</summary>
    /// <exception cref="MeshFormatException">It is not STL: the count is not what is there, a number is not finite, or the text breaks off.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static MeshSummary Measure(Stream stl)
    {
        stl.Position = 0;
        Span<byte> header = stackalloc byte[HeaderBytes];
        var read = stl.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        if (read == HeaderBytes)
        {
            var count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
            var needed = HeaderBytes + ((long)count * TriangleBytes);

            // A binary file may begin with "solid" too, so its length decides. Some programs add bytes after the triangles.
            if (stl.Length == needed || (stl.Length > needed && !header.StartsWith("solid"u8)))
            {
                return MeasureBinary(stl, count);
            }

            if (!header.StartsWith("solid"u8))
            {
                throw new MeshFormatException($"The STL's header claims {count} triangles, which take {needed} bytes; the file has {stl.Length}. It is cut off or damaged.");
            }
        }
        else if (!header[..read].StartsWith("solid"u8))
        {
            throw new MeshFormatException($"The file has {stl.Length} bytes and does not begin with 'solid': it is not STL.");
        }

        stl.Position = 0;
        return MeasureText(stl);
    }

    private static MeshSummary MeasureBinary(Stream stl, uint count)
    {
        const int TrianglesAtOnce = 1024;
        var measure = default(MeshMeasure);
        var buffer = new byte[TrianglesAtOnce * TriangleBytes];
        for (var left = (long)count; left > 0;)
        {
            var triangles = (int)Math.Min(left, TrianglesAtOnce);
            stl.ReadExactly(buffer, 0, triangles * TriangleBytes);
            for (var i = 0; i < triangles; i++)
            {
                // Skips the normal (12 bytes): the order of the corners says the same.
                var corners = buffer.AsSpan((i * TriangleBytes) + 12, 36);
                measure.Add(ReadVertex(corners), ReadVertex(corners[12..]), ReadVertex(corners[24..]));
            }

            left -= triangles;
        }

        return measure.Summarise();

        Vertex ReadVertex(ReadOnlySpan<byte> bytes)
        {
            var vertex = new Vertex(
                BinaryPrimitives.ReadSingleLittleEndian(bytes),
                BinaryPrimitives.ReadSingleLittleEndian(bytes[4..]),
                BinaryPrimitives.ReadSingleLittleEndian(bytes[8..]));
            return IsFinite(vertex) ? vertex : throw new MeshFormatException($"A corner of triangle {measure.Triangles + 1} is not a finite number.");
        }
    }

    private static MeshSummary MeasureText(Stream stl)
    {
        var measure = default(MeshMeasure);
        var tokens = new TokenReader(stl);
        Span<Vertex> corners = stackalloc Vertex[3];
        var seen = 0;

        // The line after "solid" is a free name. Beyond it only the corners matter; "endloop" must close each three.
        tokens.SkipLine();
        while (tokens.TryNext(out var word))
        {
            if (word.SequenceEqual("vertex"u8))
            {
                if (seen == 3)
                {
                    throw new MeshFormatException($"Line {tokens.Line}: a facet has more than 3 corners.");
                }

                corners[seen++] = new Vertex(tokens.NextNumber(), tokens.NextNumber(), tokens.NextNumber());
            }
            else if (word.SequenceEqual("endloop"u8))
            {
                if (seen != 3)
                {
                    throw new MeshFormatException($"Line {tokens.Line}: a facet has {seen} corners, not 3.");
                }

                measure.Add(corners[0], corners[1], corners[2]);
                seen = 0;
            }
            else if (word.SequenceEqual("endsolid"u8) || word.SequenceEqual("solid"u8))
            {
                tokens.SkipLine();
            }
            else if (!word.SequenceEqual("facet"u8) && !word.SequenceEqual("normal"u8) && !word.SequenceEqual("outer"u8) && !word.SequenceEqual("loop"u8)
                && !word.SequenceEqual("endfacet"u8) && !IsNumber(word))
            {
                throw new MeshFormatException($"Line {tokens.Line} is not text STL.");
            }
        }

        return seen == 0 ? measure.Summarise() : throw new MeshFormatException($"Line {tokens.Line}: the file ends within a facet.");
    }

    private static bool IsFinite(Vertex v) => float.IsFinite(v.X) && float.IsFinite(v.Y) && float.IsFinite(v.Z);

    // Normals are not used, and some programs write nan there.
    private static bool IsNumber(ReadOnlySpan<byte> word) => word.Length > 0 && (char.IsAsciiDigit((char)word[0]) || word[0] is (byte)'-' or (byte)'+' or (byte)'.' or (byte)'n' or (byte)'N' or (byte)'i');

    /// <summary>Splits text into words, with a fixed buffer.</summary>
    private ref struct TokenReader(Stream stream)
    {
        private const int MaxWord = 64;

        private readonly byte[] _buffer = new byte[64 * 1024];
        private readonly byte[] _word = new byte[MaxWord];
        private int _at;
        private int _end;

        public long Line { get; private set; } = 1;

        public bool TryNext(out ReadOnlySpan<byte> word)
        {
            var length = 0;
            while (Peek() is { } c)
            {
                if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                {
                    if (length > 0)
                    {
                        break;
                    }

                    Take();
                    continue;
                }

                if (length == MaxWord)
                {
                    throw new MeshFormatException($"Line {Line} is not text STL: it has a word of more than {MaxWord} characters.");
                }

                _word[length++] = c;
                Take();
            }

            word = _word.AsSpan(0, length);
            return length > 0;
        }

        public float NextNumber()
        {
            if (TryNext(out var word))
            {
                word = word[0] == (byte)'+' ? word[1..] : word;
                if (Utf8Parser.TryParse(word, out float value, out var consumed) && consumed == word.Length && float.IsFinite(value))
                {
                    return value;
                }
            }

            throw new MeshFormatException($"Line {Line}: a corner should be three finite numbers.");
        }

        public void SkipLine()
        {
            while (Peek() is { } c && c != (byte)'\n')
            {
                Take();
            }
        }

        private byte? Peek()
        {
            if (_at == _end)
            {
                (_at, _end) = (0, stream.Read(_buffer));
            }

            return _at < _end ? _buffer[_at] : null;
        }

        private void Take()
        {
            if (_buffer[_at++] == (byte)'\n')
            {
                Line++;
            }
        }
    }
}
