// The edge agents of one process, started and stopped with their host.

using FabNet.Edge.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

/// <summary>The edge agents of one process: one for <c>fabnet agent</c>, several for <c>fabnet up</c>.</summary>
public sealed class EdgeAgents : IHostedService
{
    private readonly IReadOnlyList<EdgeConfig> _sites;
    private readonly EdgeAgentOptions _options;
    private volatile IReadOnlyList<EdgeAgent> _all = [];

    internal EdgeAgents(IReadOnlyList<EdgeConfig> sites, EdgeAgentOptions options)
    {
        _sites = sites;
        _options = options;
    }

    /// <summary>The agents that run.</summary>
    public IReadOnlyList<EdgeAgent> All => _all;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = new List<EdgeAgent>();
        try
        {
            foreach (var site in _sites)
            {
                started.Add(await EdgeAgent.StartAsync(site, _options, cancellationToken));
            }
        }
        catch
        {
            await StopAllAsync(started);
            throw;
        }

        _all = started;
    }

    /// <summary>Hands over and stops every agent, all at once.</summary>
    /// <param name="cancellationToken">Not used to hurry: each agent has its own limits, and a machine is never left moving.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var all = _all;
        _all = [];
        await StopAllAsync(all);
    }

    private static Task StopAllAsync(IEnumerable<EdgeAgent> agents) => Task.WhenAll(agents.Select(a => a.DisposeAsync().AsTask()));
}
