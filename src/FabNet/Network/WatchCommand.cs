// `fabnet watch`: the network as it changes, redrawn on a terminal, line by line in a pipe.

using System.CommandLine;
using FabNet.CommandLine;
using Grpc.Core;
using Spectre.Console;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class WatchCommand
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var server = ServerOption.Create();
        var order = new Option<string?>("--order") { Description = "Only this order, to its end." };
        var command = new Command("watch",
            """
            Watches machines and jobs. Ctrl-C ends it; nothing else stops.

            Examples:
              fabnet watch
              fabnet watch --order o-7
              fabnet watch --json | jq .
            """)
        { order, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            if (result.GetValue(order) is { } id)
            {
                return await new OrderFollower(client, console).FollowAsync(await client.GetOrderAsync(new Wire.GetOrderRequest { Id = id }, cancellationToken: stop), stop);
            }

            try
            {
                if (console.IsInteractive)
                {
                    await AnsiConsole.Live(new Text("connecting …")).AutoClear(false)
                        .StartAsync(context => WatchAsync(client, network => context.UpdateTarget(Draw(network)), _ => { }, stop));
                }
                else
                {
                    await WatchAsync(client, _ => { }, change => Print(console, change), stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static async Task WatchAsync(Wire.Coordination.CoordinationClient client, Action<Wire.Network> redraw, Action<Wire.NetworkChange> print, CancellationToken stop)
    {
        var network = new Wire.Network();
        while (true)
        {
            try
            {
                using var watch = client.WatchNetwork(new Wire.WatchNetworkRequest(), cancellationToken: stop);
                await foreach (var change in watch.ResponseStream.ReadAllAsync(stop))
                {
                    Apply(ref network, change);
                    redraw(network);
                    print(change);
                }
            }
            catch (RpcException) when (!stop.IsCancellationRequested && network.Sites.Count > 0)
            {
            }

            await Task.Delay(Retry, TimeProvider.System, stop);
        }
    }

    private static void Apply(ref Wire.Network network, Wire.NetworkChange change)
    {
        switch (change.ChangeCase)
        {
            case Wire.NetworkChange.ChangeOneofCase.Snapshot:
                network = change.Snapshot;
                break;
            case Wire.NetworkChange.ChangeOneofCase.Site:
                Replace(network.Sites, change.Site, s => s.Site.Id);
                break;
            case Wire.NetworkChange.ChangeOneofCase.Machine:
                var site = network.Sites.FirstOrDefault(s => change.Machine.Machine.StartsWith(s.Site.Id + "/", StringComparison.Ordinal));
                if (site is not null)
                {
                    Replace(site.Machines, change.Machine, m => m.Machine);
                }

                break;
            case Wire.NetworkChange.ChangeOneofCase.Job:
                Replace(network.Jobs, change.Job, j => j.Id);
                break;
            default:
                break;
        }
    }

    private static void Replace<T>(IList<T> items, T item, Func<T, string> idOf)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (idOf(items[i]) == idOf(item))
            {
                items[i] = item;
                return;
            }
        }

        items.Add(item);
    }

    private static Text Draw(Wire.Network network) => new($"{NetworkTables.Machines(network)}\n{NetworkTables.Jobs(network.Jobs.TakeLast(20))}");

    private static void Print(CommandConsole console, Wire.NetworkChange change)
    {
        console.Emit(change);
        switch (change.ChangeCase)
        {
            case Wire.NetworkChange.ChangeOneofCase.Snapshot:
                console.Say(NetworkTables.Machines(change.Snapshot));
                break;
            case Wire.NetworkChange.ChangeOneofCase.Machine:
                var machine = change.Machine;
                console.Say($"{machine.Machine}  {machine.State.Word()}{(machine.HasJobId ? $"  {machine.JobId} {machine.Progress:0 %}" : "")}{(machine.HasDetail ? $"  {machine.Detail}" : "")}");
                break;
            case Wire.NetworkChange.ChangeOneofCase.Job:
                var job = change.Job;
                console.Say($"{job.Id}  {job.State.Word()}{(job.HasMachine ? $"  {job.Machine}" : "")}{(job.HasReason ? $"  {job.Reason}" : "")}");
                break;
            default:
                break;
        }
    }
}
