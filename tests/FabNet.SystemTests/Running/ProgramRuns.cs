// How often a machine ran a program, and how far each time, from the record of its firmware.

namespace FabNet.SystemTests.Running;

/// <summary>The runs of one program on one machine.</summary>
/// <param name="Started">How often its first line was executed.</param>
/// <param name="Whole">How often all of it was.</param>
internal sealed record ProgramRuns(int Started, int Whole)
{
    // What an agent sends to a machine that a dead one left running.
    private static readonly HashSet<string> MakingSafe = new(StringComparer.Ordinal) { "M104 T0 S0", "M104 S0", "M140 S0", "M107", "M108" };

    /// <summary>Reads a machine's record. Every run must be the program from its first line on, without a gap, a repetition or a line of anything else.</summary>
    public static ProgramRuns Read(SimulatorProcess machine, IReadOnlyList<string> program)
    {
        var (started, whole, next) = (0, 0, 0);
        foreach (var line in ExecutionRecord.OfPrograms(machine.Executed(), "marlin").Where(static l => !MakingSafe.Contains(l)))
        {
            if (line == program[0])
            {
                (started, next) = (started + 1, 0);
            }

            Assert.True(started > 0 && next < program.Count && line == program[next], $"Run {started} executed '{line}' where line {next + 1} of the program was due.");
            next++;
            if (next == program.Count)
            {
                whole++;
            }
        }

        return new ProgramRuns(started, whole);
    }
}
