namespace Grpc.Core;

/// <summary>A call that did not end with <see cref="StatusCode.OK"/>. A handler throws it to answer with that status.</summary>
public class RpcException : Exception
{
    /// <summary>Makes the exception for a status.</summary>
    /// <param name="status">How the call ended.</param>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>Makes the exception for a status, with a message of its own.</summary>
    /// <param name="status">How the call ended.</param>
    /// <param name="message">The exception's message.</param>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>Makes the exception for a status and trailers.</summary>
    /// <param name="status">How the call ended.</param>
    /// <param name="trailers">The trailers received, or to send.</param>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>Makes the exception for a status and trailers, with a message of its own.</summary>
    /// <param name="status">How the call ended.</param>
    /// <param name="trailers">The trailers received, or to send.</param>
    /// <param name="message">The exception's message.</param>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers, among them <c>grpc-status-details-bin</c> where the peer sent rich details.</summary>
    public Metadata Trailers { get; }
}
