// What the planner proposes: who makes what, in which sequence, and what it costs, term by term.

namespace FabNet.Model.Plans;

/// <summary>The cost of an assignment, each term visible, in the currency of the site that bears it.</summary>
public sealed record CostBreakdown
{
    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>Machine time × rate.</summary>
    public decimal MachineTime { get; init; }

    /// <summary>Set-up labour and machine time × rate.</summary>
    public decimal SetUp { get; init; }

    /// <summary>Purge and material, g × price.</summary>
    public decimal Material { get; init; }

    /// <summary>kWh × price.</summary>
    public decimal Energy { get; init; }

    /// <summary>Fixed + distance × mass.</summary>
    public decimal Transport { get; init; }

    /// <summary>Hours late × price.</summary>
    public decimal Lateness { get; init; }

    /// <summary>Failure probability × cost of remaking.</summary>
    public decimal Risk { get; init; }

    /// <summary>CO₂ of the energy, in grams; reported, not priced.</summary>
    public double Co2Grams { get; init; }

    /// <summary>The sum of the priced terms.</summary>
    public decimal Total => MachineTime + SetUp + Material + Energy + Transport + Lateness + Risk;

    /// <summary>Both together.</summary>
    /// <exception cref="ArgumentException">They are in different currencies.</exception>
    public static CostBreakdown operator +(CostBreakdown left, CostBreakdown right) => Combine(left, right, 1);

    /// <summary>One without the other.</summary>
    /// <exception cref="ArgumentException">They are in different currencies.</exception>
    public static CostBreakdown operator -(CostBreakdown left, CostBreakdown right) => Combine(left, right, -1);

    /// <summary>Sums for each currency, in the order in which they first come.</summary>
    public static IReadOnlyList<CostBreakdown> Sum(IEnumerable<CostBreakdown> costs) =>
        [.. costs.GroupBy(static c => c.Currency, StringComparer.Ordinal).Select(static g => g.Aggregate(static (a, b) => a + b))];

    private static CostBreakdown Combine(CostBreakdown left, CostBreakdown right, int sign)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return left.Currency != right.Currency ? throw new ArgumentException($"{left.Currency} and {right.Currency} are never converted.", nameof(right)) : new CostBreakdown
        {
            Currency = left.Currency,
            MachineTime = left.MachineTime + (sign * right.MachineTime),
            SetUp = left.SetUp + (sign * right.SetUp),
            Material = left.Material + (sign * right.Material),
            Energy = left.Energy + (sign * right.Energy),
            Transport = left.Transport + (sign * right.Transport),
            Lateness = left.Lateness + (sign * right.Lateness),
            Risk = left.Risk + (sign * right.Risk),
            Co2Grams = left.Co2Grams + (sign * right.Co2Grams),
        };
    }
}

/// <summary>One job on one machine at one place in its sequence.</summary>
public sealed record Assignment
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>The machine.</summary>
    public required MachineId Machine { get; init; }

    /// <summary>Its place in the machine's sequence, counted from 0. Jobs that share a bed have the same.</summary>
    public required int Sequence { get; init; }

    /// <summary>The job that stands first on the bed that it shares: the same for all of them. Null where it is alone.</summary>
    public JobId? Bed { get; init; }

    /// <summary>Its own part of the run, in minutes; above 0.</summary>
    public required double RunMinutes { get; init; }

    /// <summary>When its set-up begins.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it should be made: half of such runs, with what is ahead of them, keep it. What it costs rests on it.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>By when it may be promised: four of five keep it. Never before <see cref="EndsAt"/>.</summary>
    public required DateTimeOffset PromisedBy { get; init; }

    /// <summary>Set-up before it, in minutes, as the machine's state then calls for.</summary>
    public required double SetUpMinutes { get; init; }

    /// <summary>What it costs there: on a shared bed, its share.</summary>
    public required CostBreakdown Cost { get; init; }

    /// <summary>Why this machine, in a sentence that a person can check.</summary>
    public required string Why { get; init; }
}

/// <summary>A job that no machine can make now, and why.</summary>
/// <param name="Job">The job.</param>
/// <param name="Reason">One sentence: what is missing, and what would help.</param>
public sealed record UnplacedJob(JobId Job, string Reason);

/// <summary>A proposal for all open jobs.</summary>
public sealed record Plan
{
    /// <summary>The assignments, by machine and sequence.</summary>
    public required IReadOnlyList<Assignment> Assignments { get; init; }

    /// <summary>The jobs left over.</summary>
    public required IReadOnlyList<UnplacedJob> Unplaced { get; init; }
}
