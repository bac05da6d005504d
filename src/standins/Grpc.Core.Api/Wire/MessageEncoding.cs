using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Grpc.Core.Wire;

/// <summary>The message encodings (compressions) that both sides understand: identity, gzip, and deflate, which on this wire is zlib.</summary>
internal static class MessageEncoding
{
    internal const string Identity = "identity";
    internal const string Gzip = "gzip";
    internal const string Deflate = "deflate";

    /// <summary>What <c>grpc-accept-encoding</c> says.</summary>
    internal const string Accepted = "identity,gzip,deflate";

    /// <summary>Whether messages in this encoding can be read and written.</summary>
    internal static bool IsKnown(string encoding) => encoding is Identity or Gzip or Deflate;

    /// <summary>Whether a peer that sent this <c>grpc-accept-encoding</c> understands an encoding.</summary>
    internal static bool IsAccepted(string? acceptEncoding, string encoding)
    {
        foreach (var range in acceptEncoding.AsSpan().Split(','))
        {
            if (acceptEncoding.AsSpan(range).Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Compresses a message.</summary>
    internal static void Compress(string encoding, CompressionLevel level, ReadOnlySpan<byte> message, PooledBufferWriter destination)
    {
        using var sink = destination.AsStream();
        using Stream compressor = encoding == Gzip
            ? new GZipStream(sink, level, leaveOpen: true)
            : new ZLibStream(sink, level, leaveOpen: true);
        compressor.Write(message);
    }

    /// <summary>Decompresses a message, and stops as soon as it proves longer than allowed.</summary>
    /// <exception cref="RpcException">The message is too long (RESOURCE_EXHAUSTED) or not what its encoding says (INTERNAL).</exception>
    internal static void Decompress(string encoding, ReadOnlySequence<byte> message, int? maxLength, PooledBufferWriter destination)
    {
        var limit = maxLength ?? int.MaxValue;
        try
        {
            using var source = PipeReader.Create(message).AsStream();
            using Stream decompressor = encoding == Gzip
                ? new GZipStream(source, CompressionMode.Decompress)
                : new ZLibStream(source, CompressionMode.Decompress);
            while (true)
            {
                var read = decompressor.Read(destination.GetSpan());
                if (read == 0)
                {
                    return;
                }

                if (read > limit - destination.Length)
                {
                    throw MessageFrame.Fault(
                        StatusCode.ResourceExhausted,
                        $"Received message exceeds the maximum configured message size: decompressed it is longer than the {limit} bytes allowed.");
                }

                destination.Advance(read);
            }
        }
        catch (InvalidDataException e)
        {
            throw MessageFrame.Fault(StatusCode.Internal, $"A message that should be {encoding} cannot be decompressed: {e.Message}");
        }
    }
}
