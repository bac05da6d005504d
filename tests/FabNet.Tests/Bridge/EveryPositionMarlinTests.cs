// Marlin: one fault at every place of a program.

using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Bridge;

public abstract class EveryPositionMarlinTests
{
    private protected abstract MarlinBuild Build { get; }

    private protected virtual bool ResetsOnOpen => true;

    [Theory]
    [InlineData(WireFaultKind.LoseLine)]
    [InlineData(WireFaultKind.LoseReply)]
    [InlineData(WireFaultKind.DoubleReply)]
    [InlineData(WireFaultKind.DelayReply)]
    [InlineData(WireFaultKind.Reset)]
    [InlineData(WireFaultKind.Unplug)]
    [InlineData(WireFaultKind.Mute)]
    [InlineData(WireFaultKind.Dead)]
    public void At_every_line(WireFaultKind kind) => Sweep(kind);

    [Theory]
    [InlineData(WireFaultKind.FlipToMachine)]
    [InlineData(WireFaultKind.FlipToHost)]
    public void At_bytes_by_chance(WireFaultKind kind) => Sweep(kind, sample: 80);

    [Theory]
    [InlineData(WireFaultKind.Reset)]
    [InlineData(WireFaultKind.Unplug)]
    [InlineData(WireFaultKind.LoseLine)]
    public void In_the_middle_of_a_resend(WireFaultKind kind)
    {
        using var program = EveryPosition.Print();
        EveryPosition.SweepResends(Make, program, kind);
    }

    [Fact]
    public void Unplugged_at_any_time_and_plugged_in_again()
    {
        using var program = EveryPosition.Print();
        for (var afterS = 0.05; afterS < 150; afterS += 5.3)
        {
            using var machine = Make([]);
            EveryPosition.Check(machine, program, () => machine.Unplug(8), afterS);
        }
    }

    private VirtualMachine Make(IReadOnlyList<WireFault> faults) => VirtualMachine.Marlin(Build, faults, ResetsOnOpen);

    private void Sweep(WireFaultKind kind, int sample = int.MaxValue)
    {
        using var program = EveryPosition.Print();
        EveryPosition.Sweep(Make, program, kind, sample);
    }
}

public sealed class EveryPositionPlainMarlinTests : EveryPositionMarlinTests
{
    private protected override MarlinBuild Build => new();
}

public sealed class EveryPositionAdvancedMarlinTests : EveryPositionMarlinTests
{
    private protected override MarlinBuild Build => new() { AdvancedOk = true, EmergencyParser = true, CommandSlots = 8 };
}

public sealed class EveryPositionTerseMarlinTests : EveryPositionMarlinTests
{
    private protected override MarlinBuild Build => new() { OkAfterResend = false, AutoReportTemperatures = false, WaitMessageS = 1, IgnoresRepeatedLines = false };

    private protected override bool ResetsOnOpen => false;
}
