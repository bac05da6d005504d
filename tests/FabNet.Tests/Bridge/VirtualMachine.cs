// A session's loop and a simulated firmware in virtual time on one thread: every run of a test is the same to the byte, and an hour of machine time takes milliseconds.

using System.Globalization;
using System.Text;
using System.Threading.Channels;
using FabNet.FirmwareBridge;
using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Serial;
using FabNet.FirmwareBridge.Streaming;
using FabNet.FirmwareSimulator;
using FabNet.FirmwareSimulator.Faults;
using FabNet.FirmwareSimulator.Grbl;
using FabNet.FirmwareSimulator.Marlin;
using FabNet.FirmwareSimulator.Recording;
using FabNet.GCode;
using FabNet.Model.Machines;
using Xunit;

namespace FabNet.Tests.Bridge;

/// <summary>
/// The machine, its wire with at most one fault, and the session's own opening, loop and control; only what <see cref="MachineSession"/> adds (its task, and the pauses before a lost
/// link is opened again) is played here. Nothing runs but inside <see cref="Until"/>.
/// </summary>
internal sealed class VirtualMachine : IDisposable
{
    private static readonly LinkTimings Timings = new()
    {
        NoReply = TimeSpan.FromSeconds(5),
        LongCommand = TimeSpan.FromSeconds(150),
        Misses = 3,
    };

    private readonly Channel<SessionRequest> _requests = Channel.CreateUnbounded<SessionRequest>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SerialMachineOptions _options;
    private readonly bool _resetsOnOpen;
    private readonly bool _hasDtr;
    private bool _wantsReset;
    private readonly WireFaults _faults;
    private readonly MarlinLimits _limits = new();
    private VirtualWire? _wire;
    private Task<SessionLoop>? _opening;
    private Task<string>? _serving;
    private SessionLoop? _loop;
    private double _openAt;
    private double _nowS;

    private VirtualMachine(Func<ExecutionLog, Firmware> firmware, SerialMachineOptions options, IReadOnlyList<WireFault> faults, bool resetsOnOpen, double noise, int seed, bool hasDtr = false)
    {
        _hasDtr = hasDtr;
        Firmware = firmware(Log);
        Simulation = new SerialSimulation(Firmware, Log, new FaultInjector([], seed), options.Baud);
        _options = options with { Timings = Timings };
        _resetsOnOpen = resetsOnOpen;
        _faults = new WireFaults(faults, noise, seed);
        Events = new EventOutbox(Time);
    }

    public ManualTimeProvider Time { get; } = new();

    public ExecutionLog Log { get; } = new();

    public Firmware Firmware { get; }

    public SerialSimulation Simulation { get; }

    public EventOutbox Events { get; }

    public WireFaults Wire => _faults;

    public MachineState State { get; private set; } = MachineState.Offline;

    public string? Reason { get; private set; }

    /// <summary>Why the last link ended.</summary>
    public string? Ended { get; private set; }

    public int Openings { get; private set; }

    public double NowS => _nowS;

    public bool IsAnythingOn => Firmware switch
    {
        MarlinFirmware marlin => marlin.HotEnd.TargetC > 0 || marlin.HeatedBed.TargetC > 0,
        GrblFirmware grbl => grbl.SpindleRpm() > 0,
        _ => throw new NotSupportedException(Firmware.GetType().Name),
    };

    public static VirtualMachine Marlin(MarlinBuild build, IReadOnlyList<WireFault>? faults = null, bool resetsOnOpen = true, double noise = 0, int seed = 1, bool hasDtr = false) =>
        new(log => new MarlinFirmware(build, Bench.Printer, log), Bench.Options(), faults ?? [], resetsOnOpen, noise, seed, hasDtr);

    public static VirtualMachine Grbl(GrblBuild build, IReadOnlyList<WireFault>? faults = null, bool resetsOnOpen = true, double noise = 0, int seed = 1) =>
        new(log => new GrblFirmware(build, Bench.Router, log), Bench.Options(), faults ?? [], resetsOnOpen, noise, seed);

