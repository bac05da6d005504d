// The sums that writer and verifier of the ledger have in common.

using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Planning.Sharing;

namespace FabNet.Coordinator.Ledger;

/// <summary>Divides shared costs as the ledger states them.</summary>
internal static class LedgerShares
{
    /// <summary>Divides items among orders.</summary>
    /// <exception cref="ArgumentException">An item is needed by nobody, or by an order that does not share.</exception>
    public static SharedOut Of(IReadOnlyList<SharedItem> items, IReadOnlyList<OrderId> orders)
    {
        var indices = orders.Select((o, i) => (o, i)).ToDictionary(o => o.o, o => o.i);
        return JointCost.Share(orders.Count, [.. items.Select(item => new JointItem(item.Amount, [.. item.Users.Select(u => indices.GetValueOrDefault(u, -1))]))]);
    }

    /// <summary>What of a share is due: for accepted jobs of all that it was for, to the cent.</summary>
    public static decimal DueOf(decimal share, int accepted, int jobs) => accepted == jobs ? share : Math.Round(share * accepted / jobs, 2, MidpointRounding.ToEven);
}
