// A wire in memory: two streams, each of which reads what the other writes; it can be cut, and bytes on it can be damaged.

using System.IO.Pipelines;
using FabNet.Benchmarks.Streaming;

namespace FabNet.Tests.Bridge;

internal sealed class DuplexPair
{
    public DuplexPair()
    {
        var toMachine = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var toHost = new Pipe(new PipeOptions(useSynchronizationContext: false));
        Host = new WireEnd(toHost.Reader, toMachine.Writer);
        Machine = new WireEnd(toMachine.Reader, toHost.Writer);
    }

    public WireEnd Host { get; }

    public WireEnd Machine { get; }
}

/// <summary>One end. <see cref="OnWrite"/> may change, drop or add bytes on their way out.</summary>
internal sealed class WireEnd(PipeReader reader, PipeWriter writer) : WireStream
{
    private volatile bool _isCut;

    public Func<byte[], byte[]>? OnWrite { get; set; }

    /// <summary>Pulls the plug: both directions end, and writes fail.</summary>
    public void Cut()
    {
        _isCut = true;
        writer.Complete();
        reader.CancelPendingRead();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isCut)
            return 0;
        var result = await reader.ReadAsync(cancellationToken);
        if (_isCut || result.IsCanceled || result.Buffer.IsEmpty)
        {
            reader.AdvanceTo(result.Buffer.End);
            return 0;
        }

        var count = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var slice = result.Buffer.Slice(0, count);
        var at = 0;
        foreach (var part in slice)
        {
            part.Span.CopyTo(buffer.Span[at..]);
            at += part.Length;
        }

        reader.AdvanceTo(slice.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isCut)
            throw new IOException("The device was unplugged.");
        var bytes = OnWrite is { } change ? change(buffer.ToArray()) : buffer;
        if (bytes.Length > 0)
            await writer.WriteAsync(bytes, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isCut)
            Cut();
        base.Dispose(disposing);
    }
}
