// The loop of one open link: bytes in, lines out, requests, and the run that is under way.

using System.Globalization;
using System.Threading.Channels;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Supervision;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>
/// Owns the link, the control with its streamer, and the run, from the opening of a link to its end. In steady state a turn reads what came, writes every line that the window
/// lets go in one batch, and waits; it allocates nothing per line.
/// </summary>
internal sealed class SessionLoop(
    MachineLink link, WireRest rest, FirmwareControl control, ChannelReader<SessionRequest> requests, EventOutbox events, Action<MachineState, string?> setState) : IAsyncDisposable
{
    private const long ProgressMs = 1000;
    private const long CheckMs = 10;

    private readonly byte[] _outgoing = new byte[4096];
    private readonly NoiseWatch _noise = new();
    private ActiveRun? _run;
    private ProgramReader? _reader;
    private bool _needsClearing;
    private bool _isClosing;
    private bool _isCloseBegun;
    private long _checkedMs;
    private MachineState _state = MachineState.Offline;
    private string? _stateReason;

    /// <summary>What steers the machine.</summary>
    public FirmwareControl Control => control;

    /// <summary>Wakes the loop for a request. Any thread.</summary>
    public void Wake() => link.Wake();

    /// <summary>Writes the emergency stop ahead of everything. Any thread.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public Task WriteEmergencyStopAsync(CancellationToken cancellationToken) =>
        link.WriteUrgentAsync(control.Dialect.EmergencyStop(control.Streamer.Sent + 1), cancellationToken);

    /// <summary>Serves the machine until its link ends, or until the token is cancelled and a run under way was stopped safely.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<string> ServeAsync(CancellationToken stopping)
    {
        while (true)
        {
            // Requests first: what a GRBL says behind an emergency stop acknowledges lines that it broke off (a dwell ends with ok, protocol.c).
            while (requests.TryRead(out var request))
                Take(request);
            while (link.TryReadLine(out var line))
            {
                _noise.Take(line);
                control.On(control.Dialect.Parse(line), link.NowMs);
            }

            if (link.Ended is { } ended)
                return End(ended);
            if (stopping.IsCancellationRequested && !_isClosing)
                BeginClosing();
            var nowMs = link.NowMs;
            if (nowMs - _checkedMs >= CheckMs)
            {
                _checkedMs = nowMs;
                control.Check(nowMs);
            }

            AdvanceRun(nowMs);
            TellState();
            if (control.IsDead && _run is null)
                return End(control.WantsReset ? "its board is reset" : "nobody answers at the other end");
            if (_isClosing && _run is null && IsClosed(nowMs))
                return End("the session was closed");

            var count = control.FillUrgent(_outgoing);
            if (!control.HoldsLines)
                count += control.Streamer.Fill(_outgoing.AsSpan(count), nowMs);
            if (count > 0)
                await link.WriteAsync(_outgoing.AsMemory(0, count));
            await link.WaitAsync(_run is null ? 0 : rest.NextMs(control.Streamer, link.PreciseNowMs));
        }
    }

    /// <summary>Tells the machine's state if it is another than was told last: by the loop, and once before it begins.</summary>
    public void TellState()
    {
        var (state, reason) = _run switch
        {
            null when control.RestState == MachineState.Alarm => (MachineState.Alarm, control.RestReason),
            null when _needsClearing => (MachineState.NeedsClearing, (string?)null),
            null => (control.RestState, control.RestReason),
            _ when control.Question is { } question => (MachineState.Attention, question),
            { Phase: RunPhase.Preparing } => (MachineState.Preparing, null),
            { IsPaused: true, Phase: RunPhase.Streaming } => (MachineState.Paused, null),
            { Phase: RunPhase.Securing } securing => (MachineState.Running, "Stopping: " + securing.BreakReason),
            _ => (MachineState.Running, null),
        };
        if (state == _state && reason == _stateReason)
            return;
        _state = state;
        _stateReason = reason;
        setState(state, reason);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _reader?.Dispose();
        await link.DisposeAsync();
    }

    private string End(string why)
    {
        control.Streamer.Abandon($"The link ended: {why}.");
        if (_run is { } run)
        {
            run.Note(control.Streamer);
            run.IsCalledOff = false;
            run.BreakReason = run.Phase == RunPhase.Preparing
                ? $"the link was lost before the program was started: {why}"
                : $"the link was lost after line {Number(run.AcknowledgedLine)} was acknowledged ({why}). Lines up to {Number(run.SentLine)} may have been executed. "
                + "Heaters and spindle may still be on: go to the machine";
            EndRun(run, run.Phase == RunPhase.Preparing ? SafeState.NotNeeded : SafeState.LinkLost);
        }

        return why;
    }

    private void Take(SessionRequest request)
    {
        control.ActiveMs = link.NowMs;
        switch (request)
        {
            case RunRequest start:
                TakeRun(start);
                break;
            case CommandRequest command:
                control.Streamer.Submit(command.Command);
                break;
            case OperationRequest operation:
                Operate(operation);
                break;
            case VerbRequest verb:
                verb.Done.TrySetResult(Obey(verb));
                break;
        }
    }

    private void Operate(OperationRequest request)
    {
        var plan = control.Plan(request.Operation);
        // Homing is what ends many an alarm. Whether a machine that still moves takes the next operation, its firmware knows best.
        var isLocked = control.RestState == MachineState.Alarm && request.Operation is not ManualOperation.Home;
        var why = plan.Refusal
            ?? (!request.Operation.NeedsRest ? null
                : _run is not null && !control.AllowsHandwork ? $"{_run.Options.Name} is running. Wait for its end, or cancel it."
                : isLocked ? $"The machine is not ready: {control.RestReason}"
                : null);
        if (why is not null)
            request.Refuse(why);
        else
            control.Operate(plan, request.Done);
    }

    private string? Obey(VerbRequest request)
    {
        var nowMs = link.NowMs;
        switch (request.Verb)
        {
            case SessionVerb.Pause:
                if (_run is not { Phase: RunPhase.Streaming } pausing)
                    return "No program is running that could be paused.";
                if (pausing.IsPaused)
                    return null;
                var refusedPause = control.Pause();
                if (refusedPause is null)
                    MarkPaused(pausing, nowMs);
                return refusedPause;
            case SessionVerb.Resume:
                if (_run is null || (!_run.IsPaused && control.Question is null))
                    return "No program is paused.";
                var refusedResume = control.Resume();
                if (refusedResume is null)
                    MarkResumed(_run, nowMs);
                return refusedResume;
            case SessionVerb.Cancel:
                if (_run is null)
                    return "No program is running.";
                if (_run.BreakReason is null)
                    BreakOff(_run, request.Reason, isCalledOff: true, nowMs);
                return null;
            case SessionVerb.Answer:
                return control.Answer(request.Choice);
            case SessionVerb.Clear:
                if (_run is not null)
                    return "A program is running.";
                var refusedClear = control.Clear(nowMs);
                if (refusedClear is null)
                    _needsClearing = false;
                return refusedClear;
            case SessionVerb.Emergency:
                control.OnEmergencyStop(nowMs);
                if (_run is not null)
                {
                    _run.Note(control.Streamer);
                    control.Streamer.Detach();
                    _run.BreakReason = $"emergency stop after line {Number(_run.AcknowledgedLine)} was acknowledged";
                    _run.IsCalledOff = false;
                    _run.Phase = RunPhase.Securing;
                    _run.SecuringSinceMs = nowMs;
                }

                return null;
            default:
                throw new InvalidOperationException($"{request.Verb} is not a request.");
        }
    }

    private void TakeRun(RunRequest request)
    {
        var why = _isClosing ? "The session is being closed."
            : _run is not null ? $"{_run.Options.Name} is running already."
            : _needsClearing ? "The last part is still on the machine. Take it away and clear the machine first."
            : control.RestState != MachineState.Idle ? $"The machine is not ready: {control.RestReason ?? control.RestState.ToString()}"
            : _noise.Finding is { } noise ? $"The machine is not ready: {noise}."
            : request.Run.Program.Profile.Dialect != control.Info.Dialect
                ? $"The program was admitted for {request.Run.Program.Profile.Dialect} ({request.Run.Program.Profile.Name}), and this machine speaks {control.Info.Dialect}."
            : request.Run.Program.Profile.MaxLineBytes > control.Info.MaxLineBytes
                ? $"The program was admitted for lines of up to {Number(request.Run.Program.Profile.MaxLineBytes)} bytes ({request.Run.Program.Profile.Name}), and this machine ({control.Info.Firmware}) takes {Number(control.Info.MaxLineBytes)}. Correct commands.maxLineBytes in its profile."
            : null;
        if (why is not null)
        {
            request.Refuse(why);
            return;
        }

        _run = request.Run;
        control.SetRun(_run);
        _run.Hook = _run.Options.BeforeFirstMotion is { } hook ? Task.Run(() => hook(CancellationToken.None)) : Task.CompletedTask;
        if (!_run.Hook.IsCompleted)
            _run.Hook.GetAwaiter().UnsafeOnCompleted(link.Wake);
    }

    private void BeginClosing()
    {
        _isClosing = true;
        if (_run is { BreakReason: null })
            BreakOff(_run, "the host is shutting down", isCalledOff: true, link.NowMs);
    }

    private bool IsClosed(long nowMs)
    {
        if (!_isCloseBegun)
        {
            _isCloseBegun = true;
            control.BeginClose(nowMs);
        }

        return control.IsClosed(nowMs);
    }

    private void AdvanceRun(long nowMs)
    {
        if (_run is not { } run)
            return;
        if (run.Phase is RunPhase.Streaming or RunPhase.Finishing)
        {
            if ((control.TakeBreak() ?? _noise.Finding) is { } reason)
            {
                BreakOff(run, $"{reason}. {WhereText(run)}", run.IsCalledOff, nowMs);
                return;
            }

            if (control.Streamer.Fault is { } fault)
            {
                BreakOff(run, $"{fault}. {WhereText(run)}", isCalledOff: false, nowMs);
                return;
            }
        }

        switch (run.Phase)
        {
            case RunPhase.Preparing when run.Hook!.IsCompleted:
                Start(run, nowMs);
                break;
            case RunPhase.Streaming:
                if (control.WantsPause && !run.IsPaused)
                    MarkPaused(run, nowMs);
                else if (run.IsPaused && !control.WantsPause && !control.Streamer.IsProgramHeld)
                    MarkResumed(run, nowMs);
                if (control.Streamer.IsProgramDone)
                {
                    run.Phase = RunPhase.Finishing;
                    control.BeginFinish(nowMs);
                }

                TellProgress(run, nowMs);
                break;
            case RunPhase.Finishing when !control.IsFinished(nowMs):
                TellProgress(run, nowMs);
                break;
            case RunPhase.Finishing:
                run.Note(control.Streamer);
                run.ProgressToldMs = long.MinValue / 2;
                TellProgress(run, nowMs, isAtRest: true);
                EndRun(run, SafeState.NotNeeded);
                break;
            case RunPhase.Securing when control.Secured(run, nowMs) is { } safe:
                EndRun(run, safe);
                break;
        }
    }

    private string WhereText(ActiveRun run)
    {
        run.Note(control.Streamer);
        return $"The last line acknowledged is {Number(run.AcknowledgedLine)}; lines up to {Number(run.SentLine)} may have been executed";
    }

    private void Start(ActiveRun run, long nowMs)
    {
        string? why = null;
        if (run.Hook!.Exception is { } error)
            why = $"the start could not be recorded: {error.InnerException?.Message ?? error.Message}";
        else if (run.Hook.IsCanceled)
            why = "the start was called off";
        else if (run.Options.StartBefore is { } limit && events.Now > limit)
            why = $"its right to start ended at {limit.ToString("O", CultureInfo.InvariantCulture)}";
        if (why is not null || run.BreakReason is not null)
        {
            run.BreakReason ??= why;
            EndRun(run, SafeState.NotNeeded);
            return;
        }

        _reader = run.Program.OpenReader();
        control.BeginProgram(run);
        control.Streamer.Attach(run.Program, _reader);
        run.StartedMs = nowMs;
        run.Phase = RunPhase.Streaming;
        events.Add(new RunStarted { At = events.Now, Name = run.Options.Name });
    }

    private void BreakOff(ActiveRun run, string reason, bool isCalledOff, long nowMs)
    {
        run.BreakReason = reason;
        run.IsCalledOff = isCalledOff;
        if (run.Phase == RunPhase.Preparing)
            return;
        run.Note(control.Streamer);
        run.Phase = RunPhase.Securing;
        run.SecuringSinceMs = nowMs;
        control.BeginSecure(run, nowMs);
    }

    private void EndRun(ActiveRun run, SafeState safeState)
    {
        var outcome = run.Outcome(safeState, run.BreakReason is null ? 0 : run.ExecutedBehind(control.Info.PlannerBlocks), link.NowMs);
        _needsClearing |= run.Options.LeavesPart && run.StartedMs >= 0;
        control.Streamer.Detach();
        control.SetRun(null);
        control.ActiveMs = link.NowMs;
        _reader?.Dispose();
        _reader = null;
        _run = null;
        TellState();
        events.Add(new RunEnded { At = events.Now, Name = run.Options.Name, Outcome = outcome });
        run.Done.TrySetResult(outcome);
    }

    private static void MarkPaused(ActiveRun run, long nowMs)
    {
        run.IsPaused = true;
        run.PausedSinceMs = nowMs;
    }

    private static void MarkResumed(ActiveRun run, long nowMs)
    {
        if (!run.IsPaused)
            return;
        run.IsPaused = false;
        run.PausedMs += nowMs - run.PausedSinceMs;
    }

    private void TellProgress(ActiveRun run, long nowMs, bool isAtRest = false)
    {
        if (nowMs - run.ProgressToldMs < ProgressMs)
            return;
        run.ProgressToldMs = nowMs;
        var line = control.Streamer.SureProgramLine;
        var (fraction, remaining) = run.Estimate(line, isAtRest ? 0 : control.Info.PlannerBlocks, nowMs);
        events.Add(new ProgressReported
        {
            At = events.Now,
            Line = line,
            LineCount = run.Program.LineCount,
            Fraction = fraction,
            Elapsed = TimeSpan.FromMilliseconds(nowMs - run.StartedMs),
            Remaining = remaining,
        });
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
