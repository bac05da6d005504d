using System.Net.Sockets;
using System.Text;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Says in gRPC's terms why HTTP failed. (Source: gRPC over HTTP/2, "Errors".)</summary>
internal static class CallFault
{
    private const int Http2RefusedStream = 7;
    private const int Http2Cancel = 8;
    private const int Http2EnhanceYourCalm = 11;
    private const int Http2InadequateSecurity = 12;

    /// <summary>The status of an exception.</summary>
    internal static Status ToStatus(Exception exception, Uri address) => exception is RpcException rpc
        ? rpc.Status
        : new Status(CodeOf(exception), $"Error calling {address.GetLeftPart(UriPartial.Authority)}: {Describe(exception)}", exception);

    private static StatusCode CodeOf(Exception exception)
    {
        if (exception is OperationCanceledException or ObjectDisposedException)
        {
            return StatusCode.Cancelled;
        }

        var code = StatusCode.Internal;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case HttpProtocolException protocol:
                    return protocol.ErrorCode switch
                    {
                        Http2RefusedStream => StatusCode.Unavailable,
                        Http2Cancel => StatusCode.Cancelled,
                        Http2EnhanceYourCalm => StatusCode.ResourceExhausted,
                        Http2InadequateSecurity => StatusCode.PermissionDenied,
                        _ => StatusCode.Internal,
                    };
                case IOException or SocketException:
                    code = StatusCode.Unavailable;
                    break;
            }
        }

        return code;
    }

    private static string Describe(Exception exception)
    {
        var text = new StringBuilder(exception.Message);
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.ToString().Contains(inner.Message, StringComparison.Ordinal))
            {
                text.Append(' ').Append(inner.Message);
            }
        }

        return text.ToString();
    }
}
