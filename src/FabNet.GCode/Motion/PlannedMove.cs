// One straight move, before planning and after it.

namespace FabNet.GCode.Motion;

/// <summary>A straight move to plan. Distances in mm, signed.</summary>
/// <param name="X">Distance along X.</param>
/// <param name="Y">Distance along Y.</param>
/// <param name="Z">Distance along Z.</param>
/// <param name="E">Filament pushed (above 0) or drawn back.</param>
/// <param name="FeedMmPerS">The feed rate asked for, in mm/s along the path (along the filament, if nothing else moves); above 0.</param>
/// <param name="Line">The program line it belongs to; handed through.</param>
public readonly record struct Move(double X, double Y, double Z, double E, double FeedMmPerS, int Line);

/// <summary>A move whose speeds are final.</summary>
public readonly struct PlannedMove
{
    internal PlannedMove(in Move move, double lengthMm, double entry, double cruise, double exit, double acceleration)
    {
        Move = move;
        LengthMm = lengthMm;
        AccelerationMmPerS2 = acceleration;
        EntryMmPerS = Math.Min(entry, cruise);
        ExitMmPerS = Math.Min(exit, cruise);
        var twice = 2 * acceleration;
        var up = ((cruise * cruise) - (EntryMmPerS * EntryMmPerS)) / twice;
        var down = ((cruise * cruise) - (ExitMmPerS * ExitMmPerS)) / twice;
        if (up + down <= lengthMm)
        {
            CruiseMmPerS = cruise;
            AccelerateSeconds = (cruise - EntryMmPerS) / acceleration;
            CruiseSeconds = (lengthMm - up - down) / cruise;
            DecelerateSeconds = (cruise - ExitMmPerS) / acceleration;
            return;
        }

        // No room to reach the cruising speed: the ramps meet at a lower one.
        var peakSquared = ((twice * lengthMm) + (EntryMmPerS * EntryMmPerS) + (ExitMmPerS * ExitMmPerS)) / 2;
        var peak = Math.Sqrt(peakSquared);
        if (peak < EntryMmPerS || peak < ExitMmPerS)
        {
            // The length is too short to join both speeds at this acceleration; the firmware does it as well as steps allow.
            peak = Math.Max(EntryMmPerS, ExitMmPerS);
            CruiseMmPerS = peak;
            CruiseSeconds = 0;
            var seconds = 2 * lengthMm / (EntryMmPerS + ExitMmPerS);
            AccelerateSeconds = ExitMmPerS > EntryMmPerS ? seconds : 0;
            DecelerateSeconds = ExitMmPerS > EntryMmPerS ? 0 : seconds;
            return;
        }

        CruiseMmPerS = peak;
        AccelerateSeconds = (peak - EntryMmPerS) / acceleration;
        CruiseSeconds = 0;
        DecelerateSeconds = (peak - ExitMmPerS) / acceleration;
    }

    /// <summary>The move as it was asked for.</summary>
    public Move Move { get; }

    /// <summary>Length of the path in mm (of filament, if nothing else moves).</summary>
    public double LengthMm { get; }

    /// <summary>Speed at its start, in mm/s.</summary>
    public double EntryMmPerS { get; }

    /// <summary>The greatest speed reached, in mm/s.</summary>
    public double CruiseMmPerS { get; }

    /// <summary>Speed at its end, in mm/s.</summary>
    public double ExitMmPerS { get; }

    /// <summary>Acceleration, in mm/s².</summary>
    public double AccelerationMmPerS2 { get; }

    /// <summary>Time spent speeding up, in seconds.</summary>
    public double AccelerateSeconds { get; }

    /// <summary>Time spent at the greatest speed, in seconds.</summary>
    public double CruiseSeconds { get; }

    /// <summary>Time spent slowing down, in seconds.</summary>
    public double DecelerateSeconds { get; }

    /// <summary>How long it takes, in seconds.</summary>
    public double Seconds => AccelerateSeconds + CruiseSeconds + DecelerateSeconds;

    /// <summary>The share of the path done after a time, 0 to 1: where the tool is while it moves.</summary>
    /// <param name="seconds">Time since the move started.</param>
    public double ShareAt(double seconds)
    {
        if (seconds <= 0)
            return 0;
        if (seconds >= Seconds || LengthMm <= 0)
            return 1;
        double distance;
        if (seconds < AccelerateSeconds)
        {
            distance = Ramp(EntryMmPerS, CruiseMmPerS, AccelerateSeconds, seconds);
        }
        else if (seconds < AccelerateSeconds + CruiseSeconds)
        {
            distance = ((EntryMmPerS + CruiseMmPerS) / 2 * AccelerateSeconds) + (CruiseMmPerS * (seconds - AccelerateSeconds));
        }
        else
        {
            var left = Seconds - seconds;
            distance = LengthMm - Ramp(ExitMmPerS, CruiseMmPerS, DecelerateSeconds, left);
        }

        return Math.Clamp(distance / LengthMm, 0, 1);
    }

    /// <summary>How long a move takes, as <see cref="Seconds"/> says it, without the rest.</summary>
    internal static double SecondsOf(double length, double entry, double cruise, double exit, double acceleration)
    {
        entry = double.MinNative(entry, cruise);
        exit = double.MinNative(exit, cruise);
        var doubled = 2 * acceleration;
        var meetSquared = ((doubled * length) + (entry * entry) + (exit * exit)) / 2;
        var fastest = double.MaxNative(entry, exit);
        if (meetSquared < fastest * fastest)
            return 2 * length / (entry + exit);

        // Length over the greatest speed, and for each ramp the time lost to it, (c − v)² / 2ac. Whether that speed is held or only touched makes no difference,
        // so there is no branch to mispredict.
        var peak = Math.Sqrt(double.MinNative(meetSquared, cruise * cruise));
        var (fromEntry, toExit) = (peak - entry, peak - exit);
        return (length + (((fromEntry * fromEntry) + (toExit * toExit)) / doubled)) / peak;
    }

    /// <summary>Distance covered in the first part of an even ramp between two speeds.</summary>
    private static double Ramp(double from, double to, double whole, double part) => (from * part) + ((to - from) / whole * part * part / 2);
}
