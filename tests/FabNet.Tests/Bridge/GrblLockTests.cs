// A GRBL that is locked, or that a limit stopped: known before a program starts, never left deaf, and unlocked by a person's word. Each case was seen on GRBL 1.1h.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class GrblLockTests
{
    [Fact(Timeout = 40_000)]
    public async Task A_program_given_at_once_to_a_locked_grbl_is_refused_before_a_line_is_sent()
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        await grbl.AlarmAsync(1);
        await using var session = Bench.Session(pair.Host, Bench.Options(FirmwareDialect.Grbl));
        using var program = Bench.RouterProgram(3);
        await session.OpenAsync(Bench.Limit());
        var refused = Assert.IsType<RunOutcome.Failed>(await session.RunAsync(program, new RunOptions(), CancellationToken.None).WaitAsync(Bench.Limit()));
        Assert.False(refused.WasStarted);
        Assert.Contains("$H", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(grbl.Taken, static line => line.StartsWith('G'));
    }

    [Fact(Timeout = 40_000)]
    public async Task After_a_limit_alarm_grbl_still_answers_and_a_person_unlocks_it()
    {
        using var program = Bench.RouterProgram(600);
        await using var machine = Start(new GrblBuild { HardLimits = true });
        await using var session = Session(machine);
        await session.OpenAsync(Bench.Limit());
        var running = session.RunAsync(program, new RunOptions { LeavesPart = false }, CancellationToken.None);
        await machine.Log.WaitForCountAsync(60, Bench.Limit());
        machine.Faults.PressEndstop(0);
        var failed = Assert.IsType<RunOutcome.Failed>(await running.WaitAsync(Bench.Limit(30)));
        Assert.Contains("limit", failed.Reason, StringComparison.Ordinal);
        var parserState = await session.SendAsync("$G", Bench.Limit());
        Assert.True(parserState.Lines.Count > 0, parserState.Error ?? "it was acknowledged and nothing else");
        Assert.False((await session.SendAsync("G0 X0", Bench.Limit())).IsOk);
        Assert.Null(await session.ClearAsync(Bench.Limit()));
        Assert.True((await session.SendAsync("G1 X0 F100", Bench.Limit())).IsOk);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_command_that_an_alarm_ends_is_answered_with_the_alarm()
    {
        var pair = new DuplexPair();
        await using var grbl = new LittleGrbl(pair.Machine);
        grbl.Start();
        grbl.OnReply = (_, _) => "ALARM:9\r\n\r\nGrbl 1.1h ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n";
        await using var session = Bench.Session(pair.Host);
        await session.OpenAsync(Bench.Limit());
        var reply = await session.SendAsync("G1 X1 F100", Bench.Limit());
        Assert.False(reply.IsOk);
        Assert.Contains("alarm 9", reply.Error, StringComparison.Ordinal);
    }

    private static SimulatedMachine Start(GrblBuild build) =>
        SimulatedMachine.Start(new SimulatorOptions { Profile = Bench.Router, Speed = 20, Seed = 1, Grbl = build });

    private static MachineSession Session(SimulatedMachine machine) => new(Bench.Options() with { PortName = machine.PortPath });
}
