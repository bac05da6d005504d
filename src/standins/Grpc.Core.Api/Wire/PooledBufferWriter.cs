using System.Buffers;

namespace Grpc.Core.Wire;

/// <summary>Collects bytes in one array of the shared pool. Not safe for concurrent use.</summary>
internal sealed class PooledBufferWriter : IBufferWriter<byte>, IDisposable
{
    private const int MinCapacity = 256;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>How many bytes have been written.</summary>
    internal int Length => _length;

    /// <summary>What has been written; valid until the next change.</summary>
    internal ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>What has been written; valid until the next change.</summary>
    internal ReadOnlySpan<byte> Span => _buffer.AsSpan(0, _length);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    /// <summary>Forgets what was written, and keeps the array unless it is larger than a limit.</summary>
    internal void Reset(int keepCapacity = int.MaxValue)
    {
        _length = 0;
        if (_buffer.Length > keepCapacity)
        {
            Dispose();
        }
    }

    /// <summary>A stream that writes into this buffer.</summary>
    internal Stream AsStream() => new WriterStream(this);

    /// <summary>Gives the array back. The writer can be used again, from empty.</summary>
    public void Dispose()
    {
        _length = 0;
        if (_buffer.Length > 0)
        {
            var buffer = _buffer;
            _buffer = [];
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Reserve(int sizeHint)
    {
        var free = _buffer.Length - _length;
        var needed = Math.Max(sizeHint, 1);
        if (free >= needed)
        {
            return;
        }

        var doubled = (int)Math.Min((long)_buffer.Length * 2, Array.MaxLength);
        var capacity = Math.Max(Math.Max(_length + needed, doubled), MinCapacity);
        var larger = ArrayPool<byte>.Shared.Rent(capacity);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }

    private sealed class WriterStream(PooledBufferWriter writer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => writer.Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => writer.Write(buffer);
    }
}
