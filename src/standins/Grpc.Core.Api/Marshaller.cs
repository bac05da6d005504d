using System.Text;

namespace Grpc.Core;

/// <summary>How one message type becomes bytes and is read back.</summary>
/// <typeparam name="T">The message type.</typeparam>
public class Marshaller<T>
{
    /// <summary>Makes a marshaller from functions over byte arrays.</summary>
    /// <param name="serializer">From a message to bytes.</param>
    /// <param name="deserializer">From bytes to a message.</param>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>Makes a marshaller from functions that write to, and read from, the transport's own buffers.</summary>
    /// <param name="serializer">Writes a message into a context.</param>
    /// <param name="deserializer">Reads a message from a context.</param>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        Serializer = static _ => throw new NotSupportedException("This marshaller serializes only into a SerializationContext.");
        Deserializer = static _ => throw new NotSupportedException("This marshaller deserializes only from a DeserializationContext.");
    }

    /// <summary>From a message to bytes.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>From bytes to a message.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Writes a message into a context.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads a message from a context.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}

/// <summary>Makes marshallers.</summary>
public static class Marshallers
{
    /// <summary>UTF-8 text.</summary>
    public static Marshaller<string> StringMarshaller { get; } = new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    /// <summary>Makes a marshaller from functions over byte arrays.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="serializer">From a message to bytes.</param>
    /// <param name="deserializer">From bytes to a message.</param>
    /// <returns>The marshaller.</returns>
    public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) => new(serializer, deserializer);

    /// <summary>Makes a marshaller from functions that write to, and read from, the transport's own buffers.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="serializer">Writes a message into a context.</param>
    /// <param name="deserializer">Reads a message from a context.</param>
    /// <returns>The marshaller.</returns>
    public static Marshaller<T> Create<T>(
        Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) => new(serializer, deserializer);
}
