// Reads another community's ledger: what it says that it pays to this one's guests is claimed here, until somebody says that it came.

using System.Text;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;
using FabNet.Protocol.V1;

namespace FabNet.Coordinator.Federation;

/// <summary>A line of another community's ledger that pays a guest.</summary>
/// <param name="Payment">Its name there.</param>
/// <param name="Site">The guest, by its name there.</param>
/// <param name="Order">The order there.</param>
/// <param name="Amount">How much, in whole cents.</param>
/// <param name="Currency">Of what.</param>
/// <param name="Line">The place of the line.</param>
/// <param name="Digest">The digest of the line.</param>
internal sealed record GuestPayment(string Payment, string Site, OrderId Order, decimal Amount, string Currency, long Line, Digest Digest);

/// <summary>Follows a ledger from the last line that paid a guest.</summary>
internal sealed class CommunityBooks(CoordinatorNode node, FollowedCommunity community, string own, Protocol.V1.Ledger.LedgerClient client, TimeProvider time)
{
    private const decimal MostAmount = 1_000_000;

    // Most lines are of no concern here, and are not read as JSON.
    private readonly byte[] _mark = Encoding.UTF8.GetBytes($"\"receiver\":\"site/{own}-");

    /// <summary>Reads until cancelled. That the community is away its board tells.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => CommunityStream.RunAsync(ReadAsync, static _ => Task.CompletedTask, time, cancellationToken);

    private async Task ReadAsync(Action came, CancellationToken cancellationToken)
    {
        var after = await node.AskAsync(() => node.Guests.Book.PaidUpTo(community.Name), cancellationToken);
        using var reading = client.ReadLedger(new ReadLedgerRequest { After = after, Follow = true }, cancellationToken: cancellationToken);
        while (await reading.ResponseStream.MoveNext(cancellationToken))
        {
            came();
            var line = reading.ResponseStream.Current;
            if (line.Line.Span.IndexOf(_mark) >= 0 && PaymentOf(line.Cursor, line.Line.Memory) is { } payment)
            {
                await node.AskAsync(() => node.Guests.Paid(community.Name, payment), cancellationToken);
            }
        }
    }

    private static GuestPayment? PaymentOf(long cursor, ReadOnlyMemory<byte> line)
    {
        try
        {
            return LedgerFormat.Read(line).Entry is EconomicEvent { Action: LedgerAction.Transfer, Pays: not null, Order: { } order, Resource: { Unit: LedgerUnit.Currency, Value: > 0 and <= MostAmount and var amount } } e
                && decimal.Round(amount, 2) == amount && e.ConformsTo.Split('/') is [_, { Length: 3 } currency] && currency.All(char.IsAsciiLetterUpper)
                ? new GuestPayment(e.Id, e.Receiver["site/".Length..], order, amount, currency, cursor, Digest.Of(line.Span)) : null;
        }
        catch (FormatException)
        {
            return null; // No line of a ledger: it pays nobody. Whoever verifies that ledger is told.
        }
    }
}
