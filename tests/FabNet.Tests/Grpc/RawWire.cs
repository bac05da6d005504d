// Bytes on the wire without our client or our server: to be a peer that breaks the rules.

using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace FabNet.Tests.Grpc;

/// <summary>Frames made by hand, and an HTTP/2 client that sends them.</summary>
internal static class RawWire
{
    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0, uint? claimedLength = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), claimedLength ?? (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    public static async Task<RawResponse> PostAsync(
        Uri address,
        string path,
        HttpContent content,
        Action<HttpRequestHeaders>? headers = null,
        string contentType = "application/grpc",
        Version? version = null)
    {
        using var client = new HttpClient();
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        headers?.Invoke(request.Headers);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Xunit.TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(Xunit.TestContext.Current.CancellationToken);
        return new RawResponse(
            (int)response.StatusCode,
            body,
            response.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase),
            response.TrailingHeaders.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public static Task<RawResponse> PostAsync(Uri address, string path, byte[] body, Action<HttpRequestHeaders>? headers = null) =>
        PostAsync(address, path, new ByteArrayContent(body), headers);
}

/// <summary>A response as it came over the wire.</summary>
internal sealed record RawResponse(int HttpStatus, byte[] Body, Dictionary<string, string> Headers, Dictionary<string, string> Trailers)
{
    public string? GrpcStatus => Headers.GetValueOrDefault("grpc-status") ?? Trailers.GetValueOrDefault("grpc-status");

    public string? GrpcMessage => Headers.GetValueOrDefault("grpc-message") ?? Trailers.GetValueOrDefault("grpc-message");

    public bool IsTrailersOnly => Body.Length == 0 && Headers.ContainsKey("grpc-status");
}

/// <summary>A request body that sends some bytes and then stays open until the test ends.</summary>
internal sealed class OpenEndedContent(byte[] bytes) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
