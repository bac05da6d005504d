// One serial machine: opens its link, keeps it, runs programs on it, and owns its state.

using System.Threading.Channels;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>
/// A session with one serial machine. One loop owns everything about it; requests reach the loop through a bounded channel (64; a caller waits while it is full), and bytes
/// of the machine, requests and the clock all wake the same wait. A lost link is opened again with growing pauses; a program is never continued by itself.
/// </summary>
public sealed class MachineSession : IMachineSession
{
    private readonly SerialMachineOptions _options;
    private readonly Func<int, bool, CancellationToken, ValueTask<Stream>> _open;
    private readonly TimeProvider _time;
    private readonly EventOutbox _events;
    private readonly SessionRequests _callers;
    private readonly MarlinLimits _limits = new();
    private readonly Channel<SessionRequest> _requests = Channel.CreateBounded<SessionRequest>(new BoundedChannelOptions(64) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile SessionLoop? _loop;
    private volatile MachineInfo? _info;
    private volatile int _state = (int)MachineState.Offline;
    private Task? _running;
    private bool _wantsReset;
    private bool _isResetTold;
    private int _disposed;

    /// <summary>A session that is not open yet.</summary>
    /// <param name="options">The port and its settings.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    public MachineSession(SerialMachineOptions options, TimeProvider? timeProvider = null)
        : this(options, (baud, resets, token) => resets
            ? SerialPortOpener.OpenAndResetAsync(options, baud, timeProvider ?? TimeProvider.System, token)
            : ValueTask.FromResult(SerialPortOpener.Open(options, baud)), timeProvider ?? TimeProvider.System)
    {
    }

    /// <summary>A session over any duplex stream.</summary>
    internal MachineSession(SerialMachineOptions options, Func<int, Stream> open, TimeProvider timeProvider)
        : this(options, (baud, _, _) => ValueTask.FromResult(open(baud)), timeProvider)
    {
    }

    private MachineSession(SerialMachineOptions options, Func<int, bool, CancellationToken, ValueTask<Stream>> open, TimeProvider timeProvider)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReceiveBufferBytes, 32);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CommandSlots, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Baud);
        _options = options;
        _open = open;
        _time = timeProvider;
        _events = new EventOutbox(timeProvider);
        _callers = new SessionRequests(PostAsync);
    }

    /// <inheritdoc />
    public MachineState State => (MachineState)_state;

    /// <inheritdoc />
    public MachineInfo? Info => _info;

    /// <summary>Events that were dropped because their reader was behind.</summary>
    public long DroppedEvents => _events.Dropped;

    /// <inheritdoc />
    public IAsyncEnumerable<MachineEvent> ReadEventsAsync(CancellationToken cancellationToken = default) => _events.ReadAllAsync(cancellationToken);

    /// <inheritdoc />
    public async Task<MachineInfo> OpenAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var opened = new TaskCompletionSource<MachineInfo>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_running is { IsCompleted: false })
                throw new InvalidOperationException($"{_options.PortName} is open already.");
            _running = Task.Run(() => KeepOpenAsync(opened, cancellationToken), CancellationToken.None);
        }

        return await opened.Task;
    }

    /// <inheritdoc />
    public Task<RunOutcome> RunAsync(AdmittedProgram program, RunOptions options, CancellationToken cancellationToken = default) =>
        _callers.RunAsync(program, options, cancellationToken);

    /// <inheritdoc />
    public Task<string?> PauseAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Pause, cancellationToken);

    /// <inheritdoc />
    public Task<string?> ResumeAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Resume, cancellationToken);

    /// <inheritdoc />
    public Task<string?> CancelAsync(string reason, CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Cancel, cancellationToken, reason);

    /// <inheritdoc />
    public Task<string?> AnswerAsync(int choice, CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Answer, cancellationToken, choice: choice);

    /// <inheritdoc />
    public Task<string?> ClearAsync(CancellationToken cancellationToken = default) => _callers.AskAsync(SessionVerb.Clear, cancellationToken);

    /// <inheritdoc />
    public async Task EmergencyStopAsync(CancellationToken cancellationToken = default)
    {
        Task? noted = null;
        try
        {
            var loop = _loop ?? throw new IOException("there is no link");
            // The loop is told first, so that it knows what the machine's answer answers, and is not waited for.
            noted = _callers.AskAsync(SessionVerb.Emergency, CancellationToken.None);
            await loop.WriteEmergencyStopAsync(cancellationToken);
        }
        catch (IOException error)
        {
            throw new MachineLinkException($"The emergency stop did not reach {_options.PortName}: {error.Message}. Use the machine's own switch, now.", error);
        }

        await noted;
    }

    /// <inheritdoc />
    public Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken = default) => _callers.SendAsync(command, cancellationToken);

    /// <inheritdoc />
    public Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken = default) => _callers.OperateAsync(operation, cancellationToken);

    /// <summary>Stops a running program safely, then closes the port.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        _loop?.Wake();
        if (_running is { } running)
            await running;
        _events.Complete();
        _stopping.Dispose();
    }

    private async Task PostAsync(SessionRequest request, CancellationToken cancellationToken)
    {
        if (_loop is not null)
            await _requests.Writer.WriteAsync(request, cancellationToken);
        else
            request.Refuse(OfflineText());
        if (_loop is { } loop)
            loop.Wake();
        else
            RefuseAll();
    }

    private string OfflineText() => $"{_options.PortName} is offline. It is opened again by itself when it is back.";

    private void RefuseAll()
    {
        while (_requests.Reader.TryRead(out var request))
            request.Refuse(OfflineText());
    }

    private async Task KeepOpenAsync(TaskCompletionSource<MachineInfo> opened, CancellationToken openCancellation)
    {
        var reopening = Reopening.Pipeline(_options.ReopenDelay, _options.MaxReopenDelay, _time);
        try
        {
            using var opening = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, openCancellation);
            var loop = _options.WaitForMachine
                ? await reopening.ExecuteAsync(async token => await ConnectAsync(token), opening.Token)
                : await ConnectAsync(opening.Token);
            while (true)
            {
                _info = loop.Control.Info;
                _loop = loop;
                loop.TellState();
                opened.TrySetResult(loop.Control.Info);
                string ended;
                await using (loop)
                {
                    ended = await loop.ServeAsync(_stopping.Token);
                    _loop = null;
                    (_wantsReset, _isResetTold) = (loop.Control.WantsReset, false);
                    SetState(MachineState.Offline, ended);
                    RefuseAll();
                }

                if (_stopping.IsCancellationRequested)
                    return;
                _events.Note($"{_options.PortName} was lost: {ended}. Trying to open it again.");
                loop = await reopening.ExecuteAsync(async token => await ConnectAsync(token), _stopping.Token);
            }
        }
        catch (OperationCanceledException error) when (_stopping.IsCancellationRequested || openCancellation.IsCancellationRequested)
        {
            opened.TrySetException(openCancellation.IsCancellationRequested ? error : new ObjectDisposedException(nameof(MachineSession)));
        }
        catch (Exception error)
        {
            // The boundary of the session's task: what opening could not do is the opener's to know; anything later is a defect, told to whoever awaits the end.
            if (!opened.TrySetException(error))
                throw;
        }
        finally
        {
            _loop = null;
            SetState(MachineState.Offline, null);
            RefuseAll();
        }
    }

    private async Task<SessionLoop> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            var loop = await SessionOpening.ConnectAsync(
                _options, (baud, token) => _open(baud, _wantsReset, token), _time, _requests.Reader, _events, _limits, SetState, cancellationToken);
            if (_wantsReset)
                _events.Note($"{_options.PortName} answers again behind its reset.");
            _wantsReset = false;
            return loop;
        }
        catch (MachineLinkException error) when (_wantsReset && !_isResetTold)
        {
            _isResetTold = true;
            SetState(MachineState.Offline, $"It does not answer behind a reset over its port (DTR): press its reset, or switch it off and on. It is opened again by itself. {error.Message}");
            throw;
        }
    }

    private void SetState(MachineState state, string? reason)
    {
        _state = (int)state;
        _events.Add(new MachineStateChanged { At = _events.Now, State = state, Reason = reason });
    }
}
