// One case of the fault suite: a program run through one fault, and everything that must hold afterwards, whatever the fault and its place were.

using System.Text;
using FabNet.FirmwareBridge;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

internal static class EveryPosition
{
    // What the host sends on its own account; the programs of the suite hold none of it.
    private static readonly HashSet<string> HostCommands = new(StringComparer.Ordinal)
    {
        "M115", "M110 N0", "M105", "M108", "M114", "M155 S2", "M155 S0", "M154 S2", "M154 S0", "M400", "M104 S0", "M140 S0", "M107", "M5", "M5M9", "M112", "$I", "$G", "$X", "",
        "G21", "G90", "M82", "G92 E0", "M220 S100", "M221 S100", "G0G17G21G40G90G94M5M9S0",
    };

    /// <summary>Heats, moves short and long, dwells, and leaves the heaters on.</summary>
    public static AdmittedProgram Print() => Bench.Admit(
        Bench.Printer,
        "G28\nM83\nM140 S60\nM104 S150\nM109 S200\nG92 E0.0\n" + Moves(1, 12) + "G4 P1500\nM106 S128\nG1 X180 Y100 E9 F400\n" + Moves(13, 24) + "G1 Z20 F600\n");

    /// <summary>Spins up, cuts short and long moves, dwells, and leaves the spindle on.</summary>
    public static AdmittedProgram Cut() => Bench.Admit(
        Bench.Router,
        "G54\nM3 S8000\nG4 P1\nG1 Z5 F600\n" + Moves(1, 14) + "G4 P0.5\nG1 X180 Y100 F500\n" + Moves(15, 30));

    public static List<string> LinesOf(AdmittedProgram program)
    {
        var lines = new List<string>();
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
            lines.Add(Encoding.ASCII.GetString(line));
        return lines;
    }

    /// <summary>Strikes at every place of a program's run, one after the other.</summary>
    /// <param name="make">A new machine with a fault, or with none.</param>
    /// <param name="program">What it runs.</param>
    /// <param name="kind">What happens.</param>
    /// <param name="sample">At most so many places, by chance, of those that there are; the seed is the kind.</param>
    public static void Sweep(Func<IReadOnlyList<WireFault>, VirtualMachine> make, AdmittedProgram program, WireFaultKind kind, int sample = int.MaxValue)
    {
        double[] amounts = kind switch
        {
            WireFaultKind.FlipToMachine or WireFaultKind.FlipToHost => [0, 1, 2, 3, 4, 5, 6, 7],
            WireFaultKind.DelayReply => [0.4, 12],
            WireFaultKind.Unplug => [5],
            _ => [0],
        };
        var places = Places(make, program, kind);
        var random = new Random((int)kind);
        var cases = places <= sample
            ? Enumerable.Range(1, places).SelectMany(at => amounts.Select(amount => new WireFault(kind, at, amount)))
            : Enumerable.Range(0, sample).Select(_ => new WireFault(kind, random.Next(1, places + 1), amounts[random.Next(amounts.Length)]));
        Check(make, program, cases.Select(static fault => (IReadOnlyList<WireFault>)[fault]));
    }

    /// <summary>Strikes in the middle of a resend: a line is lost, and a little later something else happens.</summary>
    public static void SweepResends(Func<IReadOnlyList<WireFault>, VirtualMachine> make, AdmittedProgram program, WireFaultKind kind)
    {
        var cases = from lost in Enumerable.Range(0, 12) from later in Enumerable.Range(1, 7) select (Lost: 2 + (lost * 3), Later: later);
        Check(make, program, cases.Select(at => (IReadOnlyList<WireFault>)[new WireFault(WireFaultKind.LoseLine, at.Lost), new WireFault(kind, at.Lost + at.Later, 5)]));
    }

