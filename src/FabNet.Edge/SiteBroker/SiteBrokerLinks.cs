// Everything that a site publishes on its own broker, as its configuration asks for: started and stopped with the agent.

using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.SiteBroker.HomeAssistant;
using FabNet.Edge.SiteBroker.Sparkplug;
using FabNet.Edge.Telemetry;
using FabNet.Model;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge.SiteBroker;

/// <summary>The links of a site to its broker; none where the configuration names none.</summary>
internal sealed class SiteBrokerLinks : IAsyncDisposable
{
    private readonly List<BrokerLink> _links = [];

    /// <summary>Creates the links and lets them hear of samples and changes, from now on.</summary>
    /// <exception cref="IOException">The data folder can't be written.</exception>
    public SiteBrokerLinks(EdgeConfig config, EdgeAgentOptions options, JobEventLog events, EdgeLoop loop, TelemetrySpool spool, Func<MachineId, bool, Task> hold)
    {
        foreach (var publisher in Publishers(config, options, hold))
        {
            var link = new BrokerLink(publisher, config, events, () => loop.Statuses, options.ReconnectDelay, options.Time, options.Loggers.CreateLogger<BrokerLink>());
            loop.Published += link.Wake;
            spool.Added += link.Add;
            _links.Add(link);
        }
    }

    /// <summary>Begins to connect.</summary>
    public void Start() => _links.ForEach(l => l.Start());

    /// <summary>Publishes what there is, says goodbye, and ends. Takes at most a few seconds.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Select(l => l.DisposeAsync().AsTask()));

    private static IEnumerable<ISitePublisher> Publishers(EdgeConfig config, EdgeAgentOptions options, Func<MachineId, bool, Task> hold)
    {
        if (config.Broker?.Sparkplug is not null)
        {
            yield return new SparkplugPublisher(config, hold, options.Version, options.Time, options.Loggers.CreateLogger<SparkplugPublisher>());
        }

        if (config.Broker?.HomeAssistantPrefix is not null)
        {
            yield return new HomeAssistantPublisher(config, options.Version, options.Time, options.Loggers.CreateLogger<HomeAssistantPublisher>());
        }
    }
}
