using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Checks that an HTTP request is a gRPC call that can be served, and lifts the limits that are meant for plain HTTP.</summary>
internal static class GrpcRequest
{
    /// <summary>Accepts a request, or writes the refusal.</summary>
    /// <returns>Whether the request is accepted. If not, the response is complete.</returns>
    internal static bool Accept(HttpContext http, CallSettings settings)
    {
        var request = http.Request;
        var response = http.Response;
        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            response.Headers.Upgrade = "HTTP/2";
            var reason = $"gRPC needs HTTP/2, and this request came over {request.Protocol}.";
            return Refuse(http, settings, StatusCodes.Status426UpgradeRequired, StatusCode.Internal, reason);
        }

        if (!GrpcHeaders.IsGrpc(request.ContentType))
        {
            var reason = $"The content type is '{request.ContentType}', not '{GrpcHeaders.ContentType}'.";
            return Refuse(http, settings, StatusCodes.Status415UnsupportedMediaType, StatusCode.Internal, reason);
        }

        response.ContentType = GrpcHeaders.ContentType;
        if (request.Headers.TryGetValue(GrpcHeaders.Encoding, out var encoding) && !MessageEncoding.IsKnown(encoding.ToString()))
        {
            response.Headers[GrpcHeaders.AcceptEncoding] = MessageEncoding.Accepted;
            var reason = $"Messages are compressed as '{encoding}'. Supported: {MessageEncoding.Accepted}.";
            return Refuse(http, settings, StatusCodes.Status200OK, StatusCode.Unimplemented, reason);
        }

        // A stream of messages may be as long and as slow as its client likes; each message has a limit of its own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        return true;
    }

    private static bool Refuse(HttpContext http, CallSettings settings, int httpStatus, StatusCode code, string reason)
    {
        settings.Logger.RequestRefused(reason);
        http.Response.StatusCode = httpStatus;
        GrpcResponse.WriteStatus(http.Response.Headers, new Status(code, reason));
        return false;
    }
}
