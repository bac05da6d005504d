using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// Reads messages from the request body, one when asked. Nothing is read ahead: what the handler does not take stays in the
/// transport, whose window then stops the client.
/// </summary>
internal sealed class RequestReader<T>(PipeReader body, string? encoding, int? maxLength, Func<DeserializationContext, T> deserialize)
    where T : class
{
    private readonly ReceivedMessage _message = new();

    /// <summary>Reads the only message of a request, and its end.</summary>
    /// <exception cref="RpcException">There is no message, more than one, or a broken one.</exception>
    internal async ValueTask<T> ReadSingleAsync(CancellationToken cancellationToken)
    {
        var message = await ReadNextAsync(cancellationToken) ?? throw MessageFrame.Fault(StatusCode.Internal, "The request has no message.");
        var rest = await body.ReadAsync(cancellationToken);
        while (rest.Buffer.IsEmpty && !rest.IsCompleted)
        {
            rest.ThrowIfCanceled();
            body.AdvanceTo(rest.Buffer.End);
            rest = await body.ReadAsync(cancellationToken);
        }

        var surplus = !rest.Buffer.IsEmpty;
        body.AdvanceTo(rest.Buffer.End);
        return surplus ? throw MessageFrame.Surplus() : message;
    }

    /// <summary>Reads the next message.</summary>
    /// <returns>The message, or null at the end of the request.</returns>
    /// <exception cref="RpcException">The message is broken or too long.</exception>
    internal async ValueTask<T?> ReadNextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken);
            result.ThrowIfCanceled();
            var buffer = result.Buffer;
            var consumed = buffer.Start;
            try
            {
                if (TryRead(ref buffer, out var message))
                {
                    consumed = buffer.Start;
                    return message;
                }

                if (result.IsCompleted)
                {
                    consumed = buffer.End;
                    return result.Buffer.IsEmpty ? null : throw MessageFrame.Incomplete();
                }
            }
            finally
            {
                body.AdvanceTo(consumed, consumed.Equals(result.Buffer.Start) ? result.Buffer.End : consumed);
            }
        }
    }

    private bool TryRead(ref ReadOnlySequence<byte> buffer, out T? message)
    {
        message = null;
        if (buffer.Length < MessageFrame.HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[MessageFrame.HeaderLength];
        buffer.Slice(0, MessageFrame.HeaderLength).CopyTo(header);
        var (length, compressed) = MessageFrame.ReadHeader(header, maxLength);
        if (buffer.Length - MessageFrame.HeaderLength < length)
        {
            return false;
        }

        message = _message.Deserialize(buffer.Slice(MessageFrame.HeaderLength, length), compressed, encoding, maxLength, deserialize);
        buffer = buffer.Slice((long)MessageFrame.HeaderLength + length);
        return true;
    }
}

/// <summary>Shorthand for pipe results.</summary>
internal static class PipeResults
{
    /// <summary>Throws if a read was cancelled from elsewhere.</summary>
    internal static void ThrowIfCanceled(in this ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("Reading the request was cancelled.");
        }
    }
}
