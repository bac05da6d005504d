// A program of any length, made of the same bytes again and again, without a file.

namespace FabNet.Benchmarks.GCode;

/// <summary>Repeats a pattern up to a length, after a head.</summary>
internal sealed class RepeatingStream(byte[] pattern, long length, byte[]? head = null) : Stream
{
    private readonly byte[] _head = head ?? [];

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length + _head.Length;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        var (from, at) = Position < _head.Length ? (_head, (int)Position) : (pattern, (int)((Position - _head.Length) % pattern.Length));
        var count = (int)Math.Min(Math.Min(buffer.Length, from.Length - at), Length - Position);
        from.AsSpan(at, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
