// Steers a GRBL: status reports, holds, alarms, the end of a program, and the safe stop that keeps position.

using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.FirmwareBridge.Supervision;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Grbl;

/// <summary>Steers one GRBL.</summary>
internal sealed class GrblControl : FirmwareControl
{
    private const long IdlePollMs = 1000;

    // A resting GRBL tells its work offset with each tenth report (config.h, REPORT_WCO_REFRESH_IDLE_COUNT), a moving one with each thirtieth: until then nobody knows where it stands.
    private const int OffsetWithinReports = 40;
    private const long BannerMs = 4000;
    private const long SlowDownMs = 10_000;
    private const long CriticalMessageMs = 1000;
    private const long LostAnswerMs = 3000;
    private const int ForeignAnswers = 4;

    private readonly GrblStatus _status = new();
    private readonly MotionWatch _motion = new();
    private readonly GrblDialect _dialect;
    private GrblStreamer _streamer;
    private long _polledMs = long.MinValue / 2;
    private long _heardMs;
    private int _misses;
    private int _restingReports;
    private int _stillReports;
    private bool _isCritical;
    private bool _resetSent;
    private long _resetMs;
    private bool _isStopped;
    private bool _isHoldAsked;
    private bool _isAtTool;
    private Submission? _spindleOff;
    private GrblFinish? _finish;

    // What $G told last, such as G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0.
    private string _modes = "";

    // What it told first since a program began.
    private string? _modesBefore;

    // The alarm since the last banner: it is why what waits for an answer gets none.
    private string? _alarmReason;

    /// <summary>Takes a GRBL that answered <c>$I</c>.</summary>
    public GrblControl(MachineInfo info, SerialMachineOptions options, EventOutbox events, long nowMs)
        : base(info, options, events)
    {
        _dialect = GrblDialect.Of(info.Firmware);
        _streamer = Start();
        _heardMs = nowMs;
    }

    /// <inheritdoc />
    public override IFirmwareDialect Dialect => _dialect;

    /// <inheritdoc />
    public override GCodeStreamer Streamer => _streamer;

    /// <summary>Behind a reset no line may go before the banner: it would be lost or not, and its answer be taken for another's.</summary>
    public override bool HoldsLines => _resetSent;

