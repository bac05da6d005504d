// A planned move as its speeds, for tests that ask for more than its time.

using FabNet.GCode.Motion;

namespace FabNet.Tests.GCode;

/// <summary>A move whose speeds are final, with its distances and the time that the planner gives it.</summary>
internal sealed record PlannedMove(Move Move, double LengthMm, double EntryMmPerS, double NominalMmPerS, double ExitMmPerS, double AccelerationMmPerS2, double Seconds)
{
    /// <summary>The greatest speed reached: the nominal one, or where the ramps meet below it.</summary>
    public double CruiseMmPerS
    {
        get
        {
            var meet = Math.Sqrt((2 * AccelerationMmPerS2 * LengthMm + EntryMmPerS * EntryMmPerS + ExitMmPerS * ExitMmPerS) / 2);
            return Math.Max(Math.Max(EntryMmPerS, ExitMmPerS), Math.Min(meet, NominalMmPerS));
        }
    }

    /// <summary>How long it takes, ramp by ramp.</summary>
    public double SecondsByRamps
    {
        get
        {
            var cruise = CruiseMmPerS;
            var up = ((cruise * cruise) - (EntryMmPerS * EntryMmPerS)) / (2 * AccelerationMmPerS2);
            var down = ((cruise * cruise) - (ExitMmPerS * ExitMmPerS)) / (2 * AccelerationMmPerS2);

            // Too short to join both speeds at its acceleration: at an even ramp between them.
            return up + down > LengthMm * (1 + 1e-9) && (up == 0 || down == 0)
                ? 2 * LengthMm / (EntryMmPerS + ExitMmPerS)
                : ((cruise - EntryMmPerS + cruise - ExitMmPerS) / AccelerationMmPerS2) + ((LengthMm - up - down) / cruise);
        }
    }

    /// <summary>Plans moves to the standstill at their end, some at a time as a program's moves are.</summary>
    /// <param name="limits">The machine's limits.</param>
    /// <param name="atOnce">How many moves are added before they are settled.</param>
    /// <param name="moves">The moves.</param>
    public static List<PlannedMove> Plan(MotionLimits limits, int atOnce, params IReadOnlyList<Move> moves)
    {
        var planner = new MotionPlanner(limits);
        var planned = new List<PlannedMove>();
        for (var i = 0; i < moves.Count; i++)
        {
            if (planner.IsFull || i % atOnce == 0)
            {
                planner.Settle();
                TakeFinal();
            }

            planner.Add(moves[i]);
        }

        planner.Finish();
        TakeFinal();
        return planned;

        void TakeFinal()
        {
            for (var row = 1; row <= planner.FinalCount; row++)
                planned.Add(Row(planner.Moves, row, moves));
            planner.TakeFinal();
        }
    }

    private static PlannedMove Row(MoveColumns columns, int row, IReadOnlyList<Move> moves)
    {
        return new PlannedMove(
            moves[columns.Line[row]], columns.LengthMm[row], Speed(row), columns.NominalMmPerS[row], Speed(row + 1), columns.Acceleration[row], columns.Seconds[row]);

        double Speed(int at) => Math.Min(columns.NominalMmPerS[row], Math.Max(columns.SlowestMmPerS[row], Math.Sqrt(columns.EntrySquared[at])));
    }
}
