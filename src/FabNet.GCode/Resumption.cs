// A program that goes on in the middle of another: what was set before is set again, the tool comes in from above, and the rest follows.

using System.Globalization;
using System.Text;
using FabNet.GCode.Resuming;
using FabNet.Model.Machines;

namespace FabNet.GCode;

/// <summary>How a program is gone on with from a line, or why it can't be.</summary>
public sealed record ResumptionResult
{
    /// <summary>The program to run, which the caller disposes of; null if it can't be done.</summary>
    public AdmittedProgram? Program { get; init; }

    /// <summary>Why it can't be done, for a person; null if it can.</summary>
    public string? Refusal { get; init; }

    /// <summary>The lines that come before the rest, as they will be sent.</summary>
    public IReadOnlyList<string> Preamble { get; init; } = [];

    /// <summary>What a person must see to before it starts.</summary>
    public required string Precondition { get; init; }

    /// <summary>The line of the whole program that it goes on with, from 1.</summary>
    public required int FirstLine { get; init; }

    /// <summary>Where it can't be gone on with from this line, an earlier one from which it might; null if there is none.</summary>
    public int? EarlierLine { get; init; }

    /// <summary>Between which places, in mm and in the program's coordinates, the tool of a machine that cuts must be if it stopped there and has not been moved since; null if that can't be told.</summary>
    public (Position Low, Position High)? StoppedBetweenMm { get; init; }

    /// <summary>What a person should know of where the firmware counts itself to be, beside where the program stopped: one that lost its position would go on elsewhere.</summary>
    /// <param name="countedMm">The firmware's own place, in mm and in the program's coordinates; null if it does not say.</param>
    /// <returns>A sentence or two that follow the precondition; empty where there is nothing to compare.</returns>
    public string CompareWith(Position? countedMm) => CountedPlace.Describe(this, countedMm);

    /// <summary>The last line of the whole program that is executed once a line of this one is.</summary>
    public int ToWhole(int line) => FirstLine - 1 + Math.Max(0, line - Preamble.Count);
}

/// <summary>
/// Makes the rest of a program safe to start. On a machine that cuts: modes replayed, Z raised to the highest that the program used, X and Y above the place, spindle on and up to
/// speed, then down with G1 at the program's slowest plunge or 600 mm/min, never G0. On a printer: Z is kept as it stands on the part, the nozzle lifted, X and Y homed, heated, primed away
/// from the part, and brought back. The result passes admission like any program of unknown origin. A person must confirm it: nothing here knows that nobody moved anything.
/// </summary>
public static class Resumption
{
    private const double SpinUpSeconds = 4;

    // Nobody knows what is under the tool: it never goes down faster, whatever the program did.
    private const double MaxPlungeMmPerMin = 600;
    private const double LiftMm = 5;
    private const double PrimeMm = 15;
    private const double PrimeFeedMmPerMin = 150;
    private const double ZFeedMmPerMin = 300;
    private const double TravelFeedMmPerMin = 3000;

    /// <summary>True if programs of a machine may be gone on with at all: machines that cut, and printers whose profile allows it.</summary>
    public static bool IsOfferedBy(MachineProfile profile) =>
        profile.Dialect == FirmwareDialect.Grbl || profile is { Dialect: FirmwareDialect.Marlin, ResumesPrints: true };

    /// <summary>The line to go on with after an interruption: the one asked for, or an earlier one where that one won't do.</summary>
    /// <param name="program">The program that was interrupted.</param>
    /// <param name="line">The line after the last that was surely executed.</param>
    /// <param name="createSink">Makes a stream to try in, writable, readable and seekable, which is disposed of.</param>
    /// <param name="options">What admission is told besides.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>The line; or why it must be begun anew.</returns>
    /// <exception cref="IOException">The program's file or a sink failed.</exception>
    public static (int? Line, string? Refusal) Find(AdmittedProgram program, int line, Func<Stream> createSink, AdmissionOptions? options = null, CancellationToken cancellationToken = default)
    {
        for (string? refusal = null; ;)
        {
            using var sink = createSink();
            var result = Create(program, line, sink, options, cancellationToken);
            result.Program?.Dispose();
            if (result.Program is not null)
                return (line, null);
            refusal ??= result.Refusal;
            if (result.EarlierLine is not { } earlier)
                return (null, refusal);
            line = earlier;
        }
    }

