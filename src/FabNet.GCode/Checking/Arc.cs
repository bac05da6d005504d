// An arc's geometry: centre, sweep, length and true extent.

namespace FabNet.GCode.Checking;

/// <summary>An arc in its plane, between two points. Unit: mm; angles in radians.</summary>
internal readonly record struct Arc(double CentreU, double CentreV, double Radius, double StartAngle, double Sweep)
{
    // GRBL refuses ends whose radius differs by more than 0.005 mm and either 0.5 mm or 0.1 % (error 33); Marlin draws them with a step at the end, which is let pass up to 0.05 mm.
    private const double RadiusToleranceMm = 0.5;
    private const double RadiusToleranceShare = 0.001;
    private const double MarlinToleranceMm = 0.05;

    // Firmwares reckon arcs from their centre in 32 bits: at 100 m that is 0.008 mm, and grows with the radius.
    private const double GreatestRadiusMm = 100_000;

    /// <summary>An arc around a centre given from the start. Null with the reason if it is not one.</summary>
    public static Arc? AroundCentre(double u, double v, double endU, double endV, double offsetU, double offsetV, bool clockwise, double fullTurns, bool isGrbl, out string? problem)
    {
        problem = null;
        var (centreU, centreV) = (u + offsetU, v + offsetV);
        var radius = Math.Sqrt((offsetU * offsetU) + (offsetV * offsetV));
        var endRadius = Math.Sqrt(Square(endU - centreU) + Square(endV - centreV));
        var difference = Math.Abs(radius - endRadius);
        if (radius < 1e-6)
            problem = "its centre is its start";
        else if (radius > GreatestRadiusMm)
            problem = TooGreat(radius);
        else if (difference > 0.005 && (difference > RadiusToleranceMm || difference > Math.Max(isGrbl ? 0 : MarlinToleranceMm, RadiusToleranceShare * radius)))
            problem = $"its radius is {radius:0.###} mm at the start and {endRadius:0.###} mm at the end";
        if (problem is not null)
            return null;
        return new Arc(centreU, centreV, Math.Max(radius, endRadius), Math.Atan2(v - centreV, u - centreU), SweepOf(u, v, endU, endV, centreU, centreV, clockwise, fullTurns));
    }

    /// <summary>An arc of a given radius; a negative one takes the long way. Null with the reason if it is not one.</summary>
    public static Arc? OfRadius(double u, double v, double endU, double endV, double radius, bool clockwise, bool isGrbl, out string? problem)
    {
        problem = null;
        var (du, dv) = (endU - u, endV - v);
        var chord = Math.Sqrt((du * du) + (dv * dv));
        if (chord < 1e-6)
            problem = "its end is its start, which a radius can't tell apart from no arc";
        else if (Math.Abs(radius) > GreatestRadiusMm)
            problem = TooGreat(Math.Abs(radius));
        else if (chord > (2 * Math.Abs(radius)) + (isGrbl ? 0 : 0.005))
            problem = $"its ends are {chord:0.###} mm apart, more than twice its radius of {Math.Abs(radius):0.###} mm";
        if (problem is not null)
            return null;
        var height = Math.Sqrt(Math.Max(0, (radius * radius) - (chord * chord / 4)));
        var side = clockwise == radius < 0 ? 1 : -1;
        var centreU = ((u + endU) / 2) - (side * height * dv / chord);
        var centreV = ((v + endV) / 2) + (side * height * du / chord);
        return new Arc(centreU, centreV, Math.Abs(radius), Math.Atan2(v - centreV, u - centreU), SweepOf(u, v, endU, endV, centreU, centreV, clockwise, 0));
    }

    /// <summary>The least and greatest coordinates that the arc reaches between its ends.</summary>
    public (double MinU, double MaxU, double MinV, double MaxV) Reach(double u, double v, double endU, double endV) => (
        Passes(Math.PI) ? CentreU - Radius : Math.Min(u, endU),
        Passes(0) ? CentreU + Radius : Math.Max(u, endU),
        Passes(-Math.PI / 2) ? CentreV - Radius : Math.Min(v, endV),
        Passes(Math.PI / 2) ? CentreV + Radius : Math.Max(v, endV));

    /// <summary>The arc's length without its lift, in mm.</summary>
    public double Length => Math.Abs(Sweep) * Radius;

    /// <summary>Tells of the arc as short straight segments, 64 to a turn. Axes u and v span its plane; it is lifted along the third.</summary>
    public void Draw(ToolpathReceiver receiver, int u, int v, double startW, double lift, bool isCut, int layer, string feature)
    {
        var count = Math.Clamp((int)Math.Ceiling(Math.Abs(Sweep) / (2 * Math.PI) * 64), 1, 4096);
        var from = At(u, v, startW, lift, 0);
        for (var i = 1; i <= count; i++)
        {
            var to = At(u, v, startW, lift, i / (double)count);
            receiver(new ToolpathSegment(from, to, IsRapid: false, isCut, layer, feature));
            from = to;
        }
    }

    private Position At(int u, int v, double startW, double lift, double share)
    {
        var angle = StartAngle + (Sweep * share);
        var (pu, pv, pw) = (CentreU + (Radius * Math.Cos(angle)), CentreV + (Radius * Math.Sin(angle)), startW + (lift * share));
        return (u, v) switch
        {
            (0, 1) => new Position(pu, pv, pw),
            (2, 0) => new Position(pv, pw, pu),
            _ => new Position(pw, pu, pv),
        };
    }

    private bool Passes(double angle)
    {
        if (Math.Abs(Sweep) >= 2 * Math.PI)
            return true;
        var ahead = Sweep >= 0 ? angle - StartAngle : StartAngle - angle;
        ahead -= 2 * Math.PI * Math.Floor(ahead / (2 * Math.PI));
        return ahead <= Math.Abs(Sweep);
    }

    private static double SweepOf(double u, double v, double endU, double endV, double centreU, double centreV, bool clockwise, double fullTurns)
    {
        var sweep = Math.Atan2(endV - centreV, endU - centreU) - Math.Atan2(v - centreV, u - centreU);
        const double tolerance = 5e-7;
        if (clockwise)
        {
            if (sweep >= -tolerance)
                sweep -= 2 * Math.PI;
            return sweep - (2 * Math.PI * fullTurns);
        }

        if (sweep <= tolerance)
            sweep += 2 * Math.PI;
        return sweep + (2 * Math.PI * fullTurns);
    }

    private static string TooGreat(double radius) => $"its radius of {radius / 1000:0.#} m is more than firmwares reckon exactly (up to {GreatestRadiusMm / 1000:0} m); it is a straight line";

    private static double Square(double value) => value * value;
}
