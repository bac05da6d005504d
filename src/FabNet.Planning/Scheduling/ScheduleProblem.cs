// What the scheduler looks at: workshops, machines and jobs as numbers, whatever the jobs are designs of.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Planning.Scheduling;

/// <summary>A network of workshops at one moment and the jobs that are open in it. Equal problems give equal schedules for the same seed and steps.</summary>
public sealed record ScheduleProblem
{
    /// <summary>The moment that everything counts from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The workshops, each once.</summary>
    public required IReadOnlyList<Workshop> Workshops { get; init; }

    /// <summary>The classes of machines, each once.</summary>
    public required IReadOnlyList<MachineClass> Classes { get; init; }

    /// <summary>The machines, each once.</summary>
    public required IReadOnlyList<WorkshopMachine> Machines { get; init; }

    /// <summary>The jobs to schedule, each once.</summary>
    public required IReadOnlyList<ScheduleJob> Jobs { get; init; }

    /// <summary>What having a job an hour sooner is worth, in the currency of its workshop, at least 0. It decides, and is no cost: nobody pays it. Default 0.</summary>
    public double WaitingPerHour { get; init; }

    /// <summary>What it has to save to move a job away from the machine where the plan in force has it (<see cref="ScheduleJob.Planned"/>), at least 0. It decides, and is no cost. Default 0.</summary>
    public double ChangeWorth { get; init; }
}

/// <summary>A workshop: where it is, when people are there, and the prices that it bears.</summary>
public sealed record Workshop
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Degrees north; without a place transport has no distance.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east.</summary>
    public double? Longitude { get; init; }

    /// <summary>Its prices.</summary>
    public SitePrices Prices { get; init; } = new();

    /// <summary>IANA time zone of <see cref="Hours"/> and of prices by the hour. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>When people are there to set machines up; none means always.</summary>
    public IReadOnlyList<WeeklyHours> Hours { get; init; } = [];
}

/// <summary>A class of machines: what it can make, and what its set-ups take.</summary>
public sealed record MachineClass
{
    /// <summary>Its name, as <see cref="ScheduleJob.ByClass"/> and <see cref="WorkshopMachine.Class"/> write it.</summary>
    public required string Name { get; init; }

    /// <summary>The process, such as 3DP or CNC; null matches jobs of any.</summary>
    public string? Process { get; init; }

    /// <summary>Materials that it works, upper case; none means any.</summary>
    public IReadOnlyList<string> Materials { get; init; } = [];

    /// <summary>The largest part, in mm; null means any.</summary>
    public Size3? SizeMm { get; init; }

    /// <summary>Nozzles that can be put in, in mm; none means any.</summary>
    public IReadOnlyList<double> NozzlesMm { get; init; } = [];

    /// <summary>What set-up changes take. A nozzle, a tool and a fixture each take the time of a tool change.</summary>
    public SetUpCosts SetUp { get; init; } = new();

    /// <summary>Electric power.</summary>
    public PowerDraw Power { get; init; } = new();

    /// <summary>False: somebody stays beside it, so that whole runs lie within <see cref="Workshop.Hours"/>. Default true: only set-ups do.</summary>
    public bool RunsUnattended { get; init; } = true;

    /// <summary>True: parts of several jobs can be made on one bed, at once. Default false.</summary>
    public bool SharesBeds { get; init; }

    /// <summary>Clearance between parts on a bed, in mm. Default 5.</summary>
    public double ClearanceMm { get; init; } = 5;

    /// <summary>What is left free at each edge of a shared bed, in mm. Default 0.</summary>
    public double MarginMm { get; init; }

    /// <summary>Of a run's time, the minutes for each mm of height that parts on one bed share (layer changes, recoating). Default 0.</summary>
    public double MinutesPerMmHeight { get; init; }

    /// <summary>The probability that a run fails where neither job nor machine says otherwise, 0 to below 1. Default 0.05.</summary>
    public double FailureProbability { get; init; } = 0.05;
}

/// <summary>What is set up on a machine, or what a job needs; a null attribute is unknown there, and any here.</summary>
public readonly record struct SetUpOf
{
    /// <summary>Material, upper case.</summary>
    public string? Material { get; init; }

    /// <summary>Colour, lower case.</summary>
    public string? Color { get; init; }

    /// <summary>Nozzle, in mm.</summary>
    public double? NozzleMm { get; init; }

    /// <summary>Tool.</summary>
    public string? Tool { get; init; }

    /// <summary>Plate, vice or fixture.</summary>
    public string? Fixture { get; init; }
}

