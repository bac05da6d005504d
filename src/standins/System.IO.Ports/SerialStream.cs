// The bytes of an open port: reads and writes that complete at once where they can, and wait without a thread where they cannot.
using System.Runtime.InteropServices;

namespace System.IO.Ports;

/// <summary>
/// Any thread may call any member. Every transfer happens under <c>_gate</c> with a non-blocking system call, and only while the caller waits for it:
/// cancelling a read therefore leaves the bytes in the driver for the next one. Reads are served in the order they were asked for, and so are writes; a
/// write is complete when the driver has taken its last byte.
/// </summary>
internal sealed unsafe class SerialStream : Stream
{
    private readonly Lock _gate = new();
    private readonly SafePortHandle _port;
    private readonly OperationQueue _reads;
    private readonly OperationQueue _writes;
    private readonly PortThread _thread;
    /// <summary>True after the port's thread has read all that there was.</summary>
    private bool _drained;

    private int _errno;
    private bool _closed;
    private int _readTimeoutMs = SerialPort.InfiniteTimeout;
    private int _writeTimeoutMs = SerialPort.InfiniteTimeout;

    internal SerialStream(SafePortHandle port, string portName)
    {
        _port = port;
        PortName = portName;
        _reads = new OperationQueue(this);
        _writes = new OperationQueue(this);
        _thread = new PortThread(this, port);
    }

    internal string PortName { get; }

    internal SafePortHandle Handle => _port;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override bool CanTimeout => true;

    public override long Length => throw new NotSupportedException("A serial port has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("A serial port has no position.");
        set => throw new NotSupportedException("A serial port has no position.");
    }

    /// <summary>Milliseconds that a synchronous read may wait; asynchronous ones are ended by their token.</summary>
    public override int ReadTimeout
    {
        get => _readTimeoutMs;
        set => _readTimeoutMs = value >= 0 || value == SerialPort.InfiniteTimeout ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>Milliseconds that a synchronous write may wait; asynchronous ones are ended by their token.</summary>
    public override int WriteTimeout
    {
        get => _writeTimeoutMs;
        set => _writeTimeoutMs = value > 0 || value == SerialPort.InfiniteTimeout ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>Reads what is there, at least one byte.</summary>
    /// <exception cref="IOException">The port was unplugged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; no byte was taken.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        PortOperation operation;
        lock (_gate)
        {
            if (Failed)
            {
                return ValueTask.FromException<int>(Failure());
            }

            if (buffer.IsEmpty)
            {
                return new ValueTask<int>(0);
            }

            // What the port's thread has just read up needs no second look.
            if (_reads.Head is null && !(_drained && _thread.IsCurrent))
            {
                int count = TryRead(buffer.Span);
                if (Failed)
                {
                    return ValueTask.FromException<int>(Failure());
                }

                if (count > 0)
                {
                    return new ValueTask<int>(count);
                }
            }

            operation = _reads.Enqueue(buffer);
            Announce();
        }

        operation.EndOn(cancellationToken);
        return new ValueTask<int>(operation, operation.Version);
    }

    /// <summary>Writes all of the buffer.</summary>
    /// <exception cref="IOException">The port was unplugged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the driver may have taken a first part of the bytes.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        PortOperation operation;
        lock (_gate)
        {
            if (Failed)
            {
                return ValueTask.FromException(Failure());
            }

            int count = _writes.Head is null ? TryWrite(buffer.Span) : 0;
            if (Failed)
            {
                return ValueTask.FromException(Failure());
            }

            if (count == buffer.Length && _writes.Head is null)
            {
                return ValueTask.CompletedTask;
            }

            operation = _writes.Enqueue(MemoryMarshal.AsMemory(buffer[count..]));
            Announce();
        }

        operation.EndOn(cancellationToken);
        return new ValueTask(operation, operation.Version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="TimeoutException">Nothing came within <see cref="ReadTimeout"/>.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        using CancellationTokenSource timeout = new();
        ValueTask<int> read = ReadAsync(buffer.AsMemory(offset, count), timeout.Token);
        if (read.IsCompleted)
        {
            return read.GetAwaiter().GetResult();
        }

        _thread.Relieve();
        timeout.CancelAfter(_readTimeoutMs);
        try
        {
            return read.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException ended)
        {
            throw new TimeoutException($"Nothing was received on the port '{PortName}' within {_readTimeoutMs} ms.", ended);
        }
    }

    /// <exception cref="TimeoutException">The machine did not take all of the bytes within <see cref="WriteTimeout"/>.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        using CancellationTokenSource timeout = new();
        ValueTask write = WriteAsync(buffer.AsMemory(offset, count), timeout.Token);
        if (write.IsCompleted)
        {
            write.GetAwaiter().GetResult();
            return;
        }

        _thread.Relieve();
        timeout.CancelAfter(_writeTimeoutMs);
        try
        {
            write.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException ended)
        {
            throw new TimeoutException($"The port '{PortName}' did not take {count} bytes within {_writeTimeoutMs} ms.", ended);
        }
    }

