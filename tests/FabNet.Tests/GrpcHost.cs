// A gRPC server on Kestrel, on a loopback port, for the length of a test.

using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FabNet.Tests;

internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcHost(WebApplication app) => (_app, Address) = (app, new Uri(app.Urls.First()));

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a server of cleartext HTTP/2.</summary>
    /// <param name="services">What it is made of; gRPC is there already.</param>
    /// <param name="map">Its endpoints.</param>
    /// <param name="port">The port that an earlier one had; 0 for a free one.</param>
    /// <param name="listen">Changes how it listens: other protocols, TLS.</param>
    public static async Task<GrpcHost> StartAsync(Action<IServiceCollection> services, Action<WebApplication> map, int port = 0, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            listen?.Invoke(endpoint);
        }));
        builder.Services.AddGrpc();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        services(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new GrpcHost(app);
    }

    /// <summary>Serves one object.</summary>
    public static Task<GrpcHost> StartAsync<T>(T service, int port = 0)
        where T : class => StartAsync(s => s.AddSingleton(service), app => app.MapGrpcService<T>(), port);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
