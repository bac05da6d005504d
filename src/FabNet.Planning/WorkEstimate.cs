// How long a run should take and what it should use, from the best source there is: measured runs, an admitted program, the mesh, the toolpath's size.

using FabNet.Model.Designs;
using FabNet.Model.Machines;

namespace FabNet.Planning;

/// <summary>What an estimate rests on, best first.</summary>
public enum EstimateBasis
{
    /// <summary>Measured on earlier runs of this part on this class of machine.</summary>
    Measured,

    /// <summary>Computed from a program that was admitted for this part on this class of machine.</summary>
    Program,

    /// <summary>From the mesh's volume, or from outer dimensions where the volume is not known.</summary>
    Volume,

    /// <summary>From the size of the proven toolpath.</summary>
    ToolpathSize,

    /// <summary>Nothing is known: an hour is assumed.</summary>
    Assumed,
}

/// <summary>Time and material of one run.</summary>
/// <param name="Seconds">Running time without set-up, in seconds; above 0.</param>
/// <param name="Grams">Material in the part, in grams, without purge; 0 where unknown.</param>
/// <param name="Basis">What it rests on.</param>
/// <param name="LateSeconds">The time that four of five runs keep, in seconds; at least <paramref name="Seconds"/>. What is promised rests on it.</param>
public readonly record struct WorkEstimate(double Seconds, double Grams, EstimateBasis Basis, double LateSeconds)
{
    private const double WallMm = 1.2;
    private const double InfillShare = 0.20;
    private const double SegmentMm = 10;
    private const double TravelFactor = 1.5;
    private const double PartShareOfBox = 0.3;
    private const double BytesPerLine = 24;
    private const double SecondsPerLine = 0.2;
    private const double AssumedSeconds = 3600;
    private const double DefaultAccelerationMmPerS2 = 1000;
    private const double LongestSeconds = 1e7;

    // How much longer four of five runs may take than a guess says: a program's time model is good to a fifth, a mesh's volume to a half.
    private const double LateProgram = 1.2;
    private const double LateGuess = 1.5;
    private const double LateAssumed = 2;
    private const double HeaviestGrams = 1e7;

    /// <summary>Estimates a run.</summary>
    /// <remarks>
    /// From a mesh of volume V (mm³), as a print with 1.2 mm walls and 20 % infill: the part is taken as a cube of the same volume with edge a, so its solid share is
    /// <c>s + 0.2·(1 − s)</c> with <c>s = 1 − (1 − 2.4/a)³</c>. The bead is 1.1 nozzle diameters wide and half a diameter high. The mean speed is that of a 10 mm
    /// segment from rest to rest, <c>½·√(acceleration · 10 mm)</c>, at most the X axis's feed; half as much time again goes into travel and slow perimeters. Without a volume, 30 % of
    /// the outer box is assumed. A toolpath without history is taken as lines of 24 bytes and 0.2 s. These are first guesses: one admitted program replaces them, and measured runs take its place one by one.
    /// </remarks>
    /// <param name="work">What is made.</param>
    /// <param name="profile">On which class of machine.</param>
    /// <param name="history">What earlier runs of this part on this class taught; null if there were none.</param>
    public static WorkEstimate Of(Work work, MachineProfile profile, RunHistory? history)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(profile);
        var guess = Guess(work, profile, history);

        // Claims of a design are not to be trusted with the arithmetic of a plan: 116 days and 10 t bound every run.
        var seconds = Bounded(guess.Seconds, 1, LongestSeconds);
        return new(seconds, Bounded(guess.Grams, 0, HeaviestGrams), guess.Basis, Bounded(guess.LateSeconds, seconds, LongestSeconds));
    }

    private static double Bounded(double value, double least, double most) => double.IsNaN(value) ? least : Math.Clamp(value, least, most);

    private static WorkEstimate Guess(Work work, MachineProfile profile, RunHistory? history)
    {
        var copies = Math.Max(1, work.Copies);
        if (history is { SecondsEach: > 0 and var each })
        {
            return new(copies * each, copies * (history.GramsEach ?? 0), history.Completed > 0 ? EstimateBasis.Measured : EstimateBasis.Program, copies * (history.LateSecondsEach ?? each * LateProgram));
        }

        var volume = VolumeMm3(work.Part);
        if (profile.Process is FabricationProcess.Printing && volume is { } mm3)
        {
            var solid = mm3 * SolidShare(mm3);
            var grams = work.Part.MassGrams is > 0 and var claimed ? claimed : solid / 1000 * DensityGramsPerCm3(work.Material ?? work.Part.Material);
            return Guessed(copies * solid / FlowMm3PerSecond(profile) * TravelFactor, copies * grams, EstimateBasis.Volume, LateGuess);
        }

        // What is cut has the mass of its stock, which is not known here: its outer box is the least that it takes.
        var stockGrams = work.Part.OuterDimensionsMm is { } box
            ? box.Width * box.Depth * box.Height / 1000 * DensityGramsPerCm3(work.Material ?? work.Part.Material)
            : work.Part.MassGrams ?? 0;
        return Toolpath.For(work, profile) is { Size: > 0 } toolpath
            ? Guessed(copies * Math.Max(1, toolpath.Size / BytesPerLine * SecondsPerLine), copies * stockGrams, EstimateBasis.ToolpathSize, LateGuess)
            : Guessed(copies * AssumedSeconds, copies * stockGrams, EstimateBasis.Assumed, LateAssumed);
    }

    private static WorkEstimate Guessed(double seconds, double grams, EstimateBasis basis, double late) => new(seconds, grams, basis, seconds * late);

    /// <summary>Density of a material in g/cm³, from makers' data sheets; PLA's where it is not known.</summary>
    public static double DensityGramsPerCm3(string? material) => material switch
    {
        "PETG" => 1.27,
        "ABS" => 1.04,
        "ASA" => 1.07,
        "TPU" => 1.21,
        "PA" or "NYLON" => 1.14,
        "PC" => 1.20,
        "PLYWOOD" => 0.68,
        "MDF" => 0.75,
        "HARDWOOD" => 0.70,
        "ACRYLIC" => 1.19,
        "ALUMINIUM" or "ALUMINUM" => 2.70,
        _ => 1.24,
    };

    private static double? VolumeMm3(DesignPart part) => part.VolumeMm3 is > 0 and var volume && double.IsFinite(volume)
        ? volume
        : part.OuterDimensionsMm is { } box && box.Width * box.Depth * box.Height is > 0 and var outer && double.IsFinite(outer) ? outer * PartShareOfBox : null;

    private static double SolidShare(double volumeMm3)
    {
        var hollow = Math.Max(0, 1 - (2 * WallMm / Math.Cbrt(volumeMm3)));
        var shell = 1 - (hollow * hollow * hollow);
        return shell + (InfillShare * (1 - shell));
    }

    private static double FlowMm3PerSecond(MachineProfile profile)
    {
        var nozzleMm = profile.HotEnds is [{ NozzleMm: > 0 } first, ..] ? first.NozzleMm : 0.4;
        var acceleration = profile.PrintAccelerationMmPerS2 > 0 ? profile.PrintAccelerationMmPerS2
            : profile.X.AccelerationMmPerS2 > 0 ? profile.X.AccelerationMmPerS2 : DefaultAccelerationMmPerS2;
        var speed = Math.Max(1, Math.Min(Math.Sqrt(acceleration * SegmentMm) / 2, profile.X.MaxFeedMmPerMin / 60));
        return 1.1 * nozzleMm * 0.5 * nozzleMm * speed;
    }
}

/// <summary>Finds the proven toolpath that fits.</summary>
internal static class Toolpath
{
    /// <summary>The part's toolpath for this class of machine and the work's material; null if there is none.</summary>
    public static Artefact? For(Work work, MachineProfile profile)
    {
        foreach (var artefact in work.Part.Artefacts)
        {
            if (artefact.Kind is ArtefactKind.Toolpath
                && string.Equals(artefact.MachineClass, profile.Name, StringComparison.OrdinalIgnoreCase)
                && (artefact.Material is null || work.Material is null || string.Equals(artefact.Material, work.Material, StringComparison.OrdinalIgnoreCase)))
            {
                return artefact;
            }
        }

        return null;
    }
}
