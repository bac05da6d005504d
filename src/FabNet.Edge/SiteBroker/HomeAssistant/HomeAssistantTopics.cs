// The topics that Home Assistant, and anybody with mosquitto_sub, reads a site from.

using FabNet.Model;

namespace FabNet.Edge.SiteBroker.HomeAssistant;

/// <param name="prefix">Home Assistant's discovery prefix.</param>
/// <param name="site">The site.</param>
internal sealed class HomeAssistantTopics(string prefix, SiteId site)
{
    public const string Online = "online";
    public const string Offline = "offline";

    /// <summary>Where Home Assistant says that it has started.</summary>
    public string Birth => $"{prefix}/status";

    /// <summary>The discovery of every device, of whomever.</summary>
    public string AllDiscoveries => $"{prefix}/device/+/config";

    /// <summary>Whether the site's agent is there; its will.</summary>
    public string SiteStatus => $"fabnet/{site}/status";

    public string Discovery(string machine) => $"{prefix}/device/{DeviceId(machine)}/config";

    /// <summary>Whether there is a link to a machine.</summary>
    public string Availability(string machine) => $"fabnet/{site}/{machine}/availability";

    /// <summary>A machine as it is, in JSON.</summary>
    public string State(string machine) => $"fabnet/{site}/{machine}/state";

    /// <summary>What happens to jobs, in JSON; not retained.</summary>
    public string Event(string? machine) => machine is null ? $"fabnet/{site}/event" : $"fabnet/{site}/{machine}/event";

    /// <summary>A machine's device id. No name holds an underscore, so no two machines share one.</summary>
    public string DeviceId(string machine) => $"{Mine}{machine}";

    /// <summary>The machine of this site that a discovery topic is of; null if it is somebody else's.</summary>
    public string? MachineOf(string topic)
    {
        var levels = topic[Math.Min(topic.Length, prefix.Length)..].Split('/');
        return topic.StartsWith(prefix, StringComparison.Ordinal) && levels is ["", "device", var id, "config"]
            && id.StartsWith(Mine, StringComparison.Ordinal) ? id[Mine.Length..] : null;
    }

    private string Mine => $"fabnet_{site}_";
}
