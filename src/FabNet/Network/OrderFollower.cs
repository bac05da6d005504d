// Follows one order to its end, through lost connections, and says each step once.

using FabNet.CommandLine;
using Grpc.Core;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

/// <summary>Prints what happens to an order's jobs until nothing more will happen without a person.</summary>
internal sealed class OrderFollower(Wire.Coordination.CoordinationClient client, CommandConsole console)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Wire.Job> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Wire.MachineStatus> _machines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _saidTenths = new(StringComparer.Ordinal);
    private readonly StatusLine _line = new(console);

    /// <summary>Follows the order.</summary>
    /// <returns>The exit code: 0 when all parts are made.</returns>
    public async Task<int> FollowAsync(Wire.Order order, CancellationToken stop)
    {
        Note(order);
        var isCutOff = false;
        while (true)
        {
            try
            {
                using var watch = client.WatchNetwork(new Wire.WatchNetworkRequest { OrderId = order.Id }, cancellationToken: stop);
                await foreach (var change in watch.ResponseStream.ReadAllAsync(stop))
                {
                    if (isCutOff)
                    {
                        isCutOff = false;
                        _line.Say("connected again");
                    }

                    if (change.ChangeCase == Wire.NetworkChange.ChangeOneofCase.Order)
                    {
                        order = change.Order;
                    }

                    Note(change);
                    if (change.ChangeCase == Wire.NetworkChange.ChangeOneofCase.Snapshot)
                    {
                        order = await client.GetOrderAsync(new Wire.GetOrderRequest { Id = order.Id }, cancellationToken: stop);
                        Note(order);
                    }

                    if (ExitCodeOf(order) is { } code)
                    {
                        Conclude(order);
                        return code;
                    }
                }
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown && !stop.IsCancellationRequested)
            {
                if (!isCutOff)
                {
                    isCutOff = true;
                    _line.Say($"the connection is lost ({e.Status.Detail}); the order goes on, and this command tries again");
                }
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Cancelled)
            {
                stop.ThrowIfCancellationRequested();
            }

            await Task.Delay(Retry, TimeProvider.System, stop);
        }
    }

    private void Note(Wire.NetworkChange change)
    {
        switch (change.ChangeCase)
        {
            case Wire.NetworkChange.ChangeOneofCase.Snapshot:
                foreach (var machine in change.Snapshot.Sites.SelectMany(s => s.Machines))
                {
                    _machines[machine.Machine] = machine;
                }

                break;
            case Wire.NetworkChange.ChangeOneofCase.Order: Note(change.Order); break;
            case Wire.NetworkChange.ChangeOneofCase.Job: Note(change.Job); break;
            case Wire.NetworkChange.ChangeOneofCase.Machine: Note(change.Machine); break;
            default: break;
        }
    }

    private void Note(Wire.Order order)
    {
        foreach (var job in order.Jobs)
        {
            Note(job);
        }
    }

    private void Note(Wire.Job job)
    {
        if (_jobs.TryGetValue(job.Id, out var before) && before.State == job.State && before.Machine == job.Machine && before.Reason == job.Reason)
        {
            return;
        }

        _jobs[job.Id] = job;
        console.Emit(job);
        _line.Say($"{job.Id,-8} {job.State.Word(),-9} {(job.HasMachine ? job.Machine : "")}{(job.HasReason && job.Reason.Length > 0 ? $"  {job.Reason}" : "")}");
    }

    private void Note(Wire.MachineStatus machine)
    {
        _machines[machine.Machine] = machine;
        if (!machine.HasJobId || !_jobs.ContainsKey(machine.JobId))
        {
            return;
        }

        if (_line.IsShown)
        {
            Draw();
            return;
        }

        var tenths = (int)(machine.Progress * 10);
        if (_saidTenths.GetValueOrDefault(machine.JobId) < tenths && tenths < 10)
        {
            _saidTenths[machine.JobId] = tenths;
            console.Emit(machine);
            _line.Say($"{machine.JobId,-8} {tenths * 10,3} %     {machine.Machine}{(machine.HasHotEndC ? $"  hot end {machine.HotEndC:0} °C" : "")}"
                + (machine.HasRemainingSeconds ? $"  {Durations.Text(machine.RemainingSeconds)} left" : ""));
        }
    }

    private void Draw() => _line.Draw(string.Join("   ", _machines.Values
        .Where(m => m.HasJobId && _jobs.TryGetValue(m.JobId, out var job) && job.State is (Wire.JobState.Running or Wire.JobState.Paused))
        .OrderBy(m => m.JobId, StringComparer.Ordinal)
        .Select(m => $"{m.JobId} {StatusLine.Bar(m.Progress, 15)}{(m.HasRemainingSeconds ? $" {Durations.Text(m.RemainingSeconds)} left" : "")}")));

    private void Conclude(Wire.Order order)
    {
        console.Emit(order);
        var made = order.Jobs.Count(j => j.State == Wire.JobState.Completed);
        _line.Say(order.Status is Wire.OrderStatus.Completed
            ? $"order {order.Id} is complete: {made} of {made} made; when you have it: fabnet accept {order.Id}"
            : $"order {order.Id}: {order.Status.Word()}; {made} made");
    }

    /// <summary>The exit code once nothing more will happen by itself; null while something may.</summary>
    private static int? ExitCodeOf(Wire.Order order) => order.Status switch
    {
        Wire.OrderStatus.Completed or Wire.OrderStatus.Delivered => CommandRunner.Succeeded,
        Wire.OrderStatus.Cancelled => CommandRunner.Failed,
        Wire.OrderStatus.NeedsAttention when order.Jobs.All(j => j.HasReplacedBy
            || j.State is Wire.JobState.Completed or Wire.JobState.Failed or Wire.JobState.Rejected or Wire.JobState.Cancelled) => CommandRunner.Failed,
        _ => null,
    };
}
