// Composes the catalogue into a program.

using FabNet.Catalogue.Federation;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace FabNet.Catalogue;

/// <summary>Adds the catalogue to an application. The application decides where it listens and who may call.</summary>
public static class CatalogueHost
{
    /// <summary>A manifest of 4 MiB and the message around it.</summary>
    internal const int MaxMessageBytes = Protocol.DesignManifest.MaxBytes + (64 * 1024);

    /// <summary>Adds the catalogue's services, gRPC among them. The store is opened by <see cref="MapCatalogue"/> and closed with the application.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="options">Where the data is, and the limits.</param>
    public static IServiceCollection AddCatalogue(this IServiceCollection services, CatalogueOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => CatalogueStore.Open(options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CatalogueStore>>()));
        services.AddSingleton(options);
        services.TryAddSingleton(new FollowingOptions());
        services.AddSingleton<CatalogueNode>();
        services.AddHostedService(provider => provider.GetRequiredService<CatalogueNode>());
        services.AddGrpc().AddServiceOptions<DesignCatalogueService>(o => o.MaxReceiveMessageSize = MaxMessageBytes);
        return services;
    }

    /// <summary>Maps the calls that say which other catalogues this one follows: for whoever runs it.</summary>
    public static GrpcServiceEndpointConventionBuilder MapCatalogueFederation(this IEndpointRouteBuilder app) => app.MapGrpcService<CatalogueFederationService>();

    /// <summary>Opens the store, brings its index up to its journal, and maps the service.</summary>
    /// <exception cref="Journal.JournalException">The data folder is used by another process, or damaged.</exception>
    public static GrpcServiceEndpointConventionBuilder MapCatalogue(this IEndpointRouteBuilder app)
    {
        _ = app.ServiceProvider.GetRequiredService<CatalogueNode>();
        return app.MapGrpcService<DesignCatalogueService>();
    }
}
