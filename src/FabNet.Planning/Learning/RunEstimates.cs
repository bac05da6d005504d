// What the next run takes, learnt from programs and from runs of all sites; nobody's word counts for more than one site's.

namespace FabNet.Planning.Learning;

/// <summary>What one site tells of a part on a class of machine.</summary>
public sealed record SiteRuns
{
    /// <summary>Time of its last admitted program, in seconds for each copy; null if it admitted none.</summary>
    public double? ProgramSeconds { get; init; }

    /// <summary>Material of that program, in grams for each copy; null likewise.</summary>
    public double? ProgramGrams { get; init; }

    /// <summary>Measured seconds for each copy, at the pace of the class: what a machine took, times its speed. Above 0.</summary>
    public IReadOnlyList<double> Seconds { get; init; } = [];

    /// <summary>Measured grams for each copy.</summary>
    public IReadOnlyList<double> Grams { get; init; } = [];

    /// <summary>Runs that ended well.</summary>
    public int Completed { get; init; }

    /// <summary>Runs that were started and failed.</summary>
    public int Failed { get; init; }
}

/// <summary>What is known of a class of machine.</summary>
/// <param name="Ratio">Measured time beside that of programs: 1.1 is a tenth longer.</param>
/// <param name="FailureProbability">The probability that a run fails, between 0 and 1.</param>
public readonly record struct ClassPace(double Ratio, double FailureProbability);

/// <summary>Estimates that hold with no run, with one, and with many: few runs are drawn towards what was expected.</summary>
/// <remarks>
/// Ratios and times are multiplied, so they are averaged as logarithms. A median over sites, each with one voice, stands for what runs tell; what was expected (a program's time, times how its class keeps
/// programs' times) counts as much as <see cref="PriorRuns"/> runs beside at most <see cref="MostFromSite"/> of each site. Where a single site is heard it may move an estimate by
/// <see cref="MostAlone"/> times, either way. The time that is promised is further away by what four of five runs keep; before there are runs, by a fifth.
/// </remarks>
public static class RunEstimates
{
    /// <summary>The probability of failure before anything is known.</summary>
    public const double TypicalFailure = 0.05;

    /// <summary>How many runs a machine's or a part's typical failure weighs as much as.</summary>
    private const double FailurePrior = 10;

    private const double PriorRuns = 1;
    private const double PacePrior = 4;
    private const int MostFromSite = 5;
    private const double MostAlone = 4;
    private const double SpreadPrior = 4;
    private const double LateShare = 0.8;

    private static readonly double ExpectedSpread = Math.Log(1.2);

    /// <summary>What is known of a part on a class.</summary>
    /// <param name="sites">What each site tells; those without a program and without a run are passed over.</param>
    /// <param name="pace">What is known of the class.</param>
    public static RunHistory Of(IReadOnlyCollection<SiteRuns> sites, ClassPace pace)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var programs = sites.Where(static s => s.ProgramSeconds > 0).ToList();
        double? expected = programs.Count == 0 ? null : Quantiles.Median(programs.Select(static s => Math.Log(s.ProgramSeconds!.Value))) + Math.Log(pace.Ratio);
        double? grams = programs.Count == 0 ? null : Quantiles.Median(programs.Select(static s => s.ProgramGrams ?? 0));
        var measured = sites.Where(static s => s.Seconds.Count > 0).ToList();
        var logs = measured.ConvertAll(static s => s.Seconds.Select(static v => Math.Log(Math.Max(1e-3, v))).ToList());
        double? seconds = logs.Count == 0 ? expected : Drawn([.. logs.Select(static l => Quantiles.Median(l))], logs.Sum(static l => Math.Min(MostFromSite, l.Count)), expected, PriorRuns);
        return new RunHistory
        {
            Completed = sites.Sum(static s => s.Completed),
            Failed = sites.Sum(static s => s.Failed),
            SecondsEach = seconds is { } middle ? Math.Exp(middle) : null,
            LateSecondsEach = seconds is { } half ? Math.Exp(half + Spread(logs)) : null,
            GramsEach = measured.Count == 0 ? grams : Quantiles.Agreed([.. measured.Select(static s => Quantiles.Median(s.Grams.DefaultIfEmpty(0)))], grams),
            FailureProbability = FailureOf(sites, pace.FailureProbability) is var failure && failure > pace.FailureProbability ? failure : null,
        };
    }

    /// <summary>How a class keeps the times of programs, from how each site's machines do.</summary>
    /// <param name="sites">For each site the logarithms of measured over programmed time, newest runs of all its machines.</param>
    public static double ClassRatio(IReadOnlyCollection<IReadOnlyList<double>> sites)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var heard = sites.Where(static s => s.Count > 0).ToList();
        return heard.Count == 0 ? 1 : Math.Exp(Drawn([.. heard.Select(static s => Quantiles.Median(s))], heard.Sum(static s => Math.Min(MostFromSite, s.Count)), 0, PacePrior));
    }

    /// <summary>A machine's speed beside its class: 2 takes half the time.</summary>
    /// <param name="ratios">Logarithms of measured over programmed time of its own runs.</param>
    /// <param name="classRatio">Its class's ratio.</param>
    public static double Speed(IReadOnlyCollection<double> ratios, double classRatio)
    {
        ArgumentNullException.ThrowIfNull(ratios);
        return ratios.Count == 0 ? 1
            : Math.Clamp(Math.Exp((Math.Log(classRatio) - Quantiles.Median(ratios)) * ratios.Count / (ratios.Count + PacePrior)), 1 / MostAlone, MostAlone);
    }

    /// <summary>The probability that a run fails: a Beta distribution's mean, with ten runs' worth of what is typical before it.</summary>
    public static double Failure(int completed, int failed, double typical) => (failed + (FailurePrior * typical)) / (completed + failed + FailurePrior);

    /// <summary>The same over sites, each with one voice; a site that is heard alone counts as ten runs at most.</summary>
    /// <param name="sites">The sites.</param>
    /// <param name="typical">What is typical.</param>
    public static double FailureOf(IReadOnlyCollection<SiteRuns> sites, double typical)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var heard = sites.Where(static s => s.Completed + s.Failed > 0).ToList();
        return heard.Count switch
        {
            0 => typical,
            1 => (heard[0].Completed + heard[0].Failed) is > (int)FailurePrior and var runs
                ? ((heard[0].Failed * FailurePrior / runs) + (FailurePrior * typical)) / (2 * FailurePrior)
                : Failure(heard[0].Completed, heard[0].Failed, typical),
            _ => Quantiles.Agreed([.. heard.Select(s => Failure(s.Completed, s.Failed, typical))], typical),
        };
    }

    // All are logarithms.
    private static double Drawn(IReadOnlyCollection<double> told, int runs, double? expected, double prior)
    {
        var agreed = Quantiles.Agreed(told, expected);
        if (expected is not { } before)
        {
            return agreed;
        }

        if (told.Count == 1)
        {
            agreed = Math.Clamp(agreed, before - Math.Log(MostAlone), before + Math.Log(MostAlone));
        }

        return ((prior * before) + (runs * agreed)) / (prior + runs);
    }

    private static double Spread(List<List<double>> logs)
    {
        var spread = logs.Where(static l => l.Count > 1).Select(static l => Quantiles.Of(l, LateShare) - Quantiles.Median(l)).ToList();
        var runs = logs.Sum(static l => Math.Min(MostFromSite, l.Count - 1));
        return spread.Count == 0 ? ExpectedSpread : ((SpreadPrior * ExpectedSpread) + (runs * Quantiles.Agreed(spread, ExpectedSpread))) / (SpreadPrior + runs);
    }
}
