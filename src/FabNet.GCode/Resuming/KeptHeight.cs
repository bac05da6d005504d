// What a person must know of the height that a print goes on with: the stop may have come after the line that surely was executed.

using System.Buffers.Text;
using System.Globalization;
using FabNet.Model.Machines;

namespace FabNet.GCode.Resuming;

/// <summary>A printer's Z is not homed again: it is taken to stand where the program has it at the line chosen.</summary>
internal static class KeptHeight
{
    // More than a printer takes in the five seconds that a mark may be old, and in its planner.
    private const int MostLines = 20_000;

    /// <summary>Says which height is taken for granted, and from which line on another one would be right; empty for a machine that homes Z.</summary>
    public static string Describe(AdmittedProgram whole, int firstLine, IReadOnlyList<string> preamble)
    {
        if (whole.Profile.Dialect != FirmwareDialect.Marlin || preamble.FirstOrDefault(static line => line.StartsWith("G92 Z", StringComparison.Ordinal)) is not { } set)
        {
            return "";
        }

        var height = double.Parse(set.AsSpan("G92 Z".Length), CultureInfo.InvariantCulture);
        var text = string.Create(CultureInfo.InvariantCulture, $" The nozzle is taken to stand at Z{height}, as before line {firstLine}.");
        return FindOther(whole, firstLine, height, preamble) is { } other
            ? string.Create(CultureInfo.InvariantCulture, $"{text} Line {other} goes to another height: if it stopped there or later, go on from there instead (--from-line {other + 1}), or move Z back first.")
            : text;
    }

    private static int? FindOther(AdmittedProgram whole, int firstLine, double height, IReadOnlyList<string> preamble)
    {
        var scale = preamble.Contains("G20") ? 25.4 : 1;
        using var reader = whole.OpenReader(firstLine);
        while (reader.LineNumber < firstLine + MostLines && reader.TryRead(out var line))
        {
            var at = line.IndexOf((byte)'Z');
            if (at < 0 || !(line.StartsWith("G0 "u8) || line.StartsWith("G1 "u8) || line.StartsWith("G2 "u8) || line.StartsWith("G3 "u8)))
            {
                continue;
            }

            // In relative coordinates the words differ too, unless the move is as long as the part is high: then the next one tells.
            if (Utf8Parser.TryParse(line[(at + 1)..], out double z, out _) && Math.Abs((z * scale) - height) > 0.0005)
            {
                return reader.LineNumber;
            }
        }

        return null;
    }
}
