// One Bambu Lab machine: whole files over MQTT and FTPS, under the same contract as a serial machine.

using System.Globalization;
using System.Threading.Channels;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>
/// A session with one Bambu Lab machine in LAN mode, over one connection. The machine prints by itself: a lost connection does not end a run, and a start is sent once and never again. A print
/// that another process of this program started can be paused, resumed and cancelled as if this one had.
/// </summary>
public sealed class BambuSession : IMachineSession
{
    private readonly BambuMachineOptions _options;
    private readonly TimeProvider _time;
    private readonly EventOutbox _events;
    private readonly SessionRequests _callers;
    private readonly BambuTrust _trust;
    private readonly Channel<object> _inbox = Channel.CreateBounded<object>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly BambuConnection _connection;
    private readonly BambuLoop _loop;
    private Task? _running;
    private volatile MachineInfo? _info;
    private int _disposed;

    /// <summary>A session that is not open yet.</summary>
    /// <param name="options">The machine and how it is trusted.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    public BambuSession(BambuMachineOptions options, TimeProvider? timeProvider = null)
    {
        _options = options;
        _time = timeProvider ?? TimeProvider.System;
        _events = new EventOutbox(_time);
        _callers = new SessionRequests(PostAsync);
        _trust = new BambuTrust(options.SerialNumber, options.CertificateAuthority, options.CertificateSha256, _time);
        _connection = new BambuConnection(
            options,
            _trust,
            _time,
            async report => await _inbox.Writer.WriteAsync(new BambuArrived(report), _stopping.Token),
            async why => await _inbox.Writer.WriteAsync(new BambuLost(why), _stopping.Token));
        _loop = new BambuLoop(options, _connection, new BambuUpload(options, _trust, _events, _time), _inbox, _events, _time, _stopping.Token);
    }

    /// <inheritdoc />
    public MachineState State => _loop.State;

    /// <inheritdoc />
    public MachineInfo? Info => _info;

    /// <inheritdoc />
    public IAsyncEnumerable<MachineEvent> ReadEventsAsync(CancellationToken cancellationToken = default) => _events.ReadAllAsync(cancellationToken);

    /// <summary>Connects, and waits until the machine has said what it does: only then it is known whether an earlier process left it printing.</summary>
    /// <inheritdoc />
    public async Task<MachineInfo> OpenAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_running is not null)
            throw new InvalidOperationException($"{_options.SerialNumber} is open already.");
        await _connection.OpenAsync(cancellationToken);
        await _inbox.Writer.WriteAsync(new BambuConnected(), cancellationToken);
        _running = Task.Run(_loop.ServeAsync, CancellationToken.None);
        try
        {
            await _loop.Told.WaitAsync(_options.Connect, _time, cancellationToken);
        }
        catch (TimeoutException error)
        {
            throw new MachineLinkException(
                $"{_options.Host}:{_options.Port} takes the access code, and {_options.SerialNumber} has not reported within {_options.Connect.TotalSeconds:0.#} s. Check the serial number, and that the machine is on.",
                error);
        }

        _info = new MachineInfo
        {
            Dialect = FirmwareDialect.Bambu,
            Firmware = _loop.Firmware,
            Address = string.Create(CultureInfo.InvariantCulture, $"{_options.Host}:{_options.Port}/{_options.SerialNumber}"),
        };
        return _info;
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

    /// <summary>Asks the firmware to halt (M112) and stops the print. The network is no safety circuit: use the machine's switch where that matters.</summary>
    /// <inheritdoc />
    public async Task EmergencyStopAsync(CancellationToken cancellationToken = default)
    {
        if (!_connection.IsOpen)
            throw new MachineLinkException($"{_options.SerialNumber} is not connected. Use the machine's own switch, now.");
        await _connection.SendSurelyAsync(new BambuCommands().GCode("M112"), cancellationToken);
        await _callers.AskAsync(SessionVerb.Emergency, cancellationToken);
    }

    /// <inheritdoc />
    public Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken = default) =>
        _callers.OperateByCommandsAsync(operation, State, cancellationToken);

    /// <inheritdoc />
    public Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken = default) => _callers.SendAsync(command, cancellationToken);

    /// <summary>Closes the connection. A print that runs on the machine goes on: it is the machine that prints.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        _inbox.Writer.TryComplete();
        if (_running is { } running)
            await running;
        _loop.Dispose();
        await _connection.DisposeAsync();
        _events.Complete();
        _stopping.Dispose();
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
}
