using System.IO.Compression;
using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using MQTTnet;
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
        await using var printer = BambuPrinter.Start(new BambuOptions
        {
            Host = "127.0.0.1",
            Port = broker.Port,
            Serial = "SIM1",
            AccessCode = "code",
            CardFolder = folder.In("card"),
            AuthorityPath = folder.In("ca.pem"),
            Profile = profile,
            Speed = AgentBench.Quick,
        });
        var mqtt = new MqttPort { Host = "127.0.0.1", Port = broker.Port, Serial = "SIM1", AccessCode = "code", Tls = false, FtpsPort = printer.FtpsPort, CertificateAuthority = folder.In("ca.pem") };
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
    public async Task After_a_crash_the_print_that_an_mqtt_printer_went_on_with_is_stopped_before_anything_else()
    {
        var profile = MachineProfiles.Find("bambu-p1s");
        using var folder = new TestFolder();
        await using var broker = await MosquittoBroker.StartAsync();
        await using var catalogue = await TestCatalogue.StartAsync();
        await using var coordinator = await TestCoordinator.StartAsync();
        var job = Bench.Leased(catalogue.PublishToolpath("clip", Bench.Program(40), profile.Name).Ref);
        var at = TimeProvider.System.GetUtcNow();
        Directory.CreateDirectory(folder.In("data"));
        using (var book = EdgeBook.Open(folder.In("data/journal.db"), TimeProvider.System))
        {
            book.Grant(job);
            book.Append(new JobPreparing { Job = job.Id, Epoch = 1, At = at });
            book.Append(new JobReady { Job = job.Id, Epoch = 1, At = at, Program = job.Design.Manifest, EstimatedSeconds = 60 });
            book.Append(new JobStarted { Job = job.Id, Epoch = 1, At = at });
        }

        using (var project = ZipFile.Open(Directory.CreateDirectory(folder.In("card")).FullName + "/left.3mf", ZipArchiveMode.Create))
        {
            using var plate = new StreamWriter(project.CreateEntry("Metadata/plate_1.gcode").Open());
            plate.Write("M104 S200\nG4 P3600000\n");
        }

        await using var printer = BambuPrinter.Start(new BambuOptions
        {
            Port = broker.Port,
            Serial = "SIM2",
            AccessCode = "code",
            CardFolder = folder.In("card"),
            AuthorityPath = folder.In("ca.pem"),
            Profile = profile,
            Speed = 20,
        });
        using (var dead = await MqttTestClient.ConnectAsync(broker))
        {
            await dead.Client.SubscribeAsync("device/SIM2/report", cancellationToken: Bench.Token);
            while (printer.GcodeState != BambuState.Running)
            {
                if (printer.IsConnected && printer.GcodeState == BambuState.Idle)
                {
                    await dead.Client.PublishStringAsync(
                        "device/SIM2/request",
                        $$$"""{"print":{"sequence_id":"1","command":"project_file","param":"Metadata/plate_1.gcode","url":"ftp:///left.3mf","subtask_name":"fabnet-{{{job.Id}}}_1-0123456789ab"}}""",
                        cancellationToken: Bench.Token);
                }

                await dead.ReceiveAsync();
            }
        }

        var mqtt = new MqttPort { Host = "127.0.0.1", Port = broker.Port, Serial = "SIM2", AccessCode = "code", Tls = false, FtpsPort = printer.FtpsPort, CertificateAuthority = folder.In("ca.pem") };
        await using var agent = await EdgeAgent.StartAsync(Config(folder, catalogue, coordinator, new MachineConfig { Name = "mk3", Profile = profile, Mqtt = mqtt, SimulatedSpeed = 20 }), null, Bench.Token);
        await coordinator.WaitForAsync(m => m.MachineStatus?.State == FabNet.Protocol.V1.MachineState.NeedsClearing, "the printer to need clearing");
        Assert.Equal(BambuState.Failed, printer.GcodeState);
        Assert.Contains("M104 S0", printer.Log.Snapshot().Select(c => c.Text));
        var failed = await coordinator.WaitForAsync(m => m.JobEvent?.Event.Failed is not null, "the failure");
        Assert.Contains("was interrupted", failed.JobEvent.Event.Failed.Reason, StringComparison.Ordinal);
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
