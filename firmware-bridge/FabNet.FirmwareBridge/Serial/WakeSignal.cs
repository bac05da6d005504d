// Wakes one waiting loop from any thread, without allocating.

using System.Threading.Tasks.Sources;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>An auto-reset signal with one waiter. Signals that come while nobody waits are remembered as one.</summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Quiet = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>Completes at the next signal, or at once if there was one since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        var task = new ValueTask(this, _source.Version);
        if (Interlocked.CompareExchange(ref _state, Waiting, Quiet) == Quiet)
            return task;
        Volatile.Write(ref _state, Quiet);
        return ValueTask.CompletedTask;
    }

    /// <summary>Wakes the waiter, which goes on in the caller's thread.</summary>
    public void Set()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Waiting when Interlocked.CompareExchange(ref _state, Quiet, Waiting) == Waiting:
                    _source.SetResult(true);
                    return;
                case Quiet when Interlocked.CompareExchange(ref _state, Signalled, Quiet) == Quiet:
                case Signalled:
                    return;
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
