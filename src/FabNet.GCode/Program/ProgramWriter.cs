// Program lines to the sink: buffered, hashed and indexed on the way.

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using FabNet.Model;

namespace FabNet.GCode.Program;

/// <summary>Writes program lines to a sink. One owner; not thread safe.</summary>
internal sealed class ProgramWriter : IDisposable
{
    // A reader that starts at a line passes at most so many before it.
    private const int LinesPerOffset = 64;

    private readonly Stream? _sink;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _length;
    private long _flushed;

    /// <param name="sink">Where to; null to count lines and keep none.</param>
    public ProgramWriter(Stream? sink) => _sink = sink;

    /// <summary>Where each program line ends in the sink, sampled.</summary>
    public SampledTable Offsets { get; } = new(LinesPerOffset);

    /// <summary>The source line of each program line.</summary>
    public SourceLineTable SourceLines { get; } = new();

    /// <summary>Lines written.</summary>
    public int LineCount { get; private set; }

    /// <summary>Bytes written, line ends included.</summary>
    public long ByteCount => _flushed + _length;

    /// <summary>Writes one line and its end.</summary>
    public void Write(ReadOnlySpan<byte> line, int sourceLine)
    {
        line.CopyTo(Reserve(line.Length + 1));
        Commit(line.Length, sourceLine);
    }

    /// <summary>Room for a line and its end, to be filled by the caller.</summary>
    public Span<byte> Reserve(int length)
    {
        if (_length + length > _buffer.Length)
            Flush();
        return _buffer.AsSpan(_length, length);
    }

    /// <summary>Makes what was put at the start of the room reserved the next line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit(int length, int sourceLine)
    {
        _length += length;
        _buffer[_length++] = (byte)'\n';
        LineCount = checked(LineCount + 1);
        SourceLines.Add(LineCount, sourceLine);
        if (LineCount % LinesPerOffset == 0)
            Offsets.Set(LineCount, ByteCount);
    }

    /// <summary>Ends the program and gives the digest of all that was written.</summary>
    public Digest Finish()
    {
        Flush();
        _sink?.Flush();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return Digest.FromHash(hash);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _hash.Dispose();
    }

    private void Flush()
    {
        var written = _buffer.AsSpan(0, _length);
        if (_sink is not null)
        {
            _hash.AppendData(written);
            _sink.Write(written);
        }

        _flushed += _length;
        _length = 0;
    }
}