    /// <summary>Makes a program of the lines from <paramref name="line"/> to the end.</summary>
    /// <param name="program">The program that was interrupted.</param>
    /// <param name="line">The first line to execute, from 1: the one after the last that was surely executed.</param>
    /// <param name="sink">Writable, readable and seekable; owned by the program that comes out, if one does.</param>
    /// <param name="options">What admission is told besides.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="IOException">The program's file or the sink failed.</exception>
    public static ResumptionResult Create(AdmittedProgram program, int line, Stream sink, AdmissionOptions? options = null, CancellationToken cancellationToken = default)
    {
        var profile = program.Profile;
        var precondition = profile.Dialect == FirmwareDialect.Grbl
            ? "The machine must be homed, its work zero where it was, the tool and the work untouched."
            : "The part must still stick to the bed, and the nozzle must stand at the height where it stopped: Z is not homed.";
        if (line < 1 || line > program.LineCount)
            return Refused($"the program has lines 1 to {program.LineCount}");
        if (profile.Dialect is not (FirmwareDialect.Grbl or FirmwareDialect.Marlin))
            return Refused($"{profile.Name} runs whole files by itself");
        if (profile is { Dialect: FirmwareDialect.Marlin, ResumesPrints: false })
            return Refused($"the profile {profile.Name} does not allow it. Where Z stays put without current and homing X and Y clears the part, set 'resume: true' in the profile");

        var isGrbl = profile.Dialect == FirmwareDialect.Grbl;
        var record = new ModalRecord(isGrbl, [profile.X.HomeMm ?? 0, profile.Y.HomeMm ?? 0, profile.Z.HomeMm ?? 0]);
        string first;
        using (var reader = program.OpenReader())
        {
            while (reader.LineNumber < line - 1 && reader.TryRead(out var before))
                record.Take(before, reader.LineNumber);
            first = reader.TryRead(out var next) ? Encoding.ASCII.GetString(next) : "";
        }

        if (record.Obstacle is { } obstacle)
            return Refused($"{obstacle}. Start from the beginning");
        if (record.Place.Take(3).Any(double.IsNaN) || (isGrbl && double.IsNaN(record.HighestZ)))
            return Refused($"before line {line} the program does not tell where X, Y and Z are. Start from the beginning, or after its next full position");
        if (isGrbl && record.Motion is "G2" or "G3" && !first.Contains('G', StringComparison.Ordinal))
            return Refused($"line {line} goes on with an arc that an earlier line began. Take a line that names its motion") with { EarlierLine = record.MotionLine > 0 ? record.MotionLine : null };

        var preamble = isGrbl ? CuttingPreamble(record, profile) : PrintingPreamble(record);
        using var rest = new RestOfProgram(program, line, preamble);
        var result = Admission.Check(rest, profile, sink, (options ?? new AdmissionOptions()) with { StartPositionMm = new Position(record.Place[0], record.Place[1], record.Place[2]) }, cancellationToken);
        return result.Program is { } admitted
            ? new ResumptionResult
            {
                Program = admitted,
                Preamble = preamble,
                Precondition = precondition + KeptHeight.Describe(program, line, preamble),
                FirstLine = line,
                StoppedBetweenMm = isGrbl ? StoppingPlace.Find(program, line, record) : null,
            }
            : Refused(string.Join("; ", result.Violations.Where(static violation => violation.Severity == Severity.Refusal).Take(3).Select(static violation => violation.ToString())), preamble);

        ResumptionResult Refused(string why, IReadOnlyList<string>? lines = null) =>
            new() { Refusal = $"The program can't be gone on with from line {line}: {why}.", Preamble = lines ?? [], Precondition = precondition, FirstLine = line };
    }

