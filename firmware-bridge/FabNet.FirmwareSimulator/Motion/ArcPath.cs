// An arc as the firmwares execute it: short chords around a centre, with a helix along the third axis.

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>Chord ends of an arc in a plane given by two axes.</summary>
internal static class ArcPath
{
    private const double FullTurnEpsilon = 5e-7;

    /// <summary>The angle travelled, in radians: negative for clockwise. Equal ends make a full turn.</summary>
    public static double Sweep(Axes start, Axes end, double centre0, double centre1, int axis0, int axis1, bool clockwise)
    {
        double r0 = start[axis0] - centre0, r1 = start[axis1] - centre1;
        double e0 = end[axis0] - centre0, e1 = end[axis1] - centre1;
        var sweep = Math.Atan2((r0 * e1) - (r1 * e0), (r0 * e0) + (r1 * e1));
        return clockwise
            ? sweep >= -FullTurnEpsilon ? sweep - (2 * Math.PI) : sweep
            : sweep <= FullTurnEpsilon ? sweep + (2 * Math.PI) : sweep;
    }

    /// <summary>The centre's offset from the start for an arc given by its radius (negative: the long way round).</summary>
    /// <returns>Null if the end is out of the radius' reach.</returns>
    public static (double Offset0, double Offset1)? CentreByRadius(double delta0, double delta1, double radius, bool clockwise)
    {
        var square = (4 * radius * radius) - (delta0 * delta0) - (delta1 * delta1);
        var chord = Math.Sqrt((delta0 * delta0) + (delta1 * delta1));
        if (square < 0 || chord == 0)
        {
            return null;
        }

        var height = -Math.Sqrt(square) / chord;
        if (!clockwise)
        {
            height = -height;
        }

        if (radius < 0)
        {
            height = -height;
        }

        return (0.5 * (delta0 - (delta1 * height)), 0.5 * (delta1 + (delta0 * height)));
    }

    /// <summary>The ends of <paramref name="segments"/> chords; the last is exactly <paramref name="end"/>. Axes outside the plane move evenly.</summary>
    public static IEnumerable<Axes> Chords(Axes start, Axes end, double centre0, double centre1, int axis0, int axis1, double sweep, int segments)
    {
        double r0 = start[axis0] - centre0, r1 = start[axis1] - centre1;
        for (var i = 1; i < segments; i++)
        {
            var share = (double)i / segments;
            var (sine, cosine) = Math.SinCos(sweep * share);
            yield return (start + ((end - start) * share))
                .With(axis0, centre0 + (r0 * cosine) - (r1 * sine))
                .With(axis1, centre1 + (r0 * sine) + (r1 * cosine));
        }

        yield return end;
    }
}
