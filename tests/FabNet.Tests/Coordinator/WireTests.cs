// The coordinator over real gRPC: Kestrel, the real catalogue, and a site that speaks the wire by hand.

using FabNet.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Coordinator;

public sealed class WireTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task An_order_travels_from_the_catalogue_to_a_site_and_is_completed()
    {
        await using var network = await NetworkServer.StartAsync();
        var published = await network.PublishAsync();
        await using var site = await network.ConnectAsync();
        Assert.Equal(0, (await site.ExpectAsync(EdgeDown.MessageOneofCase.Welcome)).Welcome.JobEventSequence);

        var order = await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Color = "Black", Customer = "me", Key = "k" }, cancellationToken: Cancel);
        Assert.Equal((published.Ref.ManifestDigest, "PLA", "black"), (order.Design.ManifestDigest, order.Jobs[0].Material, order.Jobs[0].Color));
        Assert.Equal(order.Id, (await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Key = "k" }, cancellationToken: Cancel)).Id);
        using var watch = network.Coordination.WatchNetwork(new() { OrderId = order.Id }, cancellationToken: Cancel);

        var offer = (await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer)).Offer;
        Assert.Equal(("o-1.1", "lab-a/left"), (offer.Job.Id, offer.Machine));
        await site.SendAsync(new() { Claim = new() { JobId = "o-1.1", Machine = "lab-a/left" } });
        Assert.Equal(1, (await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted)).LeaseGranted.Job.Epoch);
        await site.ReportAsync(1, new() { Preparing = new() }, "o-1.1", 1);
        await site.ReportAsync(2, new() { Ready = new() { ProgramDigest = published.Ref.ManifestDigest, EstimatedSeconds = 60, EstimatedGrams = 1 } }, "o-1.1", 1);
        await site.ReportAsync(3, new() { Started = new() }, "o-1.1", 1);
        await site.ReportAsync(4, new() { Completed = new() { Seconds = 61, Grams = 1.1 } }, "o-1.1", 1);

        OrderStatus? seen = null;
        while (seen is not OrderStatus.Completed)
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
            seen = watch.ResponseStream.Current.Order?.Status ?? seen;
        }

        var history = await network.Coordination.GetJobAsync(new() { Id = "o-1.1" }, cancellationToken: Cancel);
        Assert.Equal(
            [JobEvent.HappenedOneofCase.Offered, JobEvent.HappenedOneofCase.Leased, JobEvent.HappenedOneofCase.Preparing, JobEvent.HappenedOneofCase.Ready, JobEvent.HappenedOneofCase.Started, JobEvent.HappenedOneofCase.Completed],
            history.Events.Select(e => e.HappenedCase));
        Assert.StartsWith("shares loaded PLA black on lab-a/left", history.Why);
        Assert.Equal("EUR", history.Cost.Currency);
        var network1 = await network.Coordination.GetNetworkAsync(new(), cancellationToken: Cancel);
        Assert.True(Assert.Single(network1.Sites).Online);
        Assert.Equal(JobState.Completed, Assert.Single(network1.Jobs).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopped_coordinator_goes_on_where_it_was()
    {
        var network = await NetworkServer.StartAsync();
        try
        {
            await network.PublishAsync();
            await using (var site = await network.ConnectAsync())
            {
                await network.Coordination.PlaceOrderAsync(new() { Design = "clip@1.0.0", Quantity = 1 }, cancellationToken: Cancel);
                await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer);
                await site.SendAsync(new() { Claim = new() { JobId = "o-1.1", Machine = "lab-a/left" } });
                await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted);
                await site.ReportAsync(1, new() { Preparing = new() }, "o-1.1", 1);
                await network.StopAsync();
                Assert.NotEqual(StatusCode.OK, (await site.EndAsync()).StatusCode);
            }

            network = await NetworkServer.StartAsync(network.Folder);
            await using var back = await network.ConnectAsync();
            var welcome = (await back.ExpectAsync(EdgeDown.MessageOneofCase.Welcome)).Welcome;
            Assert.Equal((1, "o-1.1", JobState.Preparing), (welcome.JobEventSequence, welcome.Leases[0].Job.Id, welcome.Leases[0].Job.State));
        }
        finally
        {
            await network.DisposeAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_newer_stream_of_a_site_ends_the_older()
    {
        await using var network = await NetworkServer.StartAsync();
        await using var older = await network.ConnectAsync();
        await older.ExpectAsync(EdgeDown.MessageOneofCase.Welcome);
        await using var newer = await network.ConnectAsync();
        await newer.ExpectAsync(EdgeDown.MessageOneofCase.Welcome);
        var status = await older.EndAsync();
        Assert.Equal(StatusCode.Aborted, status.StatusCode);
        Assert.Contains("newer stream", status.Detail);
        await newer.SendAsync(new() { KeepAlive = new() { Held = { new EdgeUp.Types.KeepAlive.Types.HeldJob { JobId = "o-1.1", Epoch = 1 } } } });
        await newer.ExpectAsync(EdgeDown.MessageOneofCase.LeaseEnded);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_breaks_the_contract_is_told_how_and_harms_nobody()
    {
        await using var network = await NetworkServer.StartAsync();
        await using var honest = await network.ConnectAsync();
        await honest.ExpectAsync(EdgeDown.MessageOneofCase.Welcome);
        var telemetry = new EdgeUp { Telemetry = new() { Sequence = 1 } };
        telemetry.Telemetry.Samples.AddRange(Enumerable.Range(0, 1001).Select(_ => new TelemetrySample { Machine = "lab-x/left" }));
        var site = new Site { Id = "lab-x", Title = "x" };
        (EdgeUp[] Said, string Answer)[] cases =
        [
            ([new() { KeepAlive = new() }], "The first message must be hello."),
            ([new() { Hello = new() { BootId = "b" } }], "hello.site is missing"),
            ([new() { Hello = new() { BootId = "b", Site = new Site { Id = "../etc", Title = "x" } } }], "is not a site id"),
            ([new() { Hello = new() { BootId = "b b", Site = site } }], "hello.boot_id"),
            ([new() { Hello = new() { BootId = "b", Site = new Site { Id = "lab-x", Title = "x", Prices = new() { Currency = "EUR", MachinePerHour = "-5" } } } }], "prices.machine_per_hour is -5"),
            ([new() { Hello = new() { BootId = "b", Site = new Site { Id = "lab-x", Title = "x", Latitude = double.NaN, Longitude = 0 } } }], "site.latitude"),
            ([new() { Hello = new() { BootId = "b", Site = site } }, telemetry], "1001 samples"),
            ([new() { Hello = new() { BootId = "b", Site = site } }, new() { Site = new Site { Id = "lab-a", Title = "mine now" } }], "on the stream of lab-x"),
            ([new() { Hello = new() { BootId = "b", Site = site } }, new() { Hello = new() { BootId = "b", Site = site } }], "hello came twice"),
        ];
        foreach (var (said, answer) in cases)
        {
            await using var liar = await WireSite.ConnectAsync(network.Link, said[0]);
            foreach (var more in said[1..])
            {
                await liar.SayAsync(more);
            }

            var status = await liar.EndAsync();
            Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
            Assert.Contains(answer, status.Detail);
        }

        var seen = await network.Coordination.GetNetworkAsync(new(), cancellationToken: Cancel);
        Assert.Equal("lab-a", seen.Sites.Single(s => s.Site.Id == "lab-a").Site.Title);
        Assert.True(seen.Sites.Single(s => s.Site.Id == "lab-a").Online);
        Assert.False(seen.Sites.Single(s => s.Site.Id == "lab-x").Online);
    }

    [Fact(Timeout = 60_000)]
    public async Task Telemetry_is_kept_once_and_what_is_not_the_sites_is_counted_as_refused()
    {
        await using var network = await NetworkServer.StartAsync();
        await using var site = await network.ConnectAsync();
        var report = new EdgeUp { Telemetry = new() { Sequence = 3, Dropped = 7 } };
        var now = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        report.Telemetry.Samples.Add(new TelemetrySample { Machine = "lab-a/left", At = now, Metric = Metric.BedC, Value = 60.5, JobId = "o-1.1" });
        report.Telemetry.Samples.Add(new TelemetrySample { Machine = "lab-b/left", At = now, Value = 60.5 });
        report.Telemetry.Samples.Add(new TelemetrySample { Machine = "lab-a/left", At = now, Value = double.NaN });
        for (var i = 0; i < 2; i++)
        {
            await site.SendAsync(report);
            Assert.Equal(3, (await site.ExpectAsync(EdgeDown.MessageOneofCase.Acknowledged)).Acknowledged.TelemetrySequence);
        }

        var counts = network.Node.Telemetry.CountsOf(FabNet.Model.SiteId.Parse("lab-a"), "boot-1");
        Assert.Equal((3, 1, 7, 2), (counts.Sequence, counts.Samples, counts.Dropped, counts.Refused));
        var sample = Assert.Single(network.Node.Telemetry.Newest(FabNet.Model.MachineId.Parse("lab-a/left"), 10));
        Assert.Equal((60.5, "o-1.1", FabNet.Model.Machines.Metric.BedC), (sample.Value, sample.Job?.Value, sample.Metric));

        await using var back = await network.ConnectAsync();
        Assert.Equal(3, (await back.ExpectAsync(EdgeDown.MessageOneofCase.Welcome)).Welcome.TelemetrySequence);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refusal_has_its_status_and_a_sentence()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await using var site = await network.ConnectAsync();
        await site.ExpectAsync(EdgeDown.MessageOneofCase.Welcome);
        var client = network.Coordination;
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "nothing-here", Quantity = 1 }, cancellationToken: Cancel), StatusCode.NotFound, "the catalogue has no 'nothing-here'");
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "clip", Part = "lid", Quantity = 1 }, cancellationToken: Cancel), StatusCode.NotFound, "Its parts: clip.");
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "../../etc/passwd", Quantity = 1 }, cancellationToken: Cancel), StatusCode.InvalidArgument, "names no design");
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "clip", Quantity = 0 }, cancellationToken: Cancel), StatusCode.InvalidArgument, "quantity: 0");
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Material = "WOOD" }, cancellationToken: Cancel), StatusCode.InvalidArgument, "Known materials: ABS, PETG, PLA, TPU.");
        await RefusedAsync(client.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Destination = "lab-q" }, cancellationToken: Cancel), StatusCode.InvalidArgument, "destination: lab-q");
        await RefusedAsync(client.GetOrderAsync(new() { Id = "o-99" }, cancellationToken: Cancel), StatusCode.NotFound, "o-99");
        await RefusedAsync(client.GetJobAsync(new() { Id = "no job" }, cancellationToken: Cancel), StatusCode.NotFound, "no job");
        await RefusedAsync(client.ListOrdersAsync(new() { PageToken = "x" }, cancellationToken: Cancel), StatusCode.InvalidArgument, "page_token");
        await client.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel);
        await RefusedAsync(client.ReplaceLostJobAsync(new() { Id = "o-1.1" }, cancellationToken: Cancel), StatusCode.FailedPrecondition, "is not lost");
        await client.CancelOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel);
        await RefusedAsync(client.CancelJobAsync(new() { Id = "o-1.1" }, cancellationToken: Cancel), StatusCode.FailedPrecondition, "has ended already: it is Cancelled");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_catalogue_that_is_away_or_lies_is_named_and_nothing_is_ordered()
    {
        using var nowhere = GrpcChannel.ForAddress("http://127.0.0.1:1");
        await using (var network = await NetworkServer.StartAsync(catalogue: new(nowhere)))
        {
            await RefusedAsync(network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel), StatusCode.Unavailable, "The catalogue does not answer");
        }

        await using var honest = await NetworkServer.StartAsync();
        var published = await honest.PublishAsync();
        var tampered = published.Manifest.ToByteArray();
        tampered[^10] ^= 1;
        await using var liar = await GrpcHost.StartAsync(new LyingCatalogue(new PublishedDesign(published) { Manifest = Google.Protobuf.ByteString.CopyFrom(tampered) }));
        using var lies = GrpcChannel.ForAddress(liar.Address);
        await using var deceived = await NetworkServer.StartAsync(catalogue: new(lies));
        await RefusedAsync(deceived.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel), StatusCode.Unavailable, "It was not used");
        Assert.Empty((await deceived.Coordination.ListOrdersAsync(new(), cancellationToken: Cancel)).Orders);
    }

    [Fact(Timeout = 60_000)]
    public async Task Orders_are_listed_newest_first_page_by_page()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        for (var i = 0; i < 5; i++)
        {
            await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1 }, cancellationToken: Cancel);
        }

        await network.Coordination.CancelOrderAsync(new() { Id = "o-4" }, cancellationToken: Cancel);
        var first = await network.Coordination.ListOrdersAsync(new() { PageSize = 2 }, cancellationToken: Cancel);
        var second = await network.Coordination.ListOrdersAsync(new() { PageSize = 3, PageToken = first.NextPageToken }, cancellationToken: Cancel);
        Assert.Equal(["o-5", "o-4", "o-3", "o-2", "o-1"], first.Orders.Concat(second.Orders).Select(o => o.Id));
        Assert.Equal("", second.NextPageToken);
        Assert.Equal(["o-5", "o-3", "o-2", "o-1"], (await network.Coordination.ListOrdersAsync(new() { OpenOnly = true }, cancellationToken: Cancel)).Orders.Select(o => o.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watcher_sees_the_network_as_it_is_and_then_what_changes()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 2 }, cancellationToken: Cancel);
        using var watch = network.Coordination.WatchNetwork(new(), cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(2, watch.ResponseStream.Current.Snapshot.Jobs.Count);
        await using var site = await network.ConnectAsync();
        var (cameOnline, toldState, offered) = (false, false, 0);
        while (!cameOnline || !toldState || offered < 2)
        {
            Assert.True(await watch.ResponseStream.MoveNext(Cancel));
            var change = watch.ResponseStream.Current;
            cameOnline |= change.Site?.Online is true;
            toldState |= change.Machine?.State is MachineState.Idle;
            offered += change.Job?.State is JobState.Offered ? 1 : 0;
        }
    }

    private static async Task RefusedAsync<T>(AsyncUnaryCall<T> call, StatusCode code, string words)
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(code, e.StatusCode);
        Assert.Contains(words, e.Status.Detail);
    }
}
