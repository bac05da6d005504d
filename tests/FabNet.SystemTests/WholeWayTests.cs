// The whole way in separate processes: from an order to the lines that the firmware executed.

using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class WholeWayTests
{
    private const int TimeoutMs = 240_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task A_sliced_mesh_is_executed_line_by_line_in_order_and_once()
    {
        Repository.RequirePrusaSlicer();
        var stop = TestContext.Current.CancellationToken;
        await using var network = await TestNetwork.StartAsync(stop);
        var printer = network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", network.Folder, "mk3", 600, stop));
        var site = await network.AddSiteAsync("lab", [$"name: mk3, profile: prusa-mk3s, port: \"{printer.Port}\", loaded: {{ material: PLA, color: black }}, simulated: {{ speed: 600 }}"], stop);
        await network.PublishAsync(Repository.Design("bearing-spacer"), stop);

        var ordered = await network.CommandAsync(stop, "order", "bearing-spacer", "--quantity", "2", "--material", "PLA", "--color", "black", "--wait");

        Assert.True(ordered.ExitCode == 0, ordered.Said + "\n" + network.Said);
        Assert.Contains("order o-1 is complete: 2 of 2 made", ordered.Output, StringComparison.Ordinal);
        await AssertExecutedAsync(network, 2, "marlin", "prusa-mk3s", Path.Combine(site.DataFolder, "sliced"), printer, stop);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_proven_toolpath_is_executed_by_grbl_line_by_line_in_order_and_once()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var network = await TestNetwork.StartAsync(stop);
        var router = network.Keep(await SimulatorProcess.StartSerialAsync("grbl", "shapeoko-3", network.Folder, "router", 600, stop));
        await network.AddSiteAsync("lab", [$"name: router, profile: shapeoko-3, port: \"{router.Port}\", loaded: {{ material: PLYWOOD }}, simulated: {{ speed: 600 }}"], stop);
        await network.PublishAsync(Repository.Design("name-tag"), stop);

        var ordered = await network.CommandAsync(stop, "order", "name-tag", "--quantity", "2", "--wait", "--json");

        Assert.True(ordered.ExitCode == 0, ordered.Said + "\n" + network.Said);
        await AssertExecutedAsync(network, 2, "grbl", "shapeoko-3", Repository.Design("name-tag"), router, stop);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task An_mqtt_printer_executes_a_sliced_mesh_line_by_line_in_order_and_once()
    {
        Repository.RequirePrusaSlicer();
        var stop = TestContext.Current.CancellationToken;
        await using var network = await TestNetwork.StartAsync(stop);
        var broker = network.Keep(await Broker.StartAsync(network.Folder, stop));
        const string serial = "01P00A000000042";
        var ftpsPort = Loopback.FreePort();
        var printer = network.Keep(await SimulatorProcess.StartBambuAsync(network.Folder, "p1s", serial, "12345678", broker.Port, ftpsPort, 200, stop));
        var site = await network.AddSiteAsync(
            "lab",
            [$"name: p1s, profile: bambu-p1s, mqtt: {{ host: 127.0.0.1, port: {broker.Port}, serial: {serial}, accessCode: \"12345678\", tls: false, ftpsPort: {ftpsPort}, certificateAuthority: \"{Path.Combine(network.Folder, "p1s.pem")}\" }}, loaded: {{ material: PLA }}, simulated: {{ speed: 200 }}"],
            stop);
        await network.PublishAsync(Repository.Design("bearing-spacer"), stop);

        var ordered = await network.CommandAsync(stop, "order", "bearing-spacer", "--quantity", "1", "--material", "PLA", "--wait");

        Assert.True(ordered.ExitCode == 0, ordered.Said + "\n" + network.Said);
        await AssertExecutedAsync(network, 1, "bambu", "bambu-p1s", Path.Combine(site.DataFolder, "sliced"), printer, stop);
    }

    /// <summary>The firmware's own record is the programs' lines, one program after the other, and nothing else but what hosts ask for themselves.</summary>
    private static async Task AssertExecutedAsync(
        TestNetwork network, int quantity, string dialect, string profile, string gcodeFolder, SimulatorProcess machine, CancellationToken stop)
    {
        var order = await network.Client.GetOrderAsync(new GetOrderRequest { Id = "o-1" }, cancellationToken: stop);
        var histories = await network.HistoriesAsync(order, stop);
        Assert.Equal(OrderStatus.Completed, order.Status);
        Assert.Equal(quantity, histories.Count(h => h.Job.State == JobState.Completed));
        Assert.All(histories, h => Assert.Equal(1, h.Starts()));

        var expected = histories.OrderBy(h => h.Job.StartedAt).Select(h => (h.Job.StartedAt, h.Job.ProgramDigest)).Distinct()
            .SelectMany(run => AdmittedLines.Find(run.ProgramDigest, profile, gcodeFolder)).ToList(); // What shares a bed is one run.
        var executed = ExecutionRecord.OfPrograms(machine.Executed(), dialect);
        Assert.Equal(expected, executed);
        Assert.True(expected.Count > 100 * quantity, $"Only {expected.Count} lines: that is no part.");
    }
}
