// A catalogue on Kestrel, on a loopback port, for the length of a test.

using System.Net;
using System.Net.Sockets;
using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FabNet.Tests.Catalogue;

internal sealed class CatalogueServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private CatalogueServer(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.First());
        _channel = GrpcChannel.ForAddress(Address);
        Client = CatalogueClient.Connect(Address);
        Raw = new DesignCatalogue.DesignCatalogueClient(_channel);
    }

    public Uri Address { get; }

    public CatalogueClient Client { get; }

    /// <summary>The generated client, to say what no honest client would.</summary>
    public DesignCatalogue.DesignCatalogueClient Raw { get; }

    public static Task<CatalogueServer> StartAsync(string dataFolder, int port = 0, Func<CatalogueOptions, CatalogueOptions>? change = null)
    {
        var options = new CatalogueOptions { DataFolder = dataFolder, MinFreeBytes = 0 };
        return StartAsync(port, s => s.AddCatalogue(change?.Invoke(options) ?? options), app => app.MapCatalogue());
    }

    /// <summary>Serves another implementation: a peer that lies.</summary>
    public static Task<CatalogueServer> StartAsync<T>(T service)
        where T : DesignCatalogue.DesignCatalogueBase =>
        StartAsync(0, s => s.AddSingleton(service).AddGrpc(), app => app.MapGrpcService<T>());

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<CatalogueServer> StartAsync(int port, Action<IServiceCollection> add, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        add(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new CatalogueServer(app);
    }
}