    private static List<string> CuttingPreamble(ModalRecord record, MachineProfile profile)
    {
        var lines = new List<string>
        {
            $"{record.Units} G90 G94 {record.Plane} {record.WorkOffset}",
            $"G0 Z{Number(record.HighestZ)}",
            $"G0 X{Number(record.Place[0])} Y{Number(record.Place[1])}",
        };
        if (record.SpindleSpeed > 0)
            lines.Add($"S{Number(record.SpindleSpeed)}");
        if (record.HasMist)
            lines.Add("M7");
        if (record.HasFlood)
            lines.Add("M8");
        if (record.Spindle is { } spindle)
        {
            lines.Add(spindle);
            if (profile.Spindle is not { IsLaser: true })
                lines.Add($"G4 P{Number(SpinUpSeconds)}");
        }

        var slowest = Math.Min(MaxPlungeMmPerMin, profile.Z.MaxFeedMmPerMin) / (record.Units == "G20" ? 25.4 : 1);
        if (record.Place[2] < record.HighestZ)
            lines.Add($"G1 Z{Number(record.Place[2])} F{Number(record.PlungeFeed > 0 ? Math.Min(record.PlungeFeed, slowest) : slowest)}");
        if (record.Feed > 0)
            lines.Add($"F{Number(record.Feed)}");
        if (record.IsRelative)
            lines.Add("G91");
        if (record.Motion is "G0" or "G1" && (record.Motion == "G0" || record.Feed > 0))
            lines.Add(record.Motion);
        return lines;
    }

    private static List<string> PrintingPreamble(ModalRecord record)
    {
        var scale = record.Units == "G20" ? 25.4 : 1;
        var place = record.Place.Select(value => value * scale).ToArray();
        var lines = new List<string> { "G21", "G90", "M83" };
        if (record.BedC > 0)
            lines.Add($"M140 S{Number(record.BedC)}");
        if (record.ChamberC > 0)
            lines.Add($"M141 S{Number(record.ChamberC)}");
        lines.AddRange(record.HotEndsC.Where(static hotEnd => hotEnd.Value > 0).Select(static hotEnd => $"M104 T{hotEnd.Key} S{Number(hotEnd.Value)}"));
        // The height is what it was; everything else is found anew, away from the part.
        lines.Add($"G92 Z{Number(place[2])}");
        lines.Add($"G1 Z{Number(place[2] + LiftMm)} F{Number(ZFeedMmPerMin)}");
        lines.Add("G28 X Y");
        if (record.BedC > 0)
            lines.Add($"M190 S{Number(record.BedC)}");
        if (record.Tool != 0)
            lines.Add($"T{record.Tool}");
        if (record.HotEndsC.GetValueOrDefault(record.Tool) is > 0 and var targetC)
        {
            lines.Add($"M109 S{Number(targetC)}");
            lines.Add($"G1 E{Number(PrimeMm)} F{Number(PrimeFeedMmPerMin)}");
            lines.Add("G1 E-1 F1800");
        }

        lines.Add($"G1 X{Number(place[0])} Y{Number(place[1])} F{Number(TravelFeedMmPerMin)}");
        lines.Add($"G1 Z{Number(place[2])} F{Number(ZFeedMmPerMin)}");
        if (record.HotEndsC.GetValueOrDefault(record.Tool) > 0)
            lines.Add("G1 E1 F1800");
        lines.AddRange(record.Settings);
        if (record.Units == "G20")
            lines.Add("G20");
        if (record.Feed > 0)
            lines.Add($"G1 F{Number(record.Feed)}");
        if (record.IsRelative)
            lines.Add("G91");
        lines.Add(record.IsExtruderRelative ? "M83" : "M82");
        if (!double.IsNaN(record.Place[3]))
            lines.Add($"G92 E{Number(record.Place[3])}");
        return lines;
    }

    private static string Number(double value) => Math.Round(value, 4).ToString("0.####", CultureInfo.InvariantCulture);
}
