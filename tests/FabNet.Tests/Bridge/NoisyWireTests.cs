// Noise on both directions of the wire at once: the program's lines, in order, once; or the job stops and says why.

using System.Globalization;
using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class NoisyWireTests
{
    [Theory]
    [InlineData(39)]
    [InlineData(9)]
    public void One(int seed)
    {
        using var program = EveryPosition.Print();
        using var machine = VirtualMachine.Marlin(new MarlinBuild { AdvancedOk = seed % 2 == 0 }, noise: 0.001, seed: seed);
        EveryPosition.Check(machine, program);
    }

    [Theory]
    [InlineData(0.001, 100)]
    [InlineData(0.01, 300)]
    public void Marlin_measure(double noise, int seeds)
    {
        var wrong = 0; var completed = 0; var text = "";
        using var program = EveryPosition.Print();
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var machine = VirtualMachine.Marlin(new MarlinBuild { AdvancedOk = seed % 2 == 0 }, noise: noise, seed: seed);
            try { completed += EveryPosition.Check(machine, program) is RunOutcome.Completed ? 1 : 0; }
            catch (Exception e) { wrong++; text += seed + ": " + e.Message.Split('\n')[0] + " / " + e.Message.Split('\n').ElementAtOrDefault(1) + "\n"; }
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{noise}: {completed} completed, {wrong} wrong of {seeds}\n{text}"));
    }

    [Theory]
    [InlineData(0.001, 100)]
    [InlineData(0.01, 100)]
    public void Grbl_measure(double noise, int seeds)
    {
        var wrong = 0; var completed = 0; var text = "";
        using var program = EveryPosition.Cut();
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var machine = VirtualMachine.Grbl(new GrblBuild(), noise: noise, seed: seed);
            try { completed += EveryPosition.Check(machine, program) is RunOutcome.Completed ? 1 : 0; }
            catch (Exception e) { wrong++; text += seed + ": " + e.Message.Split('\n')[0] + " / " + e.Message.Split('\n').ElementAtOrDefault(1) + "\n"; }
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{noise}: {completed} completed, {wrong} wrong of {seeds}\n{text}"));
    }
}
