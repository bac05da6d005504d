// Quantiles of a few values, and the middle of what several tell.

namespace FabNet.Planning.Learning;

/// <summary>Order statistics. None of them is moved far by one value, however wrong it is.</summary>
public static class Quantiles
{
    /// <summary>The value below which a share of the values lies, between neighbours in proportion.</summary>
    /// <param name="values">At least one, finite, in any order.</param>
    /// <param name="share">Between 0 and 1.</param>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A quantile of nothing is asked for.", nameof(values));
        }

        var place = share * (sorted.Length - 1);
        var (below, above) = (sorted[(int)Math.Floor(place)], sorted[(int)Math.Ceiling(place)]);
        return below + ((above - below) * (place - Math.Floor(place)));
    }

    /// <summary>The median.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Median(IEnumerable<double> values) => Of(values, 0.5);

    /// <summary>
    /// The median of what witnesses tell, each with one voice. Where their number is even what was expected has a voice too, so that of two witnesses neither decides alone.
    /// </summary>
    /// <param name="told">What each tells; at least one.</param>
    /// <param name="expected">What was expected before; null if nothing was.</param>
    public static double Agreed(IReadOnlyCollection<double> told, double? expected) =>
        Median(expected is { } value && told.Count % 2 == 0 ? told.Append(value) : told);
}
