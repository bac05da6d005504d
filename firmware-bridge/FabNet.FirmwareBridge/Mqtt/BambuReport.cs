// The machine's state as merged from its reports, which are deltas. Source: OpenBambuAPI mqtt.md; pybambu (what the P1 series leaves out).

using System.Globalization;
using System.Text.Json.Nodes;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>One health message.</summary>
/// <param name="Attribute">Which part of the machine.</param>
/// <param name="Code">What is the matter with it.</param>
internal readonly record struct BambuHealth(uint Attribute, uint Code);

/// <summary>
/// The merged report of one machine: nested objects are merged, arrays whose items have an id are merged item by item (trays of a filament changer), other arrays and values are replaced.
/// Owned by the session's loop.
/// </summary>
internal sealed class BambuReport
{
    /// <summary>A hostile machine must not fill the memory: more names than this are not taken into one object, nor more items into one array.</summary>
    private const int MaxMembers = 1024;

    private readonly JsonObject _print = [];

    /// <summary>IDLE, PREPARE, RUNNING, PAUSE, FINISH, FAILED, SLICING, INIT; empty before it was told on this connection.</summary>
    public string State => Text(_print, "gcode_state") ?? "";

    /// <summary>True while something is being printed, or about to be.</summary>
    public bool IsActive => State is "PREPARE" or "SLICING" or "RUNNING" or "PAUSE";

    /// <summary>Done, %.</summary>
    public int Percent => (int)Math.Clamp(Number(_print, "mc_percent") ?? 0, 0, 100);

    /// <summary>Time left, minutes.</summary>
    public int? RemainingMinutes => Number(_print, "mc_remaining_time") is { } minutes ? (int)Math.Clamp(minutes, 0, 1_000_000) : null;

    /// <summary>The name of the running task, or of the last one.</summary>
    public string Task => Text(_print, "subtask_name") ?? "";

    /// <summary>The file of the running task, or of the last one.</summary>
    public string File => Text(_print, "gcode_file") ?? "";

    /// <summary>The error; 0 for none.</summary>
    public uint PrintError => Bits(_print, "print_error");

    /// <summary>What it is doing, as a number of the maker's; -1 or 255 for nothing, null where it was not told.</summary>
    public int? Stage => Number(_print, "stg_cur") is { } stage and > -2 and < 1000 ? (int)stage : null;

    /// <summary>Health messages.</summary>
    public IReadOnlyList<BambuHealth> Health => _print["hms"] is not JsonArray items ? []
        : [.. items.OfType<JsonObject>().Take(32).Select(static item => new BambuHealth(Bits(item, "attr"), Bits(item, "code")))];

    /// <summary>True if nozzle and bed are told to be off; false while a target is set or unknown.</summary>
    public bool AreHeatersOff => Number(_print, "nozzle_target_temper") is 0 && Number(_print, "bed_target_temper") is 0;

    /// <summary>The merged report.</summary>
    public JsonObject Merged => _print;

    /// <summary>Merges the <c>print</c> object of one report.</summary>
    /// <param name="print">What was reported. <c>msg</c> 0 marks a whole state, in which items that are missing are gone.</param>
    public void Merge(JsonObject print) => Merge(_print, print, Number(print, "msg") is 0);

    /// <summary>The connection was lost, and with it an unknown number of deltas: what the machine does is unknown until it says so again.</summary>
    public void ForgetState() => _print.Remove("gcode_state");

    /// <summary>The temperatures known.</summary>
    public List<TemperatureReading> Temperatures()
    {
        var readings = new List<TemperatureReading>(3);
        if (Number(_print, "nozzle_temper") is { } nozzle)
            readings.Add(new TemperatureReading(HeaterKind.HotEnd, 0, nozzle, Number(_print, "nozzle_target_temper")));
        if (Number(_print, "bed_temper") is { } bed)
            readings.Add(new TemperatureReading(HeaterKind.Bed, 0, bed, Number(_print, "bed_target_temper")));
        if (Number(_print, "chamber_temper") is { } chamber)
            readings.Add(new TemperatureReading(HeaterKind.Chamber, 0, chamber, null));
        return readings;
    }

    /// <summary>True if a temperature was in a report.</summary>
    public static bool TellsTemperature(JsonObject print) => print.ContainsKey("nozzle_temper") || print.ContainsKey("bed_temper") || print.ContainsKey("chamber_temper");

    /// <summary>A string member; null if it is absent or something else.</summary>
    public static string? Text(JsonObject parent, string name) => parent[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A number, or a string that is one: the firmware mixes them. Null if it is absent or something else.</summary>
    public static double? Number(JsonObject parent, string name) =>
        parent[name] is not JsonValue value ? null
        : value.TryGetValue<double>(out var number) && double.IsFinite(number) ? number
        : value.TryGetValue<string>(out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number) ? number
        : null;

    /// <summary>32 bits, which some builds write as a negative number.</summary>
    private static uint Bits(JsonObject parent, string name) => Number(parent, name) is { } number and >= int.MinValue and <= uint.MaxValue ? unchecked((uint)(long)number) : 0;

    private static void Merge(JsonObject known, JsonObject delta, bool isWhole)
    {
        foreach (var (name, value) in delta)
        {
            if (value is JsonObject inner && known[name] is JsonObject knownInner)
                Merge(knownInner, inner, isWhole);
            else if (!isWhole && value is JsonArray items && known[name] is JsonArray knownItems && HaveIds(items) && HaveIds(knownItems))
                Merge(knownItems, items);
            else if (known.Count < MaxMembers || known.ContainsKey(name))
                known[name] = value?.DeepClone();
        }
    }

    private static void Merge(JsonArray known, JsonArray delta)
    {
        foreach (var item in delta.OfType<JsonObject>())
        {
            var same = known.OfType<JsonObject>().FirstOrDefault(k => JsonNode.DeepEquals(k["id"], item["id"]));
            if (same is not null)
                Merge(same, item, isWhole: false);
            else if (known.Count < MaxMembers)
                known.Add(item.DeepClone());
        }
    }

    private static bool HaveIds(JsonArray items) => items.Count > 0 && items.All(static item => item is JsonObject known && known["id"] is not null);
}