    /// <summary>Lets time pass until something is so.</summary>
    public bool Until(Func<bool> isSo, double limitS)
    {
        var endS = _nowS + limitS;
        // The session goes on inside whatever wakes it, on this thread, only where no context takes it elsewhere.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            while (!isSo())
            {
                if (_nowS >= endS)
                    return false;
                Step(endS);
            }

            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public void Open()
    {
        Assert.True(Until(() => _loop is not null, 60), $"It was not opened: {Ended}");
        Assert.True(Until(() => State is not MachineState.Offline, 5));
    }

    /// <summary>Runs a program; the wire's fault counts from here.</summary>
    public RunOutcome Run(AdmittedProgram program, double limitS = 3600, Action? strike = null, double strikeAfterS = 0)
    {
        _faults.Arm();
        return RunInCalm(program, limitS, strike, strikeAfterS);
    }

    /// <summary>Runs a program; the wire does what it did before.</summary>
    public RunOutcome RunInCalm(AdmittedProgram program, double limitS = 3600, Action? strike = null, double strikeAfterS = 0)
    {
        var done = Begin(program);
        if (strike is not null && !Until(() => done.IsCompleted, strikeAfterS))
            strike();
        // A flipped bit may make a feed hold, which waits for a person.
        while (Until(() => done.IsCompleted || State is MachineState.Attention, limitS) && !done.IsCompleted)
            Ask(SessionVerb.Resume);
        if (!done.IsCompleted)
            Assert.Fail($"No outcome after {limitS} s; {State}: {Reason}\n{Story()}");
        return done.Result;
    }

    /// <summary>Does what an emergency stop does: tells the loop, and writes past it.</summary>
    public void EmergencyStop()
    {
        Post(new VerbRequest(SessionVerb.Emergency, "", 0, new TaskCompletionSource<string?>()));
        var written = _loop!.WriteEmergencyStopAsync(CancellationToken.None);
        Assert.True(Until(() => written.IsCompleted, 10));
        Until(() => false, 0.1);
    }

    /// <summary>Pulls the cable, and plugs it in again later.</summary>
    public void Unplug(double seconds) => _faults.Unplug(Simulation, _nowS, seconds);

    public Task<RunOutcome> Begin(AdmittedProgram program, RunOptions? options = null)
    {
        var done = new TaskCompletionSource<RunOutcome>();
        Post(new RunRequest(new ActiveRun(program, options ?? new RunOptions { LeavesPart = false }, done)));
        return done.Task;
    }

    public CommandReply Send(string command, double limitS = 120)
    {
        var waiter = new TaskCompletionSource<CommandReply>();
        Post(new CommandRequest(new Submission(command) { Waiter = waiter }));
        if (!Until(() => waiter.Task.IsCompleted, limitS))
            Assert.Fail($"{command} was never answered; {State}: {Reason}\n{Story()}");
        return waiter.Task.Result;
    }

    /// <summary>Asks for something and does not wait for the answer.</summary>
    public void Tell(string command) => Post(new CommandRequest(new Submission(command) { Waiter = new TaskCompletionSource<CommandReply>() }));

    public string? Ask(SessionVerb verb, string reason = "")
    {
        var answer = new TaskCompletionSource<string?>();
        Post(new VerbRequest(verb, reason, 0, answer));
        Assert.True(Until(() => answer.Task.IsCompleted, 10), $"{verb} was never answered.");
        return answer.Task.Result;
    }

    /// <summary>What happened, for the message of a failing case.</summary>
    public string Story()
    {
        var text = new StringBuilder();
        while (Events.Take() is { } happened)
        {
            if (happened is not (PositionReported or ProgressReported or TemperaturesReported))
                text.Append(CultureInfo.InvariantCulture, $"  {(happened.At - Start).TotalSeconds:0.000} {happened}\n");
        }

        return text.Append("  sent: ").AppendJoin(" | ", _faults.Sent.TakeLast(60)).Append("\n  executed: ").AppendJoin(" | ", Log.Snapshot().Select(static done => done.Text).TakeLast(60)).ToString();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        Until(() => _serving is null, 200);
        _stopping.Dispose();
        Log.Dispose();
    }

    private DateTimeOffset Start { get; } = new ManualTimeProvider().GetUtcNow();

    private void Post(SessionRequest request)
    {
        if (_loop is null)
            request.Refuse("It is offline.");
        else
            Assert.True(_requests.Writer.TryWrite(request));
    }

    private void Step(double endS)
    {
        Keep();
        var nextS = Math.Min(Math.Min(endS, Simulation.NextWakeAt), Math.Min(_faults.NextLateAt, _faults.PlugAt));
        if (Time.UntilNextTimer is { } timer)
            nextS = Math.Min(nextS, _nowS + timer.TotalSeconds);
        if (_opening is null && _serving is null)
            nextS = Math.Min(nextS, Math.Max(_openAt, _nowS));
        // A little later than due: a moment of the simulation lies between two ticks of the clock.
        var ticks = Math.Max(1, (long)Math.Ceiling((nextS - _nowS) * TimeSpan.TicksPerSecond));
        Time.Advance(TimeSpan.FromTicks(ticks));
        _nowS = Time.GetElapsedTime(0).TotalSeconds;
        Simulation.AdvanceTo(_nowS);
        if (_faults.PlugAt <= _nowS)
            _faults.Plug(Simulation);
        _wire?.Deliver();
    }

    // What MachineSession does: opens, serves, and opens again a while after the link was lost.
    private void Keep()
    {
        if (_serving is { IsCompleted: true })
        {
            Ended = _serving.Result;
            _wantsReset = _loop!.Control.WantsReset;
            (_serving, _loop) = (null, null);
            SetState(MachineState.Offline, Ended);
            while (_requests.Reader.TryRead(out var request))
                request.Refuse(Ended);
            _openAt = _nowS + 1;
        }

        if (_opening is { IsCompleted: true } opened)
        {
            _opening = null;
            if (opened.IsCompletedSuccessfully)
            {
                Openings++;
                _wantsReset = false;
                _loop = opened.Result;
                _loop.TellState();
                _serving = ServeAsync(_loop);
            }
            else
            {
                Ended = Assert.IsType<MachineLinkException>(opened.Exception!.InnerException).Message;
                _openAt = _nowS + 1;
            }
        }

        if (_opening is null && _serving is null && _nowS >= _openAt && !_stopping.IsCancellationRequested)
            _opening = SessionOpening.ConnectAsync(_options, (baud, _) => ValueTask.FromResult(OpenWire(baud)), Time, _requests.Reader, Events, _limits, SetState, CancellationToken.None);
    }

    private Stream OpenWire(int baud)
    {
        if (!Simulation.IsPlugged)
            throw new MachineLinkException("There is no such port.");
        _faults.Flush(Simulation, _nowS);
        if (_resetsOnOpen || (_wantsReset && _hasDtr))
            Simulation.Reset(_nowS);
        return _wire = new VirtualWire(Simulation, () => _nowS = Time.GetElapsedTime(0).TotalSeconds, _faults);
    }

    private async Task<string> ServeAsync(SessionLoop loop)
    {
        await using (loop)
            return await loop.ServeAsync(_stopping.Token);
    }

    private void SetState(MachineState state, string? reason)
    {
        (State, Reason) = (state, reason);
        Events.Add(new MachineStateChanged { At = Events.Now, State = state, Reason = reason });
    }
}
