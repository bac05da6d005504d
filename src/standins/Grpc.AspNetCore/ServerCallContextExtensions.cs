using Grpc.AspNetCore.Server.Calls;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From a gRPC call to the HTTP request that carries it.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The HTTP request that carries a call: its user, connection and services.</summary>
    /// <param name="serverCallContext">The call.</param>
    /// <returns>The request.</returns>
    /// <exception cref="InvalidOperationException">The call did not come over ASP.NET Core.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        return serverCallContext is HttpServerCallContext { Http: var http }
            ? http
            : throw new InvalidOperationException("This call did not come over ASP.NET Core, so it has no HttpContext.");
    }
}
