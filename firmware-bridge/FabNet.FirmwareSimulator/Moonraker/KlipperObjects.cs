// Klipper's status objects as JSON, whole or only what changed. Source: Klipper docs, Status_Reference.md.

using System.Globalization;
using System.Text.Json.Nodes;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>The objects of one machine.</summary>
internal static class KlipperObjects
{
    /// <summary>Every object that this machine has, with its fields.</summary>
    public static Dictionary<string, JsonObject> Of(KlipperMachine machine)
    {
        var firmware = machine.Firmware;
        var place = firmware.Motion.PositionAt(firmware.Now);
        var position = new JsonArray(Round(place.X), Round(place.Y), Round(place.Z), Round(place.E));
        var progress = machine.FileSize > 0 ? Round((double)machine.FilePosition / machine.FileSize) : 0;
        var objects = new Dictionary<string, JsonObject>(StringComparer.Ordinal)
        {
            ["webhooks"] = new() { ["state"] = machine.Klippy, ["state_message"] = machine.KlippyMessage },
            ["print_stats"] = new()
            {
                ["filename"] = machine.FileName,
                ["state"] = machine.Print,
                ["message"] = machine.PrintMessage,
                ["info"] = new JsonObject { ["total_layer"] = null, ["current_layer"] = null },
            },
            ["virtual_sdcard"] = new()
            {
                ["file_path"] = machine.FileName.Length > 0 ? machine.FileName : null,
                ["progress"] = progress,
                ["is_active"] = machine.Print == "printing",
                ["file_position"] = machine.FilePosition,
                ["file_size"] = machine.FileSize,
            },
            ["pause_resume"] = new() { ["is_paused"] = machine.IsPaused },
            ["display_status"] = new() { ["message"] = "", ["progress"] = progress },
            ["idle_timeout"] = new() { ["state"] = machine.IsBusy || machine.Print == "printing" ? "Printing" : "Ready" },
            ["motion_report"] = new() { ["live_position"] = position },
            ["toolhead"] = new() { ["position"] = position.DeepClone(), ["homed_axes"] = "xyz" },
            ["gcode_move"] = new() { ["gcode_position"] = position.DeepClone(), ["speed_factor"] = 1 },
        };
        var (hotEnd, hotEndTarget) = firmware.HotEnd;
        objects["extruder"] = Heater(hotEnd, hotEndTarget);
        var (bed, bedTarget) = firmware.HeatedBed;
        objects["heater_bed"] = Heater(bed, bedTarget);
        return objects;
    }

    /// <summary>The objects and fields that a client asked for.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="wanted">Objects by name, each with the wanted fields, or null for all.</param>
    public static JsonObject Select(KlipperMachine machine, JsonObject wanted)
    {
        var selected = new JsonObject();
        var all = Of(machine);
        foreach (var (name, fields) in wanted)
        {
            if (all.TryGetValue(name, out var item))
            {
                selected[name] = fields is JsonArray list
                    ? new JsonObject(item.Where(field => list.Any(wantedField => wantedField?.GetValue<string>() == field.Key)).Select(static field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())))
                    : item;
            }
        }

        return selected;
    }

    /// <summary>What differs from before, which becomes what is now; null if nothing does.</summary>
    public static JsonObject? Delta(JsonObject before, JsonObject now)
    {
        var delta = new JsonObject();
        foreach (var (name, value) in now)
        {
            var was = before[name] as JsonObject;
            var changed = new JsonObject(value!.AsObject().Where(field => was is null || !JsonNode.DeepEquals(was[field.Key], field.Value)).Select(static field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
            if (changed.Count > 0)
            {
                delta[name] = changed;
            }
        }

        return delta.Count > 0 ? delta : null;
    }

    /// <summary>The machine clock, as Klipper's <c>eventtime</c>.</summary>
    public static double EventTime(KlipperMachine machine) => double.Parse(machine.Firmware.Now.ToString("0.000", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static JsonObject Heater(double reading, double target) => new() { ["temperature"] = Math.Round(reading, 2), ["target"] = target, ["power"] = 0.0 };

    private static double Round(double value) => Math.Round(value, 4);
}
