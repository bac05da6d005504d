// What the planner looks at: the whole network at one moment, as values. The planner has no other input.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>The network at one moment. Equal snapshots give equal plans.</summary>
public sealed record PlantSnapshot
{
    /// <summary>The moment: the planner's only clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The sites that <see cref="Machines"/> belong to: prices and places. Other machines than those are not read from here.</summary>
    public required IReadOnlyList<Site> Sites { get; init; }

    /// <summary>The machines, each once.</summary>
    public required IReadOnlyList<PlantMachine> Machines { get; init; }

    /// <summary>The jobs to place, each once.</summary>
    public required IReadOnlyList<OpenJob> Jobs { get; init; }

    /// <summary>
    /// What having a part an hour sooner is worth, in the currency of the site that makes it; at least 0. It decides between a cheaper machine and an earlier one, and is no
    /// cost: nobody pays it. Default 2.00, an hour of an idle machine.
    /// </summary>
    public double WaitingPerHour { get; init; } = 2.00;

    /// <summary>Where the plan in force has jobs that are still open, if there is one.</summary>
    public IReadOnlyDictionary<JobId, PlaceInForce> InForce { get; init; } = new Dictionary<JobId, PlaceInForce>();

    /// <summary>What moving a job to another machine than the plan in force has it on must save, in the currency of the site; at least 0, and no cost. Default 0.25.</summary>
    public double ChangeWorth { get; init; } = 0.25;

    /// <summary>What earlier runs taught, for each part and machine class.</summary>
    public IReadOnlyDictionary<RunKey, RunHistory> History { get; init; } = new Dictionary<RunKey, RunHistory>();
}

/// <summary>Where a plan has a job.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Sequence">Its place in the machine's sequence.</param>
public readonly record struct PlaceInForce(MachineId Machine, int Sequence);

/// <summary>What one run has to make.</summary>
public sealed record Work
{
    /// <summary>The design.</summary>
    public required DesignRef Design { get; init; }

    /// <summary>The part.</summary>
    public required DesignPart Part { get; init; }

    /// <summary>Material, upper case; null means any that the machine works.</summary>
    public string? Material { get; init; }

    /// <summary>Colour, lower case; null means any.</summary>
    public string? Color { get; init; }

    /// <summary>Copies in the run; at least 1. Default 1.</summary>
    public int Copies { get; init; } = 1;
}

/// <summary>A job that waits for a machine.</summary>
public sealed record OpenJob
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>What it makes.</summary>
    public required Work Work { get; init; }

    /// <summary>When its order was placed.</summary>
    public required DateTimeOffset PlacedAt { get; init; }

    /// <summary>When it should be ready, if it matters.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The site it should go to, if it matters.</summary>
    public SiteId? Destination { get; init; }

    /// <summary>Machines that it must not be placed on now, each with the reason for people.</summary>
    public IReadOnlyList<MachineExclusion> Exclusions { get; init; } = [];
}

/// <summary>A machine that a job must not be placed on now.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Reason">Why, to follow "because": "it declined until 12:14 UTC".</param>
public readonly record struct MachineExclusion(MachineId Machine, string Reason);

/// <summary>A machine, what it does, and the work that it has taken.</summary>
public sealed record PlantMachine
{
    /// <summary>Its id, profile and what is loaded.</summary>
    public required Machine Machine { get; init; }

    /// <summary>What it does. <see cref="MachineState.Offline"/> also where its site is not connected.</summary>
    public required MachineState State { get; init; }

    /// <summary>Why, for a person, where the state needs a reason.</summary>
    public string? Detail { get; init; }

    /// <summary>Since when it is in that state, if known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Started, claimed and offered work in its sequence. It never moves: open jobs come after it.</summary>
    public IReadOnlyList<CommittedWork> Committed { get; init; } = [];

    /// <summary>How quick it is beside its class, by measured runs: 2 takes half the time. Between 0.01 and 100. Default 1.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The probability that a run fails on it, by measured runs; null where nothing is measured.</summary>
    public double? FailureProbability { get; init; }
}

/// <summary>Work that a machine has taken, or has been offered.</summary>
public sealed record CommittedWork
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>What it makes.</summary>
    public required Work Work { get; init; }

    /// <summary>True once the machine may be moving: then its set-up is done.</summary>
    public bool HasStarted { get; init; }

    /// <summary>Running time left, in seconds; null means that the planner estimates it.</summary>
    public double? RemainingSeconds { get; init; }

    /// <summary>True: it is on one bed with the work before it, and made in the same run.</summary>
    public bool IsWithPrevious { get; init; }
}

/// <summary>What measured runs are filed under: a part on a class of machine.</summary>
/// <param name="Manifest">The design's manifest.</param>
/// <param name="Part">The part's name.</param>
/// <param name="MachineClass">The profile's name.</param>
public readonly record struct RunKey(Digest Manifest, string Part, string MachineClass);

/// <summary>What programs and runs of one part on one class of machine taught; <see cref="Learning.RunEstimates"/> makes it.</summary>
public sealed record RunHistory
{
    /// <summary>Runs that ended well.</summary>
    public int Completed { get; init; }

    /// <summary>Runs that were started and failed.</summary>
    public int Failed { get; init; }

    /// <summary>Running time of a copy on a machine of the class's own pace, in seconds: half of the runs keep it. Null if neither a program nor a run is known.</summary>
    public double? SecondsEach { get; init; }

    /// <summary>The time that four of five runs keep, in seconds for each copy; null likewise.</summary>
    public double? LateSecondsEach { get; init; }

    /// <summary>Material in a copy, in grams; null likewise.</summary>
    public double? GramsEach { get; init; }

    /// <summary>The probability that a run fails, between 0 and 1, where this part fails more than others do; null where its machine's holds.</summary>
    public double? FailureProbability { get; init; }
}
