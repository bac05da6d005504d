// One Klipper machine: whole files through Moonraker, under the same contract as a serial machine.

using System.Threading.Channels;
using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>
/// A session with one Klipper machine through its Moonraker (JSON-RPC over a WebSocket; programs go up over HTTP). One loop owns its state; messages and requests reach it
/// through a bounded channel (1,024; a writer waits while it is full). The machine prints by itself: a lost connection does not end a run, and a start is sent once
/// and never again. Sources: Moonraker docs, external_api; Klipper docs, Status_Reference.md.
/// </summary>
public sealed class MoonrakerSession : IMachineSession
{
    private readonly MoonrakerMachineOptions _options;
    private readonly TimeProvider _time;
    private readonly EventOutbox _events;
    private readonly SessionRequests _callers;
    private readonly Channel<object> _inbox = Channel.CreateBounded<object>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private volatile MoonrakerLoop? _loop;
    private Task? _running;
    private volatile int _state = (int)MachineState.Offline;
    private int _opened;
    private int _disposed;

    /// <summary>A session that is not open yet.</summary>
    /// <param name="options">The machine and how it is trusted.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    public MoonrakerSession(MoonrakerMachineOptions options, TimeProvider? timeProvider = null)
    {
        if (options.Address.Scheme is not ("http" or "https" or "ws" or "wss"))
            throw new ArgumentException($"{options.Address} is no address of a Moonraker. Write one such as http://voron.local:7125.", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KeptFiles, 1);
        _options = options;
        _time = timeProvider ?? TimeProvider.System;
        _events = new EventOutbox(_time);
        _callers = new SessionRequests(PostAsync);
    }

    /// <inheritdoc />
    public MachineState State => (MachineState)_state;

    /// <inheritdoc />
    public MachineInfo? Info => _loop?.Info;

    /// <inheritdoc />
    public IAsyncEnumerable<MachineEvent> ReadEventsAsync(CancellationToken cancellationToken = default) => _events.ReadAllAsync(cancellationToken);

    /// <summary>Connects to Moonraker. Klipper need not be ready: its state is told by events.</summary>
    /// <inheritdoc />
    public async Task<MachineInfo> OpenAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (Interlocked.Exchange(ref _opened, 1) != 0)
            throw new InvalidOperationException($"{_options.Address} is open already, or was closed.");
        var loop = new MoonrakerLoop(_options, _inbox, _events, _time, SetState);
        try
        {
            await loop.OpenAsync(cancellationToken);
        }
        catch
        {
            await loop.DisposeAsync();
            throw;
        }

        _loop = loop;
        _running = Task.Run(() => ServeAsync(loop), CancellationToken.None);
        return loop.Info;
    }

    /// <inheritdoc />
    public Task<RunOutcome> RunAsync(AdmittedProgram program, RunOptions options, CancellationToken cancellationToken = default) =>
        _callers.RunAsync(program, options, cancellationToken);

    /// <summary>Holds the running print, after the command that Klipper is at.</summary>
    /// <inheritdoc />
    public Task<string?> PauseAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Pause, cancellationToken);

    /// <inheritdoc />
    public Task<string?> ResumeAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Resume, cancellationToken);

    /// <summary>
    /// Stops the running program for good. A print that an earlier process began is stopped too; then the answer comes once its heaters are off.
    /// </summary>
    /// <inheritdoc />
    public Task<string?> CancelAsync(string reason, CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Cancel, cancellationToken, reason);

    /// <inheritdoc />
    public Task<string?> AnswerAsync(int choice, CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Answer, cancellationToken, choice: choice);

    /// <summary>A person says that the machine is clear. A Klipper that has shut down is restarted, with its microcontrollers.</summary>
    /// <inheritdoc />
    public Task<string?> ClearAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Clear, cancellationToken);

    /// <summary>Shuts Klipper down at once: over the WebSocket, and over HTTP if that does not carry it.</summary>
    /// <inheritdoc />
    public async Task EmergencyStopAsync(CancellationToken cancellationToken = default)
    {
        var refusal = await _callers.AskAsync(SessionVerb.Emergency, cancellationToken);
        if (refusal is not null && _loop is { } loop)
            refusal = await loop.Files.EmergencyStopAsync(cancellationToken);
        if (refusal is not null)
            throw new MachineLinkException($"The emergency stop was not taken by {_options.Address}: {refusal} Use the machine's own switch, now.");
    }

    /// <inheritdoc />
    public Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken = default) =>
        _callers.OperateByCommandsAsync(operation, State, cancellationToken);

    /// <inheritdoc />
    public Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken = default) => _callers.SendAsync(command, cancellationToken);

    /// <summary>Stops a running program safely, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        if (_running is { } running)
            await running;
        _events.Complete();
        _stopping.Dispose();
    }

    private async Task ServeAsync(MoonrakerLoop loop)
    {
        await using (loop)
            await loop.ServeAsync(_stopping.Token);
        SetState(MachineState.Offline, null);
    }

    private async Task PostAsync(SessionRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (_loop is not null)
                await _inbox.Writer.WriteAsync(request, cancellationToken);
            else
                request.Refuse($"{_options.Address} is not open.");
        }
        catch (ChannelClosedException)
        {
            request.Refuse($"{_options.Address} is closed.");
        }
    }

    private void SetState(MachineState state, string? reason)
    {
        _state = (int)state;
        _events.Add(new MachineStateChanged { At = _events.Now, State = state, Reason = reason });
    }
}