    /// <inheritdoc />
    public override void SetRun(ActiveRun? run)
    {
        base.SetRun(run);
        _resetSent &= run is null;
        _isStopped = false;
        _isHoldAsked = false;
        _isAtTool = false;
        _finish = null;
        _restingReports = 0;
        _motion.Begin(run?.Program.Profile);
        _streamer.StopsForTools = run is null || !run.Program.Profile.ExtraCommands.Contains("M6", StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc />
    public override void On(in FirmwareMessage message, long nowMs)
    {
        if (message.Kind is not (FirmwareMessageKind.Unknown or FirmwareMessageKind.Empty))
        {
            _heardMs = nowMs;
            _misses = 0;
        }

        switch (message.Kind)
        {
            case FirmwareMessageKind.Status:
                OnStatus(message, nowMs);
                _streamer.On(message, nowMs);
                break;
            case FirmwareMessageKind.Start:
                OnStart(message);
                break;
            case FirmwareMessageKind.Alarm:
                OnAlarm(message);
                _streamer.On(message, nowMs);
                break;
            default:
                _streamer.On(message, nowMs);
                if (message.Kind == FirmwareMessageKind.ParserState)
                {
                    _modes = FirmwareText.Of(message.Detail);
                    _modesBefore ??= _modes;
                }

                if (message.Kind == FirmwareMessageKind.Echo && message.Text.SequenceEqual("[MSG:Reset to continue]"u8))
                    LeaveCriticalAlarm(nowMs);
                if (message.Kind == FirmwareMessageKind.Echo && Run is not null && message.Text.StartsWith("[PRB:"u8) && message.Text.EndsWith(":0]"u8))
                    Events.Note("The probe touched nothing on its way, and the program does not ask to stop for that (G38.3, G38.5).");
                if (message.Kind == FirmwareMessageKind.Error && Run is null && GrblDialect.IsGrblHal(Info.Firmware))
                    _streamer.Submit(new Submission("$G"));
                if (message.Kind is FirmwareMessageKind.Error or FirmwareMessageKind.Echo or FirmwareMessageKind.Unknown)
                    Say(message);
                break;
        }
    }

    /// <inheritdoc />
    public override void Check(long nowMs)
    {
        _streamer.Check(nowMs);
        var isHoming = _streamer.IsHoming && nowMs - _streamer.ProgressMs < Options.Timings.LongCommandMs;
        var isResting = Run is null && _status.State is GrblState.Idle or GrblState.Alarm or GrblState.Sleep && _streamer.IsDrained;
        var everyMs = isResting && (_status.OffsetMm is not null || _status.Reports > OffsetWithinReports) ? IdlePollMs : Options.Timings.StatusPollMs;
        if (isHoming)
        {
            _heardMs = nowMs;
        }
        else if (nowMs - _polledMs >= everyMs)
        {
            _polledMs = nowMs;
            SendUrgent([GrblDialect.StatusQuery]);
        }

        if (nowMs - _heardMs > Options.Timings.NoReplyOnceBusyIsKnownMs)
        {
            _heardMs = nowMs;
            if (++_misses > Options.Timings.Misses)
                OnSilence();
        }

        if (Run is null && _resetSent && nowMs - _resetMs > BannerMs)
            IsDead = true;
        if (Run is null && _streamer.LinesInFlight > 0 && _stillReports >= 3
            && nowMs - _streamer.ProgressMs > (_streamer.IsDwelling ? Options.Timings.LongCommandMs : _streamer.AllowanceMs(LostAnswerMs, 0)))
            Renew("It was not answered: the line or its answer was lost on the wire. Check the cable for noise.");

        if (Run is { Phase: RunPhase.Streaming or RunPhase.Finishing } && _streamer.LostAnswers > 0)
        {
            BreakOff(
                $"{_streamer.LostAnswers} of the lines up to {_streamer.AcknowledgedProgramLine} were never answered: an answer was lost on the wire, or a line was. Check the cable for noise, and look at the part before it is used");
        }

        if (Run is { Phase: RunPhase.Streaming or RunPhase.Finishing } && _streamer.SpuriousInProgram >= ForeignAnswers)
        {
            BreakOff(
                $"{_streamer.SpuriousInProgram} answers more came than lines were sent, up to line {_streamer.SentProgramLine}: another program talks to this machine, or the wire doubles what it carries. Close that program, then home the machine");
        }

        // Idle for so long with lines unanswered: an answer was lost, or a line. GRBL's line has no number to tell which.
        if (Run is { Phase: RunPhase.Streaming, IsPaused: false } && _streamer.LinesInFlight > 0 && _restingReports >= 3
            && nowMs - _streamer.ProgressMs > _streamer.AllowanceMs(LostAnswerMs, Info.PlannerBlocks))
        {
            _streamer.IsCountInDoubt = true;
            BreakOff($"GRBL is idle but has not answered {_streamer.LinesInFlight} of the lines sent, the last of them line {_streamer.SentProgramLine}: answers or lines were lost on the wire. Check the cable for noise");
        }
    }

    /// <inheritdoc />
    public override bool AllowsHandwork => _isAtTool && Question is not null && GrblOperations.CanRestore(_modes);

    /// <inheritdoc />
    public override OperationPlan Plan(ManualOperation operation) =>
        _status.State == GrblState.Jog && operation is not ManualOperation.Jog && operation.NeedsRest
            ? OperationPlan.Refused("It is still being jogged, and GRBL takes nothing else meanwhile. Wait for its end, or stop the jog.")
            : GrblOperations.Plan(operation);

    /// <inheritdoc />
    public override void BeginProgram(ActiveRun run)
    {
        _modesBefore = null;
        _streamer.SubmitMarker();
        _streamer.Submit(new Submission(GrblOperations.StartModes));
    }

    /// <inheritdoc />
    public override string? Pause()
    {
        _isHoldAsked = true;
        _streamer.IsProgramHeld = true;
        SendUrgent([GrblDialect.FeedHold]);
        return null;
    }

    /// <inheritdoc />
    public override string? Resume()
    {
        if (_status.State == GrblState.Door && _status.SubState > 0)
            return "The safety door is open. Close it, then resume.";
        if (_isAtTool && Question is null)
            return "It is still coming to rest at the change of tool.";
        _isHoldAsked = false;
        if (_isAtTool)
        {
            _streamer.Submit(new Submission(GrblOperations.Restore(_modes)));
            // Homing by hand may have changed what the machine's coordinates are.
            _motion.Begin(Run?.Program.Profile);
        }

        _isAtTool = false;
        _streamer.PassStop();
        _streamer.IsProgramHeld = false;
        if (Question is not null)
            Events.Add(new PromptClosed { At = Events.Now });
        Question = null;
        SendUrgent([GrblDialect.CycleStart]);
        return null;
    }

    /// <inheritdoc />
    public override void BeginFinish(long nowMs) => _finish = new GrblFinish(_streamer, [.. GrblOperations.Unshift(Run!.Program.Summary.ShiftsCoordinates, _modesBefore ?? "")]);

    /// <inheritdoc />
    public override bool IsFinished(long nowMs)
    {
        var isFinished = _finish!.Advance(_modes, isLate: _stillReports >= 3 && nowMs - _streamer.ProgressMs > LostAnswerMs);
        if (_finish.Fault is { } fault)
            BreakOff(fault);
        return isFinished;
    }

    /// <inheritdoc />
    public override void BeginSecure(ActiveRun run, long nowMs)
    {
        _stillReports = 0;
        _streamer.Detach();
        if (_isStopped || _resetSent)
            return;
        ForgetUrgent();
        // The hold goes out at once: what is buffered must not be cut.
        SendUrgent([GrblDialect.FeedHold, GrblDialect.StatusQuery]);
        _polledMs = nowMs;
    }

    /// <inheritdoc />
    public override SafeState? Secured(ActiveRun run, long nowMs)
    {
        if (_isStopped)
        {
            if (_isCritical && nowMs - run.SecuringSinceMs > CriticalMessageMs)
                LeaveCriticalAlarm(nowMs);
            return _isCritical || (_resetSent && nowMs - _resetMs < BannerMs) ? null : SafeState.FirmwareStopped;
        }

        if (_resetSent)
        {
            // OnStart ends this; without a banner nobody knows.
            if (nowMs - _resetMs < BannerMs)
                return null;
            IsDead = true;
            return SafeState.Unconfirmed;
        }

        // An Idle may have been on its way before the hold, from a machine that had run out of lines for a moment and moves by now; behind the hold it says Hold.
        if (_stillReports >= (_status.State == GrblState.Idle ? 2 : 1) || nowMs - run.SecuringSinceMs > SlowDownMs)
        {
            _resetSent = true;
            _resetMs = nowMs;
            SendUrgent([GrblDialect.Reset]);
        }

        return null;
    }

    /// <inheritdoc />
    public override void OnEmergencyStop(long nowMs)
    {
        _resetSent = true;
        _resetMs = nowMs;
        RestState = MachineState.Alarm;
        RestReason = "Emergency stop: position may be lost. Home the machine.";
    }

    /// <inheritdoc />
    public override string? Answer(int choice) => Question is null ? "The machine asks nothing." : Resume();

    /// <inheritdoc />
    public override string? Clear(long nowMs)
    {
        // A reset is not needed first, and would drop the line (Grbl main.c, serial_reset_read_buffer).
        if (_status.State == GrblState.Alarm || RestState == MachineState.Alarm)
            _streamer.Submit(new Submission("$X"));

        RestState = MachineState.Idle;
        RestReason = null;
        return null;
    }

    private GrblStreamer Start() => new(Info.ReceiveBufferBytes, Options.Timings, _dialect);

    // Lines that were not answered are given up; answers to them may come or not, and must not be taken for those of later lines.
    private void Renew(string why)
    {
        Run?.Note(_streamer);
        _streamer.Abandon(why);
        var earlier = _streamer;
        _streamer = Start();
        if (earlier.LinesInFlight > 0)
            _streamer.Follow(earlier);
    }

    private void OnStatus(in FirmwareMessage message, long nowMs)
    {
        if (!_status.Read(message.Detail))
        {
            Say(message);
            return;
        }

        var state = _status.State;
        _restingReports = state == GrblState.Idle ? _restingReports + 1 : 0;
        _finish?.Note(state);
        var isStill = state is GrblState.Idle or GrblState.Alarm or GrblState.Sleep or GrblState.Check || (state == GrblState.Hold && _status.SubState <= 0)
            || (state == GrblState.Door && _status.SubState is 0 or 1);
        _stillReports = isStill ? _stillReports + 1 : 0;
        Events.Add(new PositionReported { At = Events.Now, XMm = _status.MachineMm[0], YMm = _status.MachineMm[1], ZMm = _status.MachineMm[2], IsMachine = true });
        if (Run is null && isStill && _status.OffsetMm is { } offset)
        {
            var work = (X: _status.MachineMm[0] - offset[0], Y: _status.MachineMm[1] - offset[1], Z: _status.MachineMm[2] - offset[2]);
            Events.Add(new PositionReported { At = Events.Now, XMm = work.X, YMm = work.Y, ZMm = work.Z, IsMachine = false });
        }

        var stuck = _motion.Take(_status.MachineMm, state == GrblState.Run, nowMs);
        if (Run is null)
        {
            SetRest(state);
            return;
        }

        if (stuck is not null && !_isAtTool)
            BreakOff(stuck);
        if (_streamer.StopLine != 0 && !_isAtTool && _restingReports >= 2 && _streamer.LinesInFlight == 0)
        {
            // What a machining centre does at M6: it has come to rest, and the spindle stops before anybody reaches for it.
            _isAtTool = true;
            _streamer.Submit(new Submission("$G"));
            _spindleOff = new Submission("M5");
            _streamer.Submit(_spindleOff);
        }

        if (state == GrblState.Alarm && !_isStopped && Run.Phase is RunPhase.Streaming or RunPhase.Finishing)
            BreakOff("GRBL went into alarm: find the cause, then home the machine");
        var asks = state == GrblState.Door
            ? "The safety door is or was open. Close it, then resume."
            : _isAtTool && _spindleOff is { IsAnswered: true }
                ? $"Line {_streamer.StopLine} ({_streamer.StopText}) wants another tool. Change it, touch it off again (jog, probe and zero work now), then resume."
            : state == GrblState.Hold && !_isHoldAsked && Run.Phase is RunPhase.Streaming or RunPhase.Finishing
                ? "The program stopped for a person (M0, or the hold button). Do what is needed, then resume."
                : null;
        if (asks is not null && Question is null)
        {
            Question = asks;
            Events.Add(new PromptRaised { At = Events.Now, Text = asks });
        }
        else if (asks is null && Question is not null)
        {
            Question = null;
            Events.Add(new PromptClosed { At = Events.Now });
        }
    }

    private void SetRest(GrblState state)
    {
        (RestState, RestReason) = state switch
        {
            GrblState.Idle => (MachineState.Idle, null),
            GrblState.Alarm => (MachineState.Alarm, RestState == MachineState.Alarm && RestReason is not null ? RestReason : "GRBL is locked by an alarm: home with $H, or unlock with $X."),
            GrblState.Door => (MachineState.Attention, "The safety door is open."),
            GrblState.Check => (MachineState.Maintenance, "GRBL is in check mode ($C): it would move nothing."),
            GrblState.Jog => (MachineState.Maintenance, "The machine is being jogged."),
            GrblState.Home => (MachineState.Maintenance, "The machine is homing."),
            _ => (MachineState.Attention, $"The machine is in {state} though no program of this session runs."),
        };
    }

    private void OnStart(in FirmwareMessage message)
    {
        Say(message);
        Renew(_alarmReason ?? "GRBL was reset.");
        _alarmReason = null;
        _isCritical = false;
        _restingReports = 0;
        _isHoldAsked = false;
        if (_resetSent)
        {
            _resetSent = false;
            // After a reset spindle and coolant are off (Grbl main.c, spindle_init and coolant_init).
            _isStopped = Run is not null;
            return;
        }

        if (Run is null)
        {
            Events.Note("GRBL restarted.");
            return;
        }

        _isStopped = true;
        BreakOff("GRBL restarted in mid-job: position is lost. Check power supply and cable, then home the machine");
    }

    private void OnAlarm(in FirmwareMessage message)
    {
        Say(message);
        var alarm = GrblCodes.Alarm(message.Number);
        RestState = MachineState.Alarm;
        RestReason = $"GRBL raised {alarm}.";
        _alarmReason = RestReason;
        // ALARM:3 that follows our own emergency reset is its confirmation, no news.
        if (_resetSent)
            return;
        _isCritical = message.Number is 1 or 2;
        _isStopped = Run is not null;
        BreakOff($"GRBL raised {alarm}");
    }

    // After a limit alarm GRBL looks at nothing but a reset, not even at '?' (protocol_exec_rt_system, EXEC_CRITICAL_EVENT): the port would seem dead to whoever opens it next.
    // All has stopped, and the lock outlives the reset, so a reset moves nothing and unlocks nothing.
    private void LeaveCriticalAlarm(long nowMs)
    {
        _isCritical = false;
        _resetSent = true;
        _resetMs = nowMs;
        SendUrgent([GrblDialect.Reset]);
    }

    private void OnSilence()
    {
        if (Run is null || Run.Phase == RunPhase.Securing)
            IsDead = true;
        else
            BreakOff("GRBL answers nothing, not even '?'. Check cable and power");
    }
}
