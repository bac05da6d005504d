using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.FirmwareSimulator.Moonraker;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class OtherMachinesTests
{
    private const string Engraving = """
        (a square)
        G21 G90 G17
        G0 X1 Y1
        M3 S12000
        G1 Z-0.5 F300
        G1 X11 F900
        G1 Y11
        G1 X1
        G1 Y1
        G0 Z5
        M5
        M2
        """;

    [Fact(Timeout = 120_000)]
    public async Task A_grbl_router_is_driven_the_same_way()
    {
        var profile = MachineProfiles.Find("shapeoko-3");
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        await using var router = SimulatedMachine.Start(new SimulatorOptions { Profile = profile, Speed = AgentBench.Quick, Link = folder.In("port") });
        var machine = new MachineConfig { Name = "mk3", Profile = profile, Port = router.PortPath, SimulatedSpeed = AgentBench.Quick };
        await using var agent = await EdgeAgent.StartAsync(Config(folder, catalogue, coordinator, machine), null, Bench.Token);
        await coordinator.WaitForAsync(m => m.MachineStatus?.State == FabNet.Protocol.V1.MachineState.Idle, "the router to be idle");
        var job = Bench.Leased(catalogue.PublishToolpath("plate", Engraving, profile.Name).Ref);
        coordinator.Grant(job);
        await coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(["G1Z-0.5F300", "G1X11F900", "G1Y11", "G1X1", "G1Y1"], Cuts(router.Log.Snapshot().Select(c => c.Text)));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_mqtt_printer_is_driven_the_same_way()
    {
        var profile = MachineProfiles.Find("bambu-p1s");
        using var folder = new TestFolder();
        await using var broker = await MosquittoBroker.StartAsync();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        var drop = Directory.CreateDirectory(folder.In("drop")).FullName;
        await using var printer = BambuPrinter.Start(new BambuOptions
        {
            Host = "127.0.0.1",
            Port = broker.Port,
            Serial = "SIM1",
            AccessCode = "code",
            DropFolder = drop,
            Profile = profile,
            Speed = AgentBench.Quick,
        });
        var mqtt = new MqttPort { Host = "127.0.0.1", Port = broker.Port, Serial = "SIM1", AccessCode = "code", Tls = false, DropFolder = drop };
        var machine = new MachineConfig { Name = "mk3", Profile = profile, Mqtt = mqtt, SimulatedSpeed = AgentBench.Quick };
        await using var agent = await EdgeAgent.StartAsync(Config(folder, catalogue, coordinator, machine), null, Bench.Token);
        await coordinator.WaitForAsync(m => m.MachineStatus?.State == FabNet.Protocol.V1.MachineState.Idle, "the printer to be idle");
        var job = Bench.Leased(catalogue.PublishToolpath("clip", Bench.Program(40), profile.Name).Ref);
        coordinator.Grant(job);
        await coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)],
            coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        Assert.Equal(AgentBench.MovesOf(Bench.Program(40)), Cuts(printer.Log.Snapshot().Select(c => c.Text)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_klipper_printer_is_driven_the_same_way()
    {
        var profile = MachineProfiles.Find("voron-2.4");
        using var folder = new TestFolder();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        await using var printer = await MoonrakerPrinter.StartAsync(new MoonrakerOptions { Folder = folder.In("gcodes"), Profile = profile, Speed = AgentBench.Quick, ApiKey = "secret" });
        await File.WriteAllTextAsync(folder.In("key"), "secret\n", Bench.Token);
        var port = new MoonrakerPort { Url = printer.Address, ApiKeyFile = folder.In("key") };
        var machine = new MachineConfig { Name = "mk3", Profile = profile, Moonraker = port, SimulatedSpeed = AgentBench.Quick };
        await using var agent = await EdgeAgent.StartAsync(Config(folder, catalogue, coordinator, machine), null, Bench.Token);
        await coordinator.WaitForAsync(m => m.MachineStatus?.State == FabNet.Protocol.V1.MachineState.Idle, "the printer to be idle");
        var job = Bench.Leased(catalogue.PublishToolpath("clip", Bench.Program(40), profile.Name).Ref);
        coordinator.Grant(job);
        await coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        Assert.Equal(
            [typeof(JobPreparing), typeof(JobReady), typeof(JobStarted), typeof(JobCompleted)],
            coordinator.EventsOf(job.Id).Select(e => e.GetType()));
        Assert.Equal(AgentBench.MovesOf(Bench.Program(40)), Cuts(printer.Log.Snapshot().Select(c => c.Text)));
    }

    private static List<string> Cuts(IEnumerable<string> executed) => [.. executed.Where(t => t.StartsWith("G1", StringComparison.Ordinal))];

    private static EdgeConfig Config(TestFolder folder, TestCatalogue catalogue, TestCoordinator coordinator, MachineConfig machine) => new()
    {
        Site = Bench.Site,
        Title = "Test lab",
        Coordinator = coordinator.Address,
        Catalogue = catalogue.Address,
        DataFolder = folder.In("data"),
        Machines = [machine],
    };
}
