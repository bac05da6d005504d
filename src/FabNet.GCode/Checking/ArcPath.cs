// Arcs as the straight segments that firmwares make of them, for the time model.

using FabNet.GCode.Motion;

namespace FabNet.GCode.Checking;

/// <summary>Cuts arcs into segments: Marlin by length (1 mm, at least 72 to a circle), GRBL by chord error (0.002 mm).</summary>
internal sealed class ArcPath
{
    // More segments than this change the time by nothing that counts, and would let a hostile file cost hours.
    private const int MaxSegments = 128;
    private const double GrblToleranceMm = 0.002;

    private readonly Timeline _time;
    private readonly bool _isGrbl;

    public ArcPath(Timeline time, bool isGrbl)
    {
        _time = time;
        _isGrbl = isGrbl;
    }

    /// <summary>Adds an arc to the time. Axes u and v span its plane; it is lifted along the third.</summary>
    public void Add(in Arc arc, int u, int v, double lift, double extruded, double feedMmPerS, int line)
    {
        var count = Math.Clamp((int)Math.Min(MaxSegments, Math.Ceiling(_isGrbl ? GrblSegments(arc) : MarlinSegments(arc))), 1, MaxSegments);
        var (fromU, fromV) = (arc.Radius * Math.Cos(arc.StartAngle), arc.Radius * Math.Sin(arc.StartAngle));
        for (var i = 1; i <= count; i++)
        {
            var angle = arc.StartAngle + (arc.Sweep * i / count);
            var (toU, toV) = (arc.Radius * Math.Cos(angle), arc.Radius * Math.Sin(angle));
            var (du, dv, dw) = (toU - fromU, toV - fromV, lift / count);
            (fromU, fromV) = (toU, toV);
            var (x, y, z) = (u, v) switch
            {
                (0, 1) => (du, dv, dw),
                (2, 0) => (dv, dw, du),
                _ => (dw, du, dv),
            };
            _time.Add(new Move(x, y, z, extruded / count, feedMmPerS, line));
        }
    }

    private static double MarlinSegments(in Arc arc)
    {
        var segment = Math.Clamp(2 * Math.PI * arc.Radius / 72, 0.1, 1);
        return arc.Length / segment;
    }

    private static double GrblSegments(in Arc arc) =>
        0.5 * Math.Abs(arc.Sweep) * arc.Radius / Math.Sqrt(GrblToleranceMm * Math.Max(GrblToleranceMm, (2 * arc.Radius) - GrblToleranceMm));
}
