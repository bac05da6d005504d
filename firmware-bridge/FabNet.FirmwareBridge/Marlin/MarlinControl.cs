// Steers a Marlin: temperatures and positions, host actions, errors, the end of a program, and heaters off when it breaks off.

using System.Globalization;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Steers one Marlin.</summary>
internal sealed class MarlinControl : FirmwareControl
{
    private const long PositionPollMs = 5000;
    private const long HaltAnswerMs = 3000;
    private const long CloseMs = 2000;
    private const long NewNumbersMs = 1000;
    private const long HaltRepeatMs = 1000;

    // Errors after which Marlin has stopped: kill() and its kin have turned the heaters off. Source: Marlin core/language.h.
    private static readonly string[] HaltWords = ["kill", "halted", "stopped", "KILLED", "hermal", "MINTEMP", "MAXTEMP", "Heating failed", "emergency", "Emergency"];

    // Errors that say nothing about the program. Source: as above.
    private static readonly string[] HarmlessWords = ["No thermistors", "volume.init", "SD init", "No SD", "EEPROM", "Cannot open"];

    private readonly HostPrompt _prompt;
    private readonly MarlinHeaters _heaters;
    private readonly List<Submission> _closing = [];
    private readonly List<Submission> _securing = [];
    private MarlinStreamer _streamer;
    private bool _isHalted;
    private bool _isRestarted;
    private bool _personWanted;
    private bool _settled;
    private bool _isCooled;
    private long _emergencyMs = -1;
    private long _haltOrderedMs = -1;
    private long _newNumbersMs;
    private long _positionMs;
    private long _closingSinceMs;
    private long _aliveMs = long.MinValue / 2;
    private long _answeredMs;
    private bool _waitTold;

    /// <summary>Takes a Marlin that answered M115.</summary>
    public MarlinControl(MachineInfo info, SerialMachineOptions options, EventOutbox events, int baud, long nowMs)
        : base(info, options, events)
    {
        Baud = baud;
        _prompt = new HostPrompt(events);
        _heaters = new MarlinHeaters(options, events);
        _streamer = Start(nowMs);
    }

    /// <inheritdoc />
    public override IFirmwareDialect Dialect => MarlinDialect.Instance;

    /// <inheritdoc />
    public override GCodeStreamer Streamer => _streamer;

    private int Baud { get; }

    // What the firmware is asked to report by itself while the session is open.
    private IEnumerable<string> Reports
    {
        get
        {
            if (Info.Capabilities.Contains("AUTOREPORT_TEMP"))
                yield return "M155";
            if (Info.Capabilities.Contains("AUTOREPORT_POS"))
                yield return "M154";
        }
    }

    /// <inheritdoc />
    public override void SetRun(ActiveRun? run)
    {
        base.SetRun(run);
        _isRestarted = false;
        _closing.Clear();
        _securing.Clear();
        _streamer.FillsReceiveBuffer = false;
    }

    /// <inheritdoc />
    public override void On(in FirmwareMessage message, long nowMs)
    {
        if (!_isHalted)
            _streamer.On(message, nowMs);
        if (message.Kind is FirmwareMessageKind.Busy or FirmwareMessageKind.Temperature)
            _aliveMs = nowMs;
        else
            _answeredMs = nowMs;
        switch (message.Kind)
        {
            case FirmwareMessageKind.Ok when message.HasTemperatures:
            case FirmwareMessageKind.Temperature:
                OnTemperatures(message, nowMs);
                break;
            case FirmwareMessageKind.Ok:
                ClosePersonWanted();
                break;
            case FirmwareMessageKind.Position:
                OnPosition(message.Detail);
                break;
            case FirmwareMessageKind.Start:
                OnStart(nowMs);
                break;
            case FirmwareMessageKind.Error when message.Number != 1:
                OnError(message);
                break;
            case FirmwareMessageKind.Busy when message.Number == 1:
                OnPersonWanted();
                break;
            case FirmwareMessageKind.HostAction:
                OnHostAction(message);
                break;
            case FirmwareMessageKind.Resend or FirmwareMessageKind.Error or FirmwareMessageKind.Echo or FirmwareMessageKind.Unknown:
                Say(message);
                if (message.Kind == FirmwareMessageKind.Echo && Run is { Phase: RunPhase.Streaming or RunPhase.Finishing })
                    OnEcho(message.Detail);
                break;
        }
    }

