// What a machine's host tells the edge's loop.

using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge.Machines;

/// <summary>A machine as its session sees it now.</summary>
internal sealed record SessionReport
{
    public required MachineState State { get; init; }

    /// <summary>Why, for a person.</summary>
    public string? Detail { get; init; }

    /// <summary>Share of the running program done, 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Machine seconds left of the running program.</summary>
    public double? RemainingSeconds { get; init; }

    public double? HotEndC { get; init; }

    public double? BedC { get; init; }

    /// <summary>Where the tool is in the program's coordinates as the firmware counts it, in mm; null if it does not say. A firmware that was reset counts from zero, wherever the tool stands.</summary>
    public Position? CountedMm { get; init; }
}

/// <summary>How a run ended.</summary>
internal enum RunEndKind
{
    Completed,
    Cancelled,
    Failed,
}

/// <summary>The end of a run.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Reason">Why, for a person; empty for a completed one.</param>
/// <param name="LastLine">The last line surely executed, of the whole program; 0 if none.</param>
/// <param name="Seconds">Machine seconds since the first motion.</param>
internal sealed record RunEnd(RunEndKind Kind, string Reason, int LastLine, double Seconds);

/// <summary>An order to a machine to run a program.</summary>
/// <param name="Job">The job.</param>
/// <param name="Epoch">The lease under which it is started.</param>
/// <param name="Program">What to run.</param>
/// <param name="From">What it is the rest of; null for a whole program.</param>
internal sealed record RunOrder(JobId Job, int Epoch, AdmittedProgram Program, Continuation? From = null)
{
    /// <summary>Unique among the runs that a machine starts.</summary>
    public string Name => From?.Key ?? Job.Value;

    /// <summary>The whole program.</summary>
    public AdmittedProgram Whole => From?.Whole ?? Program;

    /// <summary>The line of the whole program that a line of this one is.</summary>
    public int ToWhole(int line) => From?.ToWhole(line) ?? line;
}
