// Keeps one machine's session open, and turns what it says into reports, telemetry and messages to the edge's loop.

using System.Globalization;
using System.Threading.Channels;
using FabNet.Edge.Configuration;
using FabNet.Edge.Telemetry;
using FabNet.FirmwareBridge;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge.Machines;

/// <summary>
/// One machine of the site. The session reopens its link by itself when it was unplugged; a session that could not be opened at all (nothing
/// sensible at the other end) is replaced by a new one after a pause. Members are thread safe: orders go through a channel to the one runner, and reports
/// are replaced as a whole.
/// </summary>
internal sealed partial class MachineHost : IAsyncDisposable
{
    private static readonly TimeSpan FirstReopenDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxReopenDelay = TimeSpan.FromSeconds(30);

    private readonly MachineId _id;
    private readonly MachineConfig _config;
    private readonly Func<IMachineSession> _open;
    private readonly ChannelWriter<EdgeMessage> _inbox;
    private readonly TelemetrySpool _spool;
    private readonly TelemetrySampler _sampler = new();
    private readonly RunMark _mark;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<RunOrder> _orders = Channel.CreateBounded<RunOrder>(1);
    private readonly CancellationTokenSource _stop = new();
    private volatile SessionReport _report = new() { State = MachineState.Offline, Detail = "It is being opened." };
    private volatile IMachineSession? _session;
    private volatile JobRunner? _runner;

    // Whose events the listener, who may be behind, hears now. Only the listener touches it.
    private string? _running;
    private Task _life = Task.CompletedTask;
    private volatile bool _mustBeMadeSafe;

    public MachineHost(
        MachineId id, MachineConfig config, Func<IMachineSession> open, ChannelWriter<EdgeMessage> inbox, TelemetrySpool spool, RunMark mark, TimeProvider time, ILogger logger)
    {
        _id = id;
        _config = config;
        _open = open;
        _inbox = inbox;
        _spool = spool;
        _mark = mark;
        _time = time;
        _logger = logger;
    }

    /// <summary>The machine as its session sees it.</summary>
    public SessionReport Report => _report;

    /// <summary>Machine seconds that pass in one second of the wall clock: 1, but for a simulated machine.</summary>
    private double Speed => _config.SimulatedSpeed ?? 1;

    /// <summary>Begins to open the machine.</summary>
    /// <param name="wasLeftRunning">True if an earlier process left a program running: then heaters and spindle are turned off first.</param>
    public void Start(bool wasLeftRunning)
    {
        _mustBeMadeSafe = wasLeftRunning;
        _life = Task.Run(() => LiveAsync(_stop.Token));
    }

    /// <summary>The line that an earlier process marked before it died; null if it marked none.</summary>
    public MarkedLine? LastLineLeftBehind(JobId job, int epoch) => _mark.Read(job, epoch);

    /// <summary>Hands a program to the machine. The loop hands over one at a time.</summary>
    public void Run(RunOrder order)
    {
        _report = _report with { Progress = order.From?.FractionAt(order.ToWhole(0)) ?? 0, RemainingSeconds = order.Program.Summary.TimeSeconds };
        if (!_orders.Writer.TryWrite(order))
        {
            throw new InvalidOperationException($"{_id} was given {order.Job} while it had another run.");
        }
    }

    /// <summary>Stops the program that was handed over, safely; its end is posted as always.</summary>
    public void CancelRun(string reason)
    {
        if (_orders.Reader.TryRead(out var order))
        {
            Post(new RunEnded(_id, order.Job, order.Epoch, new RunEnd(RunEndKind.Cancelled, reason, 0, 0)));
        }
        else
        {
            _runner?.Cancel(reason);
        }
    }

    /// <summary>The loop has taken note of a run's end.</summary>
    public void ForgetRun()
    {
        _runner = null;
        _mark.Clear();
        _report = _report with { Progress = 0, RemainingSeconds = null };
    }

    /// <summary>Holds the running program.</summary>
    /// <exception cref="OperatorException">It can't be held now.</exception>
    public Task PauseAsync(CancellationToken cancellationToken) => DoAsync(s => s.PauseAsync(cancellationToken));

    /// <summary>Goes on after a pause.</summary>
    /// <exception cref="OperatorException">It can't go on now.</exception>
    public Task ResumeAsync(CancellationToken cancellationToken) => DoAsync(s => s.ResumeAsync(cancellationToken));

