// The machine's state as merged from its reports, which are deltas. Source: OpenBambuAPI mqtt.md; pybambu.

using System.Globalization;
using System.Text.Json;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>The merged report of one machine. Owned by the session's loop.</summary>
internal sealed class BambuReport
{
    /// <summary>IDLE, PREPARE, RUNNING, PAUSE, FINISH, FAILED, SLICING; empty before the first report.</summary>
    public string State { get; private set; } = "";

    /// <summary>Done, %.</summary>
    public int Percent { get; private set; }

    /// <summary>Time left, minutes.</summary>
    public int? RemainingMinutes { get; private set; }

    /// <summary>The name of the running task.</summary>
    public string Task { get; private set; } = "";

    /// <summary>The error code; 0 for none.</summary>
    public long PrintError { get; private set; }

    /// <summary>Health messages: attribute and code, as the maker's wiki writes them.</summary>
    public IReadOnlyList<string> Health { get; private set; } = [];

    /// <summary>The nozzle's temperature and target, °C; null before they were told.</summary>
    public (double? Current, double? Target) Nozzle { get; private set; }

    /// <summary>The bed's temperature and target, °C.</summary>
    public (double? Current, double? Target) Bed { get; private set; }

    /// <summary>The chamber's temperature, °C.</summary>
    public double? ChamberC { get; private set; }

    /// <summary>Merges the <c>print</c> object of one report.</summary>
    /// <returns>True if a temperature was in it.</returns>
    public bool Merge(JsonElement print)
    {
        if (Text(print, "gcode_state") is { } state)
            State = state;
        if (Number(print, "mc_percent") is { } percent)
            Percent = (int)Math.Clamp(percent, 0, 100);
        if (Number(print, "mc_remaining_time") is { } minutes)
            RemainingMinutes = (int)Math.Clamp(minutes, 0, 1_000_000);
        if (Text(print, "subtask_name") is { } task)
            Task = task;
        if (Number(print, "print_error") is { } error)
            PrintError = (long)error;
        if (print.TryGetProperty("hms", out var health) && health.ValueKind == JsonValueKind.Array)
            Health = [.. health.EnumerateArray().Take(32).Select(HealthCode)];
        Nozzle = (Number(print, "nozzle_temper") ?? Nozzle.Current, Number(print, "nozzle_target_temper") ?? Nozzle.Target);
        Bed = (Number(print, "bed_temper") ?? Bed.Current, Number(print, "bed_target_temper") ?? Bed.Target);
        ChamberC = Number(print, "chamber_temper") ?? ChamberC;
        return print.TryGetProperty("nozzle_temper", out _) || print.TryGetProperty("bed_temper", out _) || print.TryGetProperty("chamber_temper", out _);
    }

    /// <summary>What is wrong, in words for a person; null if nothing is.</summary>
    public string? Trouble()
    {
        var parts = new List<string>();
        if (PrintError != 0)
            parts.Add("error " + PrintError.ToString("X8", CultureInfo.InvariantCulture).Insert(4, "-"));
        parts.AddRange(Health.Select(static code => "HMS_" + code));
        return parts.Count == 0 ? null : string.Join(", ", parts) + " (the machine's screen and the maker's wiki explain these)";
    }

    /// <summary>The temperatures known.</summary>
    public List<TemperatureReading> Temperatures()
    {
        var readings = new List<TemperatureReading>(3);
        if (Nozzle.Current is { } nozzle)
            readings.Add(new TemperatureReading(HeaterKind.HotEnd, 0, nozzle, Nozzle.Target));
        if (Bed.Current is { } bed)
            readings.Add(new TemperatureReading(HeaterKind.Bed, 0, bed, Bed.Target));
        if (ChamberC is { } chamber)
            readings.Add(new TemperatureReading(HeaterKind.Chamber, 0, chamber, null));
        return readings;
    }

    /// <summary>A string property; null if it is absent or something else.</summary>
    internal static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number) ? number
        : null;

    // attr and code are 32-bit numbers, written as four groups of four hexadecimal digits.
    private static string HealthCode(JsonElement item)
    {
        var attribute = (uint)(Number(item, "attr") is { } a and >= 0 and <= uint.MaxValue ? a : 0);
        var code = (uint)(Number(item, "code") is { } c and >= 0 and <= uint.MaxValue ? c : 0);
        return string.Create(CultureInfo.InvariantCulture, $"{attribute >> 16:X4}_{attribute & 0xFFFF:X4}_{code >> 16:X4}_{code & 0xFFFF:X4}");
    }
}
