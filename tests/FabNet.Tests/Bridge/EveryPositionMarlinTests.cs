// Marlin: one fault at every place of a program.

using FabNet.FirmwareSimulator.Marlin;
using Xunit;

namespace FabNet.Tests.Bridge;

public abstract class EveryPositionMarlinTests
{
    private protected abstract MarlinBuild Build { get; }

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
        using var program = EveryPosition.Print();
        EveryPosition.Sweep(fault => VirtualMachine.Marlin(Build, fault), program, kind, sample);
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
}
