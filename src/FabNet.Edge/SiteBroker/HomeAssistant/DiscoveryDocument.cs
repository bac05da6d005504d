// What Home Assistant is told of a machine so that it appears by itself: the MQTT device discovery format.

using System.Text.Json;
using FabNet.Edge.Configuration;
using FabNet.Model.Machines;

namespace FabNet.Edge.SiteBroker.HomeAssistant;

internal static class DiscoveryDocument
{
    /// <summary>Writes a machine's document. Its sensors read the machine's state topic; there is nothing in it that could command a machine.</summary>
    public static byte[] Write(EdgeConfig site, MachineConfig machine, HomeAssistantTopics topics, string version)
    {
        var id = topics.DeviceId(machine.Name);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("dev");
            json.WriteStartArray("ids");
            json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteString("name", $"{site.Title} {machine.Name}");
            json.WriteString("mdl", machine.Profile.Title);
            json.WriteString("sa", site.Title);
            json.WriteEndObject();
            json.WriteStartObject("o");
            json.WriteString("name", "FabNet");
            json.WriteString("sw", version);
            json.WriteEndObject();
            json.WriteStartObject("cmps");
            var writer = new ComponentWriter(json, topics, machine.Name);
            writer.Sensor("state", "State", "{{ value_json.state }}", isOfMachine: false, icon: "mdi:printer-3d", options: StateWords.All);
            writer.Sensor("detail", "Detail", "{{ (value_json.detail or '')[:255] }}", isOfMachine: false);
            writer.Sensor("job", "Job", "{{ value_json.job }}", isOfMachine: false);
            writer.Sensor("material", "Material", "{{ value_json.material }}", isOfMachine: false);
            writer.Sensor("progress", "Progress", "{{ value_json.progress }}", unit: "%");
            writer.Sensor("remaining", "Time left", "{{ value_json.remaining }}", deviceClass: "duration", unit: "s");
            foreach (var (key, name) in Temperatures(machine.Profile))
            {
                writer.Sensor(key, name, $"{{{{ value_json.{key} }}}}", deviceClass: "temperature", unit: "°C");
            }

            writer.Event("event", "Job event", JobEventWords.Kinds);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The temperatures of a machine: their keys in the state, and their names.</summary>
    public static IEnumerable<(string Key, string Name)> Temperatures(MachineProfile profile)
    {
        for (var i = 0; i < profile.HotEnds.Count; i++)
        {
            yield return ($"hot_end_{i}", profile.HotEnds.Count == 1 ? "Hot end" : $"Hot end {i}");
            yield return ($"hot_end_{i}_target", profile.HotEnds.Count == 1 ? "Hot end target" : $"Hot end {i} target");
        }

        if (profile.MaxBedTemperatureC > 0)
        {
            yield return ("bed", "Bed");
            yield return ("bed_target", "Bed target");
        }

        if (profile.MaxChamberTemperatureC > 0)
        {
            yield return ("chamber", "Chamber");
        }
    }

    private sealed class ComponentWriter(Utf8JsonWriter json, HomeAssistantTopics topics, string machine)
    {
        public void Sensor(
            string key, string name, string template, bool isOfMachine = true, string? deviceClass = null, string? unit = null, string? icon = null, string[]? options = null)
        {
            Begin(key, "sensor", name, topics.State(machine), isOfMachine);
            json.WriteString("value_template", template);
            Optional("device_class", options is null ? deviceClass : "enum");
            Optional("unit_of_measurement", unit);
            Optional("state_class", unit is null ? null : "measurement");
            Optional("icon", icon);
            Words("options", options);
            json.WriteEndObject();
        }

        public void Event(string key, string name, string[] types)
        {
            Begin(key, "event", name, topics.Event(machine), isOfMachine: false);
            Words("event_types", types);
            json.WriteEndObject();
        }

        private void Begin(string key, string platform, string name, string topic, bool isOfMachine)
        {
            json.WriteStartObject(key);
            json.WriteString("p", platform);
            json.WriteString("unique_id", $"{topics.DeviceId(machine)}_{key}");
            json.WriteString("name", name);
            json.WriteString("state_topic", topic);
            json.WriteStartArray("availability");
            Topic(topics.SiteStatus);
            if (isOfMachine)
            {
                Topic(topics.Availability(machine));
            }

            json.WriteEndArray();
            json.WriteString("availability_mode", "all");
        }

        private void Topic(string topic)
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteEndObject();
        }

        private void Optional(string key, string? value)
        {
            if (value is not null)
            {
                json.WriteString(key, value);
            }
        }

        private void Words(string key, string[]? words)
        {
            if (words is null)
            {
                return;
            }

            json.WriteStartArray(key);
            Array.ForEach(words, json.WriteStringValue);
            json.WriteEndArray();
        }
    }
}
