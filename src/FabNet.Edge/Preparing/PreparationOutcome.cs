// What became of the preparation of a job.

using FabNet.Edge.Commons;
using FabNet.Edge.Machines;
using FabNet.GCode;
using FabNet.Model;

namespace FabNet.Edge.Preparing;

/// <summary>What became of a preparation.</summary>
internal abstract record PreparationOutcome;

/// <summary>The program is admitted and lies on disk.</summary>
internal sealed record Prepared : PreparationOutcome, IDisposable
{
    public required AdmittedProgram Program { get; init; }

    /// <summary>The file of the whole program, named by the job that leads its plate, its epoch and digest.</summary>
    public required string Path { get; init; }

    /// <summary>What the program is the rest of; null for a whole one.</summary>
    public Continuation? From { get; init; }

    /// <summary>The whole program.</summary>
    public AdmittedProgram Whole => From?.Whole ?? Program;

    /// <summary>The material that it was made for; null where that has no meaning.</summary>
    public string? Material { get; init; }

    /// <summary>What each job is made with; none for the rest of an interrupted program, whose recipes are in the journal.</summary>
    public IReadOnlyDictionary<JobId, Recipe> Recipes { get; init; } = new Dictionary<JobId, Recipe>();

    public void Dispose()
    {
        Program.Dispose();
        From?.Whole.Dispose();
    }
}

/// <summary>It can't be made here.</summary>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Everywhere">True if no machine could do better.</param>
/// <param name="Job">The one job whose fault it is, where several are prepared together; null if it is none's alone.</param>
internal sealed record Refused(string Reason, bool Everywhere, JobId? Job = null) : PreparationOutcome;

/// <summary>It can't be prepared now; later it may.</summary>
/// <param name="Reason">What is in the way.</param>
internal sealed record Postponed(string Reason) : PreparationOutcome;
