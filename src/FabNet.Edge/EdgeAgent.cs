// One site's edge agent: composes the rooms of the edge, starts them, and stops them in the order that loses nothing.

using System.Threading.Channels;
using FabNet.Edge.Commons;
using FabNet.Edge.Configuration;
using FabNet.Edge.Designs;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Edge.Recovering;
using FabNet.Edge.SiteBroker;
using FabNet.Edge.Slicing;
using FabNet.Edge.Storage;
using FabNet.Edge.Telemetry;
using FabNet.Model;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Links;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using MachineStatus = FabNet.Model.Sites.MachineStatus;
using Site = FabNet.Model.Sites.Site;

namespace FabNet.Edge;

/// <summary>
/// The edge agent of one site: drives its machines, pulls and prepares its jobs, and keeps its coordinator informed. Several agents may run in one
/// process, each on its own data folder. Thread safe.
/// </summary>
/// <remarks>
/// Stopping (<see cref="DisposeAsync"/>) hands over: no new work is taken, jobs that were not started go back to the network, running programs are
/// cancelled safely (heaters and spindle off) and reported as failed, so that they are made again, or as paused; what the coordinator could not take in time
/// is in the journal and goes up at the next start. After a crash the next start turns off what was left hot and reports what had
/// been started as failed, or as paused where the machine's configuration lets a person decide; it never continues a program by itself.
/// </remarks>
public sealed partial class EdgeAgent : IAsyncDisposable
{
    private readonly EdgeAgentOptions _options;
    private readonly EdgeBook _book;
    private readonly TelemetrySpool _spool;
    private readonly PrusaSlicer _slicer;
    private readonly DesignCache _designs;
    private readonly GrpcChannel _catalogue;
    private readonly GrpcChannel _coordinator;
    private readonly SiteBrokerLinks _siteBroker;
    private readonly List<MachineHost> _hosts = [];
    private readonly CancellationTokenSource _stopLink = new();
    private readonly CancellationTokenSource _stopClock = new();
    private readonly ILogger _logger;
    private Task _looping = Task.CompletedTask;
    private Task _linking = Task.CompletedTask;
    private Task _ticking = Task.CompletedTask;
    private Task _syncing = Task.CompletedTask;
    private Task _telling = Task.CompletedTask;
    private int _isStopped;

    private EdgeAgent(EdgeConfig config, EdgeAgentOptions options, EdgeBook book, TelemetrySpool spool)
    {
        Config = config;
        _options = options;
        _book = book;
        _spool = spool;
        _logger = options.Loggers.CreateLogger<EdgeAgent>();
        _catalogue = OpenChannel(config.Catalogue);
        _coordinator = OpenChannel(config.Coordinator);
        _slicer = new PrusaSlicer(
            config.Slicer, Path.Combine(config.DataFolder, "sliced"), config.Storage.SlicedBytes, options.Time, options.Loggers.CreateLogger<PrusaSlicer>());
        _designs = new DesignCache(
            new DesignCatalogue.DesignCatalogueClient(_catalogue),
            new DesignCacheOptions
            {
                Folder = Path.Combine(config.DataFolder, "designs"),
                MaxBytes = config.Storage.DesignBytes,
                CatalogueName = $"The catalogue {config.Catalogue}",
            },
            options.Time,
            options.Loggers.CreateLogger<DesignCache>());
        var programs = new ProgramFolder(Path.Combine(config.DataFolder, "programs"), book.Leases.Open.Where(h => h.IsStarted).Select(h => h.Job));
        Recovery = new RecoveryPlanner(programs);
        Loop = new EdgeLoop(config, book, spool, new Preparation(_designs, _slicer, programs), programs, options.Time, options.Loggers.CreateLogger<EdgeLoop>());
        _siteBroker = new SiteBrokerLinks(config, options, book.Events, Loop, spool, HoldAsync);
    }

    /// <summary>Its configuration.</summary>
    public EdgeConfig Config { get; }

    /// <summary>Its site.</summary>
    public SiteId Site => Config.Site;

    /// <summary>What its machines do now.</summary>
    public IReadOnlyList<MachineStatus> Machines => Loop.Statuses;

    /// <summary>The loop that owns its state.</summary>
    internal EdgeLoop Loop { get; }

    /// <summary>What makes the rest of an interrupted program.</summary>
    internal RecoveryPlanner Recovery { get; }

