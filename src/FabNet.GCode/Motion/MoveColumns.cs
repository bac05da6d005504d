// Moves under planning, a column for each quantity, so that several moves are worked on at once.

using System.Numerics;

namespace FabNet.GCode.Motion;

/// <summary>
/// Columns of moves. Row 0 is the standstill before the first move. Behind the last row there is room for whole vectors, whose values don't matter.
/// </summary>
internal sealed class MoveColumns
{
    /// <summary>Room for this many moves, and the standstill before them.</summary>
    public MoveColumns(int moves)
    {
        Rows = moves + 1;
        Line = new int[Rows];
        X = Column();
        Y = Column();
        Z = Column();
        E = Column();
        FeedMmPerS = Column();
        Steps = Column();
        LengthMm = Column();
        NominalMmPerS = Column();
        Acceleration = Column();
        SlowestMmPerS = Column();
        GainSquared = Column();
        MaxEntrySquared = Column();
        EntrySquared = Column();
        DirectionX = Column();
        DirectionY = Column();
        DirectionZ = Column();
        DirectionE = Column();
        SafeMmPerS = Column();
        Seconds = Column();
    }

    /// <summary>How many rows there are, with row 0.</summary>
    public int Rows { get; }

    /// <summary>The program line.</summary>
    public int[] Line { get; }

    /// <summary>Distance along X, in mm.</summary>
    public double[] X { get; }

    /// <summary>Distance along Y, in mm.</summary>
    public double[] Y { get; }

    /// <summary>Distance along Z, in mm.</summary>
    public double[] Z { get; }

    /// <summary>Filament pushed, in mm.</summary>
    public double[] E { get; }

    /// <summary>The feed rate asked for, in mm/s.</summary>
    public double[] FeedMmPerS { get; }

    /// <summary>Steps of the motor that makes the most.</summary>
    public double[] Steps { get; }

    /// <summary>Length of the path in mm (of filament, if nothing else moves).</summary>
    public double[] LengthMm { get; }

    /// <summary>The speed to cruise at; 0 at a standstill.</summary>
    public double[] NominalMmPerS { get; }

    /// <summary>Acceleration in mm/s².</summary>
    public double[] Acceleration { get; }

    /// <summary>The slowest speed that the motors are driven at.</summary>
    public double[] SlowestMmPerS { get; }

    /// <summary>What speed squared can gain along the move: 2 × acceleration × length.</summary>
    public double[] GainSquared { get; }

    /// <summary>The square of the greatest speed at the move's start.</summary>
    public double[] MaxEntrySquared { get; }

    /// <summary>The square of the planned speed at the move's start.</summary>
    public double[] EntrySquared { get; }

    /// <summary>The direction, a unit vector by junction deviation; by jerk the speed of each axis.</summary>
    public double[] DirectionX { get; }

    /// <inheritdoc cref="DirectionX" />
    public double[] DirectionY { get; }

    /// <inheritdoc cref="DirectionX" />
    public double[] DirectionZ { get; }

    /// <inheritdoc cref="DirectionX" />
    public double[] DirectionE { get; }

    /// <summary>By jerk: the speed from which the machine may stop dead.</summary>
    public double[] SafeMmPerS { get; }

    /// <summary>How long the move takes, once it is final.</summary>
    public double[] Seconds { get; }

    /// <summary>Moves planned rows to the start, behind row 0.</summary>
    public void KeepPlanned(int from, int count)
    {
        Array.Copy(Line, from, Line, 1, count);
        foreach (var column in (ReadOnlySpan<double[]>)
                 [
                     LengthMm, NominalMmPerS, Acceleration, SlowestMmPerS, GainSquared, MaxEntrySquared, EntrySquared, DirectionX, DirectionY, DirectionZ, DirectionE, SafeMmPerS,
                 ])
            Array.Copy(column, from, column, 1, count);
    }

    private double[] Column() => new double[Rows + Vector<double>.Count];
}
