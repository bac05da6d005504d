// Parts to be made in builds on machines whose bed takes several at once.

namespace FabNet.Planning.Beds;

/// <summary>A part.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Height">Its height on the bed.</param>
/// <param name="Area">What it takes of the bed, clearance included.</param>
/// <param name="Precision">The grade of precision that it needs; a greater number is finer.</param>
/// <param name="Release">When it may be begun.</param>
public readonly record struct BedPart(double Volume, double Height, double Area, double Precision, double Release);

/// <summary>A machine that makes layers over its whole bed: a build lasts as long as its set-up, its volume and its height take.</summary>
/// <param name="Height">The greatest height of a part.</param>
/// <param name="Area">The bed.</param>
/// <param name="Precision">The grade of precision that it reaches: it makes parts that need this one or a lower.</param>
/// <param name="SetUp">Time before each build.</param>
/// <param name="PerVolume">Time for each unit of volume.</param>
/// <param name="PerHeight">Time for each unit of height of the tallest part.</param>
public readonly record struct BedMachine(double Height, double Area, double Precision, double SetUp, double PerVolume, double PerHeight);

/// <summary>Machines and parts. Immutable; safe to search from several threads.</summary>
public sealed class BedProblem
{
    private readonly BedMachine[] _machines;
    private readonly BedPart[] _parts;
    private readonly int[][] _able;

    /// <summary>Takes the problem.</summary>
    /// <exception cref="ArgumentException">A part fits no machine, or a number is not finite or below zero.</exception>
    public BedProblem(IReadOnlyList<BedMachine> machines, IReadOnlyList<BedPart> parts)
    {
        ArgumentNullException.ThrowIfNull(machines);
        ArgumentNullException.ThrowIfNull(parts);
        _machines = [.. machines];
        _parts = [.. parts];
        _able = [.. _parts.Select(Able)];
    }

    /// <summary>The machines.</summary>
    public ReadOnlySpan<BedMachine> Machines => _machines;

    /// <summary>The parts.</summary>
    public ReadOnlySpan<BedPart> Parts => _parts;

    /// <summary>The machines that are able to make a part.</summary>
    public ReadOnlySpan<int> AbleTo(int part) => _able[part];

    /// <summary>
    /// No plan is done sooner than this: neither the part that is done last by itself, nor the volume of all parts, each on its quickest machine, spread evenly over machines.
    /// </summary>
    public double LowerBound()
    {
        var (longest, work) = (0.0, 0.0);
        for (var i = 0; i < _parts.Length; i++)
        {
            var part = _parts[i];
            var (alone, layers) = (double.PositiveInfinity, double.PositiveInfinity);
            foreach (var k in _able[i])
            {
                var machine = _machines[k];
                alone = Math.Min(alone, part.Release + machine.SetUp + (machine.PerVolume * part.Volume) + (machine.PerHeight * part.Height));
                layers = Math.Min(layers, machine.PerVolume * part.Volume);
            }

            longest = Math.Max(longest, alone);
            work += layers;
        }

        return Math.Max(longest, work / _machines.Length);
    }

    private int[] Able(BedPart part, int index)
    {
        if (!(part.Volume >= 0 && part.Height >= 0 && part.Area >= 0 && part.Release >= 0) || !double.IsFinite(part.Volume + part.Height + part.Area + part.Precision + part.Release))
        {
            throw new ArgumentException($"Part {index} has a number that is below zero or not finite: {part}.");
        }

        int[] able = [.. Enumerable.Range(0, _machines.Length).Where(k => part.Height <= _machines[k].Height && part.Area <= _machines[k].Area && part.Precision <= _machines[k].Precision)];
        return able.Length > 0 ? able : throw new ArgumentException($"Part {index} fits no machine: {part}.");
    }
}
