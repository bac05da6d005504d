// Marlin 2.x: the receive path, the command queue and the main loop. The commands themselves are in the other parts of this class.

using System.Text;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using FabNet.FirmwareSimulator.Wire;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Marlin;

/// <summary>
/// Marlin as a host sees it. Line numbers, checksums and resends follow <c>gcode/queue.cpp</c>; the command that is being executed keeps its slot of the queue, and while it
/// blocks, lines are taken from the receive ring only until the queue is full.
/// </summary>
internal sealed partial class MarlinFirmware : Firmware
{
    private readonly MarlinBuild _build;
    private readonly MachineProfile _profile;
    private readonly Queue<string> _commands = new();
    private readonly StringBuilder _line = new();
    private readonly EmergencyParser _emergency = new();

    private bool _lineSkipsRest;
    private long _lastNumber;
    private bool _halted;
    private bool _booted;
    private double _bootedAt;
    private double _freeAt;
    private MarlinCommand _command;
    private long? _commandNumber;
    private IEnumerator<Wait>? _blocking;
    private double _nextBusyAt = double.PositiveInfinity;
    private double _idleSince;
    private bool _omitOk;
    private bool _waitForHeatUp;
    private bool _waitForUser;

    public MarlinFirmware(MarlinBuild build, MachineProfile profile, ExecutionLog log)
        : base(log)
    {
        _build = build;
        _profile = profile;
        Received = new ReceiveBuffer(build.ReceiveBytes - 1);
        _limits = MotionLimits.Of(profile);
        _motion = NewMotion();
        _heaters = NewHeaters();
    }

    public override ReceiveBuffer Received { get; }

    public override MotionQueue Motion => _motion;

    public override string StateText => _halted ? "halted" : Now < _bootedAt ? "booting" : _waitForUser ? "paused for user" : _blocking is not null || !_motion.IsEmpty ? "busy" : "idle";

    public override double NextWorkAt
    {
        get
        {
            if (_halted)
            {
                return double.PositiveInfinity;
            }

            if (!_booted)
            {
                return _bootedAt;
            }

            var next = Math.Min(_motion.NextEventAt, NextHeaterFailureAt);
            if (_blocking is { } blocking)
            {
                return Math.Min(next, blocking.Current.UntilS);
            }

            return _commands.Count > 0 ? Math.Min(next, _freeAt) : next;
        }
    }

    public override double NextEventAt
    {
        get
        {
            if (_halted || !_booted)
            {
                return NextWorkAt;
            }

            var next = Math.Min(NextWorkAt, Math.Min(_nextTemperatureReportAt, _nextBufferReportAt));
            if (_blocking is not null)
            {
                next = Math.Min(next, _nextBusyAt);
            }
            else if (_build.WaitMessageS > 0 && _commands.Count == 0)
            {
                next = Math.Min(next, _idleSince + _build.WaitMessageS);
            }

            return next;
        }
    }

    /// <summary>Slots of the command queue that are free.</summary>
    public int FreeSlots => _booted && !_halted ? _build.CommandSlots - _commands.Count : 0;

    /// <summary>True if nothing is queued, executed or moving.</summary>
    public bool IsIdle => _booted && !_halted && _commands.Count == 0 && Received.Count == 0 && _motion.IsEmpty;

    /// <summary>True while M0 or M1 waits for a person.</summary>
    public bool IsWaitingForUser => _waitForUser;

    /// <summary>True once it was killed, until it is reset.</summary>
    public bool IsHalted => _halted;

    /// <summary>Drops what is queued and stops at once, as aborting a print at the panel does; heaters stay.</summary>
    public void AbortPrint()
    {
        _blocking = null;
        _waitForUser = false;
        _waitForHeatUp = false;
        _commands.Clear();
        Received.Clear();
        _line.Clear();
        QuickStop();
    }

    public override bool IsNotable(byte value) => value is (byte)'\n' or (byte)'\r';

    protected override void OnBoot()
    {
        Received.Clear();
        _commands.Clear();
        _line.Clear();
        _lineSkipsRest = false;
        _lastNumber = 0;
        _halted = false;
        _booted = false;
        _bootedAt = Now + _build.BootTimeS;
        _blocking = null;
        _waitForUser = false;
        ResetMotion();
        ResetHeaters();
    }

