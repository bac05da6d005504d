using System.Buffers;

namespace Grpc.Core;

/// <summary>One received message, as a deserializer sees it.</summary>
public abstract class DeserializationContext
{
    /// <summary>The length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>A copy of the message.</summary>
    /// <returns>A new array that the caller owns.</returns>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotSupportedException();

    /// <summary>The message in the transport's own buffers, valid only until the deserializer returns.</summary>
    /// <returns>The bytes.</returns>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotSupportedException();
}
