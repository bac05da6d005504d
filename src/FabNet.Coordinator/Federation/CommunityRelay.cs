// Follows other communities as long as the coordinator runs: their boards and books, and one stream for each of the own sites that helps one.

using FabNet.Coordinator.Orders;
using FabNet.Model;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator.Federation;

/// <summary>Begins and ends what is read of communities, and this one's guests there, as what is followed changes.</summary>
internal sealed class CommunityRelay(CoordinatorNode node, CoordinatorOptions options, Func<DesignResolver> designs, TimeProvider time, IHostApplicationLifetime application, ILogger<CommunityRelay> log) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = application.ApplicationStarted.Register(started.SetResult);
        var (read, helped) = (new WantedTasks<FollowedCommunity>(ReadAsync, Failed), new WantedTasks<FollowedCommunity>(HelpAsync, Failed));
        using var timer = new PeriodicTimer(options.FollowInterval, time);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            foreach (var overruled in await node.AskAsync(() => node.Following.Overruled.ToList(), stoppingToken))
            {
                CoordinatorLog.FollowingOverruled(log, overruled.Name, overruled.Address);
            }

            do
            {
                var (followed, all) = await node.AskAsync(() => (node.Following.Now, node.Guests.Communities), stoppingToken);
                await read.BecomeAsync(followed, stoppingToken);
                await helped.BecomeAsync(all, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The coordinator is stopping.
        }
        finally
        {
            await read.EndAsync();
            await helped.EndAsync();
        }

        void Failed(FollowedCommunity community, Exception fault) => CoordinatorLog.CommunityFailed(log, fault, community.Name, community.Address);
    }

    private async Task ReadAsync(FollowedCommunity community, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(community.Address);
        CoordinatorLog.CommunityFollowed(log, community.Name, community.Address);
        await Task.WhenAll(
            new CommunityBoard(node, community, new Coordination.CoordinationClient(channel), time).RunAsync(cancellationToken),
            new CommunityBooks(node, community, options.Community, new Protocol.V1.Ledger.LedgerClient(channel), time).RunAsync(cancellationToken));
        await node.PostAsync(() => node.Communities.Forget(community.Name));
    }

    private async Task HelpAsync(FollowedCommunity community, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(community.Address);
        var client = new EdgeLink.EdgeLinkClient(channel);
        var guests = new WantedTasks<SiteId>((site, stop) => SendAsync(community, site, client, stop), (site, fault) => CoordinatorLog.GuestFailed(log, fault, site, community.Name));
        using var timer = new PeriodicTimer(options.FollowInterval, time);
        try
        {
            do
            {
                await guests.BecomeAsync(await node.AskAsync(() => node.Guests.GuestsOf(community), cancellationToken), cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            await guests.EndAsync();
        }
    }

    private async Task SendAsync(FollowedCommunity community, SiteId site, EdgeLink.EdgeLinkClient client, CancellationToken cancellationToken)
    {
        var session = await node.AskAsync(() => node.Guests.Begin(community, site), CancellationToken.None);
        await new GuestLink(node, session, client, designs(), options.FollowInterval, time).RunAsync(cancellationToken);
    }
}
