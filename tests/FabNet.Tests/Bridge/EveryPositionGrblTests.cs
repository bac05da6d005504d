// GRBL: one fault at every place of a program.

using FabNet.FirmwareSimulator.Grbl;
using Xunit;

namespace FabNet.Tests.Bridge;

public abstract class EveryPositionGrblTests
{
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
    public void At_bytes_by_chance(WireFaultKind kind) => Sweep(kind, sample: 150);

    private void Sweep(WireFaultKind kind, int sample = int.MaxValue)
    {
        using var program = EveryPosition.Cut();
        EveryPosition.Sweep(fault => VirtualMachine.Grbl(new GrblBuild { Homing = !ResetsOnOpen }, fault, ResetsOnOpen), program, kind, sample);
    }
}

public sealed class EveryPositionUnoTests : EveryPositionGrblTests
{
    private protected override bool ResetsOnOpen => true;
}
