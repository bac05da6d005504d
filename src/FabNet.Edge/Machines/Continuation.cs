// The rest of an interrupted program: how its lines are counted in the whole.

using FabNet.GCode;

namespace FabNet.Edge.Machines;

/// <summary>What a program that goes on in the middle of another is part of.</summary>
/// <param name="Whole">The whole program.</param>
/// <param name="Rest">The rest of it.</param>
/// <param name="Key">The interruption that a person has decided on: job, epoch and number.</param>
internal sealed record Continuation(AdmittedProgram Whole, ResumptionResult Rest, string Key)
{
    /// <summary>The line of the whole that it goes on with, from 1.</summary>
    public int FirstLine => Rest.FirstLine;

    /// <summary>The lines that come before that one and are not of the whole.</summary>
    public int PreambleLines => Rest.Preamble.Count;

    /// <summary>Estimated machine seconds of what had been executed before.</summary>
    public double SecondsBefore => Whole.SecondsUntilLine(FirstLine - 1);

    /// <summary>The last line of the whole that is executed once a line of the rest is.</summary>
    public int ToWhole(int line) => Rest.ToWhole(line);

    /// <summary>Share of the whole that is done after one of its lines.</summary>
    public double FractionAt(int wholeLine) => Whole.SecondsUntilLine(Whole.LineCount) is > 0 and var seconds
        ? Whole.SecondsUntilLine(wholeLine) / seconds
        : (double)wholeLine / Math.Max(1, Whole.LineCount);
}
