// The books of both communities after a guest's work: kept once, where it was ordered, at the guest's prices, and verified on both sides.

using System.Text;
using FabNet.Coordinator.Ledger;
using FabNet.Model.Ledger;
using FabNet.Protocol.V1;
using FabNet.Tests.Coordinator;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace FabNet.Tests.Federation;

public sealed class BooksTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_guest_is_paid_where_the_work_was_ordered_and_nowhere_else()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");

        // Own work in white first: what the guest's run finds is known here only.
        await two.B.Coordination.PlaceOrderAsync(new() { Design = "clip", Quantity = 1, Material = "PLA", Color = "white", Customer = "bea" }, cancellationToken: Cancel);
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north));
        await two.B.Coordination.AcceptOrderAsync(new() { Id = "o-1", By = "bea" }, cancellationToken: Cancel);
        await two.OrderAtAAsync();
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north), firstSequence: 5);
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
        await two.A.Coordination.AcceptOrderAsync(new() { Id = "o-1", By = "ana" }, cancellationToken: Cancel);

        // b claims what a's books pay to its site, to the cent, also when it reads them anew; and once it is settled it stays so.
        LedgerVerifier claimed;
        do
        {
            claimed = await VerifyAsync(two.B);
        }
        while (!claimed.Books.OpenClaims.Any());
        await two.B.StopAsync();
        await two.StartBAsync();
        var claim = Assert.Single((await VerifyAsync(two.B)).Books.OpenClaims);
        using (var channel = GrpcChannel.ForAddress(two.B.Address))
        {
            await new FabNet.Protocol.V1.Ledger.LedgerClient(channel).SettleClaimAsync(new() { Claim = claim.Id, Note = "paid into our account" }, cancellationToken: Cancel);
        }

        var (there, here) = (await VerifyAsync(two.A), await VerifyAsync(two.B));
        Assert.Equal(("community/a", "site/north", there.Books.Sites()[0].Paid, "EUR"), (claim.Provider, claim.Receiver, claim.Amount, claim.Currency));
        Assert.Empty(here.Books.OpenClaims);
        Assert.True(there.Finish(), string.Join('\n', there.Findings));
        Assert.True(here.Finish(), string.Join('\n', here.Findings));
        var paid = Assert.Single(there.Books.Sites());
        Assert.Equal(("site/b-north", "EUR"), (paid.Site, paid.Currency));
        Assert.True(paid.Paid > 0 && paid.Paid == paid.Shares && paid.Open == 0);

        // White was in: the change to black was the guest's to make, and is paid for.
        var entries = await EntriesAsync(two.A);
        Assert.Contains(entries, static e => e is EconomicEvent { InputOf: "set-up/o-1.1/1", Cost.Amount: > 0 });
        var own = Assert.Single(here.Books.Sites());
        Assert.Equal("site/north", own.Site);
        Assert.Equal(Assert.Single(here.Books.Orders(), static o => o.Order.Value is "o-1").Paid, own.Paid);
        var guest = (await EntriesAsync(two.B)).OfType<EconomicEvent>().Where(static e => e.Order?.Value is "o-2").ToList();
        Assert.NotEmpty(guest);
        Assert.All(guest.Where(static e => e.Settles is null), static e => Assert.Equal((null, "community/a"), (e.Cost, e.Receiver)));
        Assert.Contains(guest, static e => e is { Action: LedgerAction.Consume, Resource.Value: > 4 });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_changed_byte_in_the_lines_of_a_guest_is_found()
    {
        await using var two = await TwoCommunities.StartAsync();
        await using var north = await two.B.ConnectAsync("north");
        await two.OrderAtAAsync();
        await TwoCommunities.MakeAsync(north, await TwoCommunities.ClaimNextAsync(north));
        await TwoCommunities.JobAsync(two.A, "o-1.1", JobState.Completed);
        var lines = await LinesAsync(two.B);
        Assert.True(lines.Count > 5);
        for (var line = 1; line < lines.Count; line++)
        {
            var verifier = new LedgerVerifier();
            foreach (var (bytes, i) in lines.Select((l, i) => (l, i)))
            {
                var text = Encoding.UTF8.GetString(bytes);
                verifier.Take(i == line ? Encoding.UTF8.GetBytes(text.Replace(text.Contains('7', StringComparison.Ordinal) ? '7' : '1', '8')) : bytes);
            }

            Assert.False(verifier.Finish(), $"line {line + 1}");
        }
    }

    private static async Task<LedgerVerifier> VerifyAsync(NetworkServer network)
    {
        var verifier = new LedgerVerifier();
        foreach (var line in await LinesAsync(network))
        {
            verifier.Take(line);
        }

        return verifier;
    }

    private static async Task<List<LedgerEntry>> EntriesAsync(NetworkServer network)
    {
        var verifier = new LedgerVerifier();
        return [.. (await LinesAsync(network)).Select(verifier.Take).OfType<LedgerEntry>()];
    }

    private static async Task<List<byte[]>> LinesAsync(NetworkServer network)
    {
        using var channel = GrpcChannel.ForAddress(network.Address);
        using var reading = new FabNet.Protocol.V1.Ledger.LedgerClient(channel).ReadLedger(new(), cancellationToken: Cancel);
        List<byte[]> lines = [];
        await foreach (var line in reading.ResponseStream.ReadAllAsync(Cancel))
        {
            lines.Add(line.Line.ToByteArray());
        }

        return lines;
    }
}
