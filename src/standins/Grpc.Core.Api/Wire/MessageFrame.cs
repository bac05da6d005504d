using System.Buffers.Binary;

namespace Grpc.Core.Wire;

/// <summary>The five bytes before every message: a compressed flag, and the length as a big-endian unsigned 32-bit number.</summary>
internal static class MessageFrame
{
    /// <summary>The length of the header in bytes.</summary>
    internal const int HeaderLength = 5;

    /// <summary>The most that either side receives in one message unless it is told otherwise, in bytes.</summary>
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Writes a header.</summary>
    internal static void WriteHeader(Span<byte> destination, int length, bool compressed)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }

    /// <summary>Reads a header and checks it before anything is allocated for the message.</summary>
    /// <exception cref="RpcException">The flag is neither 0 nor 1 (INTERNAL), or the message is longer than allowed (RESOURCE_EXHAUSTED).</exception>
    internal static (int Length, bool Compressed) ReadHeader(ReadOnlySpan<byte> header, int? maxLength)
    {
        if (header[0] > 1)
        {
            throw Fault(StatusCode.Internal, $"Malformed message: the compressed flag is {header[0]}, not 0 or 1.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        var limit = maxLength ?? int.MaxValue;
        if (length > limit)
        {
            throw Fault(
                StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {length} bytes, and {limit} are allowed.");
        }

        return ((int)length, header[0] == 1);
    }

    /// <summary>The fault of a message that ends early.</summary>
    internal static RpcException Incomplete() => Fault(StatusCode.Internal, "Incomplete message: the stream ended within a message.");

    /// <summary>The fault of a second message where one is allowed.</summary>
    internal static RpcException Surplus() => Fault(
        StatusCode.Internal, "Additional data after the message received: this side of the method does not stream.");

    /// <summary>A fault found on the wire.</summary>
    internal static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));
}
