// Rounds shares to cents so that they sum to the total, by largest remainder.

namespace FabNet.Planning.Sharing;

/// <summary>Largest remainder rounding.</summary>
internal static class CentRounding
{
    private const int UnitsPerCent = 100;

    /// <summary>The shares in whole cents; they sum to the total rounded to the cent (half to even).</summary>
    /// <param name="values">Exact shares, in units of a hundredth of a cent / parts; they sum to the total.</param>
    /// <param name="parts">What they are counted in.</param>
    /// <param name="total">The total.</param>
    public static decimal[] Round(ReadOnlySpan<Int128> values, Int128 parts, decimal total)
    {
        var cent = parts * UnitsPerCent;
        var shares = new decimal[values.Length];
        var (remainders, sequence, given) = (new Int128[values.Length], new int[values.Length], 0m);
        for (var i = 0; i < values.Length; i++)
        {
            var whole = values[i] / cent;
            if (values[i] < whole * cent)
            {
                whole--;
            }

            (remainders[i], sequence[i], shares[i]) = (values[i] - (whole * cent), i, (decimal)whole / 100);
            given += shares[i];
        }

        Array.Sort(sequence, (x, y) => remainders[x] != remainders[y] ? remainders[y].CompareTo(remainders[x]) : x.CompareTo(y));
        var left = (int)((Math.Round(total, 2, MidpointRounding.ToEven) - given) * 100);
        for (var i = 0; i < left; i++)
        {
            shares[sequence[i]] += 0.01m;
        }

        return shares;
    }
}