    private static void Check(Func<IReadOnlyList<WireFault>, VirtualMachine> make, AdmittedProgram program, IEnumerable<IReadOnlyList<WireFault>> cases)
    {
        var failures = new List<string>();
        foreach (var faults in cases)
        {
            using var machine = make(faults);
            try
            {
                Check(machine, program);
            }
            catch (Exception error) when (error is Xunit.Sdk.XunitException)
            {
                failures.Add($"{string.Join(", ", faults)}: {error.Message}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} cases failed.\n{string.Join("\n\n", failures.Take(3))}\n{string.Join("\n", failures.Skip(3).Select(static text => text.Split('\n')[0]))}");
    }

    private static int Places(Func<IReadOnlyList<WireFault>, VirtualMachine> make, AdmittedProgram program, WireFaultKind kind)
    {
        using var machine = make([]);
        Open(machine);
        Bench.AssertCompleted(machine.Run(program));
        return kind switch
        {
            WireFaultKind.FlipToMachine => machine.Wire.BytesToMachine,
            WireFaultKind.FlipToHost => machine.Wire.BytesToHost,
            WireFaultKind.LoseReply or WireFaultKind.DoubleReply or WireFaultKind.DelayReply => machine.Wire.Replies,
            _ => machine.Wire.Lines,
        };
    }

    /// <summary>Runs the program and checks what must hold.</summary>
    public static RunOutcome Check(VirtualMachine machine, AdmittedProgram program, Action? strike = null, double strikeAfterS = 0)
    {
        Open(machine);
        var (boot, finishedBefore) = (machine.Firmware.Boot, machine.Firmware.Motion.Finished);
        var outcome = machine.Run(program, strike: strike, strikeAfterS: strikeAfterS);
        machine.Wire.Disarm();
        // What the host orders blindly, without a checksum, noise may change into another M command. It never moves.
        var isNoisy = machine.Wire.Noise > 0 || (machine.Wire.Faults.Count > 1 && machine.Wire.Faults.Any(static fault => fault.Kind == WireFaultKind.FlipToMachine));
        bool Counts(string text) => !isNoisy || text[0] == 'G';
        var lines = LinesOf(program);
        var atEnd = Executed(machine);
        // A board that restarted counts anew.
        var finished = machine.Firmware.Boot == boot ? (int)(machine.Firmware.Motion.Finished - finishedBefore) : atEnd.Count(IsMove);
        var isOnAtEnd = machine.IsAnythingOn;
        var isWaitingForUser = machine.Firmware is MarlinFirmware { IsWaitingForUser: true };

        // Without an emergency parser M109 hears nobody while the orders behind it fill all slots: then they are obeyed once it is done.
        var isOff = !isOnAtEnd || machine.Until(() => !machine.IsAnythingOn, 180);

        // The machine works off what it has; a link that was lost comes back.
        machine.Until(() => false, 45);
        machine.Until(() => machine.State is not MachineState.Offline, 120);
        var executed = Executed(machine);
        string Story() => $"{outcome}\n{machine.State}: {machine.Reason}\n{machine.Story()}";

        if (machine.Firmware is GrblFirmware && (machine.Wire.Noise > 0 || machine.Wire.Faults is [{ Kind: WireFaultKind.FlipToMachine }]))
        {
            // GRBL has no checksum: no host can know what it made of a damaged line. The run ends, all is off, and the machine can be used.
            Require(!isOnAtEnd || outcome is RunOutcome.Failed { SafeState: SafeState.Unconfirmed or SafeState.LinkLost }, () => $"It is said to be off.\n{Story()}");
            CheckUsable(machine, Story);
            return outcome;
        }

        var same = executed.Zip(lines).TakeWhile(static pair => pair.First == pair.Second).Count();
        if (same < executed.Count && machine.Firmware is GrblFirmware && machine.Wire.Faults is [{ Kind: WireFaultKind.LoseLine }, ..])
        {
            // GRBL has no line numbers: it goes on behind a line that it never saw. That is found before more was moved than its receive buffer holds.
            Require(outcome is RunOutcome.Failed, Story);
            Assert.InRange(finished - lines.Take(same).Count(IsMove), int.MinValue, machine.Firmware.Received.Capacity / 16);
            lines.RemoveAt(same);
        }

        Require(executed.Where(Counts).SequenceEqual(lines.Where(Counts).Take(executed.Count(Counts))), () => $"What was executed is not the program's beginning: {executed.Zip(lines).FirstOrDefault(static pair => pair.First != pair.Second)}\n{Story()}");
        Require(isNoisy || executed.Count <= outcome.LastSentLine, () => $"Line {executed.Count} was executed, and {outcome.LastSentLine} is said to be the last one sent.\n{Story()}");
        var surely = lines.Take(outcome.LastExecutedLine).ToList();
        Require(surely.Count <= atEnd.Count, () => $"Line {outcome.LastExecutedLine} is said to be executed, and {atEnd.Count} was the last one taken.\n{Story()}");
        Require(surely.Count(IsMove) <= finished, () => $"Line {outcome.LastExecutedLine} is said to be executed, and {finished} moves were.\n{Story()}");

        if (SafeStateOf(outcome) is { } safe)
        {
            Require(outcome is not RunOutcome.Failed failed || failed.Reason.Contains("line", StringComparison.OrdinalIgnoreCase), () => $"The reason names no line.\n{Story()}");
            Require(!isOnAtEnd || safe is SafeState.Unconfirmed or SafeState.LinkLost, () => $"It is said to be off.\n{Story()}");
            Require(safe is not SafeState.NotNeeded, Story);
            // Without an emergency parser M0 hears nobody while the command slots behind it are full; the orders lie in them.
            Require(isOff || !isNoisy || isWaitingForUser || safe is SafeState.LinkLost || machine.Wire.Faults.Any(static fault => fault.Kind == WireFaultKind.Dead), () => $"The host gave up while bytes still came through, and heat stayed on.\n{Story()}");
        }
        else
        {
            Require(outcome is RunOutcome.Completed, Story);
            Require(atEnd.Count(Counts) == lines.Count(Counts) && finished == lines.Count(IsMove), () => $"It did not complete.\n{Story()}");
            Require(!isOnAtEnd, () => $"Something was left on.\n{Story()}");
        }

        CheckUsable(machine, Story);
        return outcome;
    }

    // The message is made only where it is needed: it is long, and takes the machine's events.
    private static void Require(bool isSo, Func<string> message) => Assert.True(isSo, isSo ? null : message());

    private static void Open(VirtualMachine machine)
    {
        machine.Open();
        if (machine.State is not MachineState.Alarm)
            return;
        Assert.Null(machine.Ask(SessionVerb.Clear));
        Assert.True(machine.Until(() => machine.State is MachineState.Idle, 10), machine.Reason);
    }

    private static void CheckUsable(VirtualMachine machine, Func<string> story)
    {
        if (machine.State is not MachineState.Idle)
        {
            Require(machine.State is MachineState.Offline or MachineState.Alarm or MachineState.Attention && machine.Reason is { Length: > 0 }, () => $"Neither ready nor is it said why not.\n{story()}");
            if (machine.State is MachineState.Offline or MachineState.Attention || (machine.Firmware is MarlinFirmware { IsHalted: true } && machine.Reason!.Contains("eset the machine", StringComparison.Ordinal)))
                return;
        }

        var isGrbl = machine.Firmware is GrblFirmware;
        // The beginning of a line whose end was damaged may still lie in front of it.
        if (isGrbl && (machine.Wire.Noise > 0 || machine.Wire.Faults is [{ Kind: WireFaultKind.FlipToMachine }]))
            machine.Send("$G");
        var reply = machine.Send(isGrbl ? "$G" : "M114");
        Require(reply.IsOk && reply.Lines.Any(line => line.StartsWith(isGrbl ? "[GC:" : "X:", StringComparison.Ordinal)), () => $"{reply.Error} {string.Join(" | ", reply.Lines)}\n{story()}");
        var second = machine.Send(isGrbl ? "G4 P0.01" : "M118 E1 hello");
        var isLocked = machine.State is MachineState.Alarm && isGrbl;
        Require(second.IsOk != isLocked, () => $"{second.Error} {string.Join(" | ", second.Lines)} though {(isLocked ? "" : "not ")}locked\n{story()}");
    }

    private static SafeState? SafeStateOf(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Failed failed => failed.SafeState,
        RunOutcome.Cancelled cancelled => cancelled.SafeState,
        _ => null,
    };

    public static List<string> Executed(VirtualMachine machine) => [.. machine.Log.Snapshot().Select(static done => done.Text).Where(static text => !HostCommands.Contains(text) && text[0] is 'G' or 'M')];

    private static bool IsMove(string line) => line.StartsWith("G1", StringComparison.Ordinal);

    private static string Moves(int from, int to) => string.Concat(Enumerable.Range(from, to - from + 1).Select(static n => $"G1 X{10 + (n % 5 * 7)}.{n % 10} Y{20 + (n * 3)} F3000\n"));
}
