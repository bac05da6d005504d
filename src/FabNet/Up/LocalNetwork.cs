// A whole network in one process: broker, simulated machines, catalogue, coordinator and two agents, on loopback.

using FabNet.Catalogue;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.CommandLine;
using FabNet.Coordinator;
using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using FabNet.Roles;

namespace FabNet.Up;

/// <summary>The parts of <c>fabnet up</c>; each is what a process of its own would run, and they speak over the same wires.</summary>
internal sealed class LocalNetwork : IAsyncDisposable
{
    private const string SamplePublisher = "samples";

    private readonly LocalNetworkOptions _options;
    private readonly Stack<IAsyncDisposable> _parts = new();

    private LocalNetwork(LocalNetworkOptions options)
    {
        _options = options;
        Address = options.Urls.Split(';', 2)[0].Trim();
    }

    /// <summary>The address of catalogue, coordinator and site console.</summary>
    public string Address { get; }

    /// <summary>The broker's address.</summary>
    public string Broker { get; private set; } = "";

    /// <summary>The folder of everything that it keeps.</summary>
    public string DataFolder => _options.DataFolder;

    /// <summary>Its sites.</summary>
    public IReadOnlyList<EdgeConfig> Sites { get; private set; } = [];

    /// <summary>Starts everything, in the order in which each finds what it needs.</summary>
    /// <exception cref="CommandFailedException">A part can't be started; the message says which and what to do.</exception>
    public static async Task<LocalNetwork> StartAsync(LocalNetworkOptions options, CancellationToken stop)
    {
        var network = new LocalNetwork(options);
        try
        {
            await network.StartPartsAsync(stop);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops everything, the last started first: agents bring their machines to a safe stop before the machines go.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private async Task StartPartsAsync(CancellationToken stop)
    {
        var broker = await MosquittoProcess.StartAsync(Path.Combine(DataFolder, "broker"), stop);
        _parts.Push(broker);
        Broker = $"mqtt://127.0.0.1:{broker.Port}";

        Sites = SimulatedSites.Write(DataFolder, Address, broker.Port, MosquittoProcess.FreePort(), _options.Speed);
        foreach (var machine in Sites.SelectMany(s => s.Machines))
        {
            _parts.Push(SimulatedMachines.Start(machine, Path.Combine(DataFolder, "ports")));
        }

        var server = ServerHost.Build(
            _options.Urls,
            services => services
                .AddCatalogue(new CatalogueOptions { DataFolder = Path.Combine(DataFolder, "catalogue") })
                .AddCoordinator(new CoordinatorOptions { DataFolder = Path.Combine(DataFolder, "coordinator"), CatalogueAddress = new Uri(Address) })
                .AddEdge(Sites),
            endpoints =>
            {
                endpoints.MapCatalogue();
                endpoints.MapCatalogueFederation();
                endpoints.MapCoordinator();
                endpoints.MapSiteConsole();
            });
        _parts.Push(new StoppedServer(server));
        await server.StartListeningAsync(_options.Urls, stop);
        await PublishSamplesAsync(stop);
    }

    private async Task PublishSamplesAsync(CancellationToken stop)
    {
        // A key of its own: the samples are nobody's, and the user's publishers have nothing to do with them.
        var keys = Path.Combine(DataFolder, "keys");
        var publisher = PublisherFolder.Names(keys).Contains(SamplePublisher) ? PublisherFolder.Open(keys, SamplePublisher)
            : PublisherFolder.Create(keys, SamplePublisher, "Sample designs of this network", OrganisationKind.Person);
        using var catalogue = CatalogueClient.Connect(new Uri(Address), publisher: publisher);
        foreach (var design in Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "designs")).Order(StringComparer.Ordinal))
        {
            await catalogue.Publisher.PublishAsync(await DesignImporter.ImportAsync(design, cancellationToken: stop), cancellationToken: stop);
        }
    }

    /// <summary>A web application whose disposal lets its hosted services (the agents) stop first.</summary>
    private sealed class StoppedServer(Microsoft.AspNetCore.Builder.WebApplication server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await server.StopAsync();
            await server.DisposeAsync();
        }
    }
}