    /// <inheritdoc />
    public override void Check(long nowMs)
    {
        if (_isHalted)
        {
            // Nobody waits for answers that can't come.
            _streamer.Abandon("The firmware has halted. Reset the machine; it is ready when it says start.");
            return;
        }

        _streamer.Check(nowMs);
        if (!_settled && _streamer.IsNumbered)
        {
            _settled = true;
            foreach (var report in Reports)
                _streamer.Submit(new Submission(report + " S2"));
        }

        // Older Marlins let the motion come to rest before they answer M114: never ask while a program runs.
        if (_settled && Run is null && !Info.Capabilities.Contains("AUTOREPORT_POS") && nowMs - _positionMs > PositionPollMs && _streamer.IsDrained)
        {
            _positionMs = nowMs;
            _streamer.Submit(new Submission("M114"));
        }

        if (Run is null && _streamer.Fault is not null)
            IsDead = true;
        if (Run is null && _heaters.AreForgotten(ActiveMs, nowMs))
        {
            ActiveMs = nowMs;
            Events.Note($"The heaters were on for {Options.Timings.IdleHeat.TotalMinutes:0} min while nothing ran: they are turned off.");
            SubmitHeatersOff([]);
        }
    }

    /// <inheritdoc />
    public override OperationPlan Plan(ManualOperation operation) => MarlinOperations.Plan(operation);

    /// <inheritdoc />
    public override void BeginProgram(ActiveRun run)
    {
        foreach (var mode in MarlinOperations.StartModes(run.Program.Profile.HotEnds.Count))
            _streamer.Submit(new Submission(mode));
    }

    /// <inheritdoc />
    public override string? Pause()
    {
        _streamer.IsProgramHeld = true;
        return null;
    }

    /// <inheritdoc />
    public override string? Resume()
    {
        if (_personWanted)
            SendUrgent("M108\n"u8);
        ClosePersonWanted();
        WantsPause = false;
        _streamer.IsProgramHeld = false;
        return null;
    }

    /// <inheritdoc />
    public override void BeginFinish(long nowMs)
    {
        // Taken is not executed: M400 is answered when the motion is done, and only M105's answer can't be taken for another's.
        _closing.Clear();
        _isCooled = false;
        Submit(_closing, "M400");
        Submit(_closing, "M105");
    }

    /// <inheritdoc />
    public override bool IsFinished(long nowMs)
    {
        if (!_closing.TrueForAll(static order => order.IsAnswered))
            return false;
        if (!_heaters.IsAnyOn || _isCooled)
            return true;
        // The program left heat on, as the answer to its M105 shows: nobody may come to switch it off.
        _isCooled = true;
        _closing.Clear();
        SubmitHeatersOff(_closing);
        Submit(_closing, "M105");
        return false;
    }

    /// <inheritdoc />
    public override void BeginSecure(ActiveRun run, long nowMs)
    {
        _closing.Clear();
        _securing.Clear();
        ClosePersonWanted();
        _waitTold = false;
        _haltOrderedMs = -1;
        if (_isHalted)
            return;
        if (_streamer.Fault is not null)
        {
            SecureAnew(run, nowMs);
            return;
        }

        _streamer.Detach();
        if (_streamer.LinesInFlight > 0)
            SendUrgent("M108\n"u8);
        _streamer.FillsReceiveBuffer = true;
        SubmitSecuring(run);
    }

    /// <inheritdoc />
    public override SafeState? Secured(ActiveRun run, long nowMs)
    {
        if (_isHalted)
            return SafeState.FirmwareStopped;
        if (_emergencyMs >= 0)
            return HaltAnswer(nowMs);
        if (_isRestarted && _securing.Count == 0)
            return SafeState.FirmwareStopped;
        if (_securing.TrueForAll(static order => order.IsAnswered && order.Error is null))
        {
            if (_isRestarted)
                return SafeState.FirmwareStopped;
            if (!_heaters.IsAnyOn)
                return SafeState.Confirmed;
            // Answered is not obeyed: the targets that came with the last answer show that an order did not arrive as it was sent.
            if (nowMs - run.SecuringSinceMs < Options.Timings.SecureMs)
                SubmitSecuring(run);
        }

        if (nowMs - run.SecuringSinceMs < Options.Timings.SecureMs)
        {
            // One that answers nothing, or is busy, is left alone: its buffer may hold the orders already, and would join lines that overflow it.
            if (_streamer.Fault is not null && _answeredMs > _newNumbersMs && nowMs - _newNumbersMs >= NewNumbersMs)
                SecureAnew(run, nowMs);
            return null;
        }

        if (_streamer.Fault is null && IsInsideLongCommand(run, nowMs))
            return null;
        Events.Note("Nothing confirms that the heaters are off, so the firmware is halted (M112), which turns them off. Go and look; reset the machine before it is used again.");
        OnEmergencyStop(nowMs);
        OrderHalt(nowMs);
        return null;
    }

