using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What the server tells its log.</summary>
internal static partial class CallLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The handler of {method} failed.")]
    internal static partial void HandlerFailed(this ILogger logger, string method, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{method} ended with {statusCode}: {detail}")]
    internal static partial void CallFailed(this ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{method}: the deadline passed.")]
    internal static partial void DeadlineExceeded(this ILogger logger, string method);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{method}: the client gave up.")]
    internal static partial void ClientCancelled(this ILogger logger, string method);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Ignored the malformed grpc-timeout '{timeout}'.")]
    internal static partial void MalformedTimeout(this ILogger logger, string timeout);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{method}: a response message broke off, so the stream is reset.")]
    internal static partial void ResponseBroken(this ILogger logger, string method);

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused a request: {reason}")]
    internal static partial void RequestRefused(this ILogger logger, string reason);
}
