// How long planned moves take, from the speeds at their ends.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace FabNet.GCode.Motion;

internal static class Ramps
{
    /// <summary>Times the moves in some rows. The entry speed of the row behind the last is the last one's exit speed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Time(MoveColumns moves, int from, int to)
    {
        for (var row = from; row < to; row += Vector<double>.Count)
        {
            var length = new Vector<double>(moves.LengthMm, row);
            var cruise = new Vector<double>(moves.NominalMmPerS, row);
            var slowest = new Vector<double>(moves.SlowestMmPerS, row);
            var entry = Vector.MinNative(cruise, Vector.MaxNative(slowest, Vector.SquareRoot(new Vector<double>(moves.EntrySquared, row))));
            var exit = Vector.MinNative(cruise, Vector.MaxNative(slowest, Vector.SquareRoot(new Vector<double>(moves.EntrySquared, row + 1))));
            var doubled = 2 * new Vector<double>(moves.Acceleration, row);
            var meetSquared = ((doubled * length) + (entry * entry) + (exit * exit)) * 0.5;
            var fastest = Vector.MaxNative(entry, exit);

            // Length over the greatest speed, and for each ramp the time lost to it, (c − v)² / 2ac: the same whether that speed is held or only touched.
            var peak = Vector.SquareRoot(Vector.MinNative(meetSquared, cruise * cruise));
            var (fromEntry, toExit) = (peak - entry, peak - exit);
            var seconds = (length + (((fromEntry * fromEntry) + (toExit * toExit)) / doubled)) / peak;

            // Too short to join both speeds at this acceleration: the firmware does it as well as steps allow.
            var tooShort = Vector.LessThan(meetSquared, fastest * fastest);
            if (tooShort != Vector<long>.Zero)
                seconds = Vector.ConditionalSelect(tooShort, 2 * length / (entry + exit), seconds);
            seconds.CopyTo(moves.Seconds, row);
        }
    }
}
