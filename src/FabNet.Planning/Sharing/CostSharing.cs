// Divides a shared cost: Shapley value or mid-points, held between what each order adds and what it costs alone, to the cent.

using FabNet.Model.Ledger;

namespace FabNet.Planning.Sharing;

/// <summary>
/// Divides the cost of making several orders together. Pure; all arithmetic is on whole numbers, so that everybody who computes it again gets the same cents. Costs count to a
/// hundredth of a cent.
/// </summary>
/// <remarks>
/// Exact Shapley values for ten orders ask for 1,024 costs and take a fifth of a millisecond and some kilobytes with the cost function of <see cref="JointCost"/> (docs/performance.md). Rounding is by largest remainder,
/// and of equal remainders the order that was given first gets the cent.
/// </remarks>
public static class CostSharing
{
    /// <summary>The most orders whose Shapley value is computed.</summary>
    public const int MostByShapley = 10;

    /// <summary>The largest cost that is divided: 10¹⁰, so that 10,000 orders stay within 128-bit arithmetic.</summary>
    public const decimal MostCost = 1e10m;

    private const decimal UnitsPerOne = 10_000m;

    /// <summary>Divides a cost by the Shapley value.</summary>
    /// <param name="orders">How many orders share it, 1 to <see cref="MostByShapley"/>.</param>
    /// <param name="costOf">The cost of each set of orders: bit i of the argument stands for order i. It is asked once for each set but the empty one, which costs nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no orders or too many, or a cost is negative or above <see cref="MostCost"/>.</exception>
    public static SharedOut Share(int orders, Func<int, decimal> costOf)
    {
        ArgumentNullException.ThrowIfNull(costOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(orders, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orders, MostByShapley);
        Span<Int128> costs = stackalloc Int128[1 << orders];
        for (var set = 1; set < costs.Length; set++)
        {
            costs[set] = UnitsOf(costOf(set));
        }

        Span<Int128> values = stackalloc Int128[orders];
        var parts = ShapleyValues(costs, values);
        var all = costs.Length - 1;
        Span<Int128> alone = stackalloc Int128[orders];
        Span<Int128> incremental = stackalloc Int128[orders];
        for (var i = 0; i < orders; i++)
        {
            (alone[i], incremental[i]) = (costs[1 << i], costs[all] - costs[all & ~(1 << i)]);
        }

        return Divide(costs[all], alone, incremental, values, parts, SharingRule.Shapley);
    }

    /// <summary>Divides a cost by the mid-points between what each order adds and what it costs alone, scaled to the total. For more than <see cref="MostByShapley"/> orders.</summary>
    /// <param name="total">The cost of all together.</param>
    /// <param name="orders">What each order costs alone and adds.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no orders, or a cost is negative (what an order adds may be) or above <see cref="MostCost"/>.</exception>
    public static SharedOut ShareByMidPoint(decimal total, IReadOnlyList<OrderCost> orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ArgumentOutOfRangeException.ThrowIfLessThan(orders.Count, 1);
        var (alone, incremental, values) = (new Int128[orders.Count], new Int128[orders.Count], new Int128[orders.Count]);
        var (whole, sum) = (UnitsOf(total), Int128.Zero);
        for (var i = 0; i < orders.Count; i++)
        {
            alone[i] = UnitsOf(orders[i].Alone);
            incremental[i] = orders[i].Incremental < 0 ? -UnitsOf(-orders[i].Incremental) : UnitsOf(orders[i].Incremental);
            values[i] = Int128.Max(0, alone[i] + incremental[i]);
            sum += values[i];
        }

        // Twice the mid-point, scaled by total / sum: what is over two cancels.
        var parts = sum == 0 ? orders.Count : sum;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = sum == 0 ? whole : values[i] * whole;
        }

        return Divide(whole, alone, incremental, values, parts, SharingRule.MidPoint);
    }

    // Each value is Σ |S|! (n−1−|S|)! (C(S ∪ i) − C(S)) over the sets without i, in parts of 1 / n!.
    private static Int128 ShapleyValues(ReadOnlySpan<Int128> costs, Span<Int128> values)
    {
        var n = values.Length;
        Span<long> factorials = stackalloc long[n + 1];
        factorials[0] = 1;
        for (var i = 1; i <= n; i++)
        {
            factorials[i] = factorials[i - 1] * i;
        }

        values.Clear();
        for (var set = 1; set < costs.Length; set++)
        {
            var size = int.PopCount(set);
            var joined = factorials[size - 1] * factorials[n - size] * costs[set];
            var before = size == n ? 0 : factorials[size] * factorials[n - 1 - size] * costs[set];
            for (var i = 0; i < n; i++)
            {
                values[i] += (set & (1 << i)) != 0 ? joined : -before;
            }
        }

        return factorials[n];
    }

    // Values are in units / parts and sum to the total.
    private static SharedOut Divide(Int128 total, ReadOnlySpan<Int128> alone, ReadOnlySpan<Int128> incremental, Span<Int128> values, Int128 parts, SharingRule rule)
    {
        var (sumAlone, sumIncremental) = (Int128.Zero, Int128.Zero);
        for (var i = 0; i < values.Length; i++)
        {
            sumAlone += alone[i];
            sumIncremental += Int128.Min(incremental[i], alone[i]);
        }

        var bounds = SharingBounds.Kept;
        if (sumAlone < total)
        {
            bounds = SharingBounds.NotSubadditive;
            parts = InProportion(total, alone, values);
        }
        else if (sumIncremental > total)
        {
            bounds = SharingBounds.IncrementalScaled;
            Span<Int128> added = new Int128[values.Length];
            for (var i = 0; i < added.Length; i++)
            {
                added[i] = Int128.Max(0, Int128.Min(incremental[i], alone[i]));
            }

            parts = InProportion(total, added, values);
        }
        else if (BoundHolding.Hold(values, incremental, alone, parts))
        {
            bounds = SharingBounds.Held;
        }

        var orders = new OrderCost[values.Length];
        for (var i = 0; i < orders.Length; i++)
        {
            orders[i] = new OrderCost((decimal)alone[i] / UnitsPerOne, (decimal)incremental[i] / UnitsPerOne);
        }

        return new SharedOut
        {
            Total = (decimal)total / UnitsPerOne,
            Orders = orders,
            Shares = CentRounding.Round(values, parts, (decimal)total / UnitsPerOne),
            Saving = SavingOf((decimal)sumAlone, (decimal)total),
            Rule = rule,
            Bounds = bounds,
        };
    }

    /// <summary>S of the costs alone and together, to four digits; 0 where nothing is paid.</summary>
    private static decimal SavingOf(decimal alone, decimal together) => together == 0 ? 0 : Math.Round((alone - together) / together, 4, MidpointRounding.ToEven);

    private static Int128 InProportion(Int128 total, ReadOnlySpan<Int128> weights, Span<Int128> values)
    {
        var sum = Int128.Zero;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] = sum == 0 ? total : weights[i] * total;
        }

        return sum == 0 ? values.Length : sum;
    }

    private static Int128 UnitsOf(decimal cost) => cost is >= 0 and <= MostCost
        ? (Int128)(Math.Round(cost, 4, MidpointRounding.ToEven) * UnitsPerOne)
        : throw new ArgumentOutOfRangeException(nameof(cost), cost, $"A cost must be between 0 and {MostCost}.");
}
