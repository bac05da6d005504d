// A stream that ends with a refusal where a reader asks it for more than it may.

namespace FabNet.Catalogue.Designs;

/// <summary>Passes on what is read until an allowance is spent. Reading only; does not own the stream.</summary>
internal sealed class BoundedStream(Stream inner) : Stream
{
    /// <summary>The most that one header of an archive may take: its blocks and a long name; far more than any path that is taken.</summary>
    public const long HeaderBytes = 256 * 1024;

    private long _allowed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sets how many bytes may be read from here on.</summary>
    public void Allow(long bytes) => _allowed = bytes;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => Spend(inner.Read(buffer[..Most(buffer.Length)]));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Spend(await inner.ReadAsync(buffer[..Most(buffer.Length)], cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // One byte more than is allowed, so that a reader at the limit is told apart from one beyond it.
    private int Most(int wanted) => (int)Math.Min(wanted, _allowed < long.MaxValue ? _allowed + 1 : wanted);

    private int Spend(int read) => (_allowed -= read) >= 0 ? read : throw new InvalidDataException($"a header of more than {HeaderBytes} bytes is in it.");
}
