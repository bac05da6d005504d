// The loop of a Klipper machine's session: owns the connection, what is known of the machine, its run, and its state.

using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using FabNet.FirmwareBridge.Streaming;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// One loop from opening to closing. It waits for its inbox (messages of the machine, requests of people) or a tick, and never for an answer: answers come through the
/// inbox too. A print that an earlier process began is recognised by its file's name; it can be held and stopped, and is never taken for a run of this session.
/// </summary>
internal sealed class MoonrakerLoop : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseAnswer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);
    private static readonly object Awake = new();

    private readonly MoonrakerMachineOptions _options;
    private readonly Channel<object> _inbox;
    private readonly EventOutbox _events;
    private readonly TimeProvider _time;
    private readonly Action<MachineState, string?> _setState;
    private readonly MoonrakerFiles _files;
    private readonly MoonrakerLink _link;
    private readonly KlipperView _view;
    private readonly ConsoleCommands _console;
    private readonly ITimer _ticking;
    private KlipperPrint? _print;
    private SafeStop? _strangerStop;
    private List<TaskCompletionSource<string?>> _strangerWaiters = [];
    private bool _needsClearing;
    private bool _isClosing;
    private bool _isCleaning;
    private bool _isHeatNews;
    private long _heatTold;
    private long _placeTold;
    private (double X, double Y, double Z)? _place;
    private MachineState _state = MachineState.Offline;
    private string? _stateReason;

    public MoonrakerLoop(MoonrakerMachineOptions options, Channel<object> inbox, EventOutbox events, TimeProvider time, Action<MachineState, string?> setState)
    {
        _options = options;
        _inbox = inbox;
        _events = events;
        _time = time;
        _setState = setState;
        _files = new MoonrakerFiles(options, time);
        _link = new MoonrakerLink(options, _files, inbox.Writer, time);
        _view = new KlipperView(_link, options, time);
        _console = new ConsoleCommands(_link, options);
        _ticking = time.CreateTimer(_ => Wake(), null, Tick, Tick);
    }

    /// <summary>What the machine said of itself so far. Any thread.</summary>
    public MachineInfo Info => _view.Info;

    /// <summary>What goes over HTTP.</summary>
    public MoonrakerFiles Files => _files;

    /// <summary>Connects, and waits until Moonraker has told of itself.</summary>
    /// <exception cref="MachineLinkException">Nobody is there, or it does not let this program in.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Take(new MoonrakerLink.Opened(await _link.ConnectAsync(cancellationToken)));
        while (!_view.IsKnown)
        {
            if (_view.Refusal is { } refusal)
                throw new MachineLinkException(refusal);
            await _inbox.Reader.WaitToReadAsync(cancellationToken);
            while (_inbox.Reader.TryRead(out var item))
            {
                if (item is MoonrakerLink.Ended ended)
                    throw new MachineLinkException($"{_options.Address} closed the connection: {ended.Why}. Is it Moonraker?");
                Take(item);
            }

            _link.Check();
            _view.Check();
        }
    }

    /// <summary>Serves the machine until the token is cancelled and a run under way was stopped safely.</summary>
    public async Task ServeAsync(CancellationToken stopping)
    {
        await using var waking = stopping.Register(Wake);
        while (true)
        {
            while (_inbox.Reader.TryRead(out var item))
                Take(item);
            if (stopping.IsCancellationRequested && !_isClosing)
            {
                _isClosing = true;
                _print?.BreakOff("the host is shutting down", isCalledOff: true);
            }

            _link.Check();
            _view.Check();
            Advance();
            TellSamples();
            TellState();
            if (_isClosing && _print is null && !_isCleaning)
                return;
            await _inbox.Reader.WaitToReadAsync(CancellationToken.None);
        }
    }

    /// <summary>Wakes the loop for a change that is in no message. Any thread. A full inbox wakes it anyway.</summary>
    public void Wake() => _inbox.Writer.TryWrite(Awake);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ticking.DisposeAsync();
        // What comes from now on has no reader: it must not wait for room.
        _inbox.Writer.TryComplete();
        await _link.DisposeAsync();
        while (_inbox.Reader.TryRead(out var item))
        {
            (item as SessionRequest)?.Refuse($"{_options.Address} is being closed.");
            if (item is MoonrakerLink.Opened opened)
                await opened.Socket.DisposeAsync();
        }

        _console.Refuse("The session was closed.");
        EndStranger("The session was closed before the stop was confirmed.");
        if (_print is { } print)
        {
            // Only a defect of the loop leaves a run behind: whoever waits for it is told.
            print.Run.BreakReason ??= "the session broke down. The machine may be printing: go to it";
            print.Run.Done.TrySetResult(print.Run.Outcome(SafeState.LinkLost, print.Run.AcknowledgedLine, 0));
            print.Dispose();
        }

        _files.Dispose();
    }

    private void Take(object item)
    {
        switch (item)
        {
            case MoonrakerLink.Opened opened:
                _link.Use(opened.Socket);
                _view.OnOpened();
                break;
            case MoonrakerLink.Arrived arrived:
                if (_link.Take(arrived) is { } notification)
                    OnNotification(notification);
                break;
            case MoonrakerLink.Ended ended:
                if (_link.Take(ended))
                    _events.Note($"{_options.Address}: the connection was lost ({ended.Why}). Trying again.");
                break;
            case RunRequest request:
                TakeRun(request);
                break;
            case CommandRequest request:
                _console.Take(request);
                break;
            case VerbRequest request:
                Obey(request);
                break;
        }

        if (!_link.IsOpen)
            _view.OnLost();
    }

    private void OnNotification(JsonElement message)
    {
        var method = message.Text("method") ?? "";
        var first = message.Member("params").Items().FirstOrDefault();
        switch (method)
        {
            case "notify_status_update":
                _isHeatNews |= _view.Status.Merge(first);
                break;
            case "notify_gcode_response" when first.ValueKind == JsonValueKind.String:
                Hear(first.GetString()!);
                break;
            case "notify_klippy_ready" or "notify_klippy_shutdown" or "notify_klippy_disconnected":
                _view.OnKlippy(method);
                break;
        }
    }

    private void Hear(string text)
    {
        foreach (var line in text.EnumerateLines())
        {
            var bytes = Encoding.UTF8.GetBytes(line.ToString());
            _console.Hear(bytes);
            _events.Add(new FirmwareSaid { At = _events.Now, Text = FirmwareText.Of(bytes) });
        }
    }

    private void TakeRun(RunRequest request)
    {
        var why = _isClosing ? "The session is being closed."
            : _print is not null ? $"{_print.Run.Options.Name} is running already."
            : _needsClearing ? "The last part is still on the machine. Take it away and clear the machine first."
            : !_view.IsReady ? $"The machine is not ready: {RestState().Reason ?? "it is offline"}"
            : _view.Status.IsPrintActive ? $"The machine prints {_view.Status.FileName}."
            : request.Run.Program.Profile.Dialect != FirmwareDialect.Klipper
                ? $"The program was admitted for {request.Run.Program.Profile.Dialect} ({request.Run.Program.Profile.Name}), and this machine speaks Klipper."
            : _view.Lack;
        if (why is not null)
        {
            request.Refuse(why);
            return;
        }

        _print = new KlipperPrint(request.Run, _link, _files, _view, _options, _events, _time);
        _print.Prepared.GetAwaiter().UnsafeOnCompleted(Wake);
    }

    private void Obey(VerbRequest request)
    {
        switch (request.Verb)
        {
            case SessionVerb.Pause:
                Hold(request.Done);
                break;
            case SessionVerb.Resume:
                Release(request.Done);
                break;
            case SessionVerb.Cancel:
                Cancel(request);
                break;
            case SessionVerb.Answer:
                request.Done.TrySetResult("Klipper's questions are answered on its own screen.");
                break;
            case SessionVerb.Clear:
                Clear(request.Done);
                break;
            case SessionVerb.Emergency:
                _print?.OnEmergencyStop();
                _link.Ask("printer.emergency_stop", null, _options.Connect, answer => request.Done.TrySetResult(answer.IsDone ? null : answer.Message));
                break;
        }
    }

    private void Hold(TaskCompletionSource<string?> done)
    {
        if (!_view.IsReady || !IsOursActive || _print is { IsFollowing: false })
            done.TrySetResult("No program is running that could be paused.");
        else if (_view.Status.Print == "paused")
            done.TrySetResult(null);
        else
            AskHold(isHold: true, done);
    }

    private void Release(TaskCompletionSource<string?> done)
    {
        if (!_view.IsReady || !IsOursActive || _view.Status.Print != "paused" || _print is { IsFollowing: false })
            done.TrySetResult("No program is paused.");
        else
            AskHold(isHold: false, done);
    }

    private void AskHold(bool isHold, TaskCompletionSource<string?> done)
    {
        if (isHold)
            _print?.NotePause(isAsked: true);
        _link.Ask(isHold ? "printer.print.pause" : "printer.print.resume", null, PauseAnswer, answer =>
        {
            // Klipper holds after the command that it is at, which may be a heat-up: a late answer is no refusal.
            if (isHold && answer.Outcome == RpcOutcome.Refused)
                _print?.NotePause(isAsked: false);
            done.TrySetResult(answer.Outcome switch
            {
                RpcOutcome.Done or RpcOutcome.Late => null,
                RpcOutcome.Refused => $"Klipper refused: {answer.Message}",
                _ => "The connection was lost before the machine answered. Look at the machine's state once it is back.",
            });
        });
    }

    private void Cancel(VerbRequest request)
    {
        if (_print is { } print)
        {
            print.BreakOff(request.Reason, isCalledOff: true);
            request.Done.TrySetResult(null);
        }
        else if (_view.IsReady && IsOursActive)
        {
            _strangerStop ??= new SafeStop(_link, _view, _options, _time, _view.Status.FileName);
            _strangerWaiters.Add(request.Done);
        }
        else
        {
            request.Done.TrySetResult(_view.Status.IsPrintActive
                ? $"The machine prints {_view.Status.FileName}, which was not started from here. Stop it where it was started."
                : "No program is running.");
        }
    }

    private void Clear(TaskCompletionSource<string?> done)
    {
        if (_print is not null)
        {
            done.TrySetResult("A program is running.");
            return;
        }

        _needsClearing = false;
        if (!_view.HasStopped)
        {
            done.TrySetResult(null);
            return;
        }

        _events.Note($"{_options.Address}: Klipper and its microcontrollers are restarted.");
        _link.Ask("printer.firmware_restart", null, _options.Answer, answer => done.TrySetResult(answer.Outcome == RpcOutcome.Refused ? $"Klipper could not be restarted: {answer.Message}" : null));
    }

    private void Advance()
    {
        _console.Advance();
        if (_strangerStop?.Advance() is { } safe)
            EndStranger(safe is SafeState.Confirmed or SafeState.FirmwareStopped ? null : "The machine did not confirm that the print was stopped and its heaters are off. Go to the machine.");
        if (_print is not { } print)
            return;
        var outcome = print.Advance();
        if (print.Progress(isLast: outcome is not null) is { } progress)
            _events.Add(progress);
        if (outcome is null)
            return;
        _print = null;
        print.Dispose();
        _needsClearing |= print.Run.Options.LeavesPart && print.IsStarted;
        TellState();
        _events.Add(new RunEnded { At = _events.Now, Name = print.Run.Options.Name, Outcome = outcome });
        print.Run.Done.TrySetResult(outcome);
        _isCleaning = true;
        RunFiles.Clean(_link, _options, _events, () => _isCleaning = false);
    }

    private void EndStranger(string? refusal)
    {
        _strangerStop = null;
        var waiters = _strangerWaiters;
        _strangerWaiters = [];
        foreach (var waiter in waiters)
            waiter.TrySetResult(refusal);
    }

    private void TellSamples()
    {
        if (_isHeatNews && IsDue(ref _heatTold))
        {
            _isHeatNews = false;
            _events.Add(new TemperaturesReported { At = _events.Now, Readings = _view.Status.Temperatures() });
        }

        if (_view.Status.Position is { } place && place != _place && IsDue(ref _placeTold))
        {
            _place = place;
            _events.Add(new PositionReported { At = _events.Now, XMm = place.X, YMm = place.Y, ZMm = place.Z, IsMachine = true });
        }
    }

    private bool IsDue(ref long told)
    {
        if (told != 0 && _time.GetElapsedTime(told) < SampleInterval)
            return false;
        told = _time.GetTimestamp();
        return true;
    }

    /// <summary>True while Klipper executes or holds a file of this program's, of this session's run or of an earlier process.</summary>
    private bool IsOursActive => _view.Status.IsPrintActive && RunFiles.IsOurs(_view.Status.FileName);

    private void TellState()
    {
        var (state, reason) = RestState();
        if (_view.IsReady && _print is { } print)
        {
            (state, reason) = print switch
            {
                { IsPreparing: true } => (MachineState.Preparing, null),
                { IsStopping: true } => (MachineState.Running, "Stopping: " + print.Run.BreakReason),
                { IsHeldByMachine: true } => (MachineState.Attention, Held()),
                { Run.IsPaused: true } => (MachineState.Paused, null),
                { IsStarted: true } => (MachineState.Running, null),
                _ => (MachineState.Preparing, (string?)null),
            };
        }

        if (state == _state && reason == _stateReason)
            return;
        _state = state;
        _stateReason = reason;
        _setState(state, reason);
    }

    private string Held() => _view.Status.DisplayMessage.Length > 0 ? $"The machine holds the print: {_view.Status.DisplayMessage}" : "The machine holds the print by itself. Look at it, then resume.";

    private (MachineState State, string? Reason) RestState()
    {
        var status = _view.Status;
        if (_view.Refusal is { } refusal)
            return (MachineState.Offline, refusal);
        if (!_link.IsOpen || !_view.IsKnown)
            return (MachineState.Offline, null);
        if (_view.HasStopped)
            return (MachineState.Alarm, status.KlippyMessage.Length > 0 ? status.KlippyMessage : $"Klipper says {status.Klippy}.");
        if (status.Klippy == "ready" && !_view.IsReady)
            return (MachineState.Offline, null);
        if (!_view.IsReady)
            return (MachineState.Offline, status.KlippyMessage.Length > 0 ? status.KlippyMessage : $"Klipper says {status.Klippy}.");
        if (_strangerStop is not null)
            return (MachineState.Running, $"Stopping {status.FileName}.");
        if (status.IsPrintActive)
        {
            var who = RunFiles.IsOurs(status.FileName) ? "an earlier process of this program started it" : "it was not started from here";
            return (status.Print == "paused" ? MachineState.Paused : MachineState.Running, $"{status.FileName}: {who}.");
        }

        return _needsClearing ? (MachineState.NeedsClearing, null) : (MachineState.Idle, _view.Lack);
    }
}
