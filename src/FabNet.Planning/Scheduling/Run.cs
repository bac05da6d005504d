// One run of a machine, while it is planned.

namespace FabNet.Planning.Scheduling;

/// <summary>Jobs that are made at once, what they take together, and where the run stands in its machine's sequence.</summary>
internal struct Run
{
    /// <summary>Its first job among its track's.</summary>
    public int First;

    public int Count;

    public SetUpIds Needs;

    public int Family;

    /// <summary>Minutes without what parts on one bed share.</summary>
    public double OwnMinutes;

    /// <summary>What they share: the most of any.</summary>
    public double SharedMinutes;

    /// <summary>Beds, one after another; more than one only for a single job.</summary>
    public int Beds;

    public double Grams;

    /// <summary>The probability that none of its parts fails.</summary>
    public double Survival;

    public double Release;

    /// <summary>Of the bed, with clearance, in mm².</summary>
    public double Area;

    // Where it stands, by the track's last reckoning.
    public SetUpIds Before;
    public int BeforeState;
    public double FreeBefore;
    public double Begin;
    public double End;

    /// <summary>Machine time, set-up, material, energy and risk.</summary>
    public double Price;

    /// <summary>All costs of its track up to it, and with it.</summary>
    public double CostUpTo;

    /// <summary>What delaying it and everything behind it costs for each minute, and from how many minutes on it costs how much more.</summary>
    public double Slope;
    public double Slack;
    public double LaterSlope;

    public readonly double Minutes => OwnMinutes + SharedMinutes;

    /// <summary>A run of nothing but one job.</summary>
    public static Run Of(JobFacts job, MachineFacts machine)
    {
        var shared = job.Shared[machine.Class.Index] * machine.Slowness;
        return new Run
        {
            Count = 1,
            Needs = job.Needs,
            Family = job.Family,
            OwnMinutes = job.MinutesOn(machine) - shared,
            SharedMinutes = shared,
            Beds = job.Beds[machine.Class.Index],
            Grams = job.GramsOn(machine),
            Survival = 1 - job.FailureOn(machine),
            Release = job.Release,
            Area = job.Area[machine.Class.Index],
        };
    }

    /// <summary>The same run with another's jobs on the same bed.</summary>
    public readonly Run With(in Run other)
    {
        var both = this;
        both.Count += other.Count;
        both.OwnMinutes += other.OwnMinutes;
        both.SharedMinutes = Math.Max(SharedMinutes, other.SharedMinutes);
        both.Grams += other.Grams;
        both.Survival *= other.Survival;
        both.Release = Math.Max(Release, other.Release);
        both.Area += other.Area;
        return both;
    }
}
