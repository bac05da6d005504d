// Moves shares onto their bounds where a rule put them outside, and lets the others take up the difference evenly.

namespace FabNet.Planning.Sharing;

/// <summary>The projection of shares onto what each adds and what each costs alone, their sum unchanged.</summary>
internal static class BoundHolding
{
    /// <summary>Holds shares within their bounds: each becomes clamp(share + λ) with the one λ that keeps the sum. The bounds leave room for the sum.</summary>
    /// <param name="values">The shares, in units / parts.</param>
    /// <param name="low">What each adds, in units. Where that is more than the other bound, the other holds.</param>
    /// <param name="high">What each costs alone, in units.</param>
    /// <param name="parts">What the shares are counted in.</param>
    /// <returns>True if a share had to move.</returns>
    public static bool Hold(Span<Int128> values, ReadOnlySpan<Int128> low, ReadOnlySpan<Int128> high, Int128 parts)
    {
        var (sum, isOutside, span) = (Int128.Zero, false, Int128.Zero);
        for (var i = 0; i < values.Length; i++)
        {
            var (least, most) = (Int128.Min(low[i], high[i]) * parts, high[i] * parts);
            sum += values[i];
            isOutside |= values[i] < least || values[i] > most;
            span = Int128.Max(span, Int128.Max(Int128.Abs(values[i] - least), Int128.Abs(values[i] - most)));
        }

        if (!isOutside)
        {
            return false;
        }

        // The largest whole λ whose clamped sum does not pass the sum; it grows with λ, so it is found by halving.
        var (below, above) = (-span, span);
        while (below < above)
        {
            var middle = above - ((above - below) / 2);
            (below, above) = SumAt(values, low, high, parts, middle) <= sum ? (middle, above) : (below, middle - 1);
        }

        var left = sum - SumAt(values, low, high, parts, below);
        for (var i = 0; i < values.Length; i++)
        {
            var most = high[i] * parts;
            values[i] = Clamp(values[i] + below, Int128.Min(low[i], high[i]) * parts, most);
            if (left > 0 && values[i] < most)
            {
                values[i]++;
                left--;
            }
        }

        return true;
    }

    private static Int128 SumAt(ReadOnlySpan<Int128> values, ReadOnlySpan<Int128> low, ReadOnlySpan<Int128> high, Int128 parts, Int128 shift)
    {
        var sum = Int128.Zero;
        for (var i = 0; i < values.Length; i++)
        {
            sum += Clamp(values[i] + shift, Int128.Min(low[i], high[i]) * parts, high[i] * parts);
        }

        return sum;
    }

    private static Int128 Clamp(Int128 value, Int128 least, Int128 most) => Int128.Max(least, Int128.Min(most, value));
}
