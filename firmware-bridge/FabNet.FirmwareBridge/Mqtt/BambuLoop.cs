// The loop of a Bambu Lab machine's session: reports, requests and the clock come in, one after the other; it alone touches the machine's state.

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using FabNet.Model.Machines;
using Polly;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>A report arrived.</summary>
internal sealed record BambuArrived(byte[] Report);

/// <summary>The connection was lost.</summary>
internal sealed record BambuLost(string Why);

/// <summary>The connection is open.</summary>
internal sealed record BambuConnected;

/// <summary>
/// Serves one machine over one connection, which it opens again when it was lost. Reads a bounded inbox (1,024 items; whoever writes waits while it is full: reports are deltas, none may be
/// lost) and wakes four times a second. The parts of this class: this file (the loop, reports, the connection), Requests (what callers ask), Runs (one program).
/// </summary>
internal sealed partial class BambuLoop : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>A whole state of an X1 with four filament changers has about 30 kB.</summary>
    private const int MaxReportBytes = 1024 * 1024;

    private readonly BambuMachineOptions _options;
    private readonly BambuConnection _connection;
    private readonly BambuUpload _upload;
    private readonly Channel<object> _inbox;
    private readonly EventOutbox _events;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private readonly BambuCommands _commands = new();
    private readonly BambuReport _report = new();
    private readonly BambuPulse _pulse;
    private readonly BambuCalls _calls;
    private readonly ResiliencePipeline _reopening;
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _state = (int)MachineState.Offline;
    private volatile string _firmware = "Bambu Lab";
    private Task? _reconnecting;
    private bool _isConnected;
    private bool _needsClearing;
    private string? _foreignTask;

    public BambuLoop(BambuMachineOptions options, BambuConnection connection, BambuUpload upload, Channel<object> inbox, EventOutbox events, TimeProvider time, CancellationToken stopping)
    {
        (_options, _connection, _upload, _inbox, _events, _time, _stopping) = (options, connection, upload, inbox, events, time, stopping);
        _pulse = new BambuPulse(options, _commands, time);
        _calls = new BambuCalls(time);
        _reopening = Reopening.Pipeline(options.ReopenDelay, options.MaxReopenDelay, time);
    }

    /// <summary>What the machine does. Thread safe.</summary>
    public MachineState State => (MachineState)_state;

    /// <summary>The firmware's name and version, as far as it was told. Thread safe.</summary>
    public string Firmware => _firmware;

    /// <summary>Completes when the machine first told its state.</summary>
    public Task Told => _told.Task;

    /// <inheritdoc />
    public void Dispose() => _run?.Dispose();

    /// <summary>Serves until the session is closed.</summary>
    public async Task ServeAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var ticking = timer.WaitForNextTickAsync(_stopping).AsTask();
        var arriving = _inbox.Reader.WaitToReadAsync(_stopping).AsTask();
        try
        {
            while (true)
            {
                await Task.WhenAny(arriving, ticking);
                _stopping.ThrowIfCancellationRequested();
                while (_inbox.Reader.TryRead(out var item))
                    await TakeAsync(item);
                if (arriving.IsCompleted)
                    arriving = _inbox.Reader.WaitToReadAsync(_stopping).AsTask();
                if (ticking.IsCompleted)
                {
                    await ticking;
                    ticking = timer.WaitForNextTickAsync(_stopping).AsTask();
                    await OnTickAsync();
                }

                await AdvanceRunAsync();
                AdvanceStop();
                TellState();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await AbandonRunAsync();
        }
        finally
        {
            while (_inbox.Reader.TryRead(out var item))
                (item as SessionRequest)?.Refuse($"{_options.SerialNumber} is being closed.");
            _calls.Close();
            if (_reconnecting is { } reconnecting)
                await reconnecting;
        }
    }

    private async Task TakeAsync(object item)
    {
        switch (item)
        {
            case BambuConnected:
                await OnConnectedAsync();
                break;
            case BambuLost lost:
                OnLost(lost.Why);
                break;
            case BambuArrived arrived:
                OnArrived(arrived.Report);
                break;
            case RunRequest request:
                TakeRun(request);
                break;
            case CommandRequest request:
                await TakeCommandAsync(request);
                break;
            case VerbRequest request:
                await ObeyAsync(request);
                break;
        }
    }

    private async Task OnTickAsync()
    {
        _calls.Expire();
        if (_isConnected && !_connection.IsOpen)
            OnLost("it ended unnoticed");
        if (_isConnected && _pulse.Due() is { } due)
            await TrySendAsync(due);
    }

    private async Task OnConnectedAsync()
    {
        _reconnecting = null;
        _isConnected = _connection.IsOpen;
        if (!_isConnected)
        {
            Reconnect();
            return;
        }

        await TrySendAsync(_commands.GetVersion());
        await TrySendAsync(_pulse.Ask());
        _run?.OnAsked();
    }

    private void OnLost(string why)
    {
        if (!_isConnected || _connection.IsOpen)
            return; // Told already, or late: of the connection before this one.
        _isConnected = false;
        _report.ForgetState();
        _events.Note($"{_options.SerialNumber}: the connection was lost ({why}). Trying again.");
        Reconnect();
    }

    private void Reconnect() => _reconnecting ??= ReconnectAsync();

    private async Task ReconnectAsync()
    {
        try
        {
            await _reopening.ExecuteAsync(async token => await _connection.OpenAsync(token), _stopping);
            await _inbox.Writer.WriteAsync(new BambuConnected(), _stopping);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            // Only closing the session ends the attempts.
            _events.Note($"{_options.SerialNumber}: no further attempt to connect.");
        }
    }

    private void OnArrived(byte[] bytes)
    {
        if (bytes.Length > MaxReportBytes)
        {
            _events.Note($"{_options.SerialNumber} sent a report of {bytes.Length} bytes, which is ignored.");
            return;
        }

        try
        {
            if (JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is not JsonObject report)
                return;
            _pulse.Hear(tellsState: false);
            if (report["info"] is JsonObject info)
                OnInfo(info);
            if (report["print"] is JsonObject print)
                OnPrint(print);
        }
        catch (JsonException error)
        {
            _events.Note($"{_options.SerialNumber} sent a report that is no JSON: {error.Message}");
        }
    }

    private void OnPrint(JsonObject print)
    {
        // An answer repeats its request, the task's name too: it is no report of what the machine does.
        if (BambuReport.Text(print, "command") is { } command && command != "push_status")
        {
            OnAnswer(command, print);
            return;
        }

        _report.Merge(print);
        if (print.ContainsKey("gcode_state"))
        {
            _pulse.Hear(tellsState: true);
            _run?.OnTold();
            _told.TrySetResult();
        }

        if (BambuReport.TellsTemperature(print))
            _events.Add(new TemperaturesReported { At = _events.Now, Readings = _report.Temperatures() });
        FollowForeignPrint();
    }

    private void OnAnswer(string command, JsonObject answer)
    {
        if (BambuReport.Text(answer, "result") is not { } result || BambuReport.Text(answer, "sequence_id") is not { } sequence)
            return;
        var isOk = result.Equals("success", StringComparison.OrdinalIgnoreCase);
        _calls.Take(sequence, isOk, answer);
        if (!isOk && command == "project_file")
            OnStartRefused(sequence, BambuReport.Text(answer, "reason") is { Length: > 0 } reason ? reason : result);
        else if (!isOk)
            _events.Note($"{_options.SerialNumber} refused {command}: {BambuReport.Text(answer, "reason") ?? result}");
    }

    private void OnInfo(JsonObject info)
    {
        if (info["module"] is not JsonArray modules || modules.OfType<JsonObject>().FirstOrDefault(static module => BambuReport.Text(module, "name") == "ota") is not { } firmware)
            return;
        var product = BambuReport.Text(firmware, "product_name") is { Length: > 0 and < 64 } name ? name : "Bambu Lab";
        _firmware = BambuReport.Text(firmware, "sw_ver") is { Length: > 0 and < 64 } version ? $"{product} {version}" : product;
    }

    /// <summary>A part that somebody else's print left behind must be taken away too, if its end was seen: an old FINISH says nothing about the bed.</summary>
    private void FollowForeignPrint()
    {
        if (_report.IsActive && !BambuTask.IsOurs(_report.Task, _report.File))
        {
            _foreignTask = _report.Task;
        }
        else if (_foreignTask is not null && _report.State is "FINISH" or "FAILED" or "IDLE")
        {
            _foreignTask = null;
            _needsClearing = true;
        }
    }

    private async Task<bool> TrySendAsync(byte[] request, bool isSure = false)
    {
        try
        {
            await (isSure ? _connection.SendSurelyAsync(request, _stopping) : _connection.SendOnceAsync(request, _stopping));
            return true;
        }
        catch (MachineLinkException error)
        {
            _events.Note(error.Message);
            return false;
        }
    }

    private void TellState()
    {
        var trouble = BambuFaults.Describe(_report);
        var (state, reason) = !_isConnected || _report.State.Length == 0 ? (MachineState.Offline, _isConnected ? "It is connected and has not said yet what it does." : null)
            : _report.State == "PAUSE" ? (_report.PrintError == 0 && _report.Health.Count == 0 ? MachineState.Paused : MachineState.Attention, trouble)
            : _report.State is "PREPARE" or "SLICING" ? (MachineState.Preparing, Whose())
            : _report.State == "RUNNING" ? (MachineState.Running, Whose())
            : _run is { Stage: not BambuStage.CoolingDown } ? (MachineState.Preparing, null)
            : _run is not null ? (MachineState.Running, "It turns its heaters off.")
            : _needsClearing ? (MachineState.NeedsClearing, trouble)
            : (MachineState.Idle, trouble);
        _state = (int)state;
        _events.Add(new MachineStateChanged { At = _events.Now, State = state, Reason = reason });
    }

    /// <summary>Whose print it is, where that does not go without saying.</summary>
    private string? Whose() =>
        _run is not null ? null
        : BambuTask.IsOurs(_report.Task, _report.File) ? $"It prints {_report.Task}, which an earlier process of this program started. It can be paused and cancelled."
        : $"It prints '{_report.Task}', which was not started from here.";
}
