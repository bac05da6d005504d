// Counts what a host writes to a port.

using FabNet.Benchmarks.Streaming;

namespace FabNet.Benchmarks.Wire;

/// <summary>Passes everything on. The counts may be read from any thread.</summary>
internal sealed class CountingStream(Stream inner) : WireStream
{
    private long _bytes;
    private long _lines;

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Lines => Interlocked.Read(ref _lines);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _bytes, buffer.Length);
        Interlocked.Add(ref _lines, buffer.Span.Count((byte)'\n'));
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
