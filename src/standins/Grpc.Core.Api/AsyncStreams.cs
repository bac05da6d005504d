// The streams of messages that calls and handlers read and write.

namespace Grpc.Core;

/// <summary>A stream of messages to read, one at a time, by one reader.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last <see cref="MoveNext"/> read.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been read, or the stream has ended.</exception>
    T Current { get; }

    /// <summary>Reads the next message.</summary>
    /// <param name="cancellationToken">On a client, cancels the whole call.</param>
    /// <returns>Whether there was one; false at the end of the stream.</returns>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>A stream of messages to write, one at a time.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are written; null means the call's own options.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message. The task ends when the transport has room for more: await it, and memory stays bounded.</summary>
    /// <param name="message">The message.</param>
    /// <returns>When the transport took the message.</returns>
    /// <exception cref="InvalidOperationException">The previous write has not ended, or the stream is complete.</exception>
    Task WriteAsync(T message);

    /// <summary>Writes a message, with a way to give up.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the whole call.</param>
    /// <returns>When the transport took the message.</returns>
    /// <exception cref="NotSupportedException">The token can be cancelled, and this implementation does not support it.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("This stream writer does not support cancellation of a write.")
        : WriteAsync(message);
}

/// <summary>The request stream of a client.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests follow (half-close).</summary>
    /// <returns>When that is said.</returns>
    Task CompleteAsync();
}

/// <summary>The response stream of a handler. It ends when the handler returns.</summary>
/// <typeparam name="T">The message type.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