    /// <summary>Does something by hand.</summary>
    /// <returns>What the machine answered.</returns>
    /// <exception cref="OperatorException">It can't be done now.</exception>
    public async Task<string> OperateAsync(ManualOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            var session = _session ?? throw new OperatorException($"There is no link to {_id}: {_report.Detail}");
            var reply = await session.OperateAsync(operation, cancellationToken);
            return reply.IsOk ? string.Join(" ", [$"{_id}: done.", .. reply.Lines]) : throw new OperatorException(reply.Error ?? "The machine refused it.");
        }
        catch (MachineLinkException e)
        {
            throw new OperatorException(e.Message);
        }
    }

    /// <summary>Stops the machine at once.</summary>
    /// <exception cref="OperatorException">The machine can't be reached: use its own switch.</exception>
    public async Task EmergencyStopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (_session ?? throw new OperatorException($"There is no link to {_id}. Use its own switch.")).EmergencyStopAsync(cancellationToken);
        }
        catch (MachineLinkException e)
        {
            throw new OperatorException(e.Message);
        }
    }

    /// <summary>A person says that the machine is clear: an alarm or a doubt of the session's is over too.</summary>
    public void Reset()
    {
        if (_session is { } session)
        {
            _ = ResetAsync(session);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _life;
        _stop.Dispose();
    }

    private async Task ResetAsync(IMachineSession session)
    {
        try
        {
            if (await session.ClearAsync(_stop.Token) is { } refusal)
            {
                LogNoted(_id, refusal);
            }
        }
        catch (Exception e) when (e is MachineLinkException or OperationCanceledException or ObjectDisposedException)
        {
            LogNoted(_id, e.Message);
        }
    }

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        var delay = FirstReopenDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var session = _open();
                _session = session;
                using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var listening = ListenAsync(session, closing.Token);
                try
                {
                    var info = await session.OpenAsync(cancellationToken);
                    LogOpened(_id, info.Firmware, info.Address);
                    delay = FirstReopenDelay;
                    await MakeSafeAsync(session, cancellationToken);
                    Publish(_report with { State = session.State, Detail = null });
                    await ServeAsync(session, cancellationToken);
                }
                finally
                {
                    await closing.CancelAsync();
                    await listening;
                    _session = null;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever is wrong with one machine is said of that machine, and the site goes on.
                LogCantOpen(_id, e.Message);
                Publish(new SessionReport { State = MachineState.Offline, Detail = e.Message });
            }

            await WaitAsync(delay, cancellationToken);
            delay = delay < MaxReopenDelay ? delay * 2 : MaxReopenDelay;
        }
    }

    private async Task ServeAsync(IMachineSession session, CancellationToken cancellationToken)
    {
        await foreach (var order in _orders.Reader.ReadAllAsync(cancellationToken))
        {
            using var runner = new JobRunner(_id, order, session, _mark, _inbox, Speed);
            _runner = runner;
            await runner.RunAsync(cancellationToken);
        }
    }

    private async Task ListenAsync(IMachineSession session, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in session.ReadEventsAsync(cancellationToken))
            {
                Hear(session, happened);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session is being closed.
        }
    }

    private void Hear(IMachineSession session, MachineEvent happened)
    {
        switch (happened)
        {
            case MachineStateChanged changed:
                _runner?.Hear(changed);
                Publish(changed.State is MachineState.Idle && _mustBeMadeSafe
                    ? _report with { State = MachineState.Preparing, Detail = "An earlier process left it running: its heaters and spindle are being turned off." }
                    : _report with { State = changed.State, Detail = changed.Reason, CountedMm = changed.State is MachineState.Offline ? null : _report.CountedMm });
                break;
            case TemperaturesReported temperatures:
                Hear(temperatures);
                break;
            case RunStarted started:
                _running = started.Name;
                break;
            case FirmwareBridge.RunEnded:
                _running = null;
                break;
            case ProgressReported progress when _runner is { } runner && runner.Order.Name == _running:
                Hear(progress, runner);
                break;
            case PositionReported { IsMachine: false } position:
                _report = _report with { CountedMm = new Position(position.XMm, position.YMm, position.ZMm) };
                break;
            case PositionReported position:
                Sample(position.At, Metric.PositionMm, 0, position.XMm);
                Sample(position.At, Metric.PositionMm, 1, position.YMm);
                Sample(position.At, Metric.PositionMm, 2, position.ZMm);
                break;
            case UploadProgressed upload:
                Publish(_report with { Detail = string.Create(CultureInfo.InvariantCulture, $"{(double)upload.SentBytes / upload.TotalBytes:P0} of the program is uploaded.") });
                break;
            case PromptRaised prompt:
                Publish(_report with { Detail = prompt.Text });
                break;
            case MachineNoted noted:
                LogNoted(_id, noted.Text);
                break;
            default:
                break;
        }
    }

    private void Hear(TemperaturesReported temperatures)
    {
        var report = _report;
        foreach (var reading in temperatures.Readings)
        {
            var (current, target) = reading.Kind switch
            {
                HeaterKind.HotEnd => (Metric.HotEndC, Metric.HotEndTargetC),
                HeaterKind.Bed => (Metric.BedC, (Metric?)Metric.BedTargetC),
                _ => (Metric.ChamberC, null),
            };
            Sample(temperatures.At, current, reading.Index, reading.CurrentC);
            if (target is { } wanted && reading.TargetC is { } targetC)
            {
                Sample(temperatures.At, wanted, reading.Index, targetC);
            }

            report = reading switch
            {
                { Kind: HeaterKind.HotEnd, Index: 0 } => report with { HotEndC = reading.CurrentC },
                { Kind: HeaterKind.Bed } => report with { BedC = reading.CurrentC },
                _ => report,
            };
        }

        _report = report;
    }

    private void Hear(ProgressReported progress, JobRunner runner)
    {
        var order = runner.Order;
        // A simulated machine moves as the program's time model says, whatever its speed; a real one's own pace counts.
        var remaining = _config.SimulatedSpeed is not null
            ? (1 - Math.Clamp(progress.Fraction, 0, 1)) * order.Program.Summary.TimeSeconds
            : progress.Remaining?.TotalSeconds;
        var fraction = order.From?.FractionAt(order.ToWhole(progress.Line)) ?? progress.Fraction;
        _report = _report with { Progress = Math.Clamp(fraction, 0, 1), RemainingSeconds = remaining };
        Sample(progress.At, Metric.Progress, 0, fraction);
        Sample(progress.At, Metric.LinesAcknowledged, 0, order.ToWhole(progress.Line));
        if (remaining is { } seconds)
        {
            Sample(progress.At, Metric.RemainingS, 0, seconds);
        }

        if (_mark.Write(order.Job, order.Epoch, runner.Acknowledge(progress.Line)) is { } refusal)
        {
            LogNoted(_id, refusal);
        }
    }

    private void Sample(DateTimeOffset at, Metric metric, int index, double value)
    {
        var sample = new TelemetrySample(_id, at, metric, index, value, _runner?.Order.Job);
        if (double.IsFinite(value) && _sampler.Accepts(sample))
        {
            _spool.Add(sample);
        }
    }

    /// <summary>An earlier process died while this machine ran: what it left hot is turned off before anybody may start it again.</summary>
    private async Task MakeSafeAsync(IMachineSession session, CancellationToken cancellationToken)
    {
        if (!_mustBeMadeSafe)
        {
            return;
        }

        if (await session.CancelAsync("The agent was interrupted.", cancellationToken) is { } refusal
            && session.State is MachineState.Running or MachineState.Paused or MachineState.Preparing or MachineState.Offline)
        {
            throw new MachineLinkException($"{_id} still makes what an earlier process started, and can't be stopped from here: {refusal} Stop it at the machine, or let it end.");
        }

        await SafeCommands.SendAsync(_id, _config.Profile, session, cancellationToken);
        _mustBeMadeSafe = false;
        LogMadeSafe(_id);
    }

    private async Task DoAsync(Func<IMachineSession, Task<string?>> act)
    {
        try
        {
            var refusal = await act(_session ?? throw new OperatorException($"There is no link to {_id}: {_report.Detail}"));
            if (refusal is not null)
            {
                throw new OperatorException(refusal);
            }
        }
        catch (MachineLinkException e)
        {
            throw new OperatorException(e.Message);
        }
    }

    private void Publish(SessionReport report)
    {
        _report = report;
        Post(new SessionChanged(_id));
    }

    /// <summary>News of a session may be dropped when the loop is behind: it reads the report itself, at the latest in a second. The end of a run may not.</summary>
    private void Post(EdgeMessage message)
    {
        if (!_inbox.TryWrite(message) && message is RunEnded)
        {
            _ = _inbox.WriteAsync(message).AsTask();
        }
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The loop condition ends it.
        }
    }

    [LoggerMessage(LogLevel.Information, "{Machine} is {Firmware} at {Address}.")]
    private partial void LogOpened(MachineId machine, string firmware, string address);

    [LoggerMessage(LogLevel.Warning, "{Machine} can't be opened: {Reason}")]
    private partial void LogCantOpen(MachineId machine, string reason);

    [LoggerMessage(LogLevel.Information, "{Machine}: {Note}")]
    private partial void LogNoted(MachineId machine, string note);

    [LoggerMessage(LogLevel.Warning, "{Machine} was left running by an earlier process; its heaters and spindle are off now.")]
    private partial void LogMadeSafe(MachineId machine);
}
