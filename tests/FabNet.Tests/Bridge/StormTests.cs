// Everything at once, by chance: faults of all kinds on top of each other, and a person who pauses, resumes, cancels, asks, pulls the cable or hits the emergency stop.

using System.Globalization;
using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

/// <summary>Each seed is one machine, one run through a storm, and one behind it in calm, which must be whole. FABNET_STORMS gives the number of seeds for a longer search.</summary>
public sealed class StormTests
{
    private static readonly int Seeds = int.Parse(Environment.GetEnvironmentVariable("FABNET_STORMS") ?? "60", CultureInfo.InvariantCulture);

    private static readonly WireFaultKind[] MarlinKinds = Enum.GetValues<WireFaultKind>();

    // GRBL has no checksum and no line numbers: what a damaged or lost line leads to is told by its own tests.
    private static readonly WireFaultKind[] GrblKinds = [WireFaultKind.LoseReply, WireFaultKind.DoubleReply, WireFaultKind.DelayReply, WireFaultKind.Reset, WireFaultKind.Unplug, WireFaultKind.Mute, WireFaultKind.Dead];

    [Fact]
    public void Marlin_does_nothing_wrong_in_any_storm()
    {
        using var program = EveryPosition.Print();
        Check(program, "M114", lengthS: 110, static random =>
        {
            var build = new MarlinBuild
            {
                AdvancedOk = Coin(random),
                EmergencyParser = Coin(random),
                OkAfterResend = Coin(random),
                IgnoresRepeatedLines = Coin(random),
                AutoReportTemperatures = Coin(random),
                WaitMessageS = Coin(random) ? 1 : 0,
                CommandSlots = Coin(random) ? 4 : 8,
            };
            return VirtualMachine.Marlin(build, Faults(random, MarlinKinds, 120), Coin(random), Coin(random) ? 0 : 0.0003, random.Next(), Coin(random));
        });
    }

    [Fact]
    public void Grbl_does_nothing_wrong_in_any_storm()
    {
        using var program = EveryPosition.Cut();
        Check(program, "$G", lengthS: 25, static random =>
        {
            var build = new GrblBuild { Homing = Coin(random), ReceiveBytes = Coin(random) ? 128 : 1024, PlannerBlocks = Coin(random) ? 16 : 36 };
            return VirtualMachine.Grbl(build, Faults(random, GrblKinds, 70), Coin(random));
        });
    }

    private static void Check(AdmittedProgram program, string question, double lengthS, Func<Random, VirtualMachine> make)
    {
        var failures = new List<string>();
        var ends = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            using var machine = make(random);
            try
            {
                var outcome = EveryPosition.Check(machine, program, () => Disturb(machine, random, question), random.NextDouble() * lengthS);
                ends[outcome.GetType().Name] = ends.GetValueOrDefault(outcome.GetType().Name) + 1;
                CheckCalm(machine, program);
            }
            catch (Exception error) when (error is Xunit.Sdk.XunitException)
            {
                failures.Add($"Seed {seed}, {string.Join(", ", machine.Wire.Faults)}, noise {machine.Wire.Noise}: {error.Message}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {Seeds} failed.\n{string.Join("\n\n", failures.Take(3))}\n{string.Join("\n", failures.Skip(3).Select(static text => text.Split('\n')[0]))}");
        Assert.Equal(3, ends.Count);
    }

    // What a storm left must not reach into the next run.
    private static void CheckCalm(VirtualMachine machine, AdmittedProgram program)
    {
        if (machine.State is not MachineState.Idle)
            return;
        var before = EveryPosition.Executed(machine).Count;
        Bench.AssertCompleted(machine.RunInCalm(program));
        Assert.Equal(EveryPosition.LinesOf(program), EveryPosition.Executed(machine).Skip(before));
        Assert.False(machine.IsAnythingOn);
    }

    private static void Disturb(VirtualMachine machine, Random random, string question)
    {
        for (var left = random.Next(0, 6); left > 0 && machine.State is not MachineState.Offline; left--)
        {
            switch (random.Next(0, 12))
            {
                case <= 3:
                    machine.Ask(SessionVerb.Pause);
                    break;
                case <= 7:
                    machine.Ask(SessionVerb.Resume);
                    break;
                case 8:
                    machine.Tell(question);
                    break;
                case 9:
                    machine.Unplug(random.NextDouble() * 12);
                    break;
                case 10:
                    machine.Ask(SessionVerb.Cancel, "enough");
                    break;
                case 11:
                    machine.EmergencyStop();
                    break;
            }

            machine.Until(() => false, random.NextDouble() * random.Next(1, 20));
        }

        machine.Ask(SessionVerb.Resume);
    }

    private static List<WireFault> Faults(Random random, WireFaultKind[] kinds, int lines) =>
    [
        .. Enumerable.Range(0, random.Next(0, 6)).Select(_ =>
        {
            var kind = kinds[random.Next(kinds.Length)];
            var isFlip = kind is WireFaultKind.FlipToHost or WireFaultKind.FlipToMachine;
            return new WireFault(kind, random.Next(1, isFlip ? lines * 25 : lines), isFlip ? random.Next(0, 8) : random.NextDouble() * 12);
        }),
    ];

    private static bool Coin(Random random) => random.Next(2) == 0;
}
