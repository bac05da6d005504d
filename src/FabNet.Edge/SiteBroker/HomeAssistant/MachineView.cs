// A machine as its state topic shows it: the last status and the last temperatures, as one flat JSON object.

using System.Text.Json;
using FabNet.Edge.Configuration;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.SiteBroker.HomeAssistant;

/// <summary>One machine. Not thread safe.</summary>
internal sealed class MachineView(MachineId id, MachineConfig config)
{
    private readonly Dictionary<string, double> _temperatures = new(StringComparer.Ordinal);

    public string Name => id.Name;

    public MachineConfig Config => config;

    /// <summary>Its last status; null before the first.</summary>
    public MachineStatus? Status { get; set; }

    /// <summary>True while there is a link to the machine.</summary>
    public bool IsOnline => Status is { State: not MachineState.Offline };

    /// <summary>What was published last; null if nothing yet on this connection.</summary>
    public byte[]? Published { get; set; }

    /// <summary>The state that was published last.</summary>
    public MachineState? PublishedState { get; set; }

    /// <summary>When, by the clock's timestamps.</summary>
    public long PublishedAt { get; set; }

    public void Take(TelemetrySample sample)
    {
        var key = sample.Metric switch
        {
            Metric.HotEndC => $"hot_end_{sample.Index}",
            Metric.HotEndTargetC => $"hot_end_{sample.Index}_target",
            Metric.BedC => "bed",
            Metric.BedTargetC => "bed_target",
            Metric.ChamberC => "chamber",
            _ => null,
        };
        if (key is not null)
        {
            _temperatures[key] = Math.Round(sample.Value, 1);
        }
    }

    /// <summary>The state as JSON; what is not known is null.</summary>
    public byte[] Write()
    {
        var status = Status!;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("state", StateWords.Of(status.State));
            json.WriteString("detail", status.Detail);
            json.WriteString("job", status.Job?.Value);
            json.WriteString("material", status.Loaded.Material);
            json.WriteString("color", status.Loaded.Color);
            Number("progress", status.Job is null ? null : Math.Round(status.Progress * 100, 1));
            Number("remaining", status.RemainingSeconds is { } seconds ? Math.Round(seconds) : null);
            foreach (var (key, _) in DiscoveryDocument.Temperatures(config.Profile))
            {
                Number(key, IsOnline && _temperatures.TryGetValue(key, out var degrees) ? degrees : null);
            }

            json.WriteEndObject();

            void Number(string key, double? value)
            {
                if (value is { } number)
                {
                    json.WriteNumber(key, number);
                }
                else
                {
                    json.WriteNull(key);
                }
            }
        }

        return buffer.ToArray();
    }
}
