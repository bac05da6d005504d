// Orders by gRPC: placed once whatever is killed meanwhile, followed to the end, with the whole history of each job.

using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Grpc.Core;
using Job = FabNet.Protocol.V1.Job;
using JobEvent = FabNet.Protocol.V1.JobEvent;
using JobState = FabNet.Protocol.V1.JobState;

namespace FabNet.SystemTests.Running;

internal static class Orders
{
    /// <summary>Follows an order until nothing more will happen by itself; each lost connection is made again.</summary>
    public static async Task<Order> FollowAsync(this TestNetwork network, string order, CancellationToken cancellationToken)
    {
        try
        {
            return await network.Client.FollowAsync(order, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{network.Said}", e);
        }
    }

    /// <inheritdoc cref="FollowAsync(TestNetwork, string, CancellationToken)" />
    public static async Task<Order> FollowAsync(this Coordination.CoordinationClient client, string order, CancellationToken cancellationToken)
    {
        Order? last = null;
        try
        {
            while (true)
            {
                try
                {
                    using var watch = client.WatchNetwork(new WatchNetworkRequest { OrderId = order }, cancellationToken: cancellationToken);
                    while (await watch.ResponseStream.MoveNext(cancellationToken))
                    {
                        last = await client.GetOrderAsync(new GetOrderRequest { Id = order }, cancellationToken: cancellationToken);
                        if (IsOver(last))
                        {
                            return last;
                        }
                    }
                }
                catch (RpcException e) when (!cancellationToken.IsCancellationRequested && e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled)
                {
                    // The coordinator was killed; it comes back.
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
                }
            }
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{order} did not end: {last}", e);
        }
    }

    /// <summary>Every job of an order with its history, each checked by <see cref="JobLifecycle"/>.</summary>
    public static async Task<IReadOnlyList<JobHistory>> HistoriesAsync(this TestNetwork network, Order order, CancellationToken cancellationToken)
    {
        var histories = new List<JobHistory>();
        foreach (var job in order.Jobs)
        {
            var history = await network.Client.GetJobAsync(new GetJobRequest { Id = job.Id }, cancellationToken: cancellationToken);
            AssertReplays(history);
            histories.Add(history);
        }

        return histories;
    }

    /// <summary>How often a job's program was started under each lease: never more than once.</summary>
    public static int Starts(this JobHistory history)
    {
        var starts = history.Events.Where(e => e.HappenedCase is JobEvent.HappenedOneofCase.Started).ToList();
        Assert.Equal(starts.Count, starts.Select(e => e.Epoch).Distinct().Count());
        return starts.Count;
    }

    /// <summary>Applies every event from the beginning: none may be refused, and the end must be what the coordinator says.</summary>
    private static void AssertReplays(JobHistory history)
    {
        var told = history.Job.ToModel();
        var job = new Model.Jobs.Job { Id = told.Id, Order = told.Order, Design = told.Design, Part = told.Part, Copies = told.Copies, Material = told.Material, Color = told.Color, Replaces = told.Replaces };
        foreach (var happened in history.Events.Select(e => e.ToModel()))
        {
            var (next, refusal) = JobLifecycle.Apply(job, happened);
            Assert.True(refusal is null, $"{refusal}\n{history}");
            job = next;
        }

        Assert.Equal(told.State, job.State);
        Assert.Equal(told.Epoch, job.Epoch);
        Assert.Equal(told.ReplacedBy, job.ReplacedBy);
    }

    private static bool IsOver(Order order) => order.Status is OrderStatus.Completed or OrderStatus.Cancelled
        || (order.Status is OrderStatus.NeedsAttention && order.Jobs.All(j => j.HasReplacedBy || IsFinal(j)));

    private static bool IsFinal(Job job) => job.State is JobState.Completed or JobState.Failed or JobState.Rejected or JobState.Cancelled;
}
