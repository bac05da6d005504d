// One program on a Bambu Lab machine: taken, uploaded, started once, followed, ended.

using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Mqtt;

internal sealed partial class BambuLoop
{
    private BambuRun? _run;

    private void TakeRun(RunRequest request)
    {
        var task = BambuTask.Of(request.Run.Options.StartKey, request.Run.Program);
        var why = _run is not null ? $"{_run.Run.Options.Name} is running already."
            : _needsClearing ? "The last part is still on the machine. Take it away and clear the machine first."
            : !_isConnected || _report.State.Length == 0 ? OfflineText()
            : _report.State is not ("IDLE" or "FINISH" or "FAILED") ? $"The machine is busy: it says {_report.State}{(_report.Task.Length > 0 ? $" of '{_report.Task}'" : "")}."
            : request.Run.Program.Profile.Dialect != FirmwareDialect.Bambu ? $"The program was admitted for {request.Run.Program.Profile.Dialect}, and this is a Bambu Lab machine."
            : request.Run.Options.StartKey is { } key && task.Is(_report.Task, _report.File) ? $"The machine has had the start {key} already: it is never made twice."
            : null;
        if (why is not null)
        {
            request.Refuse(why);
            return;
        }

        _run = new BambuRun(request.Run, task, _options, _time);
        _run.Preparation = PrepareAsync(_run);
    }

    /// <summary>Uploads first, then asks the caller: nothing moves before the start message.</summary>
    private async Task<string> PrepareAsync(BambuRun run)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(run.PreparingToken, _stopping);
        var md5 = await _upload.RunAsync(run.Run.Program, run.Task, either.Token);
        if (run.Run.Options.BeforeFirstMotion is { } hook)
            await hook(either.Token);
        return md5;
    }

    private async Task AdvanceRunAsync()
    {
        if (_run is not { } run)
            return;
        if (run.Preparation is { IsCompleted: true } preparation)
        {
            run.Preparation = null;
            await StartAsync(run, preparation);
        }

        switch (run.Next(_report, _isConnected, _pulse.Silence, _pulse.IsOwed))
        {
            case BambuStep.Ask:
                run.OnAsked();
                await TrySendAsync(_pulse.Ask());
                break;
            case BambuStep.Stop:
                run.OnStopSent();
                await TrySendAsync(_commands.Print("stop"), isSure: true);
                break;
            case BambuStep.End:
                EndRun(run);
                break;
            case BambuStep.None when run.Stage == BambuStage.Printing:
                TellProgress(run);
                break;
        }
    }

    /// <summary>Sends the start: once, not retained, at QoS 0, while connected, before it expires. Whatever is in the way ends the run instead.</summary>
    private async Task StartAsync(BambuRun run, Task<string> preparation)
    {
        string md5;
        try
        {
            md5 = await preparation;
        }
        catch (Exception error)
        {
            // The boundary of the caller's hook and of the upload: whatever they throw, nothing was started.
            run.Run.BreakReason ??= $"the start could not be prepared: {error.Message}";
            EndRun(run);
            return;
        }

        var expires = run.Run.Options.StartBefore ?? _events.Now + _options.StartAnswer;
        run.Run.BreakReason ??= _events.Now > expires ? "its right to start has ended"
            : !_isConnected || _report.State.Length == 0 ? "the connection was lost before the start; the start is not kept for later"
            : _report.IsActive ? $"the machine has become busy with '{_report.Task}' meanwhile"
            : null;
        if (run.Run.BreakReason is not null)
        {
            EndRun(run);
            return;
        }

        var start = _commands.Start(run.Task, md5, run.Run.Options.StartKey ?? run.Task.Name, expires);
        run.OnSending(_commands.LastSequence);
        if (await TrySendAsync(start))
        {
            _events.Add(new RunStarted { At = _events.Now, Name = run.Run.Options.Name });
            return;
        }

        run.OnNotSent();
        run.Run.BreakReason = "the connection was lost before the start; the start is not kept for later";
        EndRun(run);
    }

    private void OnStartRefused(string sequence, string reason)
    {
        if (_run is { } run && run.StartSequence == sequence && run.OnRefused(reason) == BambuStep.End)
            EndRun(run);
    }

    private void TellProgress(BambuRun run)
    {
        var nowMs = (long)run.Elapsed.TotalMilliseconds;
        if (nowMs - run.Run.ProgressToldMs < 1000)
            return;
        run.Run.ProgressToldMs = nowMs;
        var lines = run.Run.Program.LineCount;
        _events.Add(new ProgressReported
        {
            At = _events.Now,
            Line = (int)((long)lines * _report.Percent / 100),
            LineCount = lines,
            Fraction = _report.Percent / 100.0,
            Elapsed = run.Elapsed,
            Remaining = _report.RemainingMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        });
    }

    private void EndRun(BambuRun run)
    {
        _run = null;
        _needsClearing |= run.Run.Options.LeavesPart && run.IsStarted && (run.Run.BreakReason is null || run.SafeState != SafeState.NotNeeded);
        TellState();
        var outcome = run.Run.Outcome(run.SafeState, run.Run.AcknowledgedLine, (long)run.Elapsed.TotalMilliseconds);
        _events.Add(new RunEnded { At = _events.Now, Name = run.Run.Options.Name, Outcome = outcome });
        run.Run.Done.TrySetResult(outcome);
        run.Dispose();
    }

    /// <summary>The session is being closed. A print goes on without it; an upload is broken off.</summary>
    private async Task AbandonRunAsync()
    {
        _stop?.Done.TrySetResult($"{_options.SerialNumber} is being closed.");
        if (_run is not { } run)
            return;
        if (run.Preparation is { } preparation)
            await preparation.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        run.Run.BreakReason = run.IsStarted ? "the session was closed while the machine prints on by itself" : "the session was closed before the start";
        run.Run.IsCalledOff = false;
        run.Run.Done.TrySetResult(run.Run.Outcome(run.IsStarted ? SafeState.LinkLost : SafeState.NotNeeded, run.Run.AcknowledgedLine, (long)run.Elapsed.TotalMilliseconds));
    }
}
