using System.Buffers;
using System.IO.Compression;

namespace Grpc.Core.Wire;

/// <summary>
/// Writes messages as frames into a buffer writer. A serializer that says its length first writes straight into it; any
/// other, and any message to be compressed, takes one copy. One message at a time.
/// </summary>
internal sealed class MessageWriter(IBufferWriter<byte> target, int? maxLength) : SerializationContext, IBufferWriter<byte>, IDisposable
{
    private const int KeptCapacity = 64 * 1024;

    private PooledBufferWriter? _detour;
    private string? _encoding;
    private CompressionLevel _level;
    private int _declared;
    private int _written;
    private Step _step;

    private enum Step
    {
        Idle,
        Started,
        Direct,
        Detour,
        Complete,
    }

    /// <summary>Whether a message broke off after its frame had begun, so that nothing valid can follow on this stream.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="serialize">Its serializer.</param>
    /// <param name="encoding">How to compress it; null or identity means not at all.</param>
    /// <param name="level">How hard to compress.</param>
    /// <exception cref="RpcException">The message is longer than may be sent (RESOURCE_EXHAUSTED).</exception>
    internal void Write<T>(T message, Action<T, SerializationContext> serialize, string? encoding = null, CompressionLevel level = CompressionLevel.Fastest)
    {
        _encoding = encoding is MessageEncoding.Identity ? null : encoding;
        _level = level;
        _declared = -1;
        _written = 0;
        _step = Step.Started;
        try
        {
            serialize(message, this);
            if (_step != Step.Complete)
            {
                throw new InvalidOperationException($"The serializer of {typeof(T)} returned without completing the message.");
            }
        }
        catch
        {
            IsBroken |= _step == Step.Direct;
            throw;
        }
        finally
        {
            _step = Step.Idle;
            _detour?.Reset(KeptCapacity);
        }
    }

    /// <inheritdoc/>
    public override void SetPayloadLength(int payloadLength)
    {
        Expect(Step.Started);
        CheckLength(payloadLength);
        _declared = payloadLength;
    }

    /// <inheritdoc/>
    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_step == Step.Started)
        {
            if (_declared >= 0 && _encoding is null)
            {
                (target as PooledBufferWriter)?.GetSpan(checked(MessageFrame.HeaderLength + _declared));
                WriteHeader(_declared, compressed: false);
                _step = Step.Direct;
            }
            else
            {
                _detour ??= new PooledBufferWriter();
                _detour.GetSpan(Math.Max(_declared, 0));
                _step = Step.Detour;
            }
        }
        else if (_step is not (Step.Direct or Step.Detour))
        {
            throw new InvalidOperationException("No message is being written, or it is complete.");
        }

        return this;
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        if (_step == Step.Direct)
        {
            if (_written != _declared)
            {
                throw new InvalidOperationException($"The serializer announced {_declared} bytes and wrote {_written}.");
            }
        }
        else
        {
            Expect(Step.Detour);
            Finish(_detour!.Span);
        }

        _step = Step.Complete;
    }

    /// <inheritdoc/>
    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Expect(Step.Started);
        Finish(payload);
        _step = Step.Complete;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (_step == Step.Direct)
        {
            _written += count;
            target.Advance(count);
        }
        else
        {
            Expect(Step.Detour);
            _detour!.Advance(count);
        }
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => Current.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Current.GetSpan(sizeHint);

    /// <summary>Gives buffers back. The writer can be used again.</summary>
    public void Dispose() => _detour?.Dispose();

    private IBufferWriter<byte> Current => _step switch
    {
        Step.Direct => target,
        Step.Detour => _detour!,
        _ => throw new InvalidOperationException("No message is being written, or it is complete."),
    };

    private void Finish(ReadOnlySpan<byte> message)
    {
        CheckLength(message.Length);
        if (_encoding is null)
        {
            WriteHeader(message.Length, compressed: false);
            target.Write(message);
            return;
        }

        using var compressed = new PooledBufferWriter();
        MessageEncoding.Compress(_encoding, _level, message, compressed);
        WriteHeader(compressed.Length, compressed: true);
        target.Write(compressed.Span);
    }

    private void WriteHeader(int length, bool compressed)
    {
        MessageFrame.WriteHeader(target.GetSpan(MessageFrame.HeaderLength), length, compressed);
        target.Advance(MessageFrame.HeaderLength);
    }

    private void CheckLength(int length)
    {
        if (length > (maxLength ?? int.MaxValue))
        {
            throw MessageFrame.Fault(
                StatusCode.ResourceExhausted,
                $"Sending message exceeds the maximum configured message size: {length} bytes, and {maxLength} are allowed.");
        }
    }

    private void Expect(Step step)
    {
        if (_step != step)
        {
            throw new InvalidOperationException("No message is being written, or it is complete.");
        }
    }
}
