using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Routing;

/// <summary>Maps the endpoints that answer calls to unknown methods and services with UNIMPLEMENTED; each once per application.</summary>
internal sealed class MappedServices
{
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private bool _anyService;

    /// <summary>Maps what answers unknown methods of these services, and unknown services.</summary>
    internal void MapUnknown(IEndpointRouteBuilder builder, IEnumerable<string> services, CallSettings settings)
    {
        foreach (var service in services)
        {
            if (_services.Add(service))
            {
                Map(
                    builder,
                    service + "/{unimplementedMethod}",
                    int.MaxValue - 1,
                    settings,
                    values => $"Method '{values["unimplementedMethod"]}' of service '{service}' is unimplemented.");
            }
        }

        if (!_anyService && !settings.IgnoreUnknownServices)
        {
            _anyService = true;
            Map(
                builder,
                "{unimplementedService}/{unimplementedMethod}",
                int.MaxValue,
                settings,
                values => $"Service '{values["unimplementedService"]}' is unimplemented.");
        }
    }

    private static void Map(IEndpointRouteBuilder builder, string route, int order, CallSettings settings, Func<RouteValueDictionary, string> detail)
    {
        var pattern = RoutePatternFactory.Parse(
            route, defaults: null, parameterPolicies: new RouteValueDictionary { ["unimplementedMethod"] = new GrpcRequestConstraint() });
        RequestDelegate answer = http =>
        {
            if (GrpcRequest.Accept(http, settings))
            {
                GrpcResponse.WriteStatus(http.Response.Headers, new Status(StatusCode.Unimplemented, detail(http.Request.RouteValues)));
            }

            return Task.CompletedTask;
        };
        builder.Map(pattern, answer)
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Post]))
            .WithDisplayName("gRPC - unimplemented")
            .Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = order);
    }

    private sealed class GrpcRequestConstraint : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            httpContext is null || GrpcHeaders.IsGrpc(httpContext.Request.ContentType);
    }
}
