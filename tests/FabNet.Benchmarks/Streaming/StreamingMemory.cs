// Streaming a great program in a process of its own, for the most memory that it ever takes.

using System.Globalization;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Serial;
using FabNet.Benchmarks.GCode;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Streaming;

/// <summary>Admits a program of so many megabytes, streams all of it to an instant firmware in memory, and says its greatest resident memory in MB and the lines executed.</summary>
internal static class StreamingMemory
{
    public static async Task<int> RunAsync(string megabytes)
    {
        var (text, _) = BenchmarkPrograms.Read(FirmwareDialect.Marlin, 20_000);
        var length = ((long.Parse(megabytes, CultureInfo.InvariantCulture) * 1_000_000 / text.Length) + 1) * text.Length;
        var path = Path.Combine(Path.GetTempPath(), $"fabnet-benchmark-{Environment.ProcessId}.gcode");
        await using var sink = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
        var result = Admission.Check(new RepeatingStream(text, length), BenchmarkPrograms.Profile(FirmwareDialect.Marlin), sink);
        using var program = result.Program ?? throw new InvalidOperationException($"the program was refused: {string.Join("; ", result.Violations.Take(3))}");
        var firmware = new InstantFirmware(FirmwareDialect.Marlin);
        var settings = new SerialMachineOptions { PortName = "memory", Dialect = FirmwareDialect.Marlin, Timings = new LinkTimings { BannerWait = TimeSpan.FromMilliseconds(50) } };
        await using var session = new MachineSession(settings, _ => new InstantWire(firmware), TimeProvider.System);
        await session.OpenAsync();
        if (await session.RunAsync(program, new RunOptions { LeavesPart = false }) is not RunOutcome.Completed)
            throw new InvalidOperationException("the program did not complete");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{MachineDescription.PeakMegabytes():0.0} {program.LineCount}"));
        return 0;
    }
}
