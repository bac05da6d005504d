// An unsafe verdict or a revoked key in the real catalogue reaches the jobs of a network within one sync.

using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FabNet.Tests.Catalogue;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Coordinator;

public sealed class UnsafeDesignTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task An_unsafe_verdict_calls_off_what_waits_and_leaves_what_runs_to_people()
    {
        await using var network = await NetworkServer.StartAsync();
        var published = await network.PublishAsync();
        await using var site = await network.ConnectAsync();
        var order = await network.Coordination.PlaceOrderAsync(new() { Design = "tester/clip", Quantity = 3, Color = "black" }, cancellationToken: Cancel);
        Assert.NotEmpty(order.Obligations);
        var (running, leased, waiting) = (order.Jobs[0].Id, order.Jobs[1].Id, order.Jobs[2].Id);
        await ClaimAsync(site, running);
        await ClaimAsync(site, leased);
        await site.ReportAsync(1, new() { Preparing = new() }, running, 1);
        await site.ReportAsync(2, new() { Ready = new() { ProgramDigest = published.Ref.ManifestDigest, EstimatedSeconds = 60, EstimatedGrams = 1 } }, running, 1);
        await site.ReportAsync(3, new() { Started = new() }, running, 1);
        using var watch = network.Coordination.WatchNetwork(new() { OrderId = order.Id }, cancellationToken: Cancel);
        await AttestUnsafeAsync(network, Digest.Parse(published.Ref.ManifestDigest));

        // One is leased and not started: its site is asked to call it off. One waits for a site: it ends at once.
        var intent = (await site.ExpectAsync(EdgeDown.MessageOneofCase.CancelIntent)).CancelIntent;
        Assert.Equal(leased, intent.JobId);
        Assert.Contains("found it unsafe: It breaks.", intent.Reason, StringComparison.Ordinal);
        while (await JobAsync(network, waiting) is not { State: JobState.Cancelled })
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        }

        Assert.Contains("found it unsafe: It breaks.", (await JobAsync(network, waiting)).Reason, StringComparison.Ordinal);
        Assert.Equal(JobState.Running, (await JobAsync(network, running)).State);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("must not be made", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_revoked_key_calls_off_what_waits_and_a_new_signature_lets_it_be_ordered_again()
    {
        await using var network = await NetworkServer.StartAsync();
        var published = await network.PublishAsync();
        var order = await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel);
        using var watch = network.Coordination.WatchNetwork(new() { OrderId = order.Id }, cancellationToken: Cancel);
        await network.PutAsync(network.Publisher.RevokeKey());
        while (await JobAsync(network, "o-1.1") is not { State: JobState.Cancelled })
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        }

        Assert.Contains("was revoked: stolen", (await JobAsync(network, "o-1.1")).Reason, StringComparison.Ordinal);
        Assert.Equal(published.Ref, (await network.PublishAsync()).Ref);
        Assert.Equal("o-2", (await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel)).Id);
    }

    // What is open may be claimed whether it was offered or not.
    private static async Task ClaimAsync(WireSite site, string job)
    {
        await site.SendAsync(new() { Claim = new() { JobId = job, Machine = "lab-a/left" } });
        Assert.Equal(job, (await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted)).LeaseGranted.Job.Id);
    }

    private static async Task AttestUnsafeAsync(NetworkServer network, Digest manifest)
    {
        var carol = new TestPublisher("carol");
        await network.PutAsync(carol.Chain[0]);
        var collection = carol.Sign(new CollectionStatement { By = carol.Author, Name = "safe-tools", Title = "Safe tools", Maintainers = [], Sequence = 1 });
        await network.PutAsync(collection);
        await network.PutAsync(carol.Sign(new AttestationStatement
        {
            By = carol.Author, Collection = collection.Id, Manifest = manifest, Verdict = Verdict.Unsafe, Reason = "It breaks.", Sequence = 1,
        }));
    }

    private static async Task<Job> JobAsync(NetworkServer network, string id) => (await network.Coordination.GetJobAsync(new() { Id = id }, cancellationToken: Cancel)).Job;
}
