// The ledger over the wire, with a real catalogue beside it: who is credited, who owes, and what a reader gets.

using FabNet.Coordinator.Ledger;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using FabNet.Tests.Catalogue;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class LedgerServiceTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_reader_gets_every_line_and_follows_what_is_written_until_it_has_seen_enough()
    {
        await using var server = await NetworkServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var ledger = new FabNet.Protocol.V1.Ledger.LedgerClient(channel);
        var stop = TestContext.Current.CancellationToken;
        using var following = ledger.ReadLedger(new() { Follow = true }, cancellationToken: stop);
        var design = await server.PublishAsync();
        await using var site = await server.ConnectAsync();
        await server.Coordination.PlaceOrderAsync(new() { Design = design.Ref.Name, Quantity = 1, Material = "PLA", Customer = "ana" }, cancellationToken: stop);
        var offer = (await site.ExpectAsync(EdgeDown.MessageOneofCase.Offer)).Offer;
        await site.SendAsync(new() { Claim = new() { JobId = offer.Job.Id, Machine = offer.Machine } });
        await site.ExpectAsync(EdgeDown.MessageOneofCase.LeaseGranted);
        await site.ReportAsync(1, new() { Preparing = new() }, "o-1.1", 1);
        await site.ReportAsync(2, new() { Ready = new() { ProgramDigest = FabNet.Model.Digest.Of([1]).Value, EstimatedSeconds = 60, EstimatedGrams = 1 } }, "o-1.1", 1);
        await site.ReportAsync(3, new() { Started = new() }, "o-1.1", 1);
        await site.ReportAsync(4, new() { Completed = new() { Seconds = 61, Grams = 1.5, EnergyKwh = 0.01 } }, "o-1.1", 1);
        var accepted = await server.Coordination.AcceptOrderAsync(new() { Id = "o-1", By = "ana" }, cancellationToken: stop);
        Assert.Equal(OrderStatus.Delivered, accepted.Status);

        var verifier = new LedgerVerifier();
        var isPaid = false;
        for (var cursor = 1L; !isPaid; cursor++)
        {
            Assert.True(await following.ResponseStream.MoveNext(stop));
            Assert.Equal(cursor, following.ResponseStream.Current.Cursor);
            isPaid = verifier.Take(following.ResponseStream.Current.Line.ToByteArray()) is EconomicEvent { Pays: not null };
        }

        Assert.Empty(verifier.Findings);
        Assert.StartsWith("designer/tester~", Assert.Single(verifier.Books.Designers()).Designer, StringComparison.Ordinal);

        // Read anew from a cursor, it is the rest of the same.
        using var rest = ledger.ReadLedger(new() { After = 3 }, cancellationToken: stop);
        Assert.True(await rest.ResponseStream.MoveNext(stop));
        Assert.Equal(4, rest.ResponseStream.Current.Cursor);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_company_that_orders_under_a_reciprocal_licence_owes_the_published_rate_and_a_fork_credits_its_origin()
    {
        await using var server = await NetworkServer.StartAsync();
        var stop = TestContext.Current.CancellationToken;
        var (alice, acme, bob) = (new TestPublisher("alice"), new TestPublisher("acme", OrganisationKind.Company), new TestPublisher("bob"));
        await server.PutAsync(alice.Chain[0]);
        await server.PutAsync(alice.Next(s => s with { Rate = new ReciprocityRate(0.75, "EUR") }));
        await server.PutAsync(acme.Chain[0]);
        await server.PutAsync(bob.Chain[0]);
        await server.PublishAsync();
        var origin = Design("hook", "LicenseRef-PPL", null);
        await server.PutAsync(alice.Sign(new DesignStatement(origin)));
        await server.PutAsync(bob.Sign(new DesignStatement(Design("better-hook", "LicenseRef-PPL", new FabNet.Model.Designs.ForkOrigin(alice.Identity, origin.Ref)))));

        await server.Coordination.PlaceOrderAsync(new() { Design = "hook", Quantity = 2, Customer = "acme", Publisher = "acme" }, cancellationToken: stop);
        await server.Coordination.PlaceOrderAsync(new() { Design = "better-hook", Quantity = 1, Customer = "ana" }, cancellationToken: stop);
        var credits = await server.Node.AskAsync(() => server.Node.State.Orders.Values.OrderBy(o => o.Number).Select(o => o.Credit!).ToList(), stop);

        Assert.Equal(new FabNet.Coordinator.State.OwedReciprocity("LicenseRef-PPL", 0.75m, "EUR"), credits[0].Owes);
        Assert.Null(credits[1].Owes);
        Assert.Equal(["bob~", "alice~"], credits[1].Chain.Select(c => c.Designer[..(c.Designer.IndexOf('~', StringComparison.Ordinal) + 1)]));

        static FabNet.Model.Designs.Design Design(string name, string license, FabNet.Model.Designs.ForkOrigin? forkOf) => DesignManifest.Read(
            DesignManifest.Write(CoordinatorHarness.Design with
            {
                Ref = new FabNet.Model.Designs.DesignRef(name, "1.0.0", default),
                License = license,
                ForkOf = forkOf,
                Parts =
                [
                    FabNet.Tests.Planning.Plants.Part() with
                    {
                        Material = "PLA",
                        Artefacts =
                        [
                            new FabNet.Model.Designs.Artefact
                            {
                                Path = "clip.stl", Kind = FabNet.Model.Designs.ArtefactKind.Mesh, MediaType = "model/stl", Digest = FabNet.Model.Digest.Of("solid clip\nendsolid clip\n"u8), Size = 25,
                            },
                        ],
                    },
                ],
            }),
            DateTimeOffset.UnixEpoch);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_to_accept_an_unknown_publisher_and_a_claim_that_is_none_are_refused_in_words()
    {
        await using var server = await NetworkServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var stop = TestContext.Current.CancellationToken;
        var design = await server.PublishAsync();
        await server.Coordination.PlaceOrderAsync(new() { Design = design.Ref.Name, Quantity = 1, Customer = "ana" }, cancellationToken: stop);

        var early = await Assert.ThrowsAsync<RpcException>(async () => await server.Coordination.AcceptOrderAsync(new() { Id = "o-1" }, cancellationToken: stop));
        Assert.Equal((StatusCode.FailedPrecondition, true), (early.StatusCode, early.Status.Detail.Contains("nothing is made yet", StringComparison.Ordinal)));
        var stranger = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Coordination.PlaceOrderAsync(new() { Design = design.Ref.Name, Quantity = 1, Publisher = "nobody" }, cancellationToken: stop));
        Assert.Equal((StatusCode.NotFound, true), (stranger.StatusCode, stranger.Status.Detail.Contains("no publisher 'nobody'", StringComparison.Ordinal)));
        var claim = await Assert.ThrowsAsync<RpcException>(async () =>
            await new FabNet.Protocol.V1.Ledger.LedgerClient(channel).SettleClaimAsync(new() { Claim = "claim/o-1.1/1" }, cancellationToken: stop));
        Assert.Equal(StatusCode.NotFound, claim.StatusCode);
    }
}
