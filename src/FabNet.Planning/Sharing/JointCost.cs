// The cost of sets of orders that is made of things each needed by some of them: a set-up, a delivery, a run of one's own.

namespace FabNet.Planning.Sharing;

/// <summary>A thing that costs the same however many of its users there are, at least one.</summary>
/// <param name="Amount">What it costs.</param>
/// <param name="Users">The orders that need it, by their index.</param>
public sealed record JointItem(decimal Amount, IReadOnlyList<int> Users);

/// <summary>
/// A set of orders costs the sum of the things that one of them needs. Such a cost grows less with each order (it is subadditive and concave), so shares always fit their bounds, and
/// the Shapley value is each thing divided evenly among its users.
/// </summary>
public static class JointCost
{
    /// <summary>Divides the things among their orders: by Shapley up to <see cref="CostSharing.MostByShapley"/> orders, by mid-points above.</summary>
    /// <param name="orders">How many orders there are.</param>
    /// <param name="items">The things.</param>
    /// <exception cref="ArgumentException">An item has no user, or one that is no order.</exception>
    public static SharedOut Share(int orders, IReadOnlyList<JointItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Any(i => i.Users.Count == 0 || i.Users.Any(u => u < 0 || u >= orders)))
        {
            throw new ArgumentException("An item is needed by nobody, or by an order that does not share this cost.", nameof(items));
        }

        if (orders <= CostSharing.MostByShapley)
        {
            var masks = items.Select(i => (i.Amount, Users: i.Users.Aggregate(0, (mask, user) => mask | (1 << user)))).GroupBy(i => i.Users).Select(g => (g.Key, g.Sum(i => i.Amount))).ToArray();
            return CostSharing.Share(orders, set =>
            {
                var cost = 0m;
                foreach (var (users, amount) in masks)
                {
                    cost += (users & set) != 0 ? amount : 0;
                }

                return cost;
            });
        }

        var costs = new OrderCost[orders];
        foreach (var item in items)
        {
            foreach (var user in item.Users)
            {
                costs[user] = new OrderCost(costs[user].Alone + item.Amount, costs[user].Incremental + (item.Users.Count == 1 ? item.Amount : 0));
            }
        }

        return CostSharing.ShareByMidPoint(items.Sum(i => i.Amount), costs);
    }
}
