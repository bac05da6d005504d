// One run on a Bambu Lab machine, from the upload to the outcome: what the machine's reports mean for it, and what is to be done next.

using System.Globalization;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>Where a run is.</summary>
internal enum BambuStage
{
    /// <summary>The file is uploaded and the caller's hook runs: nothing can move.</summary>
    Preparing,

    /// <summary>The start was sent, once, and the machine has not shown it yet.</summary>
    Sent,

    /// <summary>The machine reported this start as its own task.</summary>
    Printing,

    /// <summary>The print broke off; the heaters are being turned off by the machine.</summary>
    CoolingDown,
}

/// <summary>What the loop has to do for a run now.</summary>
internal enum BambuStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Ask the machine for its state: the answer to the start was lost.</summary>
    Ask,

    /// <summary>Send stop.</summary>
    Stop,

    /// <summary>The run has ended: see <see cref="BambuRun.SafeState"/> and <see cref="ActiveRun.BreakReason"/>.</summary>
    End,
}

/// <summary>
/// A state machine without I/O; the session's loop owns it and acts. Whether a start was taken is decided by the task that the machine names, never by sending it again.
/// </summary>
internal sealed class BambuRun(ActiveRun run, BambuTask task, BambuMachineOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan StopAgain = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _cancelPreparing = new();
    private long _sentAt;
    private long _askedAt;
    private bool _isAsked;
    private bool _isToldSinceAsked;
    private long? _stopSentAt;
    private long _brokeOffAt;

    /// <summary>The run as the contract knows it.</summary>
    public ActiveRun Run => run;

    /// <summary>The name of its start.</summary>
    public BambuTask Task => task;

    /// <summary>Where it is.</summary>
    public BambuStage Stage { get; private set; }

    /// <summary>The upload and the caller's hook; its result is the file's MD5.</summary>
    public Task<string>? Preparation { get; set; }

    /// <summary>Cancelled when the run is called off while it is prepared.</summary>
    public CancellationToken PreparingToken => _cancelPreparing.Token;

    /// <summary>The sequence number of the start.</summary>
    public string StartSequence { get; private set; } = "";

    /// <summary>True from the moment in which the machine may have got the start.</summary>
    public bool IsStarted => Stage > BambuStage.Preparing;

    /// <summary>True if it is to be stopped.</summary>
    public bool IsStopWanted { get; private set; }

    /// <summary>What is known of the heaters, once it has ended.</summary>
    public SafeState SafeState { get; private set; } = SafeState.NotNeeded;

    /// <summary>Since the start was sent.</summary>
    public TimeSpan Elapsed => IsStarted ? time.GetElapsedTime(_sentAt) : TimeSpan.Zero;

    /// <summary>The start is about to be sent.</summary>
    public void OnSending(string sequence)
    {
        (StartSequence, _sentAt, Stage) = (sequence, time.GetTimestamp(), BambuStage.Sent);
        run.Phase = RunPhase.Streaming;
        run.StartedMs = 0;
        run.SentLine = run.Program.LineCount;
    }

    /// <summary>It surely was not sent after all.</summary>
    public void OnNotSent()
    {
        Stage = BambuStage.Preparing;
        run.StartedMs = -1;
        run.SentLine = 0;
    }

    /// <summary>The machine was asked for its state.</summary>
    public void OnAsked() => (_isAsked, _askedAt, _isToldSinceAsked) = (true, time.GetTimestamp(), false);

    /// <summary>The machine told its state.</summary>
    public void OnTold() => _isToldSinceAsked = _isAsked;

    /// <summary>The machine refused the start, in so many words.</summary>
    public BambuStep OnRefused(string reason) => Stage == BambuStage.Sent ? End($"the machine refused the start: {reason}", SafeState.NotNeeded) : BambuStep.None;

    /// <summary>Calls it off.</summary>
    public void CallOff(string reason, bool isCalledOff)
    {
        run.BreakReason ??= reason;
        run.IsCalledOff = isCalledOff;
        IsStopWanted = true;
        _stopSentAt = null;
        _cancelPreparing.Cancel();
    }

    /// <summary>Stop was sent.</summary>
    public void OnStopSent() => _stopSentAt = time.GetTimestamp();

    /// <summary>What is to be done now, by what the machine says.</summary>
    /// <param name="report">The merged report.</param>
    /// <param name="isConnected">True while reports can come.</param>
    /// <param name="silence">Since the last report.</param>
    /// <param name="isStateOwed">True while the machine may not be asked for its whole state yet.</param>
    public BambuStep Next(BambuReport report, bool isConnected, TimeSpan silence, bool isStateOwed)
    {
        if (!IsStarted)
            return BambuStep.None;
        if (silence > options.Lost)
            return End("the machine has been silent for too long. It may be printing: go to it", SafeState.LinkLost);
        if (!isConnected || report.State.Length == 0)
            return BambuStep.None;
        var isMine = task.Is(report.Task, report.File);
        if (IsStopWanted && isMine && report.IsActive && (_stopSentAt is not { } at || time.GetElapsedTime(at) > StopAgain))
            return BambuStep.Stop;
        return Stage switch
        {
            BambuStage.Sent => AfterSending(report, isMine, isStateOwed),
            BambuStage.Printing => WhilePrinting(report, isMine),
            BambuStage.CoolingDown => WhileCoolingDown(report),
            _ => BambuStep.None,
        };
    }

    /// <inheritdoc />
    public void Dispose() => _cancelPreparing.Dispose();

    private BambuStep AfterSending(BambuReport report, bool isMine, bool isStateOwed)
    {
        if (isMine)
        {
            Stage = BambuStage.Printing;
            return WhilePrinting(report, isMine);
        }

        if (time.GetElapsedTime(_isAsked ? _askedAt : _sentAt) < options.StartAnswer)
            return BambuStep.None;
        if (!_isAsked)
            return BambuStep.Ask;
        if (_isToldSinceAsked)
        {
            return End(
                $"the machine did not begin: it says {report.State}{(report.IsActive ? $" and prints '{report.Task}'" : "")}{Because(report)}. The start was sent once and is not repeated",
                SafeState.NotNeeded);
        }

        return isStateOwed ? BambuStep.None
            : End("the machine does not say whether it began. The start was sent once and is not repeated: look at the machine before trying again", SafeState.Unconfirmed);
    }

    private BambuStep WhilePrinting(BambuReport report, bool isMine)
    {
        if (!isMine && (report.Task.Length > 0 || report.File.Length > 0))
            return End($"the machine says {report.State} of another print, '{report.Task}'. What became of this one is unknown: look at it", SafeState.Unconfirmed);
        run.IsPaused = report.State == "PAUSE";
        if (report.IsActive)
            return BambuStep.None;
        if (report.State == "FINISH" && !IsStopWanted)
        {
            run.BreakReason = null;
            return BambuStep.End;
        }

        if (report.State is not ("FINISH" or "FAILED" or "IDLE"))
            return BambuStep.None; // OFFLINE, INIT, UNKNOWN: it will say more.
        run.BreakReason ??= string.Create(CultureInfo.InvariantCulture, $"the machine stopped the print at {report.Percent} %{Because(report)}");
        if (report.PrintError == BambuFaults.Cancelled && !IsStopWanted)
            run.BreakReason = "the print was called off at the machine";
        Stage = BambuStage.CoolingDown;
        _brokeOffAt = time.GetTimestamp();
        return WhileCoolingDown(report);
    }

    private BambuStep WhileCoolingDown(BambuReport report)
    {
        if (!report.AreHeatersOff && time.GetElapsedTime(_brokeOffAt) < options.CoolDown)
            return BambuStep.None;
        SafeState = report.AreHeatersOff ? SafeState.Confirmed : SafeState.Unconfirmed;
        return BambuStep.End;
    }

    /// <summary>Ends it for a reason; if it was called off, that reason stays, and what is known is added.</summary>
    private BambuStep End(string reason, SafeState safeState)
    {
        run.BreakReason = run.BreakReason is { } before ? $"{before} ({reason})" : reason;
        SafeState = safeState;
        return BambuStep.End;
    }

    private static string Because(BambuReport report) => BambuFaults.Describe(report) is { } trouble ? ": " + trouble : "";
}
