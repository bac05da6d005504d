// The outcome of admission: a program that may run, or the reasons why not.

namespace FabNet.GCode;

/// <summary>The outcome of <see cref="Admission.Check"/>.</summary>
public sealed record AdmissionResult
{
    /// <summary>The admitted program, which the caller disposes of; null if it was refused.</summary>
    public AdmittedProgram? Program { get; init; }

    /// <summary>The first violations in the order of the source, at most <see cref="AdmissionOptions.MaxViolations"/>; refusals are kept before warnings when there are more.</summary>
    public required IReadOnlyList<Violation> Violations { get; init; }

    /// <summary>How many violations there were in all.</summary>
    public required long ViolationCount { get; init; }

    /// <summary>How many of them were refusals.</summary>
    public required long RefusalCount { get; init; }

    /// <summary>What the program does. For a refused program, what was understood of it.</summary>
    public required ProgramSummary Summary { get; init; }

    /// <summary>True if the program may run.</summary>
    public bool IsAdmitted => Program is not null;
}