    protected override void OnReceived(byte value)
    {
        if (_halted)
        {
            return;
        }

        if (!_booted)
        {
            Received.Lose();
            return;
        }

        if (_build.EmergencyParser)
        {
            switch (_emergency.Take(value))
            {
                case EmergencyCommand.Continue:
                    _waitForHeatUp = false;
                    _waitForUser = false;
                    break;
                case EmergencyCommand.Kill:
                    Record(null, "M112");
                    Kill("M112 Shutdown");
                    return;
                case EmergencyCommand.QuickStop:
                    QuickStop();
                    break;
                case EmergencyCommand.PromptAnswer when _build.HostPrompts:
                    _waitForUser = false;
                    break;
            }
        }

        Received.Add(value);
    }

    protected override void OnTimePassed()
    {
        if (_halted)
        {
            return;
        }

        if (!_booted)
        {
            if (Now < _bootedAt)
            {
                return;
            }

            _booted = true;
            _freeAt = Now;
            _idleSince = Now;
            SendBanner();
        }

        _motion.AdvanceTo(Now);
        CheckHeaters();
        if (!_halted)
        {
            SendPeriodicReports();
            RunMainLoop();
        }
    }

    private void RunMainLoop()
    {
        while (!_halted && !IsStopped)
        {
            TakeLines();
            if (_halted)
            {
                return;
            }

            if (_blocking is { } blocking)
            {
                if (!IsOver(blocking.Current))
                {
                    return;
                }

                if (!Resume(blocking))
                {
                    return;
                }
            }
            else if (_commands.Count > 0 && Now >= _freeAt)
            {
                Begin(_commands.Peek());
            }
            else
            {
                return;
            }
        }
    }

    private void Begin(string line)
    {
        _command = MarlinCommand.Parse(line);
        _commandNumber = line.Length > 0 && line.TrimStart(' ')[0..] is ['N', ..] numbered ? LeadingInteger(numbered.AsSpan(1)) : null;
        _omitOk = false;
        _nextBusyAt = Now + _keepAliveS;
        var blocking = Execute(_command);
        if (_halted)
        {
            return;
        }

        if (blocking is null)
        {
            Complete();
            return;
        }

        Resume(blocking);
    }

    /// <summary>Runs a blocking command up to its next wait.</summary>
    /// <returns>False if it waits.</returns>
    private bool Resume(IEnumerator<Wait> blocking)
    {
        _blocking = blocking;
        while (blocking.MoveNext())
        {
            if (_halted)
            {
                _blocking = null;
                return false;
            }

            if (!IsOver(blocking.Current))
            {
                return false;
            }
        }

        _blocking = null;
        if (!_halted)
        {
            Complete();
        }

        return true;
    }

    private bool IsOver(Wait wait) => wait.Kind switch
    {
        WaitKind.Room => _motion.Free > 0,
        WaitKind.Stillness => _motion.IsEmpty,
        WaitKind.Heating => !_waitForHeatUp || Now >= wait.UntilS,
        WaitKind.User => !_waitForUser || Now >= wait.UntilS,
        _ => Now >= wait.UntilS,
    };

    private void Complete()
    {
        Record(_commandNumber, _command.Text);
        var line = _commands.Peek();
        if (!_omitOk)
        {
            SendOk(line);
        }

        _commands.Dequeue();
        _freeAt = Now + _build.CommandTimeS;
        _idleSince = Now;
    }

    private void SendOk(string line)
    {
        if (!_build.AdvancedOk)
        {
            Send("ok\n");
            return;
        }

        var number = line.StartsWith('N') ? $" N{LeadingInteger(line.AsSpan(1))}" : "";
        Send($"ok{number} P{_motion.Free} B{_build.CommandSlots - _commands.Count}\n");
    }

    /// <summary>Switches everything off and stays silent until a reset.</summary>
    private void Kill(string? reason)
    {
        _motion.Abort(Now);
        SwitchHeatersOff();
        _blocking = null;
        if (reason is not null)
        {
            Send($"echo:{reason}\n");
        }

        Send("Error:Printer halted. kill() called!\n");
        _halted = true;
        _commands.Clear();
        Received.Clear();
    }
}
