// The MQTT machine, over a real Mosquitto, against the simulated Bambu Lab printer.

using System.IO.Compression;
using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using MQTTnet;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuSessionTests
{
    [Fact(Timeout = 40_000)]
    public async Task A_file_is_printed_and_nothing_is_started_twice()
    {
        await using var stand = await BambuStand.OpenAsync(200);
        using var program = BambuStand.Program();
        var journaled = 0;
        var options = new RunOptions { Name = "o-1.1", StartKey = "o-1.1/1", BeforeFirstMotion = _ => { journaled++; return Task.CompletedTask; } };
        var outcome = await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit(30));
        Bench.AssertCompleted(outcome);
        Assert.Equal(1, journaled);
        Assert.Equal(Bench.MotionsOf(program), stand.Executed);
        Assert.Equal(MachineState.NeedsClearing, stand.Session.State);
        Assert.False(Assert.IsType<RunOutcome.Failed>(await stand.Session.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit())).WasStarted);
        Assert.Equal(Bench.MotionsOf(program), stand.Executed);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_print_is_paused_resumed_and_stopped()
    {
        await using var stand = await BambuStand.OpenAsync(5);
        using var program = BambuStand.Program("G4 P600000\n");
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        Assert.Null(await stand.Session.PauseAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Paused);
        Assert.Null(await stand.Session.ResumeAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        Assert.Null(await stand.Session.CancelAsync("enough", Bench.Limit()));
        Assert.Equal("enough", Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit())).Reason);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_lost_connection_does_not_end_the_print()
    {
        await using var stand = await BambuStand.OpenAsync(20);
        using var program = BambuStand.Program("G4 P40000\n");
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        stand.Broker.Kill();
        await stand.Broker.StartAgainAsync();
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit(30)));
        Assert.Equal(Bench.MotionsOf(program), stand.Executed);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_machine_that_is_not_there_starts_nothing_later()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var session = new BambuSession(BambuStand.Options(broker, null) with { Connect = TimeSpan.FromMilliseconds(500) });
        var silent = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("Check the serial number", silent.Message, StringComparison.Ordinal);
        using var program = BambuStand.Program();
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.False(failed.WasStarted);
        Assert.Contains("not reported", failed.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_print_of_a_process_that_died_is_reported_paused_and_cancelled_by_the_next_one()
    {
        await using var stand = await BambuStand.OpenAsync(5);
        using var program = BambuStand.Program("G4 P600000\n");
        var options = new RunOptions { Name = "o-1.1", StartKey = "o-1.1/1", LeavesPart = false };
        var running = stand.Session.RunAsync(program, options, CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        await stand.Session.DisposeAsync(); // As much as the machine notices of a kill -9: its client is gone.
        Assert.Equal(SafeState.LinkLost, Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit())).SafeState);

        await using var next = new BambuSession(BambuStand.Options(stand.Broker, stand.Printer));
        var events = next.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await next.OpenAsync(Bench.Limit());
        var told = await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Running);
        Assert.Contains("which an earlier process of this program started", told.Reason, StringComparison.Ordinal);
        Assert.Contains("o-1.1", told.Reason, StringComparison.Ordinal);
        Assert.False(Assert.IsType<RunOutcome.Failed>(await next.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit())).WasStarted);
        Assert.Null(await next.PauseAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Paused);
        Assert.Null(await next.ResumeAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Running);
        Assert.Null(await next.CancelAsync("The agent was interrupted.", Bench.Limit()));
        Assert.Equal(BambuState.Failed, stand.Printer.GcodeState);
        await Bench.NextAsync<MachineStateChanged>(events, static change => change.State == MachineState.Idle);

        var again = Assert.IsType<RunOutcome.Failed>(await next.RunAsync(program, options, CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.Contains("has had the start o-1.1/1 already", again.Reason, StringComparison.Ordinal);
        Assert.Equal(Bench.MotionsOf(program).Take(stand.Executed.Count), stand.Executed);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_print_started_at_the_machine_is_not_cancelled_and_leaves_a_part_behind()
    {
        await using var stand = await BambuStand.OpenAsync(5);
        using var other = new MqttTestClient();
        await other.Client.ConnectAsync(MqttTestClient.To(stand.Broker, MQTTnet.Formatter.MqttProtocolVersion.V311).Build(), Bench.Limit());
        stand.PutOnCard("vase.3mf", "G28\nG4 P600000\n");
        await other.Client.PublishStringAsync(
            "device/01S00C000000001/request",
            """{"print":{"sequence_id":"1","command":"project_file","param":"Metadata/plate_1.gcode","url":"ftp:///vase.3mf","subtask_name":"vase"}}""",
            cancellationToken: Bench.Limit());
        var told = await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        Assert.Contains("'vase', which was not started from here", told.Reason, StringComparison.Ordinal);
        Assert.Contains("not started from here", await stand.Session.CancelAsync("enough", Bench.Limit()), StringComparison.Ordinal);
        Assert.Equal(BambuState.Running, stand.Printer.GcodeState);

        await other.Client.PublishStringAsync("device/01S00C000000001/request", """{"print":{"sequence_id":"2","command":"stop"}}""", cancellationToken: Bench.Limit());
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.NeedsClearing);
        Assert.Null(await stand.Session.ClearAsync(Bench.Limit()));
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Idle);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_fault_of_the_machine_is_told_in_words_with_its_code()
    {
        await using var stand = await BambuStand.OpenAsync(5);
        using var program = BambuStand.Program("G4 P600000\n");
        var running = stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None);
        await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Running);
        stand.Printer.RaisePrintError(0x03008004);
        var told = await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Attention);
        Assert.Contains("error 0300-8004 (the filament has run out: load more, then resume)", told.Reason, StringComparison.Ordinal);
        Assert.Null(await stand.Session.CancelAsync("enough", Bench.Limit()));
        Assert.Equal(SafeState.Confirmed, Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit())).SafeState);
    }

    [Fact(Timeout = 40_000)]
    public async Task The_file_on_the_card_holds_the_admitted_program_and_what_the_firmware_reads()
    {
        await using var stand = await BambuStand.OpenAsync(200);
        using var program = BambuStand.Program();
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30)));
        Assert.Null(await stand.Session.ClearAsync(Bench.Limit()));
        Bench.AssertCompleted(await stand.Session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit(30)));
        using var project = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(stand.Card))); // The file of the print before is gone.
        Assert.Superset(
            new HashSet<string> { "[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model", "Metadata/plate_1.gcode", "Metadata/plate_1.gcode.md5", "Metadata/slice_info.config", "Metadata/model_settings.config" },
            project.Entries.Select(static entry => entry.FullName).ToHashSet());
        var plate = Read(project, "Metadata/plate_1.gcode");
        Assert.Equal(BambuStand.Md5(plate), Encoding.ASCII.GetString(Read(project, "Metadata/plate_1.gcode.md5")));
        var lines = Encoding.ASCII.GetString(plate).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("; EXECUTABLE_BLOCK_START", lines);
        Assert.Equal(BambuStand.LinesOf(program), lines.Where(static line => line[0] != ';'));
        foreach (var entry in project.Entries.Where(static entry => entry.Name.EndsWith(".config", StringComparison.Ordinal) || entry.Name.EndsWith(".rels", StringComparison.Ordinal)))
            Assert.NotNull(System.Xml.Linq.XDocument.Parse(Encoding.UTF8.GetString(Read(project, entry.FullName))).Root);
    }

    private static byte[] Read(ZipArchive archive, string entry)
    {
        using var content = archive.GetEntry(entry)!.Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }
}
