// The topics of a Sparkplug B edge node (Sparkplug 3.0, chapter 4).

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <param name="group">The group id.</param>
/// <param name="node">The edge node id: the site's.</param>
internal sealed class SparkplugTopics(string group, string node)
{
    public string NodeBirth => Of("NBIRTH");

    public string NodeDeath => Of("NDEATH");

    public string NodeData => Of("NDATA");

    public string NodeCommand => Of("NCMD");

    /// <summary>The commands to all devices.</summary>
    public string DeviceCommands => Of("DCMD") + "/+";

    public string DeviceBirth(string device) => $"{Of("DBIRTH")}/{device}";

    public string DeviceDeath(string device) => $"{Of("DDEATH")}/{device}";

    public string DeviceData(string device) => $"{Of("DDATA")}/{device}";

    /// <summary>The device that a command is for; null if the topic is of something else.</summary>
    public string? DeviceOf(string topic) => topic.StartsWith(Of("DCMD") + "/", StringComparison.Ordinal) ? topic[(topic.LastIndexOf('/') + 1)..] : null;

    public static string HostState(string host) => $"spBv1.0/STATE/{host}";

    private string Of(string kind) => $"spBv1.0/{group}/{kind}/{node}";
}
