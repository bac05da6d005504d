// What would be done to go on with an interrupted job: made without touching the machine, and shown before anything is.

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
                Precondition = result.Precondition + result.CompareWith(stopped.CountedMm) + (line <= interruption.LastLine + 1
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
