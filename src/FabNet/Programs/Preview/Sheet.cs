// The part of the machine's plane that a picture shows, and where things are on it.

using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Programs.Preview;

/// <summary>What is shown, in mm: the bed and the paths, with a margin. Y points up on the machine and down on the picture.</summary>
internal sealed record Sheet
{
    private const double MarginMm = 5;
    private const double GreatestMm = 20_000;

    /// <summary>The whole of it.</summary>
    public required Box3 Shown { get; init; }

    /// <summary>The bed's outline; null where the program's place on it is not known.</summary>
    public required Box3? Bed { get; init; }

    /// <summary>The length of the scale bar: 1, 2 or 5 times a power of ten, near a quarter of the width.</summary>
    public double ScaleMm
    {
        get
        {
            var power = Math.Pow(10, Math.Floor(Math.Log10(Shown.X.Length / 4)));
            var times = Shown.X.Length / 4 / power;
            return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
        }
    }

    /// <summary>The sheet for a program.</summary>
    /// <param name="summary">What the program reaches.</param>
    /// <param name="machine">The machine whose bed is shown; null to show the part alone, as large as it goes.</param>
    /// <exception cref="UsageException">Nothing moves, or the coordinates are beyond all machines.</exception>
    public static Sheet For(ProgramSummary summary, MachineProfile? machine)
    {
        if (summary.MotionBoundsMm is not { } bounds)
            throw new UsageException("Nothing moves in this program: there is nothing to show.");
        foreach (var (axis, range) in (ReadOnlySpan<(char, AxisRange)>)[('X', bounds.X), ('Y', bounds.Y)])
        {
            if (!(Math.Abs(range.Min) <= GreatestMm) || !(Math.Abs(range.Max) <= GreatestMm))
                throw new UsageException($"{axis} goes from {range.Min:0.##} to {range.Max:0.##} mm, beyond {GreatestMm / 1000:0} m: no picture shows that. Check the program's coordinates with `fabnet gcode check`.");
        }

        var bed = summary.BoundsAreMachineCoordinates && machine?.EnvelopeMm is { X.Length: > 0, Y.Length: > 0 } envelope ? envelope : (Box3?)null;
        return new Sheet { Shown = new Box3(Around(bounds.X, bed?.X), Around(bounds.Y, bed?.Y), bounds.Z), Bed = bed };
    }

    private static AxisRange Around(AxisRange range, AxisRange? bed) =>
        new(Math.Min(range.Min, bed?.Min ?? range.Min) - MarginMm, Math.Max(range.Max, bed?.Max ?? range.Max) + MarginMm);
}
