// One Bambu Lab machine: whole files over MQTT, under the same contract as a serial machine.

using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using FabNet.FirmwareBridge.Marlin;
using FabNet.GCode;
using FabNet.Model.Machines;
using Polly;
using Polly.Retry;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// A session with one Bambu Lab machine in LAN mode, over one connection. One loop owns its state; reports and requests reach it through a bounded channel (1,024; a writer waits
/// while it is full: reports are deltas, none may be lost). The machine prints by itself: a lost connection does not end a run, and a start is sent once and never again.
/// </summary>
public sealed class BambuSession : IMachineSession
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CommandAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StaleFinish = TimeSpan.FromSeconds(10);

    private readonly BambuMachineOptions _options;
    private readonly TimeProvider _time;
    private readonly EventOutbox _events;
    private readonly BambuCommands _commands = new();
    private readonly BambuReport _report = new();
    private readonly Channel<object> _inbox = Channel.CreateBounded<object>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, TaskCompletionSource<CommandReply>> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _waitingSince = new(StringComparer.Ordinal);
    private readonly ResiliencePipeline _reopening;
    private BambuConnection? _connection;
    private Task? _running;
    private Task? _reconnecting;
    private volatile MachineInfo? _info;
    private volatile int _state = (int)MachineState.Offline;
    private bool _isConnected;
    private bool _needsClearing;
    private ActiveRun? _run;
    private string _task = "";
    private string _startSequence = "";
    private bool _startSent;
    private bool _seenRunning;
    private bool _stopSent;
    private Task<string>? _upload;
    private string _file = "";
    private long _heardAt;
    private long _pushedAt;
    private long _startedAt;
    private int _disposed;

    /// <summary>A session that is not open yet.</summary>
    /// <param name="options">The machine and how it is trusted.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    public BambuSession(BambuMachineOptions options, TimeProvider? timeProvider = null)
    {
        _options = options;
        _time = timeProvider ?? TimeProvider.System;
        _events = new EventOutbox(_time);
        _heardAt = _pushedAt = _time.GetTimestamp();
        _reopening = new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<MachineLinkException>(),
                MaxRetryAttempts = int.MaxValue,
                Delay = options.ReopenDelay,
                MaxDelay = options.MaxReopenDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    private sealed record Arrived(byte[] Report);

    private sealed record Lost(string Why);

    private sealed record Connected;

    /// <inheritdoc />
    public MachineState State => (MachineState)_state;

    /// <inheritdoc />
    public MachineInfo? Info => _info;

    /// <inheritdoc />
    public IAsyncEnumerable<MachineEvent> ReadEventsAsync(CancellationToken cancellationToken = default) => _events.ReadAllAsync(cancellationToken);

    /// <inheritdoc />
    public async Task<MachineInfo> OpenAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_running is { IsCompleted: false })
            throw new InvalidOperationException($"{_options.SerialNumber} is open already.");
        _connection = new BambuConnection(
            _options,
            async report => await _inbox.Writer.WriteAsync(new Arrived(report), _stopping.Token),
            async why => await _inbox.Writer.WriteAsync(new Lost(why), _stopping.Token));
        try
        {
            await _connection.OpenAsync(cancellationToken);
        }
        catch
        {
            await _connection.DisposeAsync();
            _connection = null;
            throw;
        }

        _info = new MachineInfo
        {
            Dialect = FirmwareDialect.Bambu,
            Firmware = "Bambu Lab",
            Address = string.Create(CultureInfo.InvariantCulture, $"{_options.Host}:{_options.Port}/{_options.SerialNumber}"),
        };
        await _inbox.Writer.WriteAsync(new Connected(), cancellationToken);
        _running = Task.Run(ServeAsync, CancellationToken.None);
        return _info;
    }

    /// <inheritdoc />
    public async Task<RunOutcome> RunAsync(AdmittedProgram program, RunOptions options, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(new RunRequest(new ActiveRun(program, options, done)), CancellationToken.None);
        await using var cancelling = cancellationToken.Register(() => _ = PostVerbAsync(SessionVerb.Cancel, "the program that runs it is ending", 0, CancellationToken.None));
        return await done.Task;
    }

    /// <inheritdoc />
    public Task<string?> PauseAsync(CancellationToken cancellationToken = default) => PostVerbAsync(SessionVerb.Pause, "", 0, cancellationToken);

    /// <inheritdoc />
    public Task<string?> ResumeAsync(CancellationToken cancellationToken = default) => PostVerbAsync(SessionVerb.Resume, "", 0, cancellationToken);

    /// <inheritdoc />
    public Task<string?> CancelAsync(string reason, CancellationToken cancellationToken = default) => PostVerbAsync(SessionVerb.Cancel, reason, 0, cancellationToken);

    /// <inheritdoc />
    public Task<string?> AnswerAsync(int choice, CancellationToken cancellationToken = default) => PostVerbAsync(SessionVerb.Answer, "", choice, cancellationToken);

    /// <inheritdoc />
    public Task<string?> ClearAsync(CancellationToken cancellationToken = default) => PostVerbAsync(SessionVerb.Clear, "", 0, cancellationToken);

    /// <summary>Stops the print and asks the firmware to halt (M112). The network is no safety circuit: use the machine's switch where that matters.</summary>
    /// <inheritdoc />
    public async Task EmergencyStopAsync(CancellationToken cancellationToken = default)
    {
        var connection = _connection ?? throw new MachineLinkException($"{_options.SerialNumber} is not connected. Use the machine's own switch, now.");
        await connection.SendAsync(new BambuCommands().GCode("M112"), cancellationToken);
        await PostVerbAsync(SessionVerb.Emergency, "", 0, cancellationToken);
    }

    /// <inheritdoc />
    public Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken = default) =>
        operation.NeedsRest && State != MachineState.Idle
            ? Task.FromResult(new CommandReply(false, [], $"The machine is not at rest: it is in {State}."))
            : MarlinOperations.Plan(operation).SendAsync(line => SendAsync(line, cancellationToken));

    /// <inheritdoc />
    public async Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken = default)
    {
        if (command.Length == 0 || command.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return new CommandReply(false, [], "A command is one line of printable ASCII.");
        var reply = new TaskCompletionSource<CommandReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(new CommandRequest(new Streaming.Submission(command) { Waiter = reply }), cancellationToken);
        return await reply.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Closes the connection. A print that runs on the machine goes on: it is the machine that prints.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        _inbox.Writer.TryComplete();
        if (_running is { } running)
            await running;
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _events.Complete();
        _stopping.Dispose();
    }

    private async Task<string?> PostVerbAsync(SessionVerb verb, string reason, int choice, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(new VerbRequest(verb, reason, choice, done), cancellationToken);
        return await done.Task.WaitAsync(cancellationToken);
    }

    private async Task PostAsync(SessionRequest request, CancellationToken cancellationToken)
    {
        if (_running is null || _disposed != 0)
        {
            request.Refuse($"{_options.SerialNumber} is offline.");
            return;
        }

        try
        {
            await _inbox.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            request.Refuse($"{_options.SerialNumber} is being closed.");
        }
    }

    private async Task ServeAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var ticking = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
        var arriving = _inbox.Reader.WaitToReadAsync(_stopping.Token).AsTask();
        try
        {
            while (true)
            {
                await Task.WhenAny(arriving, ticking);
                _stopping.Token.ThrowIfCancellationRequested();
                while (_inbox.Reader.TryRead(out var item))
                    await TakeAsync(item);
                if (arriving.IsCompleted)
                    arriving = _inbox.Reader.WaitToReadAsync(_stopping.Token).AsTask();
                if (ticking.IsCompleted)
                {
                    await ticking;
                    ticking = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
                }

                await CheckAsync();
                TellState();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            EndRun("the session was closed while the machine prints on by itself", SafeState.LinkLost, false);
        }
        finally
        {
            while (_inbox.Reader.TryRead(out var item))
                (item as SessionRequest)?.Refuse($"{_options.SerialNumber} is being closed.");
            foreach (var waiter in _waiting.Values)
                waiter.TrySetResult(new CommandReply(false, [], "The session was closed."));
            if (_reconnecting is { } reconnecting)
                await reconnecting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task TakeAsync(object item)
    {
        switch (item)
        {
            case Connected:
                _isConnected = true;
                _pushedAt = _time.GetTimestamp();
                await TrySendAsync(_commands.PushAll());
                break;
            case Lost lost:
                _isConnected = false;
                _events.Note($"{_options.SerialNumber}: the connection was lost ({lost.Why}). Trying again.");
                _reconnecting = ReconnectAsync();
                break;
            case Arrived arrived:
                OnReport(arrived.Report);
                break;
            case RunRequest request:
                TakeRun(request);
                break;
            case CommandRequest request:
                await TakeCommandAsync(request);
                break;
            case VerbRequest request:
                request.Done.TrySetResult(await ObeyAsync(request));
                break;
        }
    }

    private async Task ReconnectAsync()
    {
        try
        {
            await _reopening.ExecuteAsync(async token => await _connection!.OpenAsync(token), _stopping.Token);
            await _inbox.Writer.WriteAsync(new Connected(), _stopping.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            // Only closing the session ends the attempts.
            _events.Note($"{_options.SerialNumber}: no further attempt to connect.");
        }
    }

    private async Task<bool> TrySendAsync(byte[] request)
    {
        try
        {
            await _connection!.SendAsync(request, _stopping.Token);
            return true;
        }
        catch (MachineLinkException error)
        {
            _events.Note(error.Message);
            return false;
        }
    }

    private void OnReport(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("print", out var print) || print.ValueKind != JsonValueKind.Object)
                return;
            _heardAt = _time.GetTimestamp();
            AnswerWaiter(print);
            if (_report.Merge(print))
                _events.Add(new TemperaturesReported { At = _events.Now, Readings = _report.Temperatures() });
            FollowRun();
        }
        catch (JsonException error)
        {
            _events.Note($"{_options.SerialNumber} sent a report that is no JSON: {error.Message}");
        }
    }

    private void AnswerWaiter(JsonElement print)
    {
        if (BambuReport.Text(print, "sequence_id") is not { } sequence || BambuReport.Text(print, "result") is not { } result)
            return;
        var isOk = result.Equals("success", StringComparison.OrdinalIgnoreCase);
        if (!isOk && _startSent && !_seenRunning && sequence == _startSequence && BambuReport.Text(print, "command") == "project_file")
            EndRun($"the machine refused the start: {BambuReport.Text(print, "reason") ?? result}", SafeState.NotNeeded, false);
        if (!_waiting.Remove(sequence, out var waiter))
            return;
        _waitingSince.Remove(sequence);
        waiter.TrySetResult(new CommandReply(isOk, [], isOk ? null : BambuReport.Text(print, "reason") ?? result));
    }

    private void FollowRun()
    {
        if (_run is not { } run || !_startSent)
            return;
        switch (_report.State)
        {
            case "PREPARE" or "SLICING" or "RUNNING" or "PAUSE":
                _seenRunning = true;
                run.IsPaused = _report.State == "PAUSE";
                run.Phase = RunPhase.Streaming;
                break;
            case "FINISH" when _seenRunning && _report.Task == _task:
                EndRun(null, SafeState.NotNeeded, false);
                break;
            case "FAILED" or "IDLE" or "FINISH" when _seenRunning:
                EndRun(
                    _stopSent ? run.BreakReason : $"the machine stopped the print at {_report.Percent} %: {_report.Trouble() ?? "it gives no reason"}",
                    SafeState.Confirmed,
                    _stopSent && run.IsCalledOff);
                break;
            case "FAILED" when _report.Task == _task && _report.Trouble() is { } trouble && Elapsed(_startedAt) > Tick:
                EndRun($"the machine refused the print: {trouble}", SafeState.FirmwareStopped, false);
                break;
        }
    }

    private void TakeRun(RunRequest request)
    {
        var why = _run is not null ? $"{_run.Options.Name} is running already."
            : _needsClearing ? "The last part is still on the machine. Take it away and clear the machine first."
            : !_isConnected || _report.State.Length == 0 ? $"{_options.SerialNumber} has not reported yet."
            : _report.State is not ("IDLE" or "FINISH" or "FAILED") ? $"The machine is busy: it says {_report.State}."
            : request.Run.Program.Profile.Dialect != FirmwareDialect.Bambu ? $"The program was admitted for {request.Run.Program.Profile.Dialect}, and this is a Bambu Lab machine."
            : null;
        if (why is not null)
        {
            request.Refuse(why);
            return;
        }

        _run = request.Run;
        _startSent = _seenRunning = _stopSent = false;
        var key = _run.Options.StartKey ?? Guid.NewGuid().ToString("N");
        _task = $"{_run.Options.Name}-{request.Run.Program.Digest.Short}-{key}";
        _file = string.Concat(_task.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' ? letter : '_')) + ".3mf";
        _upload = PrepareAsync(_run);
    }

    // Uploads first, then asks the caller: nothing moves before the start message.
    private async Task<string> PrepareAsync(ActiveRun run)
    {
        Directory.CreateDirectory(_options.UploadFolder);
        var md5 = await Task.Run(() => BambuProjectFile.WriteAsync(run.Program, Path.Combine(_options.UploadFolder, _file), _stopping.Token), _stopping.Token);
        if (run.Options.BeforeFirstMotion is { } hook)
            await hook(_stopping.Token);
        return md5;
    }

    private async Task TakeCommandAsync(CommandRequest request)
    {
        var payload = _commands.GCode(System.Text.Encoding.ASCII.GetString(request.Command.Command));
        if (!await TrySendAsync(payload))
        {
            request.Refuse($"{_options.SerialNumber} is not connected.");
            return;
        }

        _waiting[_commands.LastSequence] = request.Command.Waiter!;
        _waitingSince[_commands.LastSequence] = _time.GetTimestamp();
    }

    private async Task<string?> ObeyAsync(VerbRequest request)
    {
        switch (request.Verb)
        {
            case SessionVerb.Pause:
                return _run is null || !_seenRunning ? "No program is running that could be paused." : await SendOrWhyAsync("pause");
            case SessionVerb.Resume:
                return _report.State != "PAUSE" ? "No program is paused." : await SendOrWhyAsync("resume");
            case SessionVerb.Cancel when _run is { } run:
                run.BreakReason ??= request.Reason;
                run.IsCalledOff = true;
                if (!_startSent)
                    return null;
                _stopSent = true;
                return await SendOrWhyAsync("stop");
            case SessionVerb.Emergency:
                if (_run is { } stopped)
                {
                    stopped.BreakReason = "emergency stop";
                    stopped.IsCalledOff = false;
                    _stopSent = true;
                }

                return await SendOrWhyAsync("stop");
            case SessionVerb.Clear:
                _needsClearing = false;
                return null;
            case SessionVerb.Answer:
                return "The machine's questions are answered on its screen.";
            default:
                return "No program is running.";
        }
    }

    private async Task<string?> SendOrWhyAsync(string verb) => await TrySendAsync(_commands.Print(verb)) ? null : $"{_options.SerialNumber} is not connected.";

    private async Task CheckAsync()
    {
        foreach (var (sequence, since) in _waitingSince.ToArray())
        {
            if (Elapsed(since) < CommandAnswer || !_waiting.Remove(sequence, out var waiter))
                continue;
            _waitingSince.Remove(sequence);
            waiter.TrySetResult(new CommandReply(false, [], "The machine did not answer."));
        }

        if (_isConnected && Elapsed(_heardAt) > _options.Silence && Elapsed(_pushedAt) > _options.Silence)
        {
            _pushedAt = _time.GetTimestamp();
            await TrySendAsync(_commands.PushStart());
        }

        if (_run is not { } run)
            return;
        if (_upload is { IsCompleted: true } upload)
        {
            _upload = null;
            await StartAsync(run, upload);
        }
        else if (_startSent && !_seenRunning && _report.State == "FINISH" && _report.Task == _task && Elapsed(_startedAt) > StaleFinish)
        {
            // A print so short that it fell between two reports. The task's name is this start's alone, and an older FINISH would have given way by now.
            EndRun(null, SafeState.NotNeeded, false);
        }
        else if (_startSent && !_seenRunning && Elapsed(_startedAt) > _options.StartAnswer)
        {
            EndRun("the machine did not begin. The start was sent once and is not repeated: look at the machine before trying again", SafeState.Unconfirmed, false);
        }
        else if (_startSent && Elapsed(_heardAt) > _options.Lost)
        {
            EndRun("the machine has been silent for too long. It may be printing: go to it", SafeState.LinkLost, false);
        }
        else if (_seenRunning)
        {
            TellProgress(run);
        }
    }

    private async Task StartAsync(ActiveRun run, Task<string> upload)
    {
        if (!upload.IsCompletedSuccessfully)
        {
            EndRun($"the start could not be prepared: {upload.Exception?.InnerException?.Message ?? "it was called off"}", SafeState.NotNeeded, false);
            return;
        }

        var expires = run.Options.StartBefore ?? _events.Now + _options.StartAnswer;
        if (run.BreakReason is not null || _events.Now > expires || !_isConnected)
        {
            EndRun(
                run.BreakReason ?? (_isConnected ? "its right to start has ended" : "the connection was lost before the start; the start is not kept for later"), SafeState.NotNeeded, run.IsCalledOff);
            return;
        }

        _startedAt = _time.GetTimestamp();
        if (!await TrySendAsync(_commands.Start(_file, _task, await upload, run.Options.StartKey ?? _task, expires)))
        {
            EndRun("the connection was lost before the start; the start is not kept for later", SafeState.NotNeeded, false);
            return;
        }

        _startSequence = _commands.LastSequence;
        _startSent = true;
        run.StartedMs = 0;
        run.SentLine = run.Program.LineCount;
        _events.Add(new RunStarted { At = _events.Now, Name = run.Options.Name });
    }

    private void TellProgress(ActiveRun run)
    {
        var nowMs = (long)Elapsed(_startedAt).TotalMilliseconds;
        if (nowMs - run.ProgressToldMs < 1000)
            return;
        run.ProgressToldMs = nowMs;
        _events.Add(new ProgressReported
        {
            At = _events.Now,
            Line = (int)((long)run.Program.LineCount * _report.Percent / 100),
            LineCount = run.Program.LineCount,
            Fraction = _report.Percent / 100.0,
            Elapsed = TimeSpan.FromMilliseconds(nowMs),
            Remaining = _report.RemainingMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        });
    }

    private void EndRun(string? reason, SafeState safeState, bool isCalledOff)
    {
        if (_run is not { } run)
            return;
        _run = null;
        _upload = null;
        run.BreakReason = reason;
        run.IsCalledOff = isCalledOff;
        _needsClearing |= run.Options.LeavesPart && _startSent;
        TellState();
        var outcome = run.Outcome(safeState, 0, _startSent ? (long)Elapsed(_startedAt).TotalMilliseconds : 0);
        _events.Add(new RunEnded { At = _events.Now, Name = run.Options.Name, Outcome = outcome });
        run.Done.TrySetResult(outcome);
    }

    private void TellState()
    {
        var trouble = _report.Trouble();
        var (state, reason) = !_isConnected || _report.State.Length == 0 ? (MachineState.Offline, null)
            : _report.State == "PAUSE" ? (trouble is null ? MachineState.Paused : MachineState.Attention, trouble)
            : _report.State is "PREPARE" or "SLICING" || (_run is not null && !_seenRunning) ? (MachineState.Preparing, null)
            : _report.State == "RUNNING" ? (MachineState.Running, null)
            : _needsClearing ? (MachineState.NeedsClearing, trouble)
            : (MachineState.Idle, trouble);
        _state = (int)state;
        _events.Add(new MachineStateChanged { At = _events.Now, State = state, Reason = reason });
    }

    private TimeSpan Elapsed(long since) => _time.GetElapsedTime(since);
}
