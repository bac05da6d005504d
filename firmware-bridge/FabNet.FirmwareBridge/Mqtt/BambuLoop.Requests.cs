// What callers ask of a Bambu Lab machine: console commands, pause, resume, cancel, clear, emergency stop.

namespace FabNet.FirmwareBridge.Mqtt;

internal sealed partial class BambuLoop
{
    private (TaskCompletionSource<string?> Done, long Since)? _stop;

    private async Task TakeCommandAsync(CommandRequest request)
    {
        var payload = _commands.GCode(System.Text.Encoding.ASCII.GetString(request.Command.Command));
        var sequence = _commands.LastSequence;
        if (_isConnected && await TrySendAsync(payload))
            _calls.Add(sequence, request.Command.Waiter!);
        else
            request.Refuse(OfflineText());
    }

    private async Task ObeyAsync(VerbRequest request)
    {
        if (request.Verb == SessionVerb.Cancel && _run is null)
        {
            await StopForeignRunAsync(request);
            return;
        }

        request.Done.TrySetResult(request.Verb switch
        {
            SessionVerb.Pause => _report.State is "RUNNING" or "PREPARE" ? await SendVerbAsync("pause") : NothingRuns("paused"),
            SessionVerb.Resume => _report.State == "PAUSE" ? await SendVerbAsync("resume") : NothingRuns("resumed"),
            SessionVerb.Cancel => await CancelRunAsync(request.Reason, isCalledOff: true),
            SessionVerb.Emergency => await EmergencyAsync(),
            SessionVerb.Clear => Clear(),
            SessionVerb.Answer => "The machine's questions are answered on its screen.",
            _ => $"A Bambu Lab machine can't {request.Verb}.",
        });
    }

    /// <summary>Calls the run off. Where the machine is away, stop is sent as soon as it is back.</summary>
    private async Task<string?> CancelRunAsync(string reason, bool isCalledOff)
    {
        _run!.CallOff(reason, isCalledOff);
        if (!_run.IsStarted)
            return null;
        if (_isConnected && await TrySendAsync(_commands.Print("stop"), isSure: true))
            _run.OnStopSent();
        else
            _events.Note($"{_options.SerialNumber} is not connected: it will be stopped as soon as it is back.");
        return null;
    }

    /// <summary>
    /// Stops a print that this session did not start: one of this program's, whose process died. It is over when the machine says so. What somebody started at the machine is theirs.
    /// </summary>
    private async Task StopForeignRunAsync(VerbRequest request)
    {
        if (!_isConnected || _report.State.Length == 0)
        {
            request.Done.TrySetResult(OfflineText());
        }
        else if (!_report.IsActive)
        {
            request.Done.TrySetResult("No program is running.");
        }
        else if (!BambuTask.IsOurs(_report.Task, _report.File))
        {
            request.Done.TrySetResult($"The machine prints '{_report.Task}', which was not started from here. Stop it on its screen, or with the emergency stop.");
        }
        else if (await SendVerbAsync("stop") is { } refusal)
        {
            request.Done.TrySetResult(refusal);
        }
        else
        {
            _stop?.Done.TrySetResult("Another cancel came after this one.");
            _stop = (request.Done, _time.GetTimestamp());
        }
    }

    private void AdvanceStop()
    {
        if (_stop is not { } stop)
            return;
        var isOver = _isConnected && _report.State is "IDLE" or "FINISH" or "FAILED";
        if (!isOver && _time.GetElapsedTime(stop.Since) < _options.CoolDown)
            return;
        _stop = null;
        stop.Done.TrySetResult(isOver ? null : $"The stop was sent, and the machine has not confirmed it{(_report.State.Length > 0 ? $": it says {_report.State}" : "")}. Look at the machine.");
    }

    private async Task<string?> EmergencyAsync()
    {
        if (_run is not null)
            await CancelRunAsync("emergency stop", isCalledOff: false);
        else
            await TrySendAsync(_commands.Print("stop"), isSure: true);
        return null;
    }

    private string? Clear()
    {
        _needsClearing = false;
        return null;
    }

    private async Task<string?> SendVerbAsync(string verb) => _isConnected && await TrySendAsync(_commands.Print(verb), isSure: true) ? null : OfflineText();

    private string NothingRuns(string verb) => !_isConnected || _report.State.Length == 0 ? OfflineText() : $"No program is running that could be {verb}: the machine says {_report.State}.";

    private string OfflineText() => _isConnected ? $"{_options.SerialNumber} has not reported yet." : $"{_options.SerialNumber} is not connected. It is connected again by itself when it is back.";
}