    /// <summary>Its clock.</summary>
    internal TimeProvider Time => _options.Time;

    /// <summary>The host of one of its machines: for what must not wait behind the loop.</summary>
    /// <exception cref="OperatorException">There is no such machine.</exception>
    internal MachineHost HostOf(MachineId machine)
    {
        for (var i = 0; i < _hosts.Count; i++)
        {
            if (Config.IdOf(Config.Machines[i]) == machine)
            {
                return _hosts[i];
            }
        }

        throw new OperatorException($"{machine} is not a machine of this site.", isUnknown: true);
    }

    /// <summary>Opens a site's data folder, takes up what an earlier process left there, and starts.</summary>
    /// <param name="config">The site.</param>
    /// <param name="options">What the host decides; null for the defaults.</param>
    /// <param name="cancellationToken">Ends starting.</param>
    /// <exception cref="Journal.JournalException">The data folder is in use by another process, or damaged.</exception>
    /// <exception cref="IOException">The data folder can't be written.</exception>
    public static Task<EdgeAgent> StartAsync(EdgeConfig config, EdgeAgentOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new EdgeAgentOptions();
        EdgeBook? book = null;
        TelemetrySpool? spool = null;
        try
        {
            book = EdgeBook.Open(Path.Combine(config.DataFolder, "journal.db"), options.Time);
            spool = OpenSpool(config, book.BootId, options.Time);
            var agent = new EdgeAgent(config, options, book, spool);
            agent.Start(options.Loggers);
            return Task.FromResult(agent);
        }
        catch (Exception e)
        {
            spool?.Dispose();
            book?.Dispose();
            throw e is IOException io ? Disk.Explain(io, config.DataFolder) : e;
        }
    }

    /// <summary>Hands over and stops; see the remarks of the type. Takes at most the limits of <see cref="EdgeAgentOptions"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
        {
            return;
        }