    /// <summary>Blocks until what the driver has taken has left the port.</summary>
    public override void Flush()
    {
        lock (_gate)
        {
            if (Failed)
            {
                throw Failure();
            }
        }

        LineControl.Drain(_port, PortName);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A serial port cannot seek.");

    public override void SetLength(long value) => throw new NotSupportedException("A serial port has no length.");

    /// <summary>What the port's thread is to wait for; 0 for nothing.</summary>
    internal short Wanted
    {
        get
        {
            lock (_gate)
            {
                return (short)((_reads.Head is null ? 0 : Libc.POLLIN) | (_writes.Head is null ? 0 : Libc.POLLOUT));
            }
        }
    }

    /// <summary>The port's thread: one of the wanted events, a hang-up or an error is there.</summary>
    internal void OnReady(short events)
    {
        bool isFirst = true;
        while (isFirst || _thread.IsCurrent)
        {
            PortOperation? done;
            int count;
            lock (_gate)
            {
                _drained &= !isFirst;
                isFirst = false;
                (done, count) = TakeDone();

                // The other end is gone and whatever it had sent has been read.
                if (done is null && (events & (Libc.POLLHUP | Libc.POLLERR | Libc.POLLNVAL)) != 0 && !Failed && (_reads.Head ?? _writes.Head) is not null)
                {
                    Fail(Libc.EIO);
                }
            }

            if (done is null)
            {
                return;
            }

            done.Complete(count);
        }
    }

    internal void Cancel(PortOperation operation, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (operation.Queue.Remove(operation))
            {
                operation.Fail(new OperationCanceledException(cancellationToken));
            }
        }
    }

    internal void Recycle(PortOperation operation)
    {
        lock (_gate)
        {
            operation.Queue.Recycle(operation);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
            {
                if (!_closed)
                {
                    _closed = true;
                    FailWaiting();
                }
            }

            _thread.Close();

            // Outside the gate: the driver may first send what it still holds.
            _port.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Bytes read; 0 when there is nothing yet, or when the port has just failed.</summary>
    private int TryRead(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
            {
                count = Libc.Read(_port, start, (nuint)buffer.Length);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

            if (count > 0)
            {
                return (int)count;
            }

            // With VMIN 1, a read of nothing means that the line was hung up; having nothing yet is EAGAIN.
            if (count == 0)
            {
                Fail(Libc.EIO);
            }
            else if (Marshal.GetLastPInvokeError() != Libc.EAGAIN)
            {
                Fail(Marshal.GetLastPInvokeError());
            }

            return 0;
        }
    }

    /// <summary>Bytes that the driver took; fewer than all when it is full, or when the port has just failed.</summary>
    private int TryWrite(ReadOnlySpan<byte> buffer)
    {
        int written = 0;
        fixed (byte* start = buffer)
        {
            while (written < buffer.Length)
            {
                nint count = Libc.Write(_port, start + written, (nuint)(buffer.Length - written));
                if (count > 0)
                {
                    written += (int)count;
                    continue;
                }

                int errno = count == 0 ? Libc.EAGAIN : Marshal.GetLastPInvokeError();
                if (errno == Libc.EAGAIN)
                {
                    break;
                }

                if (errno != Libc.EINTR)
                {
                    Fail(errno);
                    break;
                }
            }
        }

        return written;
    }

    private bool Failed => _closed || _errno != 0;

    private Exception Failure() => _closed ? PortErrors.Closed(PortName) : PortErrors.Using(PortName, _errno);

    /// <summary>With the gate held: the port is of no use any more; every waiting and every later call says so.</summary>
    private void Fail(int errno)
    {
        _errno = errno;
        FailWaiting();
    }

    private void FailWaiting()
    {
        while (_reads.Head is not null)
        {
            _reads.Dequeue().Fail(Failure());
        }

        while (_writes.Head is not null)
        {
            _writes.Dequeue().Fail(Failure());
        }
    }

    /// <summary>With the gate held: the operation whose turn it is, if the driver lets it be done now.</summary>
    private (PortOperation? Done, int Count) TakeDone()
    {
        if (!Failed && !_drained && _reads.Head is { } read)
        {
            int length = read.Buffer.Length;
            int count = TryRead(read.Buffer.Span);
            _drained = count < length;
            if (count > 0)
            {
                return (_reads.Dequeue(), count);
            }
        }

        if (!Failed && _writes.Head is { } write)
        {
            write.Buffer = write.Buffer[TryWrite(write.Buffer.Span)..];
            if (write.Buffer.IsEmpty && !Failed)
            {
                return (_writes.Dequeue(), 0);
            }
        }

        return (null, 0);
    }

    /// <summary>With the gate held: tells the port's thread, if it waits for something else, that there is one more to wait for.</summary>
    private void Announce()
    {
        if (!_thread.IsCurrent)
        {
            _thread.Wake();
        }
    }
}
