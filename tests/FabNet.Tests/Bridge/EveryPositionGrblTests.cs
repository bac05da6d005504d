// GRBL: one fault at every place of a program.

using FabNet.FirmwareSimulator.Grbl;
using Xunit;

namespace FabNet.Tests.Bridge;

public abstract class EveryPositionGrblTests
{
    private protected abstract GrblBuild Build { get; }

    private protected abstract bool ResetsOnOpen { get; }

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

    [Fact]
    public void Unplugged_at_any_time_and_plugged_in_again()
    {
        using var program = EveryPosition.Cut();
        for (var afterS = 0.05; afterS < 30; afterS += 1.3)
        {
            using var machine = Make([]);
            EveryPosition.Check(machine, program, () => machine.Unplug(8), afterS);
        }
    }

    private VirtualMachine Make(IReadOnlyList<WireFault> faults) => VirtualMachine.Grbl(Build, faults, ResetsOnOpen);

    private void Sweep(WireFaultKind kind, int sample = int.MaxValue)
    {
        using var program = EveryPosition.Cut();
        EveryPosition.Sweep(Make, program, kind, sample);
    }
}

public sealed class EveryPositionUnoTests : EveryPositionGrblTests
{
    private protected override GrblBuild Build => new();

    private protected override bool ResetsOnOpen => true;
}

/// <summary>Its own USB port, which resets nothing; it wakes up locked; a large buffer.</summary>
public sealed class EveryPositionLockedRouterTests : EveryPositionGrblTests
{
    private protected override GrblBuild Build => new() { Homing = true, ReceiveBytes = 1024, PlannerBlocks = 36 };

    private protected override bool ResetsOnOpen => false;
}