        await HandOverAsync();
        await _stopLink.CancelAsync();
        await _linking;
        await _stopClock.CancelAsync();
        await _ticking;
        await _syncing;
        await _telling;
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        Loop.Inbox.Complete();
        await _looping;
        await _siteBroker.DisposeAsync();
        _designs.Dispose();
        _catalogue.Dispose();
        _coordinator.Dispose();
        _slicer.Dispose();
        _spool.Dispose();
        _book.Dispose();
        _stopLink.Dispose();
        _stopClock.Dispose();
        LogStopped(Site);
    }

    private void Start(ILoggerFactory loggers)
    {
        var leftRunning = Loop.MachinesLeftRunning();
        var marks = Directory.CreateDirectory(Path.Combine(Config.DataFolder, "running")).FullName;
        foreach (var machine in Config.Machines)
        {
            var host = new MachineHost(
                Config.IdOf(machine),
                machine,
                () => MachineSessions.Create(machine, Config.DataFolder, _options),
                Loop.Inbox,
                _spool,
                new RunMark(Path.Combine(marks, machine.Name), _options.Time),
                _options.Time,
                loggers.CreateLogger<MachineHost>());
            _hosts.Add(host);
            Loop.Add(machine, host);
        }

        Loop.Inbox.TryWrite(new TakeUp());
        _looping = Task.Run(Loop.RunAsync);
        for (var i = 0; i < _hosts.Count; i++)
        {
            _hosts[i].Start(leftRunning.Contains(Config.IdOf(Config.Machines[i])));
        }

        var link = new CoordinatorStream(new EdgeLink.EdgeLinkClient(_coordinator), LinkEvents(Loop.Inbox), _options.ReconnectDelay, _options.Time);
        _linking = Task.Run(() => link.RunAsync(_stopLink.Token));
        _ticking = Task.Run(TickAsync);
        _syncing = Task.Run(SyncAsync);
        if (Config.Publisher is { } publisher)
        {
            var commons = new CommonsLink(publisher, new DesignCatalogue.DesignCatalogueClient(_catalogue), Loop, _book, _options.CatalogueInterval, _options.Time, loggers.CreateLogger<CommonsLink>());
            _telling = Task.Run(() => commons.RunAsync(_stopClock.Token));
        }

        _siteBroker.Start();
        LogStarted(Site, Config.Machines.Count, Config.DataFolder);
    }

    // The stream knows nothing of jobs: what comes goes to the edge's loop, what goes up comes from it.
    private CoordinatorStreamEvents LinkEvents(ChannelWriter<EdgeMessage> inbox) => new()
    {
        Hello = _ => new(Hello()),
        Up = async (welcome, up, _, token) =>
        {
            await inbox.WriteAsync(new LinkUp(welcome, up), token);
            return null;
        },
        Said = async (message, token) =>
        {
            await inbox.WriteAsync(new FromCoordinator(message), token);
            return null;
        },
        Down = reason => inbox.WriteAsync(new LinkDown(reason), CancellationToken.None),
        Retrying = (reason, delay) => LogCoordinatorAway(reason, delay.TotalSeconds),
    };

    private EdgeUp.Types.Hello Hello() => new() { Site = Loop.Site.ToWire(), BootId = _book.BootId, Version = _options.Version };

    /// <summary>What the site's broker may ask for, where the configuration accepts it.</summary>
    private Task HoldAsync(MachineId machine, bool isPause) =>
        isPause ? HostOf(machine).PauseAsync(_stopLink.Token) : HostOf(machine).ResumeAsync(_stopLink.Token);

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopClock.Token))
            {
                Loop.Inbox.TryWrite(new Tick());
            }
        }
        catch (OperationCanceledException)
        {
            // The agent is being stopped.
        }
    }

    /// <summary>Asks the catalogue which designs must not be made, also while there is no coordinator.</summary>
    private async Task SyncAsync()
    {
        var stops = new DesignStops(new DesignCatalogue.DesignCatalogueClient(_catalogue), _options.Time, LogCatalogueAway);
        using var timer = new PeriodicTimer(_options.CatalogueInterval, _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopClock.Token))
            {
                if (await stops.SyncAsync(Loop.Waiting, _stopClock.Token) is { Count: > 0 } reasons)
                {
                    await Loop.Inbox.WriteAsync(new DesignsStopped(reasons), _stopClock.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent is being stopped.
        }
    }

    private async Task HandOverAsync()
    {
        var handedOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Loop.Inbox.WriteAsync(new HandOver(handedOver));
        try
        {
            await handedOver.Task.WaitAsync(_options.HandOverLimit, _options.Time);
        }
        catch (TimeoutException)
        {
            LogHandOverLate(Site, _options.HandOverLimit.TotalSeconds);
        }

        try
        {
            await (await Loop.AskAsync(Loop.WhenDelivered, CancellationToken.None)).WaitAsync(_options.DeliveryLimit, _options.Time);
        }
        catch (TimeoutException)
        {
            LogUndelivered(Site);
        }
    }

    private static TelemetrySpool OpenSpool(EdgeConfig config, string bootId, TimeProvider time)
    {
        var folder = Path.Combine(config.DataFolder, "telemetry");
        Directory.CreateDirectory(folder);
        foreach (var other in Directory.EnumerateDirectories(folder).Where(d => Path.GetFileName(d) != bootId))
        {
            Directory.Delete(other, recursive: true); // Its sequences belong to a journal that is gone.
        }

        return TelemetrySpool.Open(Path.Combine(folder, bootId), config.Storage.TelemetryBytes, config.Storage.TelemetryAge, time);
    }

    /// <summary>A channel whose dead peer is noticed within half a minute, also when nothing is sent.</summary>
    private static GrpcChannel OpenChannel(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
        },
        DisposeHttpClient = true,
    });

    [LoggerMessage(LogLevel.Information, "The edge agent of {Site} runs {Machines} machines; its data is in {Folder}.")]
    private partial void LogStarted(SiteId site, int machines, string folder);

    [LoggerMessage(LogLevel.Warning, "The catalogue can't be asked which designs are unsafe: {Reason} What was known stays.")]
    private partial void LogCatalogueAway(string reason);

    [LoggerMessage(LogLevel.Information, "The coordinator does not answer ({Reason}); it is tried again in {Seconds:0.0} s.")]
    private partial void LogCoordinatorAway(string reason, double seconds);

    [LoggerMessage(LogLevel.Information, "The edge agent of {Site} has stopped.")]
    private partial void LogStopped(SiteId site);

    [LoggerMessage(LogLevel.Error, "A machine of {Site} did not come to its safe state within {Seconds:0} s. Look at it.")]
    private partial void LogHandOverLate(SiteId site, double seconds);

    [LoggerMessage(LogLevel.Warning, "The coordinator of {Site} did not take every job event; the rest is journaled and goes up at the next start.")]
    private partial void LogUndelivered(SiteId site);
}
