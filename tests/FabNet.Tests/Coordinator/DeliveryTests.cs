// What is made at one site and should go to another: joined, taken, picked up, dropped off, accepted; or failed, and a person decides.

using FabNet.Coordinator;
using FabNet.Coordinator.Deliveries;
using FabNet.Coordinator.Ledger;
using FabNet.Coordinator.Orders;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;
using FabNet.Model.Orders;
using FabNet.Protocol.V1;
using Grpc.Core;
using Xunit;
using static FabNet.Tests.Coordinator.PlayedSite;
using DeliveryState = FabNet.Coordinator.Deliveries.DeliveryState;
using DeliveryStep = FabNet.Coordinator.State.DeliveryStep;
using OrderStatus = FabNet.Model.Orders.OrderStatus;
using WireState = FabNet.Protocol.V1.DeliveryState;
using WireStep = FabNet.Protocol.V1.DeliveryStep;

namespace FabNet.Tests.Coordinator;

public sealed class DeliveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Scrap_leaves_a_delivery_that_waits_and_what_has_left_its_site_is_its_receivers_to_refuse()
    {
        await using var network = new CoordinatorHarness();
        var maker = await network.JoinAsync("lab-a");
        await network.JoinAsync("lab-b");
        JobId[] jobs = [await OrderAsync(network, "lab-b"), await OrderAsync(network, "lab-b")];
        foreach (var job in jobs)
        {
            await MakeAsync(maker, job);
        }

        var delivery = await network.Ask(() => Assert.Single(network.Node.State.Deliveries.Values));
        await maker.RunAsync(jobs[0], 1, new JobScrapped { Job = jobs[0], Epoch = 1, At = default, Reason = "warped" });
        Assert.Equal([jobs[1]], await network.Ask(() => delivery.Jobs.Select(static j => j.Id).ToList()));
        await MakeAsync(maker, JobId.Parse("o-1.2"));
        Assert.Equal(["o-1.2", "o-2.1"], await network.Ask(() => delivery.Jobs.Select(static j => j.Id.Value).Order(StringComparer.Ordinal).ToList()));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PickedUp, "lab-b", null));
        await maker.RunAsync(jobs[1], 1, new JobScrapped { Job = jobs[1], Epoch = 1, At = default, Reason = "warped" });
        Assert.Equal(FabNet.Model.Jobs.JobState.Completed, await network.StateAsync(jobs[1]));
        var live = await network.Ask(() => CoordinatorHarness.Dump(network.Node.State));
        await using var again = await network.ReopenAsync();
        Assert.Equal(live, await again.Ask(() => CoordinatorHarness.Dump(again.Node.State)));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_goes_from_one_site_to_another_on_one_day_goes_together_and_is_accepted_after_it_was_dropped_off()
    {
        await using var network = new CoordinatorHarness();
        var maker = await network.JoinAsync("lab-a");
        await network.JoinAsync("lab-b");
        var jobs = new[] { await OrderAsync(network, "lab-b"), await OrderAsync(network, "lab-b"), await OrderAsync(network, "lab-a"), await OrderAsync(network, null) };
        foreach (var job in jobs)
        {
            await MakeAsync(maker, job);
        }

        // Two go to lab-b together; what stays, or goes nowhere, is in no delivery.
        var delivery = await network.Ask(() => Assert.Single(network.Node.State.Deliveries.Values));
        Assert.Equal(("d-1", "lab-a", "lab-b", DeliveryState.Planned), (delivery.Id, delivery.From.Value, delivery.To.Value, delivery.State));
        Assert.Equal(["o-1.1", "o-2.1"], delivery.Jobs.Select(static j => j.Id.Value));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-3"), "ana", []));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-4"), "ana", []));
        await RefusedAsync(network, () => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []), "d-1 waits at lab-a to be picked up: fabnet delivery picked-up d-1");
        await RefusedAsync(network, () => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", [new(jobs[0], "warped")]), "has not arrived");

        await network.Do(() => network.Node.Deliveries.Claim(delivery, "lab-b"));
        await network.Do(() => network.Node.Deliveries.Claim(delivery, "lab-b"));
        await RefusedAsync(network, () => network.Node.Deliveries.Claim(delivery, "ben"), "taken by lab-b");
        await RefusedAsync(network, () => network.Node.Deliveries.Step(delivery, DeliveryStep.DroppedOff, "ben", null), "waits at lab-a to be picked up");
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PickedUp, "lab-b", null));
        await RefusedAsync(network, () => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []), "on its way with lab-b");

        // What is made now leaves with the next one.
        var late = await OrderAsync(network, "lab-b");
        await MakeAsync(maker, late);
        Assert.Equal("d-2", await network.Ask(() => network.Node.State.Jobs[late].Delivery!.Id));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.DroppedOff, "lab-b", null));
        await RefusedAsync(network, () => network.Node.Deliveries.Step(delivery, DeliveryStep.Failed, "lab-b", "lost"), "was dropped off at lab-b");
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []));
        Assert.Equal(OrderStatus.Delivered, await network.Ask(() => network.Node.State.Orders[OrderId.Parse("o-1")].Status));
        Assert.Equal(OrderStatus.Completed, await network.Ask(() => network.Node.State.Orders[OrderId.Parse("o-2")].Status));

        var live = await network.Ask(() => CoordinatorHarness.Dump(network.Node.State));
        await network.Node.DisposeAsync();
        await using var again = new CoordinatorHarness(network.Folder, network.Time);
        Assert.Equal(live, await again.Ask(() => CoordinatorHarness.Dump(again.Node.State)));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_ledger_has_the_transport_of_the_delivery_that_was_made_its_fixed_price_once_and_shared()
    {
        await using var network = new CoordinatorHarness();
        var maker = await network.JoinAsync("lab-a");
        await network.JoinAsync("lab-b");
        foreach (var to in (string?[])["lab-b", "lab-b", null])
        {
            await MakeAsync(maker, await OrderAsync(network, to));
        }

        Assert.DoesNotContain((await EntriesAsync(network)).OfType<EconomicEvent>(), static e => e.Cost?.Term is CostTerm.Transport);
        var delivery = await network.Ask(() => network.Node.Deliveries.Find("d-1"));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PickedUp, "ben", null));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.DroppedOff, "ben", null));
        foreach (var order in (string[])["o-1", "o-2", "o-3"])
        {
            await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order(order), "ana", []));
        }

        var entries = await EntriesAsync(network);
        var transport = Assert.Single(entries.OfType<EconomicEvent>(), static e => e.Cost?.Term is CostTerm.Transport);
        Assert.Equal(("event/d-1/fixed", 4.00m), (transport.Id, transport.Cost!.Amount));
        var shared = Assert.Single(entries.OfType<SharedCost>(), static s => s.Thing is SharedThing.Delivery);
        Assert.Equal(("cost/d-1", 4.00m), (shared.Id, shared.Total));
        Assert.Equal([("o-1", 2.00m, 4.00m), ("o-2", 2.00m, 4.00m)], shared.Orders.Select(static o => (o.Order.Value, o.Share, o.Alone)));
        Assert.Equal(["event/d-1/o-1", "event/d-1/o-2", "event/o-3/delivery-1/lab-a"], entries.OfType<EconomicEvent>().Where(static e => e.Action is LedgerAction.TransferCustody).Select(static e => e.Id));
        Assert.Equal(2, entries.OfType<EconomicEvent>().Count(static e => e.Pays == "cost/d-1"));
        var verifier = new LedgerVerifier();
        (await LinesAsync(network)).ForEach(l => verifier.Take(l));
        verifier.Finish();
        Assert.Empty(verifier.Findings);
        Assert.All(verifier.Books.Orders(), static o => Assert.Equal(0, o.Open));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_delivery_that_failed_is_planned_again_or_its_parts_are_made_again_as_a_person_decides()
    {
        await using var network = new CoordinatorHarness();
        var maker = await network.JoinAsync("lab-a");
        await network.JoinAsync("lab-b");
        var (kept, lost) = (await OrderAsync(network, "lab-b"), await OrderAsync(network, "lab-b"));
        await MakeAsync(maker, kept);
        await MakeAsync(maker, lost);
        var delivery = await network.Ask(() => network.Node.Deliveries.Find("d-1"));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PickedUp, "ben", null));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.Failed, "ben", "the bag was stolen"));
        await RefusedAsync(network, () => network.Node.Orders.Accept(network.Node.Orders.Order("o-2"), "ana", []), "d-1 failed (the bag was stolen)");
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-2"), "ana", [new(lost, "lost on the way")]));
        Assert.Equal("o-2.2", (await network.JobAsync(lost)).ReplacedBy?.Value);

        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PlannedAgain, "ana", null));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.PickedUp, "lab-b", null));
        await network.Do(() => network.Node.Deliveries.Step(delivery, DeliveryStep.DroppedOff, "lab-b", null));
        await network.Do(() => network.Node.Orders.Accept(network.Node.Orders.Order("o-1"), "ana", []));

        // What was lost pays nothing; what arrived bears the fixed price alone.
        var shared = Assert.Single((await EntriesAsync(network)).OfType<SharedCost>(), static s => s.Thing is SharedThing.Delivery);
        Assert.Equal([("o-1", 4.00m)], shared.Orders.Select(static o => (o.Order.Value, o.Share)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_day_has_its_own_delivery_and_a_late_one_says_so()
    {
        await using var network = new CoordinatorHarness();
        var maker = await network.JoinAsync("lab-a");
        await network.JoinAsync("lab-b");
        await MakeAsync(maker, await OrderAsync(network, "lab-b", due: network.Time.GetUtcNow().AddHours(20)));
        Assert.False(await network.Ask(() => Assert.Single(network.Node.Deliveries.List(new() { OpenOnly = true }).Deliveries).Late));
        await network.Do(() => network.Node.Leave(maker.Session, "test"));
        network.Time.Advance(TimeSpan.FromHours(24));
        maker = await network.JoinAsync("lab-a", boot: "boot-2");
        await MakeAsync(maker, await OrderAsync(network, "lab-b"));
        var listed = await network.Ask(() => network.Node.Deliveries.List(new() { Site = "lab-b" }).Deliveries);
        Assert.Equal([("d-2", "2026-03-03", false), ("d-1", "2026-03-02", true)], listed.Select(static d => (d.Id, d.Day, d.Late)));
        Assert.Empty(await network.Ask(() => network.Node.Deliveries.List(new() { Site = "lab-c" }).Deliveries));
    }

    [Fact(Timeout = 60_000)]
    public async Task People_take_and_report_deliveries_over_the_wire_and_see_them_on_the_board()
    {
        await using var network = await NetworkServer.StartAsync();
        await network.PublishAsync();
        await using var maker = await network.ConnectAsync();
        await using var home = await network.ConnectAsync("lab-b");
        await network.HearsOfAsync("lab-a/left");
        await network.HearsOfAsync("lab-b/left");
        await network.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Destination = "lab-b" }, cancellationToken: Cancel);
        await maker.SendAsync(new() { Claim = new() { JobId = "o-1.1", Machine = "lab-a/left" } });
        await maker.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted);
        await maker.ReportAsync(1, new() { Preparing = new() }, "o-1.1", 1);
        await maker.ReportAsync(2, new() { Ready = new() { ProgramDigest = Digest.Of([9]).Value, EstimatedSeconds = 60, EstimatedGrams = 1 } }, "o-1.1", 1);
        await maker.ReportAsync(3, new() { Started = new() }, "o-1.1", 1);
        await maker.ReportAsync(4, new() { Completed = new() { Seconds = 61, Grams = 1.5 } }, "o-1.1", 1);

        var planned = Assert.Single((await network.Coordination.GetBoardAsync(new(), cancellationToken: Cancel)).Deliveries);
        Assert.Equal(("d-1", WireState.Planned, "lab-a", "lab-b", 1.5), (planned.Id, planned.State, planned.From, planned.To, planned.Grams));
        Assert.Equal("lab-b", (await network.Coordination.ClaimDeliveryAsync(new() { Id = "d-1", By = "lab-b" }, cancellationToken: Cancel)).Carrier);
        await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.ReportDeliveryAsync(new() { Id = "d-1", Step = WireStep.Failed, By = "ben" }, cancellationToken: Cancel));
        await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.ReportDeliveryAsync(new() { Id = "d-1", Step = WireStep.PickedUp }, cancellationToken: Cancel));
        await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.ReportDeliveryAsync(new() { Id = "d-1", By = "ben" }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.ClaimDeliveryAsync(new() { Id = "d-9", By = "ben" }, cancellationToken: Cancel))).StatusCode);
        await network.Coordination.ReportDeliveryAsync(new() { Id = "d-1", Step = WireStep.PickedUp, By = "lab-b" }, cancellationToken: Cancel);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await network.Coordination.AcceptOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel))).StatusCode);
        Assert.Equal(WireState.DroppedOff, (await network.Coordination.ReportDeliveryAsync(new() { Id = "d-1", Step = WireStep.DroppedOff, By = "lab-b" }, cancellationToken: Cancel)).State);
        Assert.NotNull(Assert.Single((await network.Coordination.AcceptOrderAsync(new() { Id = "o-1" }, cancellationToken: Cancel)).Jobs).AcceptedAt);
        Assert.Empty((await network.Coordination.GetBoardAsync(new(), cancellationToken: Cancel)).Deliveries);
        Assert.Empty((await network.Coordination.ListDeliveriesAsync(new() { OpenOnly = true }, cancellationToken: Cancel)).Deliveries);
        Assert.Single((await network.Coordination.ListDeliveriesAsync(new(), cancellationToken: Cancel)).Deliveries);
    }

    private static async Task<JobId> OrderAsync(CoordinatorHarness network, string? destination, DateTimeOffset? due = null)
    {
        var request = new OrderRequest { Quantity = 1, Customer = "ana", Destination = destination is null ? null : SiteId.Parse(destination), Due = due }.Checked(network.Time.GetUtcNow());
        return await network.Ask(() => network.Node.Orders.Place(request, CoordinatorHarness.Design).Jobs[0].Id);
    }

    private static async Task MakeAsync(PlayedSite site, JobId job)
    {
        await site.ClaimAsync(job);
        await site.RunAsync(job, 1, [.. UntilRunning, Completed]);
    }

    private static async Task RefusedAsync(CoordinatorHarness network, Action command, string words)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.Do(command));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private static Task<List<byte[]>> LinesAsync(CoordinatorHarness network) => network.Ask(() =>
    {
        network.Node.Ledger.Flush();
        return network.Node.Ledger.Read(0).Select(static l => l.Line).ToList();
    });

    private static async Task<List<LedgerEntry>> EntriesAsync(CoordinatorHarness network)
    {
        var verifier = new LedgerVerifier();
        return [.. (await LinesAsync(network)).Select(verifier.Take).OfType<LedgerEntry>()];
    }
}
