// The machine's state as merged from Klipper's status objects, which arrive as deltas. Source: Klipper docs, Status_Reference.md; Moonraker docs, printer_objects.md.

using System.Text.Json;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>The merged status of one machine. Owned by the session's loop.</summary>
internal sealed class KlipperStatus
{
    private readonly SortedDictionary<string, (double Current, double? Target)> _heaters = new(StringComparer.Ordinal);

    /// <summary><c>disconnected</c> (Moonraker does not reach Klipper), <c>startup</c>, <c>ready</c>, <c>shutdown</c>, <c>error</c>; empty before it is known.</summary>
    public string Klippy { get; private set; } = "";

    /// <summary>What Klipper says of its own state, on one line.</summary>
    public string KlippyMessage { get; private set; } = "";

    /// <summary><c>standby</c>, <c>printing</c>, <c>paused</c>, <c>complete</c>, <c>cancelled</c>, <c>error</c>; empty before it is known.</summary>
    public string Print { get; private set; } = "";

    /// <summary>The file of the present or the last print, relative to the folder of G-code files; empty for none.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>Why the last print failed.</summary>
    public string PrintMessage { get; private set; } = "";

    /// <summary>Bytes of the file that Klipper has taken. Taken is not executed: up to a few seconds of motion are planned ahead.</summary>
    public long FilePosition { get; private set; }

    /// <summary>Bytes of the file that is loaded; 0 for none.</summary>
    public long FileSize { get; private set; }

    /// <summary>What the display shows (M117).</summary>
    public string DisplayMessage { get; private set; } = "";

    /// <summary>Where the tool is, in mm, in machine coordinates; null before it is known.</summary>
    public (double X, double Y, double Z)? Position { get; private set; }

    /// <summary>True while a file is executed or held.</summary>
    public bool IsPrintActive => Print is "printing" or "paused";

    /// <summary>What Klipper says of itself, as <c>printer.info</c> and <c>webhooks</c> tell it.</summary>
    public void SetKlippy(string state, string? message)
    {
        Klippy = state;
        KlippyMessage = OneLine(message ?? "");
    }

    /// <summary>Nothing is known of Klipper's objects any more.</summary>
    public void Forget()
    {
        Print = FileName = PrintMessage = DisplayMessage = "";
        FilePosition = FileSize = 0;
        Position = null;
        _heaters.Clear();
    }

    /// <summary>Takes in objects with those fields that changed.</summary>
    /// <returns>True if a temperature changed.</returns>
    public bool Merge(JsonElement status)
    {
        var isHeatNews = false;
        if (status.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var item in status.EnumerateObject())
        {
            if (item.Value.ValueKind != JsonValueKind.Object)
                continue;
            switch (item.Name)
            {
                case "webhooks":
                    SetKlippy(item.Value.Text("state") ?? Klippy, item.Value.Text("state_message") ?? KlippyMessage);
                    break;
                case "print_stats":
                    Print = item.Value.Text("state") ?? Print;
                    FileName = item.Value.Text("filename") ?? FileName;
                    PrintMessage = OneLine(item.Value.Text("message") ?? PrintMessage);
                    break;
                case "virtual_sdcard":
                    FilePosition = (long)(item.Value.Number("file_position") ?? FilePosition);
                    FileSize = (long)(item.Value.Number("file_size") ?? FileSize);
                    break;
                case "display_status":
                    DisplayMessage = OneLine(item.Value.Text("message") ?? DisplayMessage);
                    break;
                case "motion_report" or "toolhead":
                    Position = Place(item.Value) ?? Position;
                    break;
                default:
                    isHeatNews |= MergeHeater(item.Name, item.Value);
                    break;
            }
        }

        return isHeatNews;
    }

    /// <summary>The temperatures that are known.</summary>
    public IReadOnlyList<TemperatureReading> Temperatures()
    {
        var readings = new List<TemperatureReading>(_heaters.Count);
        foreach (var (name, (current, target)) in _heaters)
        {
            var tool = 0;
            HeaterKind kind;
            if (name == "heater_bed")
                kind = HeaterKind.Bed;
            else if (name.StartsWith("extruder", StringComparison.Ordinal))
                (kind, tool) = (HeaterKind.HotEnd, name.Length > 8 && int.TryParse(name.AsSpan(8), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0);
            else
                kind = HeaterKind.Chamber;
            readings.Add(new TemperatureReading(kind, tool, current, target));
        }

        return readings;
    }

    /// <summary>The objects to subscribe to, of those that this Klipper has.</summary>
    public static IEnumerable<string> Interesting(IReadOnlySet<string> objects) => objects.Where(name =>
        name is "webhooks" or "print_stats" or "virtual_sdcard" or "display_status" or "pause_resume" or "idle_timeout"
        || name == (objects.Contains("motion_report") ? "motion_report" : "toolhead")
        || IsHeater(name));

    /// <summary>True for an object whose <c>target</c> must be 0 when the machine is safe.</summary>
    public static bool IsHeater(string name) =>
        name == "heater_bed"
        || (name.StartsWith("extruder", StringComparison.Ordinal) && name.AsSpan(8).IndexOfAnyExceptInRange('0', '9') < 0)
        || name.StartsWith("heater_generic ", StringComparison.Ordinal);

    private static (double X, double Y, double Z)? Place(JsonElement item) =>
        (item.TryGetProperty("live_position", out var place) || item.TryGetProperty("position", out place))
        && place.ValueKind == JsonValueKind.Array && place.GetArrayLength() >= 3
        && place[0].ValueKind == JsonValueKind.Number && place[1].ValueKind == JsonValueKind.Number && place[2].ValueKind == JsonValueKind.Number
            ? (place[0].GetDouble(), place[1].GetDouble(), place[2].GetDouble())
            : null;

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();

    private bool MergeHeater(string name, JsonElement item)
    {
        if (!IsHeater(name) || (name.StartsWith("heater_generic", StringComparison.Ordinal) && !name.Contains("chamber", StringComparison.OrdinalIgnoreCase)))
            return false;
        _heaters.TryGetValue(name, out var before);
        var after = (Current: item.Number("temperature") ?? before.Current, Target: item.Number("target") ?? before.Target);
        _heaters[name] = after;
        return after != before;
    }
}
