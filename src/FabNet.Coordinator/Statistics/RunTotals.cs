// What runs amount to: counts and sums that add up.

namespace FabNet.Coordinator.Statistics;

/// <summary>Sums over runs and over a machine's time.</summary>
internal readonly record struct RunTotals
{
    /// <summary>Runs that ended well.</summary>
    public int Completed { get; init; }

    /// <summary>Runs that were started and failed.</summary>
    public int Failed { get; init; }

    /// <summary>Runs that were started and called off.</summary>
    public int Cancelled { get; init; }

    /// <summary>Times that a started job's lease lapsed.</summary>
    public int Lost { get; init; }

    /// <summary>Completed runs of which a measure was not believed.</summary>
    public int Doubted { get; init; }

    /// <summary>Pieces that completed runs made.</summary>
    public int Made { get; init; }

    /// <summary>Pieces of failed runs.</summary>
    public int FailedPieces { get; init; }

    /// <summary>Pieces of completed runs that are no good: their site scrapped them, or their receiver refused them.</summary>
    public int Refused { get; init; }

    /// <summary>The runs that made them.</summary>
    public int RefusedRuns { get; init; }

    /// <summary>Runs of which something came. Within a window, a run that was made before it may have been refused in it.</summary>
    public int Good => Math.Max(0, Completed - RefusedRuns);

    /// <summary>Runs that have to be made again.</summary>
    public int Bad => Failed + RefusedRuns;

    /// <summary>Time of the programs of completed runs whose program said one, in seconds.</summary>
    public double PlannedSeconds { get; init; }

    /// <summary>Measured time of the same runs, in seconds.</summary>
    public double MeasuredSeconds { get; init; }

    /// <summary>Time of all started runs, in seconds.</summary>
    public double RunSeconds { get; init; }

    /// <summary>Material, in grams.</summary>
    public double Grams { get; init; }

    /// <summary>Energy, in kWh.</summary>
    public double EnergyKwh { get; init; }

    /// <summary>Opening time since the machine was first heard, in seconds.</summary>
    public double OpenSeconds { get; init; }

    /// <summary>The part of it in which the machine was in service, in seconds.</summary>
    public double InServiceSeconds { get; init; }

    public static RunTotals operator +(RunTotals a, RunTotals b) => new()
    {
        Completed = a.Completed + b.Completed,
        Failed = a.Failed + b.Failed,
        Cancelled = a.Cancelled + b.Cancelled,
        Lost = a.Lost + b.Lost,
        Doubted = a.Doubted + b.Doubted,
        Made = a.Made + b.Made,
        FailedPieces = a.FailedPieces + b.FailedPieces,
        Refused = a.Refused + b.Refused,
        RefusedRuns = a.RefusedRuns + b.RefusedRuns,
        PlannedSeconds = a.PlannedSeconds + b.PlannedSeconds,
        MeasuredSeconds = a.MeasuredSeconds + b.MeasuredSeconds,
        RunSeconds = a.RunSeconds + b.RunSeconds,
        Grams = a.Grams + b.Grams,
        EnergyKwh = a.EnergyKwh + b.EnergyKwh,
        OpenSeconds = a.OpenSeconds + b.OpenSeconds,
        InServiceSeconds = a.InServiceSeconds + b.InServiceSeconds,
    };
}
