// Noise on both directions of the wire at once: the program's lines, in order, once; or the job stops and says why.

using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class NoisyWireTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_one_byte_in_a_thousand_marlin_completes_exactly(bool isAdvanced)
    {
        using var program = EveryPosition.Print();
        for (var seed = 1; seed <= 40; seed++)
        {
            using var machine = VirtualMachine.Marlin(new MarlinBuild { AdvancedOk = isAdvanced }, noise: 0.001, seed: seed);
            Bench.AssertCompleted(EveryPosition.Check(machine, program));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_one_byte_in_a_hundred_marlin_stops_before_the_checksum_lets_a_wrong_line_through(bool isAdvanced)
    {
        using var program = EveryPosition.Print();
        var stopped = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            using var machine = VirtualMachine.Marlin(new MarlinBuild { AdvancedOk = isAdvanced }, noise: 0.01, seed: seed);
            stopped += EveryPosition.Check(machine, program) is RunOutcome.Failed ? 1 : 0;
        }

        Assert.InRange(stopped, 35, 40);
    }

    [Theory]
    [InlineData(0.001, 0)]
    [InlineData(0.01, 40)]
    public void Grbl_has_no_checksum_and_every_sign_of_noise_stops_it_with_the_spindle_off(double noise, int leastStopped)
    {
        using var program = EveryPosition.Cut();
        var stopped = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            using var machine = VirtualMachine.Grbl(new GrblBuild(), noise: noise, seed: seed);
            stopped += EveryPosition.Check(machine, program) is RunOutcome.Failed ? 1 : 0;
        }

        Assert.InRange(stopped, leastStopped, 40);
    }
}
