// GRBL 1.1h: the receive path, the main loop and the states. Realtime bytes, reports, $ commands and motion are in the other parts of this class.

using System.Text;
using FabNet.FirmwareSimulator.Motion;
using FabNet.FirmwareSimulator.Recording;
using FabNet.FirmwareSimulator.Wire;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>The states that <c>&lt;State|…&gt;</c> tells.</summary>
internal enum GrblState
{
    Idle,
    Run,
    Hold,
    Jog,
    Alarm,
    Door,
    Check,
    Home,
    Sleep,
}

/// <summary>
/// GRBL as a host sees it (<c>protocol.c</c>): every line gets one <c>ok</c> or <c>error:N</c>, in order; realtime bytes never enter the ring; moves wait in the planner until a
/// cycle starts, which happens as soon as there is nothing to read.
/// </summary>
internal sealed partial class GrblFirmware : Firmware
{
    private readonly GrblBuild _build;
    private readonly GrblSettings _settings;
    private readonly GrblParser _parser;
    private readonly MotionLimits _limits;
    private readonly MotionQueue _motion;
    private readonly bool[] _endstops = new bool[3];
    private readonly StringBuilder _line = new();
    private readonly StringBuilder _rawLine = new();

    private GrblState _state;
    private bool _booted;
    private double _bootedAt;
    private double _deafUntil = double.NegativeInfinity;
    private double _freeAt;
    private bool _lineOverflowed;
    private int _lastError;
    private char _comment;
    private string _raw = "";
    private long? _lineNumber;
    private IEnumerator<Wait>? _blocking;
    private int _blockingResult;
    private bool _answers;
    private bool _resetAfterLine;
    private bool _awaitsReset;

    public GrblFirmware(GrblBuild build, MachineProfile profile, ExecutionLog log)
        : base(log)
    {
        _build = build;
        _settings = new GrblSettings(profile, build);
        _parser = new GrblParser(build);
        _limits = MotionLimits.Of(profile);
        _limits.PrintAcceleration = _limits.TravelAcceleration = double.PositiveInfinity;
        _settings.ApplyTo(_limits);
        _motion = new MotionQueue(_limits, build.PlannerBlocks - 1);
        Received = new ReceiveBuffer(build.ReceiveBytes);
    }

    public override ReceiveBuffer Received { get; }

    public override MotionQueue Motion => _motion;

    public override string StateText => _booted ? _state.ToString() : "booting";

    public override double NextWorkAt
    {
        get
        {
            if (!_booted)
            {
                return _bootedAt;
            }

            var next = Math.Min(_motion.NextEventAt, _restoredAt);
            if (_blocking is { } blocking)
            {
                return IsSuspended ? next : Math.Min(next, blocking.Current.UntilS);
            }

            var hasWork = Received.Count > 0 || (_state == GrblState.Idle && !_motion.IsEmpty);
            return hasWork && !IsSuspended && !_awaitsReset ? Math.Min(next, _freeAt) : next;
        }
    }

    public override double NextEventAt => NextWorkAt;

    /// <summary>A hold, an open door or sleep: the main program stands still.</summary>
    private bool IsSuspended => _state is GrblState.Hold or GrblState.Door or GrblState.Sleep;

    public override bool IsNotable(byte value) => value is (byte)'\n' or (byte)'\r' or (byte)'?' or (byte)'!' or (byte)'~' or 0x18 or > 0x7F;

    public override void BreakHeater()
    {
        // Nothing is heated here.
    }

    /// <summary>Presses a limit switch. With hard limits enabled that is an alarm at once, except while homing looks for it.</summary>
    public override void SetEndstop(int axis, bool pressed)
    {
        _endstops[axis] = pressed;
        if (pressed && _booted && _settings.IsOn(21) && _state is not (GrblState.Alarm or GrblState.Home))
        {
            Halt(alarm: 1);
        }
    }

    protected override void OnBoot()
    {
        // A power cycle. What the EEPROM holds stays; where the machine stands is forgotten.
        _booted = false;
        _bootedAt = Now + _build.BootTimeS;
        _motion.Abort(Now);
        _motion.SetPosition(default);
        _blocking = null;
        _state = _settings.IsOn(22) ? GrblState.Alarm : GrblState.Idle;
        Received.Clear();
    }

    protected override void OnReceived(byte value)
    {
        if (!_booted || Now < _deafUntil)
        {
            Received.Lose();
            return;
        }

        if (!TakeRealtime(value))
        {
            Received.Add(value);
        }
    }

