// How a host takes edge agents in: two calls.

using FabNet.Edge.Configuration;
using FabNet.Edge.Console;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

/// <summary>Adds edge agents to a host.</summary>
public static class EdgeServices
{
    /// <summary>Runs an edge agent for each site, from the host's start to its stop.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="sites">The sites, each with its own data folder.</param>
    /// <param name="options">What the host decides; null for the defaults. Its log is the host's where none is given.</param>
    public static IServiceCollection AddEdge(this IServiceCollection services, IReadOnlyList<EdgeConfig> sites, EdgeAgentOptions? options = null)
    {
        services.AddGrpc();
        services.AddSingleton(provider => new EdgeAgents(sites, options ?? new EdgeAgentOptions { Loggers = provider.GetRequiredService<ILoggerFactory>() }));
        services.AddHostedService(provider => provider.GetRequiredService<EdgeAgents>());
        return services;
    }

    /// <summary>Serves the console of the sites. It asks nobody who they are: bind it to loopback.</summary>
    public static IEndpointConventionBuilder MapSiteConsole(this IEndpointRouteBuilder app) => app.MapGrpcService<SiteConsoleService>();
}
