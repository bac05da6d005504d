// Making a Marlin safe: heaters off when a run breaks off, the halt when nothing confirms that, and a firmware that halted or restarted by itself.

using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Marlin;

internal sealed partial class MarlinControl
{
    private const long HaltAnswerMs = 3000;
    private const long NewNumbersMs = 1000;
    private const long HaltRepeatMs = 1000;

    /// <inheritdoc />
    public override void BeginSecure(ActiveRun run, long nowMs)
    {
        _closing.Clear();
        _securing.Clear();
        ClosePersonWanted();
        _waitTold = false;
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
        SendUrgent(Dialect.EmergencyStop(_streamer.Sent + 1));
        return null;
    }

    /// <inheritdoc />
    public override void OnEmergencyStop(long nowMs)
    {
        _emergencyMs = _haltOrderedMs = nowMs;
        RestState = MachineState.Alarm;
        RestReason = $"Emergency stop: {HowToReset}";
    }

    /// <inheritdoc />
    public override string? Clear(long nowMs)
    {
        if (_isHalted || _emergencyMs >= 0)
        {
            if (!Options.RaiseDtr)
                return "The firmware has halted. Reset the machine (its button, or power off and on); it is ready when it says start.";
            Events.Note("The firmware has halted: its board is reset over the port (DTR), which most boards obey.");
            WantsReset = IsDead = true;
            return null;
        }

        _heaters.Forget();
        RestState = MachineState.Idle;
        RestReason = null;
        return null;
    }

    private string HowToReset => Options.RaiseDtr ? "reset the machine before it is used again; clearing it tries that over the port." : "reset the machine before it is used again.";

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
        _limits.Forget();
        Run?.Note(_streamer);
        _streamer.Abandon("The board restarted.");
        _streamer = Start(nowMs);
    }

    // Numbers can't be relied on any more, perhaps answers neither: once blind, once with new numbers. M108 first: it may wait for heat, and take nothing else meanwhile.
    private void SecureAnew(ActiveRun run, long nowMs)
    {
        _newNumbersMs = nowMs;
        SendUrgent("\nM108\nM104 S0\nM140 S0\nM107\n"u8);
        _streamer.Abandon("The link was reset.");
        _streamer = Start(nowMs);
        _streamer.FillsReceiveBuffer = true;
        SubmitSecuring(run);
    }

    // The last order that a host or a person can give must arrive on a wire that damages every tenth line.
    private void RepeatHalt(long nowMs)
    {
        if (_emergencyMs < 0 || nowMs - _emergencyMs > HaltAnswerMs || nowMs - _haltOrderedMs < HaltRepeatMs)
            return;
        _haltOrderedMs = nowMs;
        SendUrgent(Dialect.EmergencyStop(_streamer.Sent + 1));
    }

    private SafeState? HaltAnswer(long nowMs)
    {
        if (nowMs - _emergencyMs <= HaltAnswerMs)
            return null;
        IsDead = true;
        return SafeState.Unconfirmed;
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
}