    /// <inheritdoc />
    public override void BeginClose(long nowMs)
    {
        _closingSinceMs = nowMs;
        _closing.Clear();
        if (!_settled || _isHalted)
            return;
        // Whoever opens the port next did not ask for reports.
        foreach (var report in Reports)
            Submit(_closing, report + " S0");
    }

    /// <inheritdoc />
    public override bool IsClosed(long nowMs) =>
        _isHalted || _streamer.Fault is not null || nowMs - _closingSinceMs > CloseMs || _closing.TrueForAll(static order => order.IsAnswered);

    /// <inheritdoc />
    public override void OnEmergencyStop(long nowMs)
    {
        _emergencyMs = nowMs;
        RestState = MachineState.Alarm;
        RestReason = "Emergency stop: reset the machine before it is used again.";
    }

    /// <inheritdoc />
    public override string? Answer(int choice)
    {
        if (_prompt.Showing is null)
            return "The machine asks nothing.";
        if (choice < 0 || choice >= Math.Max(1, _prompt.ChoiceCount))
            return $"There are {_prompt.ChoiceCount} buttons; choose one from 0.";
        _streamer.Submit(new Submission("M876 S" + choice.ToString(CultureInfo.InvariantCulture)));
        _prompt.Close();
        Question = null;
        return null;
    }

    /// <inheritdoc />
    public override string? Clear(long nowMs)
    {
        if (_isHalted || _emergencyMs >= 0)
            return "The firmware has halted. Reset the machine (its button, or power off and on); it is ready when it says start.";
        _heaters.Forget();
        RestState = MachineState.Idle;
        RestReason = null;
        return null;
    }

    private MarlinStreamer Start(long nowMs) => new(Info.ReceiveBufferBytes, Options.CommandSlots, Baud, Options.Timings, nowMs);

    private void Submit(List<Submission> orders, string command)
    {
        var order = new Submission(command);
        orders.Add(order);
        _streamer.Submit(order);
    }

    // Nothing breaks off G28 or G4, and without EMERGENCY_PARSER M108 waits while the command queue is full: the orders lie behind the command, and the firmware says that it is busy.
    private bool IsInsideLongCommand(ActiveRun run, long nowMs)
    {
        if (nowMs - _aliveMs > 2 * Options.Timings.NoReplyOnceBusyIsKnownMs || nowMs - run.SecuringSinceMs > Options.Timings.LongCommandMs)
            return false;
        if (!_waitTold)
        {
            _waitTold = true;
            Events.Note("The firmware is inside a command that it can't break off, such as heating up or homing. Heaters are ordered off right behind it. If it can't wait, use the machine's own switch.");
        }

        return true;
    }

    private void OnStart(long nowMs)
    {
        if (Run is not null)
            BreakOff("the board restarted in mid-job (it said 'start'): position and temperatures are lost. Check the power supply and the cable");
        else
            Events.Note("The board restarted.");
        _isRestarted = Run is not null;
        _isHalted = false;
        _emergencyMs = -1;
        _settled = false;
        _securing.Clear();
        RestState = MachineState.Idle;
        RestReason = null;
        _heaters.Forget();
        Run?.Note(_streamer);
        _streamer.Abandon("The board restarted.");
        _streamer = Start(nowMs);
    }

    private void OnError(in FirmwareMessage message)
    {
        Say(message);
        var text = FirmwareText.Of(message.Detail).Trim();
        if (Array.Exists(HarmlessWords, word => text.Contains(word)))
            return;
        if (Array.Exists(HaltWords, word => text.Contains(word)))
        {
            _isHalted = true;
            _emergencyMs = -1;
            RestState = MachineState.Alarm;
            RestReason = $"The firmware halted: {text}. It has turned its heaters off. Find the cause, then reset the machine.";
            _streamer.Abandon("The firmware halted.");
        }

        BreakOff($"the firmware reported '{text}'");
    }

