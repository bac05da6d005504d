// A catalogue on Kestrel, on a loopback port, for the length of a test.

using System.Net;
using System.Net.Sockets;
using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace FabNet.Tests.Catalogue;

internal sealed class CatalogueServer : IAsyncDisposable
{
    private readonly GrpcHost _host;
    private readonly GrpcChannel _channel;
    private readonly TempFolder _keys = new();

    private CatalogueServer(GrpcHost host)
    {
        _host = host;
        _channel = GrpcChannel.ForAddress(Address);
        Publisher = PublisherFolder.Create(_keys.Path, "tester", "A test", OrganisationKind.Person);
        Client = CatalogueClient.Connect(Address, publisher: Publisher);
        Raw = new DesignCatalogue.DesignCatalogueClient(_channel);
    }

    public Uri Address => _host.Address;

    /// <summary>Who signs what <see cref="Client"/> publishes.</summary>
    public PublisherFolder Publisher { get; }

    public CatalogueClient Client { get; }

    /// <summary>The generated client, to say what no honest client would.</summary>
    public DesignCatalogue.DesignCatalogueClient Raw { get; }

    public static async Task<CatalogueServer> StartAsync(string dataFolder, int port = 0, Func<CatalogueOptions, CatalogueOptions>? change = null, TimeProvider? time = null)
    {
        var options = new CatalogueOptions { DataFolder = dataFolder, MinFreeBytes = 0 };
        return new CatalogueServer(await GrpcHost.StartAsync(s => s.AddSingleton(time ?? TimeProvider.System).AddCatalogue(change?.Invoke(options) ?? options), app => app.MapCatalogue(), port));
    }

    /// <summary>Serves another implementation: a peer that lies.</summary>
    public static async Task<CatalogueServer> StartAsync<T>(T service)
        where T : DesignCatalogue.DesignCatalogueBase =>
        new(await GrpcHost.StartAsync(service));

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
        await _host.DisposeAsync();
        _keys.Dispose();
    }
}
