// Two communities in processes of their own: what one orders, a machine of the other makes, whatever coordinator is killed meanwhile.

using System.Text.Json;
using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class CommunityTests(ITestOutputHelper output)
{
    private const int TimeoutMs = 240_000;
    private const int Speed = 100;

    [Fact(Timeout = TimeoutMs)]
    public async Task What_one_community_orders_a_machine_of_another_makes_and_both_books_verify()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var lisbon = await TestNetwork.StartAsync(stop, "--community", "lisbon");
        await using var porto = await TestNetwork.StartAsync(stop, "--community", "porto", "--follow", $"lisbon={lisbon.Address}");
        var machine = porto.Keep(await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", porto.Folder, "mk3", Speed, stop));
        await porto.AddSiteAsync("north", [$"name: mk3, profile: prusa-mk3s, port: \"{machine.Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: {Speed} }}"], stop);
        var folder = TestDesign.Write(lisbon.Folder, "squares", TestDesign.Squares(120), "prusa-mk3s");
        await lisbon.PublishAsync(folder, stop);
        (await porto.CatalogueAsync(stop, "follow", lisbon.CatalogueAddress)).Expect(0);
        await Eventually.TrueAsync(async () => (await porto.CatalogueAsync(stop, "show", "squares")).ExitCode == 0, "porto's catalogue has what lisbon's has", stop);
        await lisbon.MachinesIdleAsync(stop, "porto-north/mk3");

        var placed = await lisbon.Client.PlaceOrderAsync(new PlaceOrderRequest { Design = "squares", Quantity = 2, Material = "PLA", Customer = "ana" }, cancellationToken: stop);
        var following = lisbon.FollowAsync(placed.Id, stop);
        await Eventually.TrueAsync(() => machine.Executed().Count > 20, "the guest's machine moves", stop);
        var listed = (await porto.CommandAsync(stop, "communities", "--json")).Expect(0);
        using (var json = JsonDocument.Parse(listed.Output))
        {
            var site = json.RootElement.GetProperty("followed")[0].GetProperty("sites")[0];
            Assert.Equal("porto-north", site.GetProperty("as").GetString());
            Assert.StartsWith("o-1.", site.GetProperty("jobs")[0].GetProperty("jobId").GetString(), StringComparison.Ordinal);
        }

        output.WriteLine((await porto.CommandAsync(stop, "communities")).Expect(0).Output);
        output.WriteLine((await porto.CommandAsync(stop, "board")).Expect(0).Output);
        await porto.KillCoordinatorAsync();
        porto.StartCoordinator();
        await porto.ServersReadyAsync(stop);
        await lisbon.KillCoordinatorAsync();
        lisbon.StartCoordinator();
        await lisbon.ServersReadyAsync(stop);

        var order = await following;
        Assert.True(order.Status == OrderStatus.Completed, $"{order}\n{lisbon.Said}\n{porto.Said}");
        var histories = await lisbon.HistoriesAsync(order, stop);
        Assert.Equal(2, histories.Count);
        Assert.All(histories, h => Assert.Equal(("porto-north/mk3", 1), (h.Job.Machine, h.Starts())));
        var runs = ProgramRuns.Read(machine, AdmittedLines.Find(histories[0].Job.ProgramDigest, "prusa-mk3s", folder));
        Assert.Equal((2, 2), (runs.Started, runs.Whole));
        var there = (await lisbon.CommandAsync(stop, "communities")).Expect(0).Output;
        output.WriteLine(there);
        Assert.Contains("porto-north", there, StringComparison.Ordinal);

        (await lisbon.CommandAsync(stop, "accept", order.Id)).Expect(0);
        foreach (var network in (TestNetwork[])[lisbon, porto])
        {
            var ledger = Path.Combine(network.Folder, "ledger.jsonl");
            (await network.CommandAsync(stop, "ledger", "export", ledger)).Expect(0);
            (await FabNetProcess.RunAsync(stop, "ledger", "verify", ledger)).Expect(0);
            Assert.Equal(network == lisbon, (await File.ReadAllTextAsync(ledger, stop)).Contains("fabnet:price", StringComparison.Ordinal));
        }
    }
}
