// Where a machine that stopped at a line, or in the moves that it had planned behind it, has its tool.

namespace FabNet.GCode.Resuming;

/// <summary>The box of all places between which the program goes at a line and soon after, in mm and in the program's coordinates.</summary>
internal static class StoppingPlace
{
    // As many moves as any GRBL plans ahead, and those on their way to it.
    private const int LinesAhead = 64;

    /// <param name="program">The whole program.</param>
    /// <param name="line">The line to go on with.</param>
    /// <param name="record">What the program has set before that line; it is taken further.</param>
    /// <returns>Null where the text does not tell, or where arcs bulge out of what it tells.</returns>
    public static (Position Low, Position High)? Find(AdmittedProgram program, int line, ModalRecord record)
    {
        Span<double> low = [double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity];
        Span<double> high = [double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity];
        using var reader = program.OpenReader(line);
        for (var count = 0; ; count++)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                var place = record.Place[axis] * (record.Units == "G20" ? 25.4 : 1);
                if (double.IsNaN(place))
                    return null;
                low[axis] = Math.Min(low[axis], place);
                high[axis] = Math.Max(high[axis], place);
            }

            if (count == LinesAhead || !reader.TryRead(out var next))
                return (new Position(low[0], low[1], low[2]), new Position(high[0], high[1], high[2]));
            record.Take(next, reader.LineNumber);
            if (record.Motion is "G2" or "G3")
                return null;
        }
    }
}
