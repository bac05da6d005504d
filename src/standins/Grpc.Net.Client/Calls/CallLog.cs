using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Calls;

/// <summary>What the client tells its log.</summary>
internal static partial class CallLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{method} ended with {statusCode}: {detail}")]
    internal static partial void CallFailed(this ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);
}
