// What a simulated firmware executed, read from the file that it writes while it runs.

using System.Text.Json;

namespace FabNet.SystemTests.Running;

internal static class ExecutionRecord
{
    // What a host may say for itself, exactly: the program under test sends no other line that is not the program's.
    private static readonly HashSet<string> Marlin = new(StringComparer.Ordinal)
    {
        "M115", "M110 N0", "M105", "M114", "M155 S2", "M154 S2", "M155 S0", "M154 S0", "M400",
    };

    private static readonly HashSet<string> Grbl = new(StringComparer.Ordinal) { "$I", "$$", "$#", "$G" };

    private static readonly HashSet<string> None = [];

    /// <summary>The host's own commands in a dialect: marlin, grbl or bambu.</summary>
    public static IReadOnlySet<string> HostCommands(string dialect) => dialect switch { "marlin" => Marlin, "grbl" => Grbl, _ => None };

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

    private static string TextOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("text").GetString()!;
    }
}
