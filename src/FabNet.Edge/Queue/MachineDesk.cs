// What the edge's loop knows of one machine: its host, what people said, the run on it, and what is prepared for it.

using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.Queue;

/// <summary>A run that was handed to the machine.</summary>
/// <param name="plate">The jobs that it makes, under the leases under which they are started.</param>
/// <param name="prepared">What runs.</param>
/// <param name="handedOver">When, as a timestamp of the edge's clock.</param>
internal sealed class ActiveRun(Plate plate, Prepared prepared, long handedOver)
{
    public Plate Plate => plate;

    /// <summary>The job that names the run, and its lease.</summary>
    public JobId Job => plate.Lead.Id;

    public int Epoch => plate.Lead.Epoch;

    public Prepared Prepared => prepared;

    public long HandedOver => handedOver;

    /// <summary>True once its start is journaled: the machine may be moving.</summary>
    public bool IsStarted { get; set; }

    /// <summary>Why the run was called off; null if it was not. Before the start, one job that leaves is enough; after it, all of them must be called off.</summary>
    public string? CancelReason { get; set; }

    /// <summary>Completes with null once its start is journaled, or with why it was not started.</summary>
    public TaskCompletionSource<string?> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A preparation under way.</summary>
internal sealed class ActivePreparation(Plate plate, CancellationTokenSource cancellation)
{
    public Plate Plate => plate;

    public CancellationTokenSource Cancellation => cancellation;
}

/// <summary>One machine's place in the edge's loop, which alone touches it.</summary>
internal sealed class MachineDesk(MachineId id, MachineHost host, MachineConfig config, MachineRecord facts)
{
    public MachineId Id => id;

    public MachineHost Host => host;

    public MachineProfile Profile => config.Profile;

    /// <summary>True if a person decides about a job that was interrupted here.</summary>
    public bool AsksWhenInterrupted => config.AsksWhenInterrupted;

    /// <summary>True for a machine that is simulated firmware.</summary>
    public bool IsSimulated => config.SimulatedSpeed is not null;

    /// <summary>What people said; journaled before it changes here.</summary>
    public MachineRecord Facts { get; set; } = facts;

    public ActiveRun? Run { get; set; }

    /// <summary>The interruption that a person must decide on; null if none. Until then nothing else starts here.</summary>
    public InterruptionRecord? Waiting { get; set; }

    public ActivePreparation? Preparation { get; set; }

    /// <summary>Programs that wait for their turn, by the job that leads their plate.</summary>
    public Dictionary<JobId, (Plate Plate, Prepared Program)> Prepared { get; } = [];

    /// <summary>Beds whose jobs are made alone, because together they could not be sliced or admitted.</summary>
    public HashSet<string> Apart { get; } = new(StringComparer.Ordinal);

    /// <summary>When waiting for more jobs of a bed began, as a timestamp of the edge's clock.</summary>
    public Dictionary<string, long> WaitingForMates { get; } = new(StringComparer.Ordinal);

    /// <summary>Jobs that were called off while others are made with them: each ends with the run.</summary>
    public Dictionary<JobId, string> CalledOff { get; } = [];

    /// <summary>Not before this may the machine's next start, or preparation, be tried again: timestamps of the edge's clock, which nobody sets.</summary>
    public long RetryStartAt { get; set; }

    public long RetryPreparationAt { get; set; }

    /// <summary>How often the job at the head was tried in vain.</summary>
    public Dictionary<JobId, int> Attempts { get; } = [];

    /// <summary>How many runs in a row failed since somebody looked at it.</summary>
    public int FailuresInARow { get; set; }

    /// <summary>Since when it can't go on by itself, as a timestamp of the edge's clock; null while it can.</summary>
    public long? OutOfServiceSince { get; set; }

    /// <summary>What keeps the job at the head from starting, or from being prepared.</summary>
    public StartVerdict Verdict { get; set; } = StartVerdict.Go;

    /// <summary>Why a preparation waits to be tried again; null if none does.</summary>
    public string? PreparationNotice { get; set; }

    /// <summary>The reservation that is under way, or comes next; null if none does.</summary>
    public ReservationRecord? Next { get; set; }

    /// <summary>The training that people need for it; null if it asks for none.</summary>
    public string? Training => config.Training;

    /// <summary>How many seconds of machine time pass in one of the clock's: 1 but for a simulated machine.</summary>
    public double SpeedUp => config.SimulatedSpeed ?? 1;

    /// <summary>The machine as the rule sees it.</summary>
    public Queue.MachineFacts ForRule(DateTimeOffset now) => new(id, config.Profile, host.Report.State, Facts) { Next = Next, Now = now, SpeedUp = SpeedUp };

    /// <summary>What people see.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="trouble">What keeps the whole site from going on; null if nothing.</param>
    /// <param name="waiting">How many jobs wait here for a person's decision.</param>
    public MachineStatus StatusAt(DateTimeOffset now, string? trouble, int waiting)
    {
        var report = host.Report;
        var (state, detail) = Describe(report, now);
        return new MachineStatus
        {
            Machine = id,
            State = state,
            Detail = trouble ?? detail,
            Job = Run?.Job ?? Waiting?.Job,
            MoreJobs = Math.Max(0, (Run?.Plate.Jobs.Count ?? waiting) - 1),
            Progress = Run is not null ? report.Progress : Waiting is { LineCount: > 0 } ? (double)Waiting.LastLine / Waiting.LineCount : 0,
            RemainingSeconds = Run is null ? null : report.RemainingSeconds,
            HotEndC = report.HotEndC,
            BedC = report.BedC,
            Loaded = Facts.Loaded,
            At = now,
        };
    }

    /// <summary>Counts a vain attempt.</summary>
    public int CountAttempt(JobId job) => Attempts[job] = Attempts.GetValueOrDefault(job) + 1;

    /// <summary>Forgets everything about a job that ended or left.</summary>
    public void Forget(JobId job)
    {
        Attempts.Remove(job);
        PreparationNotice = null;
        foreach (var (lead, waiting) in Prepared.Where(p => p.Value.Plate.Has(job)).ToList())
        {
            Prepared.Remove(lead);
            ProgramFolder.Remove(waiting.Program);
        }

        if (Preparation is { } preparation && preparation.Plate.Has(job))
        {
            preparation.Cancellation.Cancel();
        }
    }

    private (MachineState State, string? Detail) Describe(SessionReport report, DateTimeOffset now) => this switch
    {
        { Run: not null } => (report.State is MachineState.Idle ? MachineState.Preparing : report.State, report.Detail),
        { Facts.Maintenance: { } reason } => (MachineState.Maintenance, Waiting is null ? reason : $"{reason}. {Waiting.Words}"),
        { Waiting: { } waiting } => (MachineState.Attention, report.State is MachineState.Idle ? waiting.Words : $"{waiting.Words} The machine is {report.State} now. {report.Detail}".TrimEnd()),
        _ when report.State is not MachineState.Idle => (report.State, report.Detail),
        { Facts.NeedsClearing: { } reason } => (MachineState.NeedsClearing, $"{reason} Take the part off, then: fabnet site clear {id}"),
        { Next: { } next } when next.From <= now => (MachineState.Reserved, $"{ReservationBook.WhyOf(next)}, until {ReservationBook.Text(next.To)}"),
        { Verdict.Obstacle: Obstacle.WrongMaterial } => (MachineState.Attention, Verdict.Message),
        _ => (MachineState.Idle, PreparationNotice ?? Verdict.Message),
    };
}
