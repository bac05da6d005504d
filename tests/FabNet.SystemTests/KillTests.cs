// Whatever is killed whenever: every order ends, nothing starts twice, and no event is lost or counted twice.

using System.Globalization;
using System.Text.Json;
using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int TimeoutMs = 280_000;
    private const int Quantity = 6;
    private const int Sides = 120;
    private const int Speed = 100;

    private static readonly string[] Victims = ["catalogue", "coordinator", "agent", "agent and coordinator", "coordinator", "agent"];

    [Fact(Timeout = TimeoutMs)]
    public async Task Every_process_may_be_killed_at_any_moment_of_an_order()
    {
        var stop = TestContext.Current.CancellationToken;
        var seed = Environment.GetEnvironmentVariable("FABNET_TEST_SEED") is { Length: > 0 } text ? int.Parse(text) : 20261122;
        output.WriteLine($"seed {seed}; FABNET_TEST_SEED chooses another");
        var random = new Random(seed);
        await using var network = await TestNetwork.StartAsync(stop);
        SimulatorProcess[] machines =
        [
            network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", network.Folder, "mk3", Speed, stop)),
            network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "ender-3", network.Folder, "ender", Speed, stop)),
        ];
        await network.AddSiteAsync(
            "lab",
            [
                $"name: mk3, profile: prusa-mk3s, port: \"{machines[0].Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: {Speed} }}",
                $"name: ender, profile: ender-3, port: \"{machines[1].Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: {Speed} }}",
            ],
            stop,
            sharesRuns: true);
        var folder = TestDesign.Write(network.Folder, "squares", TestDesign.Squares(Sides), "prusa-mk3s", "ender-3");
        await network.PublishAsync(folder, stop);
        await network.MachinesIdleAsync(stop, "lab/mk3", "lab/ender");
        var placed = await network.Client.PlaceOrderAsync(
            new PlaceOrderRequest { Key = "once", Design = "squares", Quantity = Quantity, Material = "PLA", Customer = "test" }, cancellationToken: stop);
        var following = network.FollowAsync(placed.Id, stop);

        // The first one dies while the site prepares, the others at some line of what is run then.
        var moment = 0;
        foreach (var victim in Victims)
        {
            await Eventually.TrueAsync(() => following.IsCompleted || Executed() >= moment, $"{moment} lines are executed", stop);
            output.WriteLine($"at {Executed()} lines: kill the {victim}{(following.IsCompleted ? ", when all was over" : "")}");
            await KillAndRestartAsync(network, victim, stop);
            moment = Executed() + random.Next(1, Sides);
        }

        var order = await following;
        Assert.True(order.Status == OrderStatus.Completed, $"{order}\n{network.Said}");
        Assert.Equal(Quantity, order.Jobs.Count(j => j.State == JobState.Completed));
        Assert.Equal(Quantity, order.Jobs.Count(j => !j.HasReplacedBy));
        var histories = await network.HistoriesAsync(order, stop);
        Assert.All(histories.Where(h => h.Job.State == JobState.Completed), h =>
        {
            Assert.Equal(1, h.Starts());
            Assert.Single(h.Events, e => e.HappenedCase is JobEvent.HappenedOneofCase.Completed);
        });
        AssertNothingRanTwice(machines[0], "lab/mk3", "prusa-mk3s", folder, histories);
        AssertNothingRanTwice(machines[1], "lab/ender", "ender-3", folder, histories);

        // An order repeated with its key after all this is still the same order.
        var again = await network.Client.PlaceOrderAsync(
            new PlaceOrderRequest { Key = "once", Design = "squares", Quantity = Quantity, Material = "PLA", Customer = "test" }, cancellationToken: stop);
        Assert.Equal(order.Id, again.Id);
        Assert.Equal(order.Jobs.Count, again.Jobs.Count);

        // And what production taught is known, each run once: what was made, and what was begun and failed.
        var begun = histories.Count(h => h.Job.State is JobState.Completed or JobState.Failed && h.Starts() > 0);
        await Eventually.TrueAsync(async () => await RunsAsync(network, stop) is var (_, sofar) && sofar >= Quantity, "every good part is in the catalogue's report", stop);
        var (made, good) = await RunsAsync(network, stop);
        Assert.Equal(Quantity, good);
        Assert.InRange(made, begun, histories.Sum(h => h.Starts()));

        // And the books know each part once, whatever was killed when.
        var ledger = Path.Combine(network.Folder, "ledger.jsonl");
        (await network.CommandAsync(stop, "accept", order.Id)).Expect(0);
        (await network.CommandAsync(stop, "ledger", "export", ledger)).Expect(0);
        (await FabNetProcess.RunAsync(stop, "ledger", "verify", ledger)).Expect(0);
        Assert.Equal(Quantity, (await File.ReadAllLinesAsync(ledger, stop)).Count(l => l.Contains("\"action\":\"accept\"", StringComparison.Ordinal)));

        int Executed() => machines.Sum(m => m.Executed().Count);
    }

    private static async Task KillAndRestartAsync(TestNetwork network, string victim, CancellationToken stop)
    {
        switch (victim)
        {
            case "catalogue":
                await network.KillCatalogueAsync();
                network.StartCatalogue();
                break;
            case "coordinator":
                await network.KillCoordinatorAsync();
                network.StartCoordinator();
                break;
            case "agent":
                await network.KillAgentAsync("lab");
                await network.StartAgentAsync("lab", stop);
                break;
            default:
                await Task.WhenAll(network.KillAgentAsync("lab"), network.KillCoordinatorAsync());
                network.StartCoordinator();
                await network.StartAgentAsync("lab", stop);
                break;
        }

        await network.ServersReadyAsync(stop);
    }

    /// <summary>How many parts the catalogue's report says were made, and how many of them good.</summary>
    private static async Task<(int Made, int Good)> RunsAsync(TestNetwork network, CancellationToken stop)
    {
        var said = (await network.CatalogueAsync(stop, "verify", "squares", "--json")).Expect(0).Output;
        using var json = JsonDocument.Parse(said);
        var runs = json.RootElement.GetProperty("report").GetProperty("runs").EnumerateArray().ToList();
        return (runs.Sum(r => int.Parse(r.GetProperty("made").GetString()!, CultureInfo.InvariantCulture)), runs.Sum(r => int.Parse(r.GetProperty("good").GetString()!, CultureInfo.InvariantCulture)));
    }

    /// <summary>Between the journal and the firmware: at most one run for each start, and a whole one for each part that counts as made.</summary>
    private static void AssertNothingRanTwice(SimulatorProcess machine, string id, string profile, string folder, IReadOnlyList<JobHistory> histories)
    {
        var here = histories.Where(h => h.Job.HasMachine && h.Job.Machine == id).ToList();
        var starts = here.Sum(h => h.Starts());
        var digest = here.Select(h => h.Job.ProgramDigest).FirstOrDefault(d => d.Length > 0);
        if (digest is null)
        {
            Assert.Equal(0, starts);
            return;
        }

        var runs = ProgramRuns.Read(machine, AdmittedLines.Find(digest, profile, folder));
        Assert.True(runs.Started <= starts, $"{id} began {runs.Started} runs for {starts} starts.");
        Assert.True(runs.Whole >= here.Count(h => h.Job.State == JobState.Completed), $"{id} finished {runs.Whole} runs, and more parts count as made.");
    }
}
