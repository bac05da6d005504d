using Grpc.AspNetCore.Server.Calls;
using Grpc.AspNetCore.Server.Routing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of a service. An instance per call comes from the request's services, or is created with arguments from there.</summary>
    /// <typeparam name="TService">The service: a class derived from a generated base.</typeparam>
    /// <param name="builder">The application.</param>
    /// <returns>To add conventions, such as who may call.</returns>
    /// <exception cref="InvalidOperationException"><c>AddGrpc</c> was not called, or the type is not derived from a generated base.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var mapped = builder.ServiceProvider.GetService<MappedServices>()
            ?? throw new InvalidOperationException("gRPC is not among the application's services: call services.AddGrpc() before the application is built.");
        var settings = CallSettings.For<TService>(builder.ServiceProvider);
        var binder = new ServiceBinder<TService>(builder, settings);
        binder.Bind();
        mapped.MapUnknown(builder, binder.ServiceNames, settings);
        return new GrpcServiceEndpointConventionBuilder(binder.Endpoints);
    }
}
