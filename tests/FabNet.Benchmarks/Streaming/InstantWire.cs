// A wire in memory with an instant firmware at its end: a write is answered before it returns.

using System.Threading.Tasks.Sources;

namespace FabNet.Benchmarks.Streaming;

/// <summary>A duplex stream for one host. Neither reads nor writes allocate; a read that finds nothing waits for the next write, or for the end.</summary>
internal sealed class InstantWire(InstantFirmware firmware) : WireStream, IValueTaskSource<int>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<int> _waiting;
    private Memory<byte> _buffer;
    private bool _isWaiting;
    private bool _isClosed;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_isClosed)
                return new ValueTask<int>(0);
            if (firmware.HasAnswers)
                return new ValueTask<int>(firmware.Read(buffer.Span));
            _waiting.Reset();
            _buffer = buffer;
            _isWaiting = true;
            return new ValueTask<int>(this, _waiting.Version);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        lock (_gate)
        {
            firmware.Take(buffer.Span);
            if (!_isWaiting || !firmware.HasAnswers)
                return ValueTask.CompletedTask;
            _isWaiting = false;
            read = firmware.Read(_buffer.Span);
        }

        _waiting.SetResult(read);
        return ValueTask.CompletedTask;
    }

    int IValueTaskSource<int>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        bool wasWaiting;
        lock (_gate)
        {
            _isClosed = true;
            wasWaiting = _isWaiting;
            _isWaiting = false;
        }

        if (wasWaiting)
            _waiting.SetResult(0);
        base.Dispose(disposing);
    }
}
