// What a simulated firmware executed, read from the file that it writes while it runs.

using System.Text.Json;
using System.Text.RegularExpressions;

namespace FabNet.SystemTests.Running;

internal static partial class ExecutionRecord
{
    // What a host may say for itself, exactly: the program under test sends no other line that is not the program's.
    private static readonly HashSet<string> Marlin = new(StringComparer.Ordinal)
    {
        "M115", "M110 N0", "M105", "M114", "M155 S2", "M154 S2", "M155 S0", "M154 S0", "M400", "M503",
    };

    private static readonly HashSet<string> Grbl = new(StringComparer.Ordinal) { "$I", "$$", "$#", "$G", "G0G17G21G40G90G94M5M9S0" };

    // The modes that go ahead of each program on a Marlin with one hot end.
    private static readonly string[] MarlinStart = ["G21", "G90", "M82", "G92 E0", "M220 S100", "M221 S100"];

    private static readonly HashSet<string> None = [];

    /// <summary>The host's own commands in a dialect: marlin, grbl or bambu.</summary>
    public static IReadOnlySet<string> HostCommands(string dialect) => dialect switch { "marlin" => Marlin, "grbl" => Grbl, _ => None };

    /// <summary>What of the executed commands belongs to programs: neither what hosts ask for themselves nor the modes that go ahead of each program.</summary>
    public static IReadOnlyList<string> OfPrograms(IEnumerable<string> executed, string dialect)
    {
        var host = HostCommands(dialect);
        var lines = executed.Where(line => !host.Contains(line)).ToList();
        for (var at = lines.Count - 2; at >= 0 && dialect == "marlin"; at--)
        {
            // Behind a program that sets limits, the ones of before go back as the firmware reported them, in millimetres.
            var limits = lines[at] == "G21" ? lines.Skip(at + 1).TakeWhile(static line => ReportedLimit().IsMatch(line)).Count() : 0;
            lines.RemoveRange(at, limits > 0 ? limits + 1 : 0);
        }

        for (var at = lines.Count - 1; at >= 0 && dialect == "marlin"; at--)
        {
            // All of them in a row: programs have some of the same lines.
            if (MarlinStart.Index().All(mode => at + mode.Index < lines.Count && lines[at + mode.Index] == mode.Item))
            {
                lines.RemoveRange(at, MarlinStart.Length);
            }
        }

        return lines;
    }

    /// <summary>The executed commands, oldest first; a line that is being written is left out.</summary>
    public static IReadOnlyList<string> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(TextOf)];
    }

    [GeneratedRegex(@"^M20[1345]( [A-Z]\d+\.\d\d\d?)+$")]
    private static partial Regex ReportedLimit();

    private static string TextOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("text").GetString()!;
    }
}
