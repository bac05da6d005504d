// An agent that is killed in mid-run leaves a job that goes on where it was, once a person has said so, and never before.

using System.Text.Json;
using System.Text.RegularExpressions;
using FabNet.Protocol.V1;
using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed partial class RecoveryTests
{
    private const int TimeoutMs = 200_000;

    // Far more than is ever run here, however slow the host is.
    private const int Sides = 3000;

    [Fact(Timeout = TimeoutMs)]
    public async Task A_job_whose_agent_was_killed_goes_on_where_it_was_once_a_person_has_confirmed()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var network = await TestNetwork.StartAsync(stop);
        var printer = network.Keep(await SimulatorProcess.StartSerialAsync("marlin", "prusa-mk3s", network.Folder, "mk3", 50, stop));
        var site = await network.AddSiteAsync(
            "lab", [$"name: mk3, profile: prusa-mk3s, port: \"{printer.Port}\", loaded: {{ material: PLA }}, simulated: {{ speed: 50 }}, onInterruption: ask"], stop);
        var folder = TestDesign.Write(network.Folder, "squares", TestDesign.Squares(Sides), "prusa-mk3s");
        await network.PublishAsync(folder, stop);
        await network.MachinesIdleAsync(stop, "lab/mk3");
        var order = await network.Client.PlaceOrderAsync(new PlaceOrderRequest { Key = "once", Design = "squares", Quantity = 1, Material = "PLA", Customer = "test" }, cancellationToken: stop);
        var job = order.Jobs[0].Id;
        await Eventually.TrueAsync(() => Marked(site) >= 20, "a line is marked", stop);
        await network.KillAgentAsync("lab");
        var marked = Marked(site);
        Assert.InRange(marked, 20, Program(printer).Count);

        await network.StartAgentAsync("lab", stop);
        await Eventually.TrueAsync(async () => (await JobAsync()).State == JobState.Paused, "the job is paused", stop);
        await Eventually.TrueAsync(() => Program(printer).Contains("M140 S0"), "the machine is made safe", stop);
        var before = Program(printer);
        foreach (var words in (CommandResult[])[await network.CommandAsync(stop, "job", "show", job), await network.CommandAsync(stop, "status")])
        {
            Assert.Contains("fabnet site recover lab/mk3", words.Expect(0).Output, StringComparison.Ordinal);
        }

        var shown = await FabNetProcess.RunAsync(stop, "site", "recover", "lab/mk3", "--server", site.Console);
        shown.ExpectRefusal(1, $"line {marked + 1} of", "G28 X Y", "Nothing was sent");
        Assert.Equal(before, Program(printer));
        using var reply = JsonDocument.Parse((await FabNetProcess.RunAsync(stop, "site", "recover", "lab/mk3", "--yes", "--json", "--server", site.Console)).Expect(0).Output);
        (await FabNetProcess.RunAsync(stop, "site", "recover", "lab/mk3", "--yes", "--server", site.Console)).ExpectRefusal(1, "goes on already");
        await Eventually.TrueAsync(() => Program(printer).Count > before.Count + 60, "it goes on", stop);
        await Eventually.TrueAsync(async () => (await JobAsync()).State == JobState.Running, "the job runs", stop);
        var preamble = reply.RootElement.GetProperty("preamble").EnumerateArray().Select(line => line.GetString()!);
        var rest = AdmittedLines.Of(Path.Combine(folder, "part.prusa-mk3s.gcode"), "prusa-mk3s").Skip(marked);
        var went = Program(printer).Skip(before.Count).ToList();
        Assert.Equal(["M104 T0 S0", "M140 S0", "M107", .. preamble, .. rest], (IEnumerable<string>)[.. went, .. rest.Skip(went.Count - 3 - preamble.Count())]);

        var history = await network.Client.GetJobAsync(new GetJobRequest { Id = job }, cancellationToken: stop);
        Assert.Equal(1, history.Starts());
        Assert.DoesNotContain(history.Events, e => e.HappenedCase is JobEvent.HappenedOneofCase.Lost or JobEvent.HappenedOneofCase.Replaced);
        (await network.CommandAsync(stop, "job", "cancel", job)).Expect(0);
        await Eventually.TrueAsync(async () => (await JobAsync()).State == JobState.Cancelled, "the job is cancelled", stop);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(site.DataFolder, "programs")));

        async Task<Job> JobAsync() => (await network.Client.GetJobAsync(new GetJobRequest { Id = job }, cancellationToken: stop)).Job;
    }

    /// <summary>What the firmware executed, without the host's own talk.</summary>
    private static List<string> Program(SimulatorProcess printer) => [.. ExecutionRecord.OfPrograms(printer.Executed(), "marlin")];

    /// <summary>The newer of the two lines that the agent has marked on its disk.</summary>
    private static int Marked(TestSite site)
    {
        var path = Path.Combine(site.DataFolder, "running", "mk3");
        return File.Exists(path) ? MarkPattern().Matches(File.ReadAllText(path)).Select(m => int.Parse(m.Groups[1].Value)).DefaultIfEmpty().Max() : 0;
    }

    [GeneratedRegex(@"^\0*\d+ \S+ 1 (\d+) \d+ ", RegexOptions.Multiline)]
    private static partial Regex MarkPattern();
}
