using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>Reads metadata and status out of HTTP headers and trailers.</summary>
internal static class CallResponse
{
    /// <summary>The first value of a header, or null.</summary>
    internal static string? Value(HttpHeaders headers, string name)
    {
        if (headers.NonValidated.TryGetValues(name, out var values))
        {
            foreach (var value in values)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>All headers that are the application's.</summary>
    internal static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                GrpcHeaders.AddTo(metadata, name, value);
            }
        }

        return metadata;
    }

    /// <summary>The status in headers or trailers, or null if there is none.</summary>
    internal static Status? ReadStatus(HttpHeaders headers)
    {
        if (Value(headers, GrpcHeaders.Status) is not { } text)
        {
            return null;
        }

        var detail = PercentEncoding.Decode(Value(headers, GrpcHeaders.Message) ?? "");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status(code <= (int)StatusCode.Unauthenticated ? (StatusCode)code : StatusCode.Unknown, detail)
            : new Status(StatusCode.Cancelled, $"Unexpected {GrpcHeaders.Status} value: '{text}'. {detail}");
    }

    /// <summary>The status of a response that is not gRPC, or null if it is. (Source: gRPC, "HTTP to gRPC Status Code Mapping".)</summary>
    /// <remarks>Where gRPC leaves it to the client what a broken answer becomes, this is what Grpc.Net.Client makes of it: CANCELLED.</remarks>
    internal static Status? RefusalOf(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            var code = response.StatusCode switch
            {
                HttpStatusCode.BadRequest => StatusCode.Internal,
                HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
                HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
                HttpStatusCode.NotFound => StatusCode.Unimplemented,
                HttpStatusCode.TooManyRequests => StatusCode.Unavailable,
                HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
                _ => StatusCode.Unknown,
            };
            return new Status(code, $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var contentType = Value(response.Content.Headers, "Content-Type");
        return GrpcHeaders.IsGrpc(contentType)
            ? null
            : new Status(
                StatusCode.Cancelled, $"Bad gRPC response. The content type is '{contentType}', not '{GrpcHeaders.ContentType}': is this address a gRPC server?");
    }
}
