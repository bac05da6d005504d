using System.Buffers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// Reads messages from the response body, one when asked, through one pooled buffer. Nothing is read ahead but what fits
/// into that buffer, so a slow reader stops the server by the transport's window. One read at a time.
/// </summary>
internal sealed class ResponseReader<T>(Stream body, string? encoding, int? maxLength, Func<DeserializationContext, T> deserialize) : IDisposable
    where T : class
{
    private const int InitialCapacity = 16 * 1024;
    private const int MaxTrustedCapacity = 16 * 1024 * 1024;

    private readonly ReceivedMessage _message = new();
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(InitialCapacity);
    private int _start;
    private int _end;
    private long _frameLength = MessageFrame.HeaderLength;

    /// <summary>Takes the next message if all of it is in the buffer.</summary>
    /// <exception cref="RpcException">The message is broken or too long.</exception>
    internal bool TryTake(out T? message)
    {
        message = null;
        var available = _end - _start;
        if (available < MessageFrame.HeaderLength)
        {
            _frameLength = MessageFrame.HeaderLength;
            return false;
        }

        var (length, compressed) = MessageFrame.ReadHeader(_buffer.AsSpan(_start), maxLength);
        _frameLength = (long)MessageFrame.HeaderLength + length;
        if (available < _frameLength)
        {
            return false;
        }

        var payload = new ReadOnlySequence<byte>(_buffer!, _start + MessageFrame.HeaderLength, length);
        message = _message.Deserialize(payload, compressed, encoding, maxLength, deserialize);
        _start += (int)_frameLength;
        return true;
    }

    /// <summary>Reads the next message.</summary>
    /// <returns>The message, or null at the end of the response.</returns>
    /// <exception cref="RpcException">The message is broken or too long.</exception>
    internal async ValueTask<T?> ReadNextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out var message))
            {
                return message;
            }

            MakeRoom();
            var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return _start == _end ? null : throw MessageFrame.Incomplete();
            }

            _end += read;
        }
    }

    /// <summary>Gives the buffer back. Not during a read.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Room for the rest of the frame. A length up to 16 MB is trusted; beyond, the buffer doubles as data really arrive.
    private void MakeRoom()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        var available = _end - _start;
        if (available == 0)
        {
            _start = _end = 0;
        }

        var wanted = (int)Math.Min(Math.Min(_frameLength, Math.Max(MaxTrustedCapacity, (long)_buffer.Length * 2)), Array.MaxLength);
        if (_end < _buffer.Length && (_buffer.Length - _start >= wanted || (_start == 0 && _buffer.Length >= wanted)))
        {
            return;
        }

        var target = _buffer.Length >= wanted && available < _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(wanted, available + 1));
        Buffer.BlockCopy(_buffer, _start, target, 0, available);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        _start = 0;
        _end = available;
    }
}
