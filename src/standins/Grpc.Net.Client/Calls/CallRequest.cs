using System.Net;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>Builds the HTTP request that carries a call.</summary>
internal static class CallRequest
{
    private static readonly string UserAgent = $"grpc-dotnet-fabnet/{typeof(CallRequest).Assembly.GetName().Version?.ToString(3)} (.NET {Environment.Version})";

    /// <summary>Builds a request.</summary>
    internal static HttpRequestMessage Create(
        GrpcChannel channel, IMethod method, string? host, HttpContent content, DateTime? deadline, Metadata? metadata, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, channel.AddressOf(method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, MessageEncoding.Accepted);
        if (encoding is not null)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Encoding, encoding);
        }

        if (deadline is { } due)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(due - channel.Time.GetUtcNow().UtcDateTime));
        }

        if (host is not null)
        {
            headers.Host = host;
        }

        if (metadata is not null)
        {
            Add(request, metadata);
        }

        return request;
    }

    /// <summary>Adds metadata; what belongs to the protocol is left out.</summary>
    internal static void Add(HttpRequestMessage request, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (!GrpcHeaders.IsReserved(entry.Key) && entry.Key != Metadata.RequestEncodingKey)
            {
                request.Headers.TryAddWithoutValidation(entry.Key, GrpcHeaders.ToWire(entry));
            }
        }
    }
}
