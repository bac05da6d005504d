using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.FirmwareSimulator;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Logging;
using Xunit;
using Job = FabNet.Model.Jobs.Job;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Tests.Edge;

/// <summary>A whole site: agent, simulated Marlin behind a pty, and the two peers that these tests wrote.</summary>
internal sealed class AgentBench : IAsyncDisposable
{
    /// <summary>Fast enough that a small part is made in a moment.</summary>
    public const double Quick = 100;

    /// <summary>So many moves keep a machine busy for as long as any test needs.</summary>
    public const int Endless = 200_000;

    private AgentBench(TestCatalogue catalogue, TestCoordinator coordinator, double speed)
    {
        Catalogue = catalogue;
        Coordinator = coordinator;
        Marlin = SimulatedMachine.Start(new SimulatorOptions { Profile = Bench.Mk3, Speed = speed, Link = Folder.In("port") });
        Config = new EdgeConfig
        {
            Site = Bench.Site,
            Title = "Test lab",
            Coordinator = coordinator.Address,
            Catalogue = catalogue.Address,
            DataFolder = Folder.In("data"),
            Machines = [new MachineConfig { Name = "mk3", Profile = Bench.Mk3, Port = Marlin.PortPath, Loaded = new LoadedMaterial("PLA", "black"), SimulatedSpeed = speed }],
        };
    }

    public TestFolder Folder { get; } = new();

    public TestCatalogue Catalogue { get; }

    public TestCoordinator Coordinator { get; }

    public SimulatedMachine Marlin { get; }

    public EdgeConfig Config { get; set; }

    /// <summary>How long a stop waits for a coordinator that may be slow on a busy machine.</summary>
    public TimeSpan DeliveryLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for the machines.</summary>
    public TimeSpan HandOverLimit { get; set; } = new EdgeAgentOptions().HandOverLimit;

    /// <summary>The agent's clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public EdgeAgent? Agent { get; private set; }

    public static async Task<AgentBench> CreateAsync(double speed = Quick) =>
        new(await TestCatalogue.StartAsync(), await TestCoordinator.StartAsync(), speed);

    /// <summary>A bench whose agent runs and is connected, and whose machine is idle.</summary>
    public static async Task<AgentBench> StartAsync(SitePolicy? policy = null, double speed = Quick)
    {
        var bench = await CreateAsync(speed);
        bench.Config = bench.Config with { Policy = policy ?? new SitePolicy() };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        return bench;
    }

    public async Task StartAgentAsync() => Agent = await EdgeAgent.StartAsync(
        Config,
        new EdgeAgentOptions
        {
            ReconnectDelay = TimeSpan.FromMilliseconds(100),
            DeliveryLimit = DeliveryLimit,
            HandOverLimit = HandOverLimit,
            Time = Time,
            CatalogueInterval = TimeSpan.FromMilliseconds(50),
            Loggers = LoggerFactory.Create(l => l.SetMinimumLevel(LogLevel.Debug).AddProvider(new TestLog())),
        },
        Bench.Token);

    public async Task StopAgentAsync()
    {
        await Agent!.DisposeAsync();
        Agent = null;
    }

    public Task WaitForMachineAsync(MachineState state, string detail = "") => Coordinator.WaitForAsync(
        m => m.MachineStatus is { } s && s.ToModel().State == state && (s.HasDetail ? s.Detail : "").Contains(detail, StringComparison.Ordinal),
        $"the machine to be {state} {detail}");

    /// <summary>Grants a lease on a small part, and gives its id.</summary>
    public Job Grant(int moves = 50, int number = 1, string? material = null, string? color = null, TimeSpan? lease = null)
    {
        var design = Catalogue.PublishToolpath($"part-{moves}", Bench.Program(moves));
        var job = Bench.Leased(design.Ref, number: number, material: material, color: color);
        job = lease is { } span ? job with { LeaseExpiresAt = TimeProvider.System.GetUtcNow() + span } : job;
        Coordinator.Grant(job);
        return job;
    }

    public Task<string> AskAsync(Func<EdgeLoop, string> question) => Agent!.Loop.AskAsync(() => question(Agent.Loop), Bench.Token);

    /// <summary>The moves of a program as admission wrote them.</summary>
    public static List<string> MovesOf(string gcode)
    {
        var result = Admission.Check(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(gcode)), Bench.Mk3, new MemoryStream());
        using var program = result.Program ?? throw new InvalidOperationException(string.Join("; ", result.Violations));
        using var reader = program.OpenReader();
        var lines = new List<string>();
        while (reader.TryRead(out var line))
        {
            if (line.StartsWith("G1"u8))
            {
                lines.Add(System.Text.Encoding.ASCII.GetString(line));
            }
        }

        return lines;
    }

    /// <summary>The moves that the firmware executed.</summary>
    public List<string> ExecutedMoves() => [.. Marlin.Log.Snapshot().Select(c => c.Text).Where(t => t.StartsWith("G1", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        if (Agent is not null)
        {
            await Agent.DisposeAsync();
        }

        await Marlin.DisposeAsync();
        await Coordinator.DisposeAsync();
        await Catalogue.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>What the agent says goes to the test's output.</summary>
    private sealed class TestLog : ILoggerProvider, ILogger
    {
        private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                _output?.WriteLine($"{logLevel}: {formatter(state, exception)} {exception}");
            }
            catch (InvalidOperationException)
            {
                // The test has ended; what is said afterwards is of no interest.
            }
        }

        public void Dispose()
        {
        }
    }
}
