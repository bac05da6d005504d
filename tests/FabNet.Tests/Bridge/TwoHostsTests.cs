// Two hosts on one real port: the second is refused, and the first one's run goes on untouched.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class TwoHostsTests
{
    [Fact(Timeout = 40_000)]
    public async Task A_port_that_is_in_use_is_refused_in_plain_words_and_its_run_goes_on()
    {
        using var program = Bench.RouterProgram(400);
        await using var machine = SimulatedMachine.Start(new SimulatorOptions { Profile = Bench.Router, Speed = 40 });
        var options = Bench.Options() with { PortName = machine.PortPath };
        await using var first = new MachineSession(options);
        await first.OpenAsync(Bench.Limit());
        var running = first.RunAsync(program, new RunOptions(), CancellationToken.None);
        await machine.Log.WaitForCountAsync(40, Bench.Limit());
        await using var second = new MachineSession(options);
        var refused = await Assert.ThrowsAsync<MachineLinkException>(() => second.OpenAsync(Bench.Limit()));
        Assert.Contains("in use by another program", refused.Message, StringComparison.Ordinal);
        Bench.AssertCompleted(await running.WaitAsync(Bench.Limit(30)));
    }
}
