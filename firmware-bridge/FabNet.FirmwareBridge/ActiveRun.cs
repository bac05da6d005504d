// One run of one program, from the request to the outcome. Owned by the session's loop.

using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;

namespace FabNet.FirmwareBridge;

/// <summary>Where a run is.</summary>
internal enum RunPhase
{
    /// <summary>The caller's hook runs; nothing has been sent.</summary>
    Preparing,

    /// <summary>Lines go out.</summary>
    Streaming,

    /// <summary>All lines are taken; the machine comes to rest.</summary>
    Finishing,

    /// <summary>The run broke off; heaters and spindle are turned off.</summary>
    Securing,
}

/// <summary>One run of one program.</summary>
internal sealed class ActiveRun(AdmittedProgram program, RunOptions options, TaskCompletionSource<RunOutcome> done)
{
    // Model time between two looks at the machine's own pace.
    private const double StretchS = 30;

    // Real over modelled time of the latest stretches. Their median counts: a stretch with a wait for heat in it says nothing of the others.
    private readonly double[] _paces = [1, 1, 1, 1, 1];
    private int _stretches;
    private double _executedS;
    private double _estimatedAtS;
    private (double RunningS, double ModelledS) _since;

    /// <summary>The program.</summary>
    public AdmittedProgram Program => program;

    /// <summary>The caller's decisions.</summary>
    public RunOptions Options => options;

    /// <summary>Completes with the outcome.</summary>
    public TaskCompletionSource<RunOutcome> Done => done;

    /// <summary>Where it is.</summary>
    public RunPhase Phase { get; set; } = RunPhase.Preparing;

    /// <summary>The caller's hook, while it runs.</summary>
    public Task? Hook { get; set; }

    /// <summary>True while a person or the machine holds it.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Why it breaks off; null if it does not.</summary>
    public string? BreakReason { get; set; }

    /// <summary>True if it was called off, false if it failed.</summary>
    public bool IsCalledOff { get; set; }

    /// <summary>When the first line was sent, in ms; -1 before.</summary>
    public long StartedMs { get; set; } = -1;

    /// <summary>Time spent paused, in ms.</summary>
    public long PausedMs { get; set; }

    /// <summary>When the present pause began, in ms.</summary>
    public long PausedSinceMs { get; set; }

    /// <summary>When securing began, in ms.</summary>
    public long SecuringSinceMs { get; set; }

    /// <summary>When progress was last told, in ms.</summary>
    public long ProgressToldMs { get; set; } = long.MinValue / 2;

    /// <summary>The last acknowledged program line when the run broke off or ended.</summary>
    public int AcknowledgedLine { get; set; }

    /// <summary>The last sent program line.</summary>
    public int SentLine { get; set; }

    /// <summary>Takes the lines' account from the streamer: before it is replaced, and when the run breaks off.</summary>
    public void Note(GCodeStreamer streamer)
    {
        if (Phase is RunPhase.Preparing or RunPhase.Securing)
            return;
        AcknowledgedLine = Math.Max(AcknowledgedLine, streamer.SureProgramLine);
        SentLine = Math.Max(SentLine, streamer.SentProgramLine);
    }

    /// <summary>
    /// Share done and time left, corrected by the pace measured so far. Acknowledged is not executed: the planner may hold minutes of motion. So what is executed goes on with the
    /// clock, between the line acknowledged and the line that is as many blocks behind it as the planner holds.
    /// </summary>
    /// <param name="line">The last line acknowledged.</param>
    /// <param name="plannerBlocks">Blocks that the firmware plans ahead; 0 where what is acknowledged has been executed.</param>
    /// <param name="nowMs">Now.</param>
    public (double Fraction, TimeSpan? Remaining) Estimate(int line, int plannerBlocks, long nowMs)
    {
        var total = program.SecondsUntilLine(program.LineCount);
        if (total <= 0)
            return (program.LineCount == 0 ? 1 : (double)line / program.LineCount, null);
        var acknowledgedS = program.SecondsUntilLine(line);
        var runningS = ((IsPaused ? PausedSinceMs : nowMs) - StartedMs - PausedMs) / 1000.0;
        var pace = PaceAfter(runningS, acknowledgedS);
        _executedS = Math.Clamp(_executedS + ((runningS - _estimatedAtS) / pace), program.SecondsUntilLine(line - plannerBlocks), acknowledgedS);
        _estimatedAtS = runningS;
        return (Math.Clamp(_executedS / total, 0, 1), TimeSpan.FromSeconds((total - _executedS) * pace));
    }

    private double PaceAfter(double runningS, double modelledS)
    {
        if (modelledS - _since.ModelledS >= StretchS && runningS > _since.RunningS)
        {
            _paces[_stretches++ % _paces.Length] = Math.Clamp((runningS - _since.RunningS) / (modelledS - _since.ModelledS), 0.02, 20);
            _since = (runningS, modelledS);
        }

        Span<double> sorted = stackalloc double[_paces.Length];
        _paces.CopyTo(sorted);
        sorted.Sort();
        return sorted[sorted.Length / 2];
    }

    /// <summary>The last line surely executed by a firmware that acknowledges lines ahead of its planner. A program that can't be read tells none: too early is safe.</summary>
    public int ExecutedBehind(int plannerBlocks)
    {
        try
        {
            using var lines = new ExecutedLines(program, plannerBlocks);
            return lines.Acknowledge(AcknowledgedLine);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The outcome, once it is known what became of heaters and spindle.</summary>
    /// <param name="safeState">What is known of them.</param>
    /// <param name="executed">The last line surely executed, if the run did not complete.</param>
    /// <param name="nowMs">Now.</param>
    public RunOutcome Outcome(SafeState safeState, int executed, long nowMs)
    {
        var duration = TimeSpan.FromMilliseconds(StartedMs < 0 ? 0 : nowMs - StartedMs);
        if (BreakReason is null)
            return new RunOutcome.Completed { LastExecutedLine = program.LineCount, LastSentLine = program.LineCount, Duration = duration };
        return IsCalledOff
            ? new RunOutcome.Cancelled { Reason = BreakReason, SafeState = safeState, LastExecutedLine = executed, LastSentLine = SentLine, Duration = duration }
            : new RunOutcome.Failed { Reason = BreakReason, SafeState = safeState, LastExecutedLine = executed, LastSentLine = SentLine, Duration = duration };
    }
}
