using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts one message: either <see cref="Complete(byte[])"/>, or a buffer writer and then <see cref="Complete()"/>.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over a whole message.</summary>
    /// <param name="payload">The message; the caller no longer touches it.</param>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    /// <summary>Where to write the message. Call <see cref="Complete()"/> afterwards.</summary>
    /// <returns>The writer, valid until <see cref="Complete()"/>.</returns>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Says in advance how long the message will be, which spares a copy.</summary>
    /// <param name="payloadLength">The exact length in bytes.</param>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Says that everything has been written to the buffer writer.</summary>
    public virtual void Complete() => throw new NotSupportedException();
}
