// Cancelling while Marlin is inside a command that waits: heaters end up off, whether it has an emergency parser or not. Seen on Marlin 2.0.9.7, whose full command queue hid M108.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class MarlinLongCommandTests
{
    private const string Heating = "G28\nG90\nM109 S200\nG1 X1 F6000\nG1 X2\nG1 X3\nG1 X4\nG1 X5\nG1 X6\nM104 S0\n";

    [Theory(Timeout = 40_000)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Cancel_breaks_off_heating_up(bool emergencyParser, bool advancedOk)
    {
        using var program = Bench.Admit(Bench.Printer, Heating);
        await using var machine = Start(new MarlinBuild { EmergencyParser = emergencyParser, AdvancedOk = advancedOk });
        await using var session = Session(machine, Bench.Quick with { Secure = TimeSpan.FromSeconds(20) });
        await session.OpenAsync(Bench.Limit());
        var events = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        // Two reports, so that what fits behind the command lies behind it.
        await Bench.NextAsync<TemperaturesReported>(events, static report => report.Readings[0] is { TargetC: 200, CurrentC: > 40 });
        await Bench.NextAsync<TemperaturesReported>(events, static report => report.Readings[0] is { TargetC: 200, CurrentC: > 50 });
        Assert.Null(await session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit(30)));
        Assert.Equal(SafeState.Confirmed, cancelled.SafeState);
        Assert.DoesNotContain(machine.Log.Snapshot(), static command => command.Text.StartsWith("G1 X3", StringComparison.Ordinal));
        await Bench.NextAsync<TemperaturesReported>(events, static report => report.Readings[0] is { TargetC: 0, CurrentC: < 190 });
    }

    [Fact(Timeout = 40_000)]
    public async Task A_firmware_that_says_it_is_busy_is_waited_for_until_it_takes_the_orders()
    {
        using var program = Bench.Admit(Bench.Printer, "G28\nG90\nM104 S200\nG4 S60\nG1 X2 F6000\nM104 S0\n");
        await using var machine = Start(new MarlinBuild { KeepAliveS = 1 });
        var timings = Bench.Quick with { Secure = TimeSpan.FromMilliseconds(50), NoReplyOnceBusyIsKnown = TimeSpan.FromSeconds(4), LongCommand = TimeSpan.FromSeconds(30) };
        await using var session = Session(machine, timings);
        await session.OpenAsync(Bench.Limit());
        var events = session.ReadEventsAsync(Bench.Limit(35)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        await Bench.NextAsync<TemperaturesReported>(events, static report => report.Readings[0] is { TargetC: 200, CurrentC: > 50 });
        Assert.Null(await session.CancelAsync("enough", Bench.Limit()));
        var cancelled = Assert.IsType<RunOutcome.Cancelled>(await running.WaitAsync(Bench.Limit(30)));
        Assert.Equal(SafeState.Confirmed, cancelled.SafeState);
        await Bench.NextAsync<MachineNoted>(events, static note => note.Text.Contains("can't break off", StringComparison.Ordinal));
    }

    private static SimulatedMachine Start(MarlinBuild build) =>
        SimulatedMachine.Start(new SimulatorOptions { Profile = Bench.Printer, Speed = 20, Seed = 1, Marlin = build });

    private static MachineSession Session(SimulatedMachine machine, LinkTimings timings) => new(Bench.Options() with { PortName = machine.PortPath, Timings = timings });
}
