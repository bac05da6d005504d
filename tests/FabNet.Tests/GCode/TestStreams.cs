// Streams that stand for large or slow files without holding them.

namespace FabNet.Tests.GCode;

/// <summary>Repeats a pattern up to a length, after a head.</summary>
internal sealed class RepeatingStream(byte[] pattern, long length, byte[]? head = null) : Stream
{
    private readonly byte[] _head = head ?? [];

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length + _head.Length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = 0;
        while (read < count && Position < Length)
        {
            var (from, at) = Position < _head.Length ? (_head, (int)Position) : (pattern, (int)((Position - _head.Length) % pattern.Length));
            var part = (int)Math.Min(Math.Min(count - read, from.Length - at), Length - Position);
            Array.Copy(from, at, buffer, offset + read, part);
            Position += part;
            read += part;
        }

        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Delivers a few bytes at a time.</summary>
internal sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
{
    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));
}

/// <summary>Takes bytes and forgets them.</summary>
internal sealed class NowhereStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => 0;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => 0;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => 0;

    public override void SetLength(long value)
    {
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
    }
}