    // A command that the firmware passes over leaves the machine elsewhere than admission followed it to, or lets it go on where it should wait.
    private void OnEcho(ReadOnlySpan<byte> text)
    {
        switch (MarlinUnknown.Of(text, out var command))
        {
            case UnknownEffect.Lost:
                BreakOff($"the firmware does not know {command}, so the program's further moves would go elsewhere. Slice for this firmware, or have the command built into it");
                break;
            case UnknownEffect.Unheld:
                WantsPause = true;
                _streamer.IsProgramHeld = true;
                Events.Note($"The firmware does not know {command}, at which it should have waited for a person: the program is held here instead. Do what the program wants, then resume.");
                break;
            case UnknownEffect.None when command.Length > 0:
                Events.Note($"The firmware does not know {command} and passes it over.");
                break;
        }
    }

    private void OnHostAction(in FirmwareMessage message)
    {
        Say(message);
        var action = message.Detail;
        if (_prompt.On(action))
        {
            Question = _prompt.Showing;
            return;
        }

        if (Run is null)
            return;
        if (action.SequenceEqual("pause"u8) || action.SequenceEqual("paused"u8))
        {
            WantsPause = true;
            _streamer.IsProgramHeld = true;
        }
        else if (action.SequenceEqual("resume"u8) || action.SequenceEqual("resumed"u8))
        {
            WantsPause = false;
            _streamer.IsProgramHeld = Run.IsPaused;
        }
        else if (action.SequenceEqual("cancel"u8))
        {
            Run.IsCalledOff = true;
            BreakOff("called off at the machine");
        }
    }

    private void OnPersonWanted()
    {
        if (_personWanted)
            return;
        _personWanted = true;
        Question = "The machine waits for a person (M0, M1 or a filament change). Do what it asks, then resume.";
        Events.Add(new PromptRaised { At = Events.Now, Text = Question });
    }

    private void ClosePersonWanted()
    {
        if (!_personWanted)
            return;
        _personWanted = false;
        Question = _prompt.Showing;
        Events.Add(new PromptClosed { At = Events.Now });
    }

    private void OnTemperatures(in FirmwareMessage message, long nowMs)
    {
        if (_heaters.Take(message, nowMs) is not { } finding)
            return;
        Events.Note(finding);
        RestState = MachineState.Alarm;
        RestReason = finding;
        if (Run is null)
            SubmitHeatersOff([]);
        else
            BreakOff(finding);
    }

    // Numbers can't be relied on any more, perhaps answers neither: once blind, once with new numbers.
    private void SecureAnew(ActiveRun run, long nowMs)
    {
        _newNumbersMs = nowMs;
        SendUrgent("\nM104 S0\nM140 S0\nM107\n"u8);
        _streamer.Abandon("The link was reset.");
        _streamer = Start(nowMs);
        _streamer.FillsReceiveBuffer = true;
        SubmitSecuring(run);
    }

    private void OrderHalt(long nowMs)
    {
        _haltOrderedMs = nowMs;
        SendUrgent(Dialect.EmergencyStop(_streamer.Sent + 1));
    }

    // The last order that a host can give must arrive on a wire that damages every tenth line.
    private SafeState? HaltAnswer(long nowMs)
    {
        if (nowMs - _emergencyMs > HaltAnswerMs)
        {
            IsDead = true;
            return SafeState.Unconfirmed;
        }

        if (_haltOrderedMs >= 0 && nowMs - _haltOrderedMs >= HaltRepeatMs)
            OrderHalt(nowMs);
        return null;
    }

    private void SubmitSecuring(ActiveRun run)
    {
        _securing.Clear();
        SubmitHeatersOff(_securing);
        Submit(_securing, "M107");
        if (run.Program.Profile.Spindle is not null)
            Submit(_securing, "M5");
        Submit(_securing, "M105");
    }

    private void SubmitHeatersOff(List<Submission> orders)
    {
        foreach (var order in _heaters.OffOrders())
            Submit(orders, order);
    }

    private void OnPosition(ReadOnlySpan<byte> text)
    {
        Span<double> axes = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var at = text.IndexOf(":"u8);
            if (at < 1 || text[at - 1] != "XYZ"[axis])
                return;
            text = text[(at + 1)..].TrimStart((byte)' ');
            if (!FirmwareText.TryTakeNumber(ref text, out axes[axis]))
                return;
        }

        Events.Add(new PositionReported { At = Events.Now, XMm = axes[0], YMm = axes[1], ZMm = axes[2], IsMachine = false });
    }
}