    protected override void OnTimePassed()
    {
        if (!_booted)
        {
            if (Now < _bootedAt)
            {
                return;
            }

            _booted = true;
            Initialise();
        }

        _motion.AdvanceTo(Now);
        FollowMotion();
        RunMainLoop();
    }

    /// <summary>What a power-up and a soft reset have in common.</summary>
    private void Initialise()
    {
        Received.Clear();
        _line.Clear();
        _rawLine.Clear();
        _lineOverflowed = false;
        _lastError = GrblError.None;
        _comment = '\0';
        _blocking = null;
        _awaitsReset = false;
        _freeAt = Now;
        ResetReports();
        _parser.Reset(_motion.PositionAt(Now));
        _motion.SetOverrides(1, 1, Now);
        _motion.Hold(Now);
        Send($"\r\n{_build.Name} 1.1h ['$' for help]\r\n");
        if (_settings.IsOn(21) && _endstops.Contains(true))
        {
            _state = GrblState.Alarm;
            Send("[MSG:Check Limits]\r\n");
        }

        if (_state is GrblState.Alarm or GrblState.Sleep)
        {
            _state = GrblState.Alarm;
            Send("[MSG:'$H'|'$X' to unlock]\r\n");
        }
        else
        {
            _state = GrblState.Idle;
            _answers = false;
            _blocking = RunStartupLines();
            Resume(_blocking);
        }
    }

    /// <summary>Moves the state on when motion comes to its end or to rest.</summary>
    private void FollowMotion()
    {
        if (_doorRestoring && Now >= _restoredAt)
        {
            _doorRestoring = false;
            _restoredAt = double.PositiveInfinity;
            LeaveSuspension();
        }

        switch (_state)
        {
            case GrblState.Run or GrblState.Jog when _motion.IsEmpty:
                _state = GrblState.Idle;
                _motion.Hold(Now);
                break;
            case GrblState.Jog when _jogCancelled && _motion.IsAtRest:
                _jogCancelled = false;
                _motion.Abort(Now);
                _motion.Hold(Now);
                _parser.Position = _motion.Target;
                _state = GrblState.Idle;
                break;
        }
    }

    /// <summary>Starts what is queued, if nothing forbids it.</summary>
    private void StartCycle()
    {
        if (_state == GrblState.Idle && !_motion.IsEmpty)
        {
            _state = GrblState.Run;
            _motion.Release(Now);
        }
    }

    private void RunMainLoop()
    {
        while (!_awaitsReset && !IsSuspended && !IsStopped)
        {
            if (_blocking is { } blocking)
            {
                StartCycle();
                if (!IsOver(blocking.Current) || !Resume(blocking))
                {
                    return;
                }
            }
            else if (Now < _freeAt)
            {
                return;
            }
            else if (Received.TryTake(out var value))
            {
                TakeCharacter(value);
            }
            else
            {
                StartCycle();
                return;
            }
        }
    }

    private bool IsOver(Wait wait) => wait.Kind switch
    {
        WaitKind.Room => _motion.Free > 0,
        WaitKind.Stillness => _motion.IsEmpty,
        WaitKind.Release => !IsSuspended,
        _ => Now >= wait.UntilS,
    };

    /// <summary>Kills all motion, tells the alarm, and for limits waits for a reset (<c>mc_reset</c> and <c>protocol_exec_rt_system</c>).</summary>
    private void Halt(int alarm)
    {
        StopAccessories();
        var position = _motion.Abort(Now);
        _motion.Hold(Now);
        _parser.Position = position;
        _state = GrblState.Alarm;
        Send($"ALARM:{alarm}\r\n");
        if (alarm is 1 or 2)
        {
            Send("[MSG:Reset to continue]\r\n");
            _awaitsReset = true;
        }
    }

    /// <summary>0x18. While something moves the position is lost: alarm 3, or 6 while homing.</summary>
    private void SoftReset()
    {
        var moving = _state is GrblState.Run or GrblState.Jog || (_state is GrblState.Hold or GrblState.Door && !_motion.IsAtRest);
        if (_state == GrblState.Home)
        {
            Halt(alarm: 6);
        }
        else if (moving)
        {
            Halt(alarm: 3);
        }
        else
        {
            StopAccessories();
            _motion.Abort(Now);
            if (_state is not (GrblState.Alarm or GrblState.Sleep))
            {
                _state = GrblState.Idle;
            }
        }

        // The line that the reset interrupts returns to the main loop, which acknowledges it before it starts over.
        if (_blocking is not null)
        {
            _blocking = null;
            if (_answers)
            {
                Send("ok\r\n");
            }
        }

        Initialise();
    }
}
