// The printer's report: the whole state as JSON, and what changed since the last one.

using System.Text.Json.Nodes;

namespace FabNet.FirmwareSimulator.Bambu;

/// <summary>
/// Builds <c>push_status</c> reports. The P1 series sends only changed fields (<c>msg</c> 1) and everything when asked (<c>msg</c> 0): clients must merge. Source: OpenBambuAPI.
/// </summary>
internal sealed class BambuReport
{
    private readonly Dictionary<string, JsonNode?> _sent = new(StringComparer.Ordinal);
    private long _sequence;

    /// <summary>Everything.</summary>
    public string Full(BambuMachine machine)
    {
        _sent.Clear();
        return Build(Fields(machine), full: true)!;
    }

    /// <summary>What changed since the last report; null if nothing did.</summary>
    public string? Delta(BambuMachine machine) => Build(Fields(machine), full: false);

    private string? Build(IEnumerable<KeyValuePair<string, JsonNode?>> fields, bool full)
    {
        var print = new JsonObject();
        foreach (var (name, value) in fields)
        {
            if (_sent.TryGetValue(name, out var before) && JsonNode.DeepEquals(before, value))
            {
                continue;
            }

            _sent[name] = value?.DeepClone();
            print[name] = value;
        }

        if (print.Count == 0)
        {
            return null;
        }

        print["command"] = "push_status";
        print["msg"] = full ? 0 : 1;
        print["sequence_id"] = (++_sequence).ToString();
        return new JsonObject { ["print"] = print }.ToJsonString();
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Fields(BambuMachine machine)
    {
        var (nozzle, nozzleTarget) = machine.Firmware.HotEnd;
        var (bed, bedTarget) = machine.Firmware.HeatedBed;
        yield return new("gcode_state", machine.State.ToString().ToUpperInvariant());
        yield return new("mc_percent", machine.Percent);
        yield return new("mc_remaining_time", machine.RemainingMinutes);
        yield return new("layer_num", machine.Layer);
        yield return new("total_layer_num", machine.LayerCount);
        yield return new("nozzle_temper", Math.Round(nozzle, 1));
        yield return new("nozzle_target_temper", Math.Round(nozzleTarget));
        yield return new("bed_temper", Math.Round(bed, 1));
        yield return new("bed_target_temper", Math.Round(bedTarget));
        yield return new("print_error", machine.PrintError);
        yield return new("gcode_file", machine.FileName);
        yield return new("subtask_name", machine.TaskName);
        yield return new("print_type", machine.State is BambuState.Idle ? "idle" : "local");
        yield return new("sdcard", true);
        yield return new("wifi_signal", "-45dBm");
        yield return new("hms", Hms(machine.PrintError));
    }

    /// <summary>The health messages: one for an error other than a cancelled task.</summary>
    private static JsonArray Hms(int error) =>
        error is 0 or BambuMachine.ErrorCancelled ? [] : [new JsonObject { ["attr"] = error & unchecked((int)0xFFFF0000), ["code"] = error & 0xFFFF }];
}
