// The programs that are streamed: real sliced parts where they are present, else generated ones of the same shape.

using System.Globalization;
using System.Text;
using FabNet.FirmwareSimulator;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks;

internal static class BenchmarkPrograms
{
    private const int GeneratedLines = 100_000;

    /// <summary>The program's text for a dialect, up to so many lines, and where it comes from.</summary>
    public static (byte[] Text, string Origin) Read(FirmwareDialect dialect, int maxLines)
    {
        var name = dialect == FirmwareDialect.Grbl ? "medium.nc" : "medium.gcode";
        var path = Folder() is { } folder ? Path.Combine(folder, "gcode", name) : null;
        var isFile = path is not null && File.Exists(path);
        var bytes = isFile ? File.ReadAllBytes(path!) : Encoding.ASCII.GetBytes(Generate(dialect));
        return (Cut(bytes, maxLines), isFile ? name : "a generated program");
    }

    /// <summary>Puts a program through admission, in memory.</summary>
    public static AdmittedProgram Admit(byte[] text, MachineProfile profile)
    {
        var result = Admission.Check(new MemoryStream(text), profile, new MemoryStream(text.Length));
        return result.Program
            ?? throw new InvalidOperationException($"the program was refused for {profile.Name}: {string.Join("; ", result.Violations.Where(static violation => violation.Severity == Severity.Refusal).Take(3))}");
    }

    /// <summary>A machine that holds the programs.</summary>
    public static MachineProfile Profile(FirmwareDialect dialect) => dialect == FirmwareDialect.Grbl
        ? DefaultProfiles.Router with { X = Wide(DefaultProfiles.Router.X), Y = Wide(DefaultProfiles.Router.Y), Z = Wide(DefaultProfiles.Router.Z) }
        : DefaultProfiles.Printer with { X = Wide(DefaultProfiles.Printer.X), Y = Wide(DefaultProfiles.Printer.Y), Z = Wide(DefaultProfiles.Printer.Z) };

    private static AxisLimits Wide(AxisLimits axis) => axis with { RangeMm = new AxisRange(-500, 500), MaxFeedMmPerMin = Math.Max(axis.MaxFeedMmPerMin, 12_000) };

    private static byte[] Cut(byte[] text, int maxLines)
    {
        var at = 0;
        for (var line = 0; line < maxLines; line++)
        {
            var next = text.AsSpan(at).IndexOf((byte)'\n');
            if (next < 0)
                return text;
            at += next + 1;
        }

        return text[..at];
    }

    private static string Generate(FirmwareDialect dialect)
    {
        var text = new StringBuilder(dialect == FirmwareDialect.Grbl ? "G21\nG90\nG17\nF2000\n" : "G28\nM109 S200\nG21\nG90\nM82\nG92 E0\nG1 F1800\n");
        var extruded = 0.0;
        for (var index = 0; index < GeneratedLines; index++)
        {
            var angle = index * 0.0131;
            var radius = 30 + (8 * Math.Sin(index * 0.21));
            text.Append(CultureInfo.InvariantCulture, $"G1 X{100 + (radius * Math.Cos(angle)):0.###} Y{100 + (radius * Math.Sin(angle)):0.###}");
            if (dialect == FirmwareDialect.Marlin)
            {
                extruded += 0.0412;
                text.Append(CultureInfo.InvariantCulture, $" E{extruded:0.#####}");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("FABNET_TEST_DATA") is { Length: > 0 } named)
            return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return null;
    }
}
