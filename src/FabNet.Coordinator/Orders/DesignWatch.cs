// Calls off jobs whose design was found unsafe, or whose publisher's key was revoked, before they start.

using FabNet.Protocol.Catalogue;
using FabNet.Protocol.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using JobState = FabNet.Model.Jobs.JobState;

namespace FabNet.Coordinator.Orders;

/// <summary>Follows the catalogue as long as the coordinator runs. What runs already is left to the people who stand beside it.</summary>
/// <param name="node">The coordinator.</param>
/// <param name="catalogue">Makes the client, once the application listens: the catalogue may be part of it.</param>
/// <param name="interval">How often it syncs.</param>
/// <param name="time">The clock that it syncs by.</param>
/// <param name="application">Tells when it listens.</param>
/// <param name="log">Where it says that the catalogue is away.</param>
internal sealed class DesignWatch(
    CoordinatorNode node, Func<DesignCatalogue.DesignCatalogueClient> catalogue, TimeSpan interval, TimeProvider time, IHostApplicationLifetime application, ILogger<DesignWatch> log) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = application.ApplicationStarted.Register(started.SetResult);
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            var stops = new DesignStops(catalogue(), time, reason => CoordinatorLog.CatalogueAway(log, reason));
            do
            {
                await SyncAsync(stops, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The coordinator is stopping.
        }
    }

    // One sync, and what must not be made is called off.
    private async Task SyncAsync(DesignStops stops, CancellationToken cancellationToken)
    {
        var waiting = await node.AskAsync(() => node.State.Live.Where(IsWaiting).Select(e => e.Job.Design.Manifest).Distinct().ToList(), cancellationToken);
        var stopped = await stops.SyncAsync(waiting, cancellationToken);
        if (stopped.Count > 0)
        {
            await node.AskAsync(
                () =>
                {
                    foreach (var entry in node.State.Live.Where(e => IsWaiting(e) && e.CancelReason is null && stopped.ContainsKey(e.Job.Design.Manifest)).ToList())
                    {
                        node.Orders.Cancel(entry, $"{entry.Job.Design} must not be made: {stopped[entry.Job.Design.Manifest]}");
                    }

                    return true;
                },
                cancellationToken);
        }
    }

    private static bool IsWaiting(State.JobEntry entry) =>
        entry.Job is { IsFinal: false, StartedAt: null, State: JobState.Planned or JobState.Offered or JobState.Leased or JobState.Preparing or JobState.Ready };
}
