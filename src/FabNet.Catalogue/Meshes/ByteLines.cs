// Splits a stream of bytes into lines, with one buffer.

namespace FabNet.Catalogue.Meshes;

/// <summary>Lines of a text file as bytes, without their ends; a longer line than the buffer is refused.</summary>
internal sealed class ByteLines(Stream stream, int maxLine)
{
    private readonly byte[] _buffer = new byte[maxLine];
    private int _at;
    private int _end;
    private bool _isAtEnd;

    /// <summary>The number of the last line, counted from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The next line, good until the one after it is asked for.</summary>
    /// <exception cref="MeshFormatException">A line is too long.</exception>
    public bool TryNext(out ReadOnlySpan<byte> line)
    {
        Number++;
        while (true)
        {
            var rest = _buffer.AsSpan(_at, _end - _at);
            var length = rest.IndexOf((byte)'\n');
            if (length >= 0 || _isAtEnd)
            {
                line = length >= 0 ? rest[..length] : rest;
                _at = length >= 0 ? _at + length + 1 : _end;
                return length >= 0 || line.Length > 0;
            }

            rest.CopyTo(_buffer);
            (_at, _end) = (0, rest.Length);
            if (_end == maxLine)
            {
                throw new MeshFormatException($"Line {Number} has more than {maxLine} characters.");
            }

            var read = stream.Read(_buffer, _end, maxLine - _end);
            (_end, _isAtEnd) = (_end + read, read == 0);
        }
    }
}
