using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What <c>AddGrpc</c> returns, to configure gRPC further.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}

/// <summary>The builder over a service collection.</summary>
internal sealed record GrpcServerBuilder(IServiceCollection Services) : IGrpcServerBuilder;
