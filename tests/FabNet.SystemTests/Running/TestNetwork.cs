// A network as a community runs it: catalogue, coordinator and each site's agent in a process of its own, on loopback and free ports.

using FabNet.Protocol.V1;
using Grpc.Net.Client;

namespace FabNet.SystemTests.Running;

/// <summary>A network of processes over one data folder. Each may be killed and started again on the same data.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _catalogueAddress = $"http://127.0.0.1:{Loopback.FreePort()}";
    private readonly Dictionary<string, TestSite> _sites = [];
    private readonly Stack<IAsyncDisposable> _machines = new();
    private readonly List<FabNetProcess> _ended = [];
    private readonly GrpcChannel _channel;
    private FabNetProcess? _catalogue;
    private FabNetProcess? _coordinator;

    private readonly string[] _community;

    private TestNetwork(string[] community)
    {
        _community = community;
        _channel = GrpcChannel.ForAddress(Address);
        Client = new Coordination.CoordinationClient(_channel);
    }

    /// <summary>The coordinator's address.</summary>
    public string Address { get; } = $"http://127.0.0.1:{Loopback.FreePort()}";

    /// <summary>The coordinator, asked directly.</summary>
    public Coordination.CoordinationClient Client { get; }

    /// <summary>The folder of everything.</summary>
    public string Folder => _folder.Path;

    /// <summary>Where the catalogue keeps its blobs.</summary>
    public string BlobFolder => Path.Combine(_folder["catalogue"], "catalogue", "blobs");

    /// <summary>All that the processes have said, for messages.</summary>
    public string Said => string.Join(
        "\n\n", _ended.Append(_catalogue).Append(_coordinator).Concat(_sites.Values.Select(s => s.Agent)).OfType<FabNetProcess>().Select(p => p.Said));

    /// <summary>The catalogue's address.</summary>
    public string CatalogueAddress => _catalogueAddress;

    /// <summary>Starts catalogue and coordinator.</summary>
    /// <param name="cancellationToken">Ends waiting for them.</param>
    /// <param name="community">What the coordinator is told of communities.</param>
    public static async Task<TestNetwork> StartAsync(CancellationToken cancellationToken, params string[] community)
    {
        var network = new TestNetwork(community);
        try
        {
            network.StartCatalogue();
            network.StartCoordinator();
            await network.ServersReadyAsync(cancellationToken);
            (await network.RunAsync(cancellationToken, "key", "create", "tester")).Expect(0);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Keeps a machine, or what it needs, as long as the network.</summary>
    public T Keep<T>(T machine)
        where T : IAsyncDisposable
    {
        _machines.Push(machine);
        return machine;
    }

    /// <summary>Adds a site and starts its agent.</summary>
    /// <param name="site">Its id.</param>
    /// <param name="machines">Its machines, each as one line of YAML.</param>
    /// <param name="cancellationToken">Ends waiting for it.</param>
    /// <param name="prefix">A command that runs its agent, such as one that sets a limit, made from its data folder.</param>
    /// <param name="sharesRuns">True if it publishes what its jobs taught, as <c>tester</c>.</param>
    public async Task<TestSite> AddSiteAsync(
        string site, IEnumerable<string> machines, CancellationToken cancellationToken, Func<string, IReadOnlyList<string>>? prefix = null, bool sharesRuns = false)
    {
        var folder = _folder[site];
        var config = _folder[site + ".yaml"];
        await File.WriteAllTextAsync(
            config,
            $$"""
            site: { id: {{site}} }
            coordinator: {{Address}}
            catalogue: {{_catalogueAddress}}
            data: "{{folder}}"
            policy: { claim: all, clear: automatic }
            {{(sharesRuns ? $"publisher: {{ name: tester, folder: \"{_folder["config"]}\", shareRuns: true }}" : "")}}
            machines:
            {{string.Join('\n', machines.Select(m => $"  - {{ {m} }}"))}}

            """,
            cancellationToken);
        var added = new TestSite(site, config, folder, $"http://127.0.0.1:{Loopback.FreePort()}", prefix?.Invoke(folder));
        _sites.Add(site, added);
        await StartAgentAsync(site, cancellationToken);
        return added;
    }

    public void StartCatalogue() =>
        _catalogue = FabNetProcess.Start("catalogue", "serve", "--urls", _catalogueAddress, "--data", _folder["catalogue"]);

    public void StartCoordinator() => _coordinator = FabNetProcess.Start(
        ["coordinator", "serve", "--urls", Address, "--catalogue", _catalogueAddress, "--data", _folder["coordinator"], .. _community]);

    /// <summary>Completes when catalogue and coordinator serve.</summary>
    public Task ServersReadyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_catalogue!.WaitForLineAsync("catalogue at", cancellationToken), _coordinator!.WaitForLineAsync("coordinator at", cancellationToken));

    public Task StartAgentAsync(string site, CancellationToken cancellationToken)
    {
        var it = _sites[site];
        it.Agent = FabNetProcess.Start(["agent", "--config", it.ConfigPath, "--urls", it.Console], it.Prefix);
        return it.Agent.WaitForLineAsync("agent of", cancellationToken);
    }

    public Task KillCatalogueAsync() => KillAsync(_catalogue!);

    public Task KillCoordinatorAsync() => KillAsync(_coordinator!);

    public Task KillAgentAsync(string site) => KillAsync(_sites[site].Agent!);

    /// <summary>Runs a command against the coordinator.</summary>
    public Task<CommandResult> CommandAsync(CancellationToken cancellationToken, params string[] arguments) =>
        FabNetProcess.RunAsync(cancellationToken, [.. arguments, "--server", Address]);

    /// <summary>Runs a command against the catalogue.</summary>
    public Task<CommandResult> CatalogueAsync(CancellationToken cancellationToken, params string[] arguments) =>
        RunAsync(cancellationToken, ["catalogue", .. arguments, "--server", _catalogueAddress]);

    // With keys of its own: those of whoever runs the tests are not touched.
    private async Task<CommandResult> RunAsync(CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        await using var process = FabNetProcess.Start(arguments, environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["FABNET_CONFIG"] = _folder["config"] });
        return await process.FinishAsync(cancellationToken);
    }

    /// <summary>Publishes a design's folder.</summary>
    public async Task PublishAsync(string folder, CancellationToken cancellationToken) => (await CatalogueAsync(cancellationToken, "publish", folder)).Expect(0);

    /// <summary>Completes when the coordinator sees each of these machines idle.</summary>
    public async Task MachinesIdleAsync(CancellationToken cancellationToken, params string[] machines)
    {
        using var watch = Client.WatchNetwork(new WatchNetworkRequest(), cancellationToken: cancellationToken);
        var states = new Dictionary<string, MachineState>();
        try
        {
            while (await watch.ResponseStream.MoveNext(cancellationToken))
            {
                var change = watch.ResponseStream.Current;
                foreach (var machine in (change.Snapshot?.Sites ?? []).Append(change.Site).OfType<SiteStatus>().SelectMany(s => s.Machines).Append(change.Machine).OfType<MachineStatus>())
                {
                    states[machine.Machine] = machine.State;
                }

                if (machines.All(m => states.GetValueOrDefault(m) == MachineState.Idle))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Not idle: {string.Join(", ", machines.Select(m => $"{m} {states.GetValueOrDefault(m)}"))}\n{Said}", e);
        }

        throw new InvalidOperationException($"The coordinator ended the stream.\n{Said}");
    }

    /// <summary>Agents first, then servers, then machines: all are killed, by their own ids.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _sites.Values.Select(s => s.Agent).Append(_coordinator).Append(_catalogue).OfType<FabNetProcess>().Concat(_ended))
        {
            await process.DisposeAsync();
        }

        while (_machines.TryPop(out var machine))
        {
            await machine.DisposeAsync();
        }

        _channel.Dispose();
        _folder.Dispose();
    }

    private Task KillAsync(FabNetProcess process)
    {
        _ended.Add(process);
        return process.KillAsync();
    }
}

/// <summary>A site of a test network.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ConfigPath">Its agent's configuration.</param>
/// <param name="DataFolder">Its agent's data.</param>
/// <param name="Console">The address of its console.</param>
/// <param name="Prefix">A command that runs its agent; null: none.</param>
internal sealed record TestSite(string Id, string ConfigPath, string DataFolder, string Console, IReadOnlyList<string>? Prefix)
{
    /// <summary>Its agent, as started last.</summary>
    public FabNetProcess? Agent { get; set; }
}
