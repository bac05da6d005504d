// Where the firmware says it is, beside where the program stopped, in words for the person who confirms.

using System.Globalization;
using FabNet.Model.Machines;

namespace FabNet.GCode.Resuming;

/// <summary>A firmware that was reset or switched off counts from zero, and would go on in the wrong place.</summary>
internal static class CountedPlace
{
    // What the first lines of the rest of a print declare (Resumption).
    private const string KeptHeight = "G92 Z";
    private const double HeightToleranceMm = 0.05;
    private const double PlaceToleranceMm = 0.5;

    /// <summary>Compares the two.</summary>
    /// <param name="result">The rest of the program.</param>
    /// <param name="countedMm">What the firmware says; null if it says nothing.</param>
    public static string Describe(ResumptionResult result, Position? countedMm) => result.Program?.Profile.Dialect switch
    {
        null => "",
        FirmwareDialect.Grbl => PlaceText(result.StoppedBetweenMm, countedMm),
        _ => HeightText(result.Preamble, countedMm?.Z),
    };

    // A print keeps its height, and homes X and Y.
    private static string HeightText(IReadOnlyList<string> preamble, double? countedZMm)
    {
        if (preamble.FirstOrDefault(l => l.StartsWith(KeptHeight, StringComparison.Ordinal)) is not { } set || !double.TryParse(set.AsSpan(KeptHeight.Length), CultureInfo.InvariantCulture, out var expectedMm))
            return "";
        return countedZMm is not { } countedMm
            ? " The firmware does not say where it is."
            : Math.Abs(countedMm - expectedMm) <= HeightToleranceMm
                ? string.Create(CultureInfo.InvariantCulture, $" The firmware says Z{countedMm:0.###}, too.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $" The firmware says Z{countedMm:0.###}: it stopped at another line, or was reset, and then does not know where it is. Measure before you go on; if the nozzle is not at Z{expectedMm:0.###}, choose another line (--from-line) or move Z there first.");
    }

    // A machine that cuts keeps all of its place.
    private static string PlaceText((Position Low, Position High)? stoppedBetweenMm, Position? countedMm)
    {
        if (countedMm is not { } counted)
            return " The firmware does not say where it is.";
        var says = string.Create(CultureInfo.InvariantCulture, $" The firmware says X{counted.X:0.###} Y{counted.Y:0.###} Z{counted.Z:0.###}");
        if (stoppedBetweenMm is not var (low, high))
            return says + ": compare it with where the tool is.";

        var (axis, offMm) = new[] { ("X", Off(counted.X, low.X, high.X)), ("Y", Off(counted.Y, low.Y, high.Y)), ("Z", Off(counted.Z, low.Z, high.Z)) }.MaxBy(a => a.Item2);
        return offMm <= PlaceToleranceMm
            ? says + ", which is where the program stopped."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{says}: {offMm:0.#} mm on {axis} from where the program stopped. If nobody jogged it since, it was reset or switched off and does not know where it is: home it, or set its work zero again, before you go on.");
    }

    private static double Off(double value, double low, double high) => Math.Max(0, Math.Max(low - value, value - high));
}
