using System.Buffers;

namespace Grpc.Core.Wire;

/// <summary>Hands the bytes of one received message to a deserializer, decompressed if need be. Reused for every message of a stream.</summary>
internal sealed class ReceivedMessage : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;
    private PooledBufferWriter? _decompressed;

    /// <inheritdoc/>
    public override int PayloadLength => (int)_payload.Length;

    /// <inheritdoc/>
    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>Deserializes a message.</summary>
    /// <param name="payload">Its bytes as they came.</param>
    /// <param name="compressed">Whether its frame says that it is compressed.</param>
    /// <param name="encoding">What the headers say about compression.</param>
    /// <param name="maxLength">How long it may become, in bytes; null means any length.</param>
    /// <param name="deserialize">Its deserializer.</param>
    /// <exception cref="RpcException">The message cannot be decompressed or deserialized.</exception>
    internal T Deserialize<T>(ReadOnlySequence<byte> payload, bool compressed, string? encoding, int? maxLength, Func<DeserializationContext, T> deserialize)
    {
        try
        {
            _payload = compressed ? Decompress(payload, encoding, maxLength) : payload;
            return deserialize(this);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A received message cannot be deserialized as {typeof(T).Name}: {e.Message}", e));
        }
        finally
        {
            _payload = default;
            _decompressed?.Dispose();
        }
    }

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload, string? encoding, int? maxLength)
    {
        if (encoding is null or MessageEncoding.Identity)
        {
            throw MessageFrame.Fault(
                StatusCode.Internal, $"A message is flagged as compressed, but the headers say {GrpcHeaders.Encoding}: {encoding ?? "(nothing)"}.");
        }

        if (!MessageEncoding.IsKnown(encoding))
        {
            throw MessageFrame.Fault(StatusCode.Unimplemented, $"A message is compressed as '{encoding}'. Supported: {MessageEncoding.Accepted}.");
        }

        _decompressed ??= new PooledBufferWriter();
        MessageEncoding.Decompress(encoding, payload, maxLength, _decompressed);
        return new ReadOnlySequence<byte>(_decompressed.Memory);
    }
}
