// The MQTT machine, over a real Mosquitto, against the simulated Bambu Lab printer.

using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Mqtt;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.GCode;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class BambuSessionTests
{
    private static readonly MachineProfile Profile = Bench.Printer with { Name = "test-bambu", Dialect = FirmwareDialect.Bambu };

    [Fact(Timeout = 40_000)]
    public async Task A_file_is_printed_and_nothing_is_started_twice()
    {
        await using var stand = await Stand.OpenAsync(200);
        using var program = Program();
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
        await using var stand = await Stand.OpenAsync(5);
        using var program = Program("G4 P600000\n");
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
        await using var stand = await Stand.OpenAsync(20);
        using var program = Program("G4 P40000\n");
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
        await using var session = new BambuSession(Stand.Options(broker, null) with { Connect = TimeSpan.FromMilliseconds(500) });
        var silent = await Assert.ThrowsAsync<MachineLinkException>(() => session.OpenAsync(Bench.Limit()));
        Assert.Contains("Check the serial number", silent.Message, StringComparison.Ordinal);
        using var program = Program();
        var failed = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.False(failed.WasStarted);
        Assert.Contains("not reported", failed.Reason, StringComparison.Ordinal);
    }

    private static AdmittedProgram Program(string last = "") =>
        Bench.Admit(Profile, "G28\nG90\n" + string.Concat(Enumerable.Range(1, 40).Select(static x => $"G1 X{x} F6000\n")) + last);

    private sealed class Stand(MosquittoBroker broker, BambuPrinter printer, BambuSession session) : IAsyncDisposable
    {
        public MosquittoBroker Broker => broker;

        public BambuSession Session => session;

        public IAsyncEnumerator<MachineEvent> Events { get; } = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        public List<string> Executed => [.. printer.Log.Snapshot().Select(static command => command.Text).Where(static text => text.StartsWith("G1 ", StringComparison.Ordinal))];

        public static BambuMachineOptions Options(MosquittoBroker broker, BambuPrinter? printer) => new()
        {
            Host = "127.0.0.1",
            Port = broker.Port,
            SerialNumber = "01S00C000000001",
            AccessCode = "12345678",
            UseTls = false,
            FtpsPort = printer?.FtpsPort ?? 990,
            CertificateAuthority = printer is null ? null : [printer.Authority],
            Connect = TimeSpan.FromSeconds(5),
            ReopenDelay = TimeSpan.FromMilliseconds(200),
            MaxReopenDelay = TimeSpan.FromMilliseconds(500),
        };

        public static async Task<Stand> OpenAsync(double speed)
        {
            var broker = await MosquittoBroker.StartAsync();
            var folder = Directory.CreateTempSubdirectory("fabnet-bambu-").FullName;
            var printer = BambuPrinter.Start(new BambuOptions
            {
                Port = broker.Port,
                Serial = "01S00C000000001",
                AccessCode = "12345678",
                CardFolder = folder,
                Profile = Profile,
                Speed = speed,
                ReportInterval = TimeSpan.FromMilliseconds(100),
            });
            var stand = new Stand(broker, printer, new BambuSession(Options(broker, printer)));
            await stand.Session.OpenAsync(Bench.Limit());
            await Bench.NextAsync<MachineStateChanged>(stand.Events, static change => change.State == MachineState.Idle);
            return stand;
        }

        public async ValueTask DisposeAsync()
        {
            await session.DisposeAsync();
            await printer.DisposeAsync();
            await broker.DisposeAsync();
        }
    }
}
