// The bytes of one open link: lines in, batches out, and one place to wait for either, for a request or for the clock.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>
/// Wraps any duplex stream (a serial port's, a socket's, one in memory). The loop that owns the session is its only user, save <see cref="WriteUrgentAsync"/> and
/// <see cref="Wake"/>, which any thread may call. A read is always under way, so that the wait costs no cancellation; nothing is allocated per line.
/// </summary>
internal sealed class MachineLink : IAsyncDisposable
{
    private const int TickMs = 20;
    private const int MaxLine = 1024;
    private const int MaxTurnsInClock = 16;

    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly ITimer _ticker;
    private readonly ITimer _rest;
    private readonly WakeSignal _wake = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Action _readCompleted;
    private readonly byte[] _incoming = new byte[4096];
    private readonly byte[] _pending = new byte[4096 + MaxLine];
    private ValueTask<int> _read;
    private bool _isReading;

    // Set by the read's own continuation. Its task must not be asked: another thread would see it completed a moment before its source calls the continuation, and take it from under it.
    private volatile bool _isReadDone;
    private int _turnsInClock;
    private int _start;
    private int _end;

    /// <summary>Takes a stream that is open.</summary>
    public MachineLink(Stream stream, TimeProvider time)
    {
        _stream = stream;
        _time = time;
        _startedAt = time.GetTimestamp();
        _readCompleted = () =>
        {
            _isReadDone = true;
            _wake.Set();
        };
        var clock = time == TimeProvider.System ? WireClock.Shared : time;
        _ticker = clock.CreateTimer(static state => ((MachineLink)state!)._wake.Set(), this, TimeSpan.FromMilliseconds(TickMs), TimeSpan.FromMilliseconds(TickMs));
        _rest = clock.CreateTimer(static state => ((MachineLink)state!)._wake.Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the link ended; null while it is open.</summary>
    public string? Ended { get; private set; }

    /// <summary>Bytes received in all, and how many of them can't stand in any firmware's text: the sign of a wrong baud rate.</summary>
    public (long All, long Nonsense) Received { get; private set; }

    /// <summary>Milliseconds since the link was opened, by a clock that no one sets.</summary>
    public long NowMs => (long)PreciseNowMs;

    /// <summary>The same with its fractions.</summary>
    public double PreciseNowMs => _time.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>
    /// Takes the next line, without its end, valid until the next call of any member. Lines longer than any firmware's are cut in pieces, so that a stream without line ends fills no memory.
    /// </summary>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        var waiting = _pending.AsSpan(_start, _end - _start);
        var length = waiting.IndexOf((byte)'\n');
        if (length < 0 && waiting.Length < MaxLine)
        {
            line = default;
            return false;
        }

        var taken = length < 0 ? waiting.Length : length + 1;
        line = length < 0 ? waiting : waiting[..length];
        if (!line.IsEmpty && line[^1] == (byte)'\r')
            line = line[..^1];
        _start += taken;
        return true;
    }

    /// <summary>Waits until bytes have come, <see cref="Wake"/> was called, the clock has ticked, or the link has ended. May return for no reason.</summary>
    /// <param name="restMs">Bytes are not looked for before so many milliseconds have passed; all else ends the wait as ever. 0 for none.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(double restMs = 0)
    {
        if (Ended is not null)
            return;
        if (_end - _start > MaxLine * 4)
            return;
        var rests = restMs > 0 && !_isReading;
        if (rests)
        {
            _rest.Change(TimeSpan.FromMilliseconds(restMs), Timeout.InfiniteTimeSpan);
            await WaitForWakeAsync();
        }

        if (!_isReading)
            StartRead();
        if (!_isReadDone && !rests)
            await WaitForWakeAsync();
        else if (WireClock.IsCurrent && ++_turnsInClock > MaxTurnsInClock)
            await LeaveClockAsync();
        if (_isReadDone)
            FinishRead();
    }

    /// <summary>Writes a batch of whole lines.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Ended is not null)
            return;
        await _writing.WaitAsync();
        try
        {
            await _stream.WriteAsync(bytes, _closing.Token);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or TimeoutException or UnauthorizedAccessException or OperationCanceledException)
        {
            Ended ??= error.Message;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes ahead of everything that has not been given to the port. Any thread.</summary>
    /// <exception cref="IOException">The port is gone, or takes no bytes.</exception>
    public async Task WriteUrgentAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // A batch that the port does not take must not hold up an emergency: then write beside it.
        var owned = await _writing.WaitAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await _stream.WriteAsync(bytes, limit.Token);
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException or TimeoutException or UnauthorizedAccessException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException(error is OperationCanceledException ? "the port took no bytes for 2 s" : error.Message, error);
        }
        finally
        {
            if (owned)
                _writing.Release();
        }
    }

    /// <summary>Makes <see cref="WaitAsync"/> return. Any thread; the loop goes on in a thread of the pool.</summary>
    public void Wake() => ThreadPool.UnsafeQueueUserWorkItem(static link => link._wake.Set(), this, preferLocal: false);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Ended ??= "it was closed";
        await LeaveClockAsync();
        await _ticker.DisposeAsync();
        await _rest.DisposeAsync();
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
        while (_isReading && !_isReadDone)
            await _wake.WaitAsync();
        if (_isReading)
            FinishRead();

        _closing.Dispose();
        _writing.Dispose();
    }

    private ValueTask WaitForWakeAsync()
    {
        _turnsInClock = 0;
        return _wake.WaitAsync();
    }

    // Closing a port may block, and a machine whose next answer is always there already would never give the clock's thread back.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LeaveClockAsync()
    {
        while (WireClock.IsCurrent)
        {
            Wake();
            await WaitForWakeAsync();
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The read is kept on purpose, continued once and consumed once: that is what a value task source allows.")]
    private void StartRead()
    {
        var room = _pending.Length - (_end - _start);
        _read = _stream.ReadAsync(_incoming.AsMemory(0, Math.Min(_incoming.Length, room)), _closing.Token);
        _isReading = true;
        _isReadDone = _read.IsCompleted;
        if (!_isReadDone)
            _read.GetAwaiter().UnsafeOnCompleted(_readCompleted);
    }

    private void FinishRead()
    {
        try
        {
            _isReading = false;
            _isReadDone = false;
            var read = _read.GetAwaiter().GetResult();
            if (read == 0)
                Ended ??= "the other end was closed";
            else
                Append(_incoming.AsSpan(0, read));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or UnauthorizedAccessException or OperationCanceledException)
        {
            Ended ??= error.Message;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start > 0)
        {
            _pending.AsSpan(_start, _end - _start).CopyTo(_pending);
            _end -= _start;
            _start = 0;
        }

        bytes.CopyTo(_pending.AsSpan(_end));
        _end += bytes.Length;
        var nonsense = 0;
        foreach (var value in bytes)
        {
            if (value is (< 0x20 and not ((byte)'\r' or (byte)'\n' or (byte)'\t')) or >= 0x7F)
                nonsense++;
        }

        Received = (Received.All + bytes.Length, Received.Nonsense + nonsense);
    }
}
