// Steers a Marlin: polls, programs from start to end, pauses. Beside it: what the machine says, and how it is made safe.

using System.Globalization;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

/// <summary>Steers one Marlin.</summary>
internal sealed partial class MarlinControl : FirmwareControl
{
    private const long PositionPollMs = 5000;
    private const long CloseMs = 2000;

    private readonly HostPrompt _prompt;
    private readonly MarlinHeaters _heaters;
    private readonly MarlinLimits _limits;
    private readonly List<Submission> _closing = [];
    private readonly List<Submission> _securing = [];
    private MarlinStreamer _streamer;
    private bool _isHalted;
    private bool _isRestarted;
    private bool _personWanted;
    private bool _settled;
    private bool _isCooled;
    private long _emergencyMs = -1;
    private long _haltOrderedMs;
    private long _newNumbersMs;
    private long _positionMs;
    private long _closingSinceMs;
    private long _aliveMs = long.MinValue / 2;
    private long _answeredMs;
    private bool _waitTold;

    /// <summary>Takes a Marlin that answered M115.</summary>
    public MarlinControl(MachineInfo info, SerialMachineOptions options, EventOutbox events, MarlinLimits limits, int baud, long nowMs)
        : base(info, options, events)
    {
        Baud = baud;
        _prompt = new HostPrompt(events);
        _heaters = new MarlinHeaters(options, events);
        _limits = limits;
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
        PutLimitsBack();
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
            case FirmwareMessageKind.Echo when _limits.Take(message.Detail):
            case FirmwareMessageKind.Unknown when _limits.Take(message.Text):
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

        RepeatHalt(nowMs);
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
        PutLimitsBack();
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
        _limits.PutBack(_streamer, Info.Firmware);
        _limits.Ask(_streamer, run.Program.Summary.LimitCommands, Info.Firmware);
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
    public override void BeginClose(long nowMs)
    {
        _closingSinceMs = nowMs;
        _closing.Clear();
        if (!_settled || _isHalted)
            return;
        _limits.PutBack(_streamer, Info.Firmware);
        // Whoever opens the port next did not ask for reports.
        foreach (var report in Reports)
            Submit(_closing, report + " S0");
    }

    /// <inheritdoc />
    public override bool IsClosed(long nowMs) =>
        _isHalted || _streamer.Fault is not null || nowMs - _closingSinceMs > CloseMs || (!_limits.IsPuttingBack && _closing.TrueForAll(static order => order.IsAnswered));

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

    private MarlinStreamer Start(long nowMs) => new(Info.ReceiveBufferBytes, Options.CommandSlots, Baud, Options.Timings, nowMs);

    // As soon as no program runs: before anything that a person asks for.
    private void PutLimitsBack()
    {
        if (Run is null && _settled && !_isHalted && _streamer.Fault is null)
            _limits.PutBack(_streamer, Info.Firmware);
    }

    private void Submit(List<Submission> orders, string command)
    {
        var order = new Submission(command);
        orders.Add(order);
        _streamer.Submit(order);
    }
}
