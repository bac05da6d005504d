// How a coordinator is put into a web application: services, and the endpoints that it answers.

using FabNet.Coordinator.Board;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator;

/// <summary>Adds a coordinator to an application.</summary>
public static class CoordinatorHost
{
    private const int MessageAroundManifest = 64 * 1024;

    /// <summary>
    /// Adds the coordinator's services. Its journal is opened and replayed when the application starts, before it listens, and closed when it stops. A
    /// <see cref="TimeProvider"/> or a <see cref="DesignCatalogue.DesignCatalogueClient"/> that is registered already is used.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static IServiceCollection AddCoordinator(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.AddGrpc();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => new DesignCatalogue.DesignCatalogueClient(GrpcChannel.ForAddress(
            options.CatalogueAddress ?? throw new InvalidOperationException("The coordinator was given no catalogue: set CatalogueAddress."),
            new GrpcChannelOptions { MaxReceiveMessageSize = DesignManifest.MaxBytes + MessageAroundManifest })));
        services.AddSingleton(provider => new CoordinatorNode(
            options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("FabNet.Coordinator")));
        services.AddSingleton<DesignResolver>();
        services.AddSingleton<OrderQuotes>();
        services.AddSingleton<CoordinationService>();
        services.AddSingleton<EdgeLinkService>();
        services.AddSingleton<Ledger.LedgerService>();
        services.AddHostedService<Lifetime>();
        services.AddHostedService(provider => new DesignWatch(
            provider.GetRequiredService<CoordinatorNode>(), provider.GetRequiredService<DesignCatalogue.DesignCatalogueClient>, options.CatalogueInterval,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<DesignWatch>>()));
        services.AddHostedService(provider => new CommunityRelay(
            provider.GetRequiredService<CoordinatorNode>(), options, provider.GetRequiredService<DesignResolver>, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<CommunityRelay>>()));
        return services;
    }

    /// <summary>Maps the coordinator's gRPC services: Coordination for people and programs, EdgeLink for sites, Ledger for every member.</summary>
    public static IEndpointRouteBuilder MapCoordinator(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<CoordinationService>();
        endpoints.MapGrpcService<EdgeLinkService>();
        endpoints.MapGrpcService<Ledger.LedgerService>();
        return endpoints;
    }

    /// <summary>Opens the journal at the start, so that a folder that can't be used stops the program and not the first caller. Ends streams before the server waits for them.</summary>
    private sealed class Lifetime(CoordinatorNode node, IHostApplicationLifetime application) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            application.ApplicationStopping.Register(() => _ = node.EndStreamsAsync());
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
