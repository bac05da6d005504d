// Shares: what the definitions say, checked against slower ways to the same numbers and over random games.

using FabNet.Model.Ledger;
using FabNet.Planning.Sharing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class CostSharingTests
{
    private const decimal Cent = 0.01m;

    /// <summary>Games of 1 to 6 orders with a cost between 0 and 100 for every set, in hundredths of a cent: monotone or not, subadditive or not.</summary>
    private static readonly Arbitrary<decimal[]> AnyGame = (
        from orders in Gen.Choose(1, 6)
        from costs in Gen.ArrayOf(Gen.Choose(0, 1_000_000), 1 << orders)
        select costs.Select((c, set) => set == 0 ? 0 : c / 10_000m).ToArray()).ToArbitrary();

    /// <summary>Orders and the things that they need, some by several of them.</summary>
    private static Gen<(int Orders, JointItem[] Items)> AnyItems(int least, int most) =>
        from orders in Gen.Choose(least, most)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select (orders, Items(new System.Random(seed), orders));

    [Fact]
    public void Two_who_share_a_set_up_each_pay_their_run_and_half_of_it()
    {
        var shared = JointCost.Share(2, [new(3.00m, [0]), new(5.00m, [1]), new(2.40m, [0, 1])]);

        Assert.Equal([4.20m, 6.20m], shared.Shares);
        Assert.Equal([new OrderCost(5.40m, 3.00m), new OrderCost(7.40m, 5.00m)], shared.Orders);
        Assert.Equal(Math.Round(2.40m / 10.40m, 4), shared.Saving);
        Assert.Equal((SharingRule.Shapley, SharingBounds.Kept), (shared.Rule, shared.Bounds));
    }

    [Fact]
    public void The_airport_of_Littlechild_and_Owen_is_divided_as_they_say()
    {
        // A runway of 1, 2 and 4 for three aeroplanes: 1/3, 1/3 + 1/2, 1/3 + 1/2 + 2, and the odd cent to the first.
        var shared = CostSharing.Share(3, set => set >= 4 ? 4 : set >= 2 ? 2 : 1);

        Assert.Equal([0.34m, 0.83m, 2.83m], shared.Shares);
    }

    [Fact]
    public void Shapley_values_are_the_mean_of_what_each_adds_over_every_sequence() => Prop.ForAll(AnyGame, costs =>
    {
        var orders = int.Log2(costs.Length);
        var shared = CostSharing.Share(orders, set => costs[set]);
        return shared.Bounds is not SharingBounds.Kept || shared.Shares.Zip(MeanOverSequences(orders, costs)).All(s => Math.Abs(s.First - s.Second) <= Cent);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Shares_sum_to_the_total_to_the_cent_whatever_the_game() => Prop.ForAll(AnyGame, costs =>
    {
        var shared = CostSharing.Share(int.Log2(costs.Length), set => costs[set]);
        return shared.Total == costs[^1] && shared.Shares.Sum() == Math.Round(costs[^1], 2, MidpointRounding.ToEven) && shared.Shares.All(s => decimal.Round(s, 2) == s);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Shares_lie_between_incremental_and_alone_wherever_they_can_and_it_is_said_where_they_cannot() => Prop.ForAll(AnyGame, costs =>
    {
        var shared = CostSharing.Share(int.Log2(costs.Length), set => costs[set]);
        var alone = shared.Orders.Sum(o => o.Alone);
        var incremental = shared.Orders.Sum(o => Math.Min(o.Incremental, o.Alone));
        return shared.Bounds switch
        {
            SharingBounds.NotSubadditive => alone < shared.Total,
            SharingBounds.IncrementalScaled => incremental > shared.Total && shared.Shares.Zip(shared.Orders).All(s => s.First <= s.Second.Alone + Cent),
            _ => alone >= shared.Total && incremental <= shared.Total && IsWithin(shared),
        };
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_several_need_is_divided_evenly_among_them_and_nobody_pays_more_than_alone() => Prop.ForAll(AnyItems(1, 10).ToArbitrary(), game =>
    {
        var shared = JointCost.Share(game.Orders, game.Items);
        var even = Enumerable.Range(0, game.Orders).Select(o => game.Items.Where(i => i.Users.Contains(o)).Sum(i => i.Amount / i.Users.Count));
        return shared.Bounds is SharingBounds.Kept && shared.Rule is SharingRule.Shapley && IsWithin(shared) && shared.Saving >= 0
            && shared.Shares.Zip(even).All(s => Math.Abs(s.First - s.Second) < Cent);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Above_ten_orders_scaled_mid_points_keep_the_same_promises() => Prop.ForAll(AnyItems(11, 60).ToArbitrary(), game =>
    {
        var shared = JointCost.Share(game.Orders, game.Items);
        return shared.Rule is SharingRule.MidPoint && shared.Bounds is SharingBounds.Kept or SharingBounds.Held && IsWithin(shared)
            && shared.Shares.Sum() == Math.Round(game.Items.Sum(i => i.Amount), 2, MidpointRounding.ToEven);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Together_dearer_than_apart_is_said_and_divided_in_proportion_to_alone()
    {
        var shared = CostSharing.Share(2, set => set switch { 1 => 1, 2 => 3, _ => 8 });

        Assert.Equal(SharingBounds.NotSubadditive, shared.Bounds);
        Assert.Equal([2.00m, 6.00m], shared.Shares);
        Assert.Equal(-0.5m, shared.Saving);
    }

    [Fact]
    public void A_share_that_the_rule_puts_outside_is_held_on_its_bound()
    {
        // The first adds 2 to the others and costs 2 alone, and the mean of what it adds is less: it comes for nothing to one of them.
        decimal[] costs = [0, 2, 10, 10, 10, 10, 10, 12];
        var shared = CostSharing.Share(3, set => costs[set]);

        Assert.Equal(SharingBounds.Held, shared.Bounds);
        Assert.Equal([new OrderCost(2, 2), new OrderCost(10, 2), new OrderCost(10, 2)], shared.Orders);
        Assert.Equal([2.00m, 5.00m, 5.00m], shared.Shares);
    }

    [Fact]
    public void The_odd_cent_goes_to_the_largest_remainder_and_of_equal_ones_to_the_first()
    {
        Assert.Equal([3.34m, 3.33m, 3.33m], JointCost.Share(3, [new(10, [0, 1, 2])]).Shares);
        Assert.Equal([0.01m, 0.00m], JointCost.Share(2, [new(0.0124m, [0, 1])]).Shares);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void No_orders_or_too_many_for_this_rule_are_refused(int orders) => Assert.Throws<ArgumentOutOfRangeException>(() => CostSharing.Share(orders, _ => 1));

    [Theory]
    [InlineData(-1)]
    [InlineData(1e11)]
    public void A_cost_that_none_can_be_is_refused(double cost) => Assert.Throws<ArgumentOutOfRangeException>(() => CostSharing.Share(2, _ => (decimal)cost));

    [Fact]
    public void Ten_orders_are_divided_exactly_within_an_allocation_budget()
    {
        CostSharing.Share(10, set => int.PopCount(set));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var shared = CostSharing.Share(10, set => int.PopCount(set));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.All(shared.Shares, s => Assert.Equal(1.00m, s));
        Assert.InRange(bytes, 0, 2048);
    }

    private static bool IsWithin(SharedOut shared) =>
        shared.Shares.Zip(shared.Orders).All(s => s.First > Math.Min(s.Second.Incremental, s.Second.Alone) - Cent && s.First < s.Second.Alone + Cent);

    private static JointItem[] Items(System.Random random, int orders)
    {
        var items = Enumerable.Range(0, orders).Select(o => new JointItem(random.Next(200_000) / 10_000m, [o])).ToList();
        for (var i = random.Next(4); i > 0; i--)
        {
            int[] users = [.. Enumerable.Range(0, orders).Where(_ => random.Next(2) == 0)];
            if (users.Length > 0)
            {
                items.Add(new(random.Next(200_000) / 10_000m, users));
            }
        }

        return [.. items];
    }

    private static decimal[] MeanOverSequences(int orders, decimal[] costs)
    {
        var (sums, count) = (new decimal[orders], 0);
        Visit(0, []);
        return [.. sums.Select(s => s / count)];

        void Visit(int set, List<decimal> added)
        {
            if (added.Count == orders)
            {
                count++;
                return;
            }

            for (var i = 0; i < orders; i++)
            {
                if ((set & (1 << i)) == 0)
                {
                    // What is added here counts once for every sequence that goes on from here.
                    var marginal = costs[set | (1 << i)] - costs[set];
                    sums[i] += marginal * Factorial(orders - added.Count - 1);
                    Visit(set | (1 << i), [.. added, marginal]);
                }
            }
        }

        static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
    }
}
