// Whether parts fit on a bed beside one another: shelves, filled deepest part first.

namespace FabNet.Planning.Scheduling;

/// <summary>
/// Next-fit decreasing depth: parts lie in rows, each row as deep as its deepest part, all with the clearance between them. What it says fits, fits; of what would fit in a better arrangement it may refuse some.
/// </summary>
internal static class BedPacking
{
    /// <summary>The most copies of one part that a bed takes, 0 if none.</summary>
    public static int Copies(double bedWidth, double bedDepth, double width, double depth, double clearance)
    {
        return Math.Max(Grid(width, depth), Grid(depth, width));

        int Grid(double w, double d) => (int)Math.Min(1_000_000, Math.Floor((bedWidth + clearance) / (w + clearance)) * Math.Floor((bedDepth + clearance) / (d + clearance)));
    }

    /// <summary>Whether all copies of some jobs fit on one bed.</summary>
    /// <param name="bedWidth">The bed's width, in mm.</param>
    /// <param name="bedDepth">Its depth, in mm.</param>
    /// <param name="parts">The jobs, in any order; it is changed.</param>
    /// <param name="clearance">Between parts, in mm.</param>
    public static bool Fits(double bedWidth, double bedDepth, Span<(double Width, double Depth, int Copies)> parts, double clearance)
    {
        foreach (ref var part in parts)
        {
            // Lying along the rows, so that rows are shallow; upright where it is too wide for that.
            if (part.Width < part.Depth)
            {
                part = (part.Depth, part.Width, part.Copies);
            }

            if (part.Width > bedWidth)
            {
                part = (part.Depth, part.Width, part.Copies);
            }
        }

        parts.Sort(static (a, b) => b.Depth.CompareTo(a.Depth));
        var (used, x, row) = (0.0, double.PositiveInfinity, 0.0);
        foreach (var (width, depth, copies) in parts)
        {
            for (var left = copies; left > 0;)
            {
                if (x + width > bedWidth)
                {
                    used += row > 0 ? row + clearance : 0;
                    (x, row) = (0, depth);
                    if (width > bedWidth || used + row > bedDepth)
                    {
                        return false;
                    }
                }

                var fitting = Math.Min(left, Math.Max(1, (int)((bedWidth - x + clearance) / (width + clearance))));
                x += fitting * (width + clearance);
                left -= fitting;
            }
        }

        return true;
    }
}
