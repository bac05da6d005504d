using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Writes metadata and status into HTTP headers or trailers.</summary>
internal static class GrpcResponse
{
    private static readonly string[] Codes = [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Writes a status.</summary>
    internal static void WriteStatus(IHeaderDictionary destination, Status status)
    {
        var code = (int)status.StatusCode;
        destination[GrpcHeaders.Status] = code >= 0 && code < Codes.Length ? Codes[code] : code.ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[GrpcHeaders.Message] = PercentEncoding.Encode(status.Detail);
        }
    }

    /// <summary>Writes metadata; what belongs to the protocol is left out.</summary>
    internal static void WriteMetadata(IHeaderDictionary destination, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (!GrpcHeaders.IsReserved(entry.Key) && entry.Key != Metadata.RequestEncodingKey)
            {
                destination[entry.Key] = StringValues.Concat(destination[entry.Key], GrpcHeaders.ToWire(entry));
            }
        }
    }
}
