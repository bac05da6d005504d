// Admission of a great program in a process of its own, for the most memory that it ever takes.

using System.Globalization;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.GCode;

/// <summary>Says its greatest resident memory before and after, in MB, and how many lines it took.</summary>
internal static class AdmissionMemory
{
    public static int Run(string megabytes)
    {
        var (text, _) = BenchmarkPrograms.Read(FirmwareDialect.Marlin, 20_000);
        // Whole programs only: a line cut in two is refused.
        var length = ((long.Parse(megabytes, CultureInfo.InvariantCulture) * 1_000_000 / text.Length) + 1) * text.Length;
        var before = MachineDescription.PeakMegabytes();
        var sinkPath = Path.Combine(Path.GetTempPath(), $"fabnet-benchmark-{Environment.ProcessId}.gcode");
        using var sink = new FileStream(sinkPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
        var result = Admission.Check(new RepeatingStream(text, length), BenchmarkPrograms.Profile(FirmwareDialect.Marlin), sink);
        if (result.Program is not { } program)
        {
            Console.Error.WriteLine($"the program was refused: {string.Join("; ", result.Violations.Take(3))}");
            return 1;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{before:0.0} {MachineDescription.PeakMegabytes():0.0} {program.LineCount}"));
        program.Dispose();
        return 0;
    }
}