/// <summary>A machine and what it has taken already.</summary>
public sealed record WorkshopMachine
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its workshop's id.</summary>
    public required string Workshop { get; init; }

    /// <summary>Its class's name.</summary>
    public required string Class { get; init; }

    /// <summary>What is set up now.</summary>
    public SetUpOf Loaded { get; init; }

    /// <summary>Started, claimed and offered work, in sequence. It never moves: what is scheduled comes after it.</summary>
    public IReadOnlyList<QueuedWork> Queue { get; init; } = [];

    /// <summary>How quick it is beside its class, by measured runs: 2 takes half the time. Default 1.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The probability that a run fails, measured; null where its class's holds.</summary>
    public double? FailureProbability { get; init; }

    /// <summary>When it must not run: maintenance, reservations.</summary>
    public IReadOnlyList<BlockedTime> Blocked { get; init; } = [];
}

/// <summary>Work that a machine has taken.</summary>
/// <param name="Needs">What it has, or will have, set up.</param>
/// <param name="Minutes">Running time left.</param>
/// <param name="HasStarted">True: its set-up is done.</param>
public sealed record QueuedWork(SetUpOf Needs, double Minutes, bool HasStarted = false);

/// <summary>A time in which a machine must not run.</summary>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record BlockedTime(DateTimeOffset From, DateTimeOffset To, string Reason);

/// <summary>A job that waits for a machine.</summary>
public sealed record ScheduleJob
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its order, whose jobs are one good when shares are found; null for one of its own.</summary>
    public string? Order { get; init; }

    /// <summary>What is made, for people.</summary>
    public string? Part { get; init; }

    /// <summary>How many; at least 1. Default 1.</summary>
    public int Quantity { get; init; } = 1;

    /// <summary>The process; null where <see cref="ByClass"/> says enough.</summary>
    public string? Process { get; init; }

    /// <summary>What has to be set up.</summary>
    public SetUpOf Needs { get; init; }

    /// <summary>Outer dimensions of one, in mm; null if unknown: then it shares no bed.</summary>
    public Size3? SizeMm { get; init; }

    /// <summary>Material in one, in grams.</summary>
    public double GramsEach { get; init; }

    /// <summary>Running time of one without set-up, in minutes, on classes that <see cref="ByClass"/> does not name; null: only those are able.</summary>
    public double? MinutesEach { get; init; }

    /// <summary>What is known of it on a class of machine: measured, where there were runs.</summary>
    public IReadOnlyDictionary<string, RunOnClass> ByClass { get; init; } = new Dictionary<string, RunOnClass>(StringComparer.Ordinal);

    /// <summary>Before this it can't begin; null: any time.</summary>
    public DateTimeOffset? Release { get; init; }

    /// <summary>When it should be made; null if it does not matter.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What an hour of its lateness counts beside others'; above 0. Default 1.</summary>
    public double Priority { get; init; } = 1;

    /// <summary>The workshop it should go to, if it matters.</summary>
    public string? Destination { get; init; }

    /// <summary>Its design's licence, as it stands in the plan's books; it decides nothing.</summary>
    public string? Licence { get; init; }

    /// <summary>The probability that a run of it fails, measured; null where its machine's or class's holds.</summary>
    public double? FailureProbability { get; init; }

    /// <summary>Machines that it must not go to, each with the reason for people.</summary>
    public IReadOnlyDictionary<string, string> NotOn { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where the plan in force has it; null if it has it nowhere.</summary>
    public PlannedPlace? Planned { get; init; }
}

/// <summary>A job on a class of machine.</summary>
/// <param name="MinutesEach">Running time of one without set-up, in minutes.</param>
/// <param name="GramsEach">Material in one, in grams; null where <see cref="ScheduleJob.GramsEach"/> holds.</param>
/// <param name="FailureProbability">The probability that a run fails; null where <see cref="ScheduleJob.FailureProbability"/> holds.</param>
/// <param name="IsAlone">True: it shares no bed there, whatever the class does.</param>
public sealed record RunOnClass(double MinutesEach, double? GramsEach = null, double? FailureProbability = null, bool IsAlone = false);

/// <summary>Where a plan has a job.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Sequence">Its run's place in the machine's sequence; equal ones share a bed.</param>
public sealed record PlannedPlace(string Machine, int Sequence);
