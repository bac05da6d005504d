// Follows other communities as long as the coordinator runs: its board, and one stream for each of the own sites that helps it.

using FabNet.Coordinator.Orders;
using FabNet.Model;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator.Federation;

/// <summary>Begins and ends the guests of this community.</summary>
internal sealed class CommunityRelay(CoordinatorNode node, CoordinatorOptions options, Func<DesignResolver> designs, TimeProvider time, IHostApplicationLifetime application, ILogger<CommunityRelay> log) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Follows.Count == 0)
        {
            return;
        }

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = application.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            await Task.WhenAll(options.Follows.Select(f => FollowAsync(f, stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The coordinator is stopping.
        }
    }

    private async Task FollowAsync(FollowedCommunity community, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(community.Address);
        var client = new EdgeLink.EdgeLinkClient(channel);
        Dictionary<SiteId, (CancellationTokenSource Stop, Task Running)> links = [];
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = new CommunityBoard(node, community, new Coordination.CoordinationClient(channel), time).RunAsync(ending.Token);
        var reading = new CommunityBooks(node, community, options.Community, new Protocol.V1.Ledger.LedgerClient(channel), time).RunAsync(ending.Token);
        CoordinatorLog.CommunityFollowed(log, community.Name, community.Address);
        using var timer = new PeriodicTimer(options.FollowInterval, time);
        try
        {
            do
            {
                var wanted = await node.AskAsync(() => node.Guests.GuestsOf(community), cancellationToken);
                foreach (var site in wanted.Where(s => !links.ContainsKey(s)))
                {
                    var session = await node.AskAsync(() => node.Guests.Begin(community, site), cancellationToken);
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    links.Add(site, (stop, new GuestLink(node, session, client, designs(), options.FollowInterval, time).RunAsync(stop.Token)));
                }

                foreach (var (site, link) in links.Where(l => !wanted.Contains(l.Key) || l.Value.Running.IsCompleted).ToList())
                {
                    links.Remove(site);
                    await EndAsync(site, link);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            await ending.CancelAsync();
            await watching;
            await reading;
            foreach (var (site, link) in links)
            {
                await EndAsync(site, link);
            }
        }

        async Task EndAsync(SiteId site, (CancellationTokenSource Stop, Task Running) link)
        {
            await link.Stop.CancelAsync();
            try
            {
                await link.Running;
            }
            catch (Exception e)
            {
                // A fault of this program: it is said, and the guest begins anew.
                CoordinatorLog.GuestFailed(log, e, site, community.Name);
            }

            link.Stop.Dispose();
        }
    }
}
