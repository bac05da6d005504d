// One read or write that had to wait: a reusable task source, and the queue that holds those of one direction.
using System.Threading.Tasks.Sources;

namespace System.IO.Ports;

/// <summary>
/// Pooled: it belongs to its queue while it waits, to whoever completes it while it completes, and to the awaiting caller until the result is taken, which
/// returns it; so a wait costs no allocation. Bytes carry the caller on in the port's thread; what was cancelled or failed completes as its own work item in the pool, because it may
/// be ended by any thread, with the stream's gate held.
/// </summary>
internal sealed class PortOperation(SerialStream stream, OperationQueue queue) : IValueTaskSource<int>, IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<int> _source;
    private CancellationTokenRegistration _cancellation;
    private Exception? _error;

    /// <summary>Read into, or written from; a write keeps only what is still to go.</summary>
    internal Memory<byte> Buffer { get; set; }

    internal PortOperation? Next { get; set; }

    internal short Version => _source.Version;

    internal OperationQueue Queue => queue;

    /// <summary>Ends the wait when the token is cancelled. Called once, before the caller gets its task.</summary>
    internal void EndOn(CancellationToken cancellationToken) =>
        _cancellation = cancellationToken.UnsafeRegister(static (self, token) => ((PortOperation)self!).Cancel(token), this);

    /// <summary>It is done: the caller goes on here, before this returns. Called by the port's thread without the gate, after the operation was taken off the queue.</summary>
    internal void Complete(int result) => _source.SetResult(result);

    /// <summary>It can't be done. May be called with the gate held, after the operation was taken off the queue.</summary>
    internal void Fail(Exception error)
    {
        _error = error;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _source.SetException(_error!);

    int IValueTaskSource<int>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    /// <summary>Status of the wait with this version.</summary>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <summary>Sets what runs when the wait is over.</summary>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private int TakeResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            // Dispose waits for a cancellation that is running: after it, nothing of the outside holds this operation.
            _cancellation.Dispose();
            _cancellation = default;
            _source.Reset();
            _error = null;
            Buffer = default;
            stream.Recycle(this);
        }
    }

    private void Cancel(CancellationToken cancellationToken) => stream.Cancel(this, cancellationToken);
}

/// <summary>The waiting operations of one direction, first come first served. Guarded by the stream's gate.</summary>
internal sealed class OperationQueue(SerialStream stream)
{
    private const int MaxSpare = 8;

    private PortOperation? _head;
    private PortOperation? _tail;
    private PortOperation? _spare;
    private int _spareCount;

    internal PortOperation? Head => _head;

    internal PortOperation Enqueue(Memory<byte> buffer)
    {
        PortOperation operation;
        if (_spare is null)
        {
            operation = new PortOperation(stream, this);
        }
        else
        {
            operation = _spare;
            _spare = operation.Next;
            _spareCount--;
            operation.Next = null;
        }

        operation.Buffer = buffer;
        if (_tail is null)
        {
            _head = operation;
        }
        else
        {
            _tail.Next = operation;
        }

        _tail = operation;
        return operation;
    }

    /// <summary>Takes an operation off the queue; false when it is there no more because it was completed.</summary>
    internal bool Remove(PortOperation operation)
    {
        PortOperation? previous = null;
        for (PortOperation? candidate = _head; candidate is not null; previous = candidate, candidate = candidate.Next)
        {
            if (!ReferenceEquals(candidate, operation))
            {
                continue;
            }

            if (previous is null)
            {
                _head = candidate.Next;
            }
            else
            {
                previous.Next = candidate.Next;
            }

            _tail = ReferenceEquals(_tail, candidate) ? previous : _tail;
            candidate.Next = null;
            return true;
        }

        return false;
    }

    /// <summary>Takes the operation off that waits the longest.</summary>
    internal PortOperation Dequeue()
    {
        PortOperation operation = _head!;
        Remove(operation);
        return operation;
    }

    internal void Recycle(PortOperation operation)
    {
        if (_spareCount < MaxSpare)
        {
            operation.Next = _spare;
            _spare = operation;
            _spareCount++;
        }
    }
}
