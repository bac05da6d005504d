// What would be done to go on with an interrupted job: made without touching the machine, and shown before anything is.

using System.Globalization;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Edge.Storage;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;

namespace FabNet.Edge.Recovering;

/// <summary>A job that waits for a person's decision, as the edge's loop knew it a moment ago.</summary>
/// <param name="Job">The job.</param>
/// <param name="Interruption">What happened to it.</param>
/// <param name="Profile">The machine's profile.</param>
internal sealed record Interrupted(Job Job, InterruptionRecord Interruption, MachineProfile Profile)
{
    /// <summary>Where the firmware counts itself to be now, in mm; null if it does not say.</summary>
    public Position? CountedMm { get; init; }
}

/// <summary>The rest of an interrupted program, ready to run. Whoever hands it to a machine no longer disposes of it.</summary>
internal sealed record RecoveryPlan : IDisposable
{
    public required InterruptionRecord Interruption { get; init; }

    /// <summary>What will run, with the place in the whole.</summary>
    public required Prepared Rest { get; init; }

    /// <summary>The lines that come first.</summary>
    public required IReadOnlyList<string> Preamble { get; init; }

    /// <summary>What a person must see to before.</summary>
    public required string Precondition { get; init; }

    public void Dispose() => Rest.Dispose();
}

/// <summary>Makes plans from the programs that were kept. Thread safe.</summary>
internal sealed class RecoveryPlanner(ProgramFolder programs)
{
    // What the first lines of the rest of a print declare (Resumption).
    private const string KeptHeight = "G92 Z";
    private const double HeightToleranceMm = 0.05;
    private const double PlaceToleranceMm = 0.5;

    /// <summary>Takes the program from the disk, proves that it is the one that ran, and makes the rest of it safe to start.</summary>
    /// <param name="stopped">The job.</param>
    /// <param name="firstLine">The line to go on with, from 1; null for the one after the last that was surely executed.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OperatorException">It can't be gone on with; the message says why and what can be done.</exception>
    public async Task<RecoveryPlan> PlanAsync(Interrupted stopped, int? firstLine, CancellationToken cancellationToken)
    {
        var (job, interruption, profile) = stopped;
        var line = firstLine ?? interruption.LastLine + 1;
        var sinks = new List<FileStream>();
        try
        {
            var (whole, path) = await OpenAsync(job, profile, sinks, cancellationToken);
            var rest = Create(sinks);
            var result = Resumption.Create(whole, line, rest, cancellationToken: cancellationToken);
            if (result.Program is not { } program)
            {
                throw new OperatorException($"{result.Refusal} To have it made again from the start: fabnet site give-up {job.Machine}");
            }

            if (program.LineCount - result.Preamble.Count != whole.LineCount - line + 1)
            {
                throw new OperatorException($"The rest of {job.Id} has {program.LineCount - result.Preamble.Count} lines and should have {whole.LineCount - line + 1}. Give it up: fabnet site give-up {job.Machine}");
            }

            sinks.Clear();
            return new RecoveryPlan
            {
                Interruption = interruption,
                Preamble = result.Preamble,
                Precondition = result.Precondition + HeightText(result.Preamble, stopped.CountedMm?.Z) + PlaceText(result, profile, stopped.CountedMm) + (line <= interruption.LastLine + 1
                    ? ""
                    : $" Lines {interruption.LastLine + 1} to {line - 1} are left out, and nothing says that they were executed: look at the part."),
                Rest = new Prepared { Program = program, Path = path, Material = job.Material, From = new Continuation(whole, result, interruption.Key) },
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"The program of {job.Id} can't be read or written: {Explain(e)}");
        }
        finally
        {
            sinks.ForEach(ProgramFolder.Discard);
        }
    }

    /// <summary>What the firmware says of the height that is taken for granted.</summary>
    private static string HeightText(IReadOnlyList<string> preamble, double? countedZMm)
    {
        if (preamble.FirstOrDefault(l => l.StartsWith(KeptHeight, StringComparison.Ordinal)) is not { } set || !double.TryParse(set.AsSpan(KeptHeight.Length), CultureInfo.InvariantCulture, out var expectedMm))
        {
            return "";
        }

        return countedZMm is not { } countedMm
            ? " The firmware does not say where it is."
            : Math.Abs(countedMm - expectedMm) <= HeightToleranceMm
                ? string.Create(CultureInfo.InvariantCulture, $" The firmware says Z{countedMm:0.###}, too.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $" The firmware says Z{countedMm:0.###}: it stopped at another line, or was reset, and then does not know where it is. Measure before you go on; if the nozzle is not at Z{expectedMm:0.###}, choose another line (--from-line) or move Z there first.");
    }

    /// <summary>Whether a machine that cuts counts itself to be where the program stopped: one that lost its position would cut elsewhere.</summary>
    private static string PlaceText(ResumptionResult result, MachineProfile profile, Position? countedMm)
    {
        if (profile.Dialect is not FirmwareDialect.Grbl)
        {
            return "";
        }

        if (countedMm is not { } counted)
        {
            return " The firmware does not say where it is.";
        }

        var says = string.Create(CultureInfo.InvariantCulture, $" The firmware says X{counted.X:0.###} Y{counted.Y:0.###} Z{counted.Z:0.###}");
        if (result.StoppedBetweenMm is not var (low, high))
        {
            return says + ": compare it with where the tool is.";
        }

        var (axis, offMm) = new[] { ("X", Off(counted.X, low.X, high.X)), ("Y", Off(counted.Y, low.Y, high.Y)), ("Z", Off(counted.Z, low.Z, high.Z)) }.MaxBy(a => a.Item2);
        return offMm <= PlaceToleranceMm
            ? says + ", which is where the program stopped."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{says}: {offMm:0.#} mm on {axis} from where the program stopped. If nobody jogged it since, it was reset or switched off and does not know where it is: home it, or set its work zero again, before you go on.");
    }

    private static double Off(double value, double low, double high) => Math.Max(0, Math.Max(low - value, value - high));

    private async Task<(AdmittedProgram Program, string Path)> OpenAsync(Job job, MachineProfile profile, List<FileStream> sinks, CancellationToken cancellationToken)
    {
        var digest = job.Program ?? throw new OperatorException($"Nothing is known of the program of {job.Id}. Give it up: fabnet site give-up {job.Machine}");
        var path = programs.PathOf(job, digest);
        if (!File.Exists(path))
        {
            throw new OperatorException($"The program of {job.Id} is gone ({path}). It can't be gone on with: fabnet site give-up {job.Machine}");
        }

        await using var file = File.OpenRead(path);
        if (await Digest.OfAsync(file, cancellationToken) != digest)
        {
            throw new OperatorException($"The program of {job.Id} was damaged on the disk ({path} is not {digest.Short}). It can't be gone on with: fabnet site give-up {job.Machine}");
        }

        file.Position = 0;
        var admitted = Admission.Check(file, profile, Create(sinks), cancellationToken: cancellationToken);
        return admitted.Program is { } program && program.Digest == digest
            ? (program, path)
            : throw new OperatorException(
                $"The profile {profile.Name} no longer admits the program of {job.Id}: {string.Join("; ", admitted.Violations.Take(3))}. Set it back and restart the agent, or: fabnet site give-up {job.Machine}");
    }

    private FileStream Create(List<FileStream> sinks)
    {
        var sink = programs.CreateTemporary();
        sinks.Add(sink);
        return sink;
    }

    private string Explain(Exception e) => e is IOException io ? Disk.Explain(io, programs.Folder).Message : e.Message;
}
