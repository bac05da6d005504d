// The bytes that act at once, and the status report (serial.c, protocol.c, report.c).

using System.Text;
using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

internal sealed partial class GrblFirmware
{
    private const double SpindleRestoreS = 4;

    private bool _jogCancelled;
    private bool _doorRestoring;
    private double _restoredAt = double.PositiveInfinity;
    private bool _spindleStopped;
    private bool _statusWanted;
    private int _feedOverride = 100;
    private int _rapidOverride = 100;
    private int _spindleOverride = 100;
    private int _reportsToOffset;
    private int _reportsToOverrides;

    private void ResetReports()
    {
        _feedOverride = 100;
        _rapidOverride = 100;
        _spindleOverride = 100;
        _reportsToOffset = 0;
        _reportsToOverrides = 0;
        _jogCancelled = false;
        _doorRestoring = false;
        _restoredAt = double.PositiveInfinity;
        _spindleStopped = false;
        _statusWanted = false;
    }

    /// <summary>Takes a realtime byte out of the stream.</summary>
    /// <returns>False if the byte is an ordinary one.</returns>
    private bool TakeRealtime(byte value)
    {
        switch (value)
        {
            case 0x18:
                SoftReset();
                return true;
            case (byte)'?':
                // Homing and a critical alarm look at nothing but a reset.
                _statusWanted = true;
                SendWantedStatus();
                return true;
            case (byte)'!':
                FeedHold();
                return true;
            case (byte)'~':
                CycleStart();
                return true;
            case <= 0x7F:
                return false;
        }

        if (_awaitsReset || _state == GrblState.Home)
        {
            return true;
        }

        switch (value)
        {
            case 0x84:
                OpenDoor();
                break;
            case 0x85 when _state == GrblState.Jog:
                CancelJog();
                break;
            case >= 0x90 and <= 0x97:
                ChangeMotionOverride(value);
                break;
            case >= 0x99 and <= 0x9D:
                ChangeSpindleOverride(value);
                break;
            case 0x9E when _state == GrblState.Hold && _motion.IsAtRest && _parser.Modes.Spindle != 5:
                _spindleStopped = !_spindleStopped;
                _reportsToOverrides = 0;
                if (!_spindleStopped)
                {
                    Send("[MSG:Restoring spindle]\r\n");
                }

                break;
            case 0xA0 when _state is GrblState.Idle or GrblState.Run or GrblState.Hold or GrblState.Jog:
                _parser.Modes.Flood = !_parser.Modes.Flood;
                _reportsToOverrides = 0;
                break;
            case 0xA1 when _build.Mist && _state is GrblState.Idle or GrblState.Run or GrblState.Hold or GrblState.Jog:
                _parser.Modes.Mist = !_parser.Modes.Mist;
                _reportsToOverrides = 0;
                break;
        }

        return true;
    }

    private void SendWantedStatus()
    {
        if (_statusWanted && !_awaitsReset && _state != GrblState.Home)
        {
            _statusWanted = false;
            SendStatus();
        }
    }

    private void FeedHold()
    {
        switch (_state)
        {
            case GrblState.Run or GrblState.Idle:
                _state = GrblState.Hold;
                _motion.Hold(Now);
                break;
            case GrblState.Jog:
                CancelJog();
                break;
        }
    }

    private void CancelJog()
    {
        _jogCancelled = true;
        _motion.Hold(Now);
        FollowMotion();
    }

    private void OpenDoor()
    {
        if (_state is GrblState.Alarm or GrblState.Check or GrblState.Sleep)
        {
            return;
        }

        _doorRestoring = false;
        _restoredAt = double.PositiveInfinity;
        _state = GrblState.Door;
        _motion.Hold(Now);
    }

    private void CycleStart()
    {
        switch (_state)
        {
            case GrblState.Idle:
                StartCycle();
                break;
            case GrblState.Hold when _motion.IsAtRest:
                if (_spindleStopped)
                {
                    _spindleStopped = false;
                    Send("[MSG:Restoring spindle]\r\n");
                }

                LeaveSuspension();
                break;
            case GrblState.Door when _motion.IsAtRest && !_doorRestoring:
                _doorRestoring = true;
                _restoredAt = Now + (_parser.Modes.Spindle != 5 ? SpindleRestoreS : 0) + (_parser.Modes.Flood ? 1 : 0);
                break;
        }
    }

    private void LeaveSuspension()
    {
        _state = GrblState.Idle;
        StartCycle();
    }

    private void ChangeMotionOverride(byte value)
    {
        _feedOverride = Math.Clamp(
            value switch { 0x90 => 100, 0x91 => _feedOverride + 10, 0x92 => _feedOverride - 10, 0x93 => _feedOverride + 1, 0x94 => _feedOverride - 1, _ => _feedOverride },
            10,
            200);
        _rapidOverride = value switch { 0x95 => 100, 0x96 => 50, 0x97 => 25, _ => _rapidOverride };
        _reportsToOverrides = 0;
        _motion.SetOverrides(_feedOverride / 100.0, _rapidOverride / 100.0, Now);
    }

    private void ChangeSpindleOverride(byte value)
    {
        _spindleOverride = Math.Clamp(
            value switch { 0x99 => 100, 0x9A => _spindleOverride + 10, 0x9B => _spindleOverride - 10, 0x9C => _spindleOverride + 1, _ => _spindleOverride - 1 },
            10,
            200);
        _reportsToOverrides = 0;
    }

    private void StopAccessories()
    {
        _parser.Modes.Spindle = 5;
        _parser.Modes.Flood = false;
        _parser.Modes.Mist = false;
    }

    private void SendStatus()
    {
        var busy = _state is GrblState.Home or GrblState.Run or GrblState.Hold or GrblState.Jog or GrblState.Door;
        var report = new StringBuilder("<").Append(_state switch
        {
            GrblState.Hold => _motion.IsAtRest ? "Hold:0" : "Hold:1",
            GrblState.Door => _doorRestoring ? "Door:3" : _motion.IsAtRest ? "Door:0" : "Door:2",
            _ => _state.ToString(),
        });
        var mask = (int)_settings[10];
        var position = _motion.PositionAt(Now);
        report.Append((mask & 1) != 0 ? $"|MPos:{Coordinates(position)}" : $"|WPos:{Coordinates(position - _parser.WorkOffset)}");
        if ((mask & 2) != 0)
        {
            report.Append($"|Bf:{_motion.Free},{Received.Free}");
        }

        report.Append($"|FS:{Rate(_motion.SpeedAt(Now) * 60)},{SpindleRpm():0}");
        if (_endstops.Contains(true))
        {
            report.Append("|Pn:");
            for (var axis = 0; axis < 3; axis++)
            {
                if (_endstops[axis])
                {
                    report.Append("XYZ"[axis]);
                }
            }
        }

        if (_reportsToOffset > 0)
        {
            _reportsToOffset--;
        }
        else
        {
            _reportsToOffset = busy ? 29 : 9;
            _reportsToOverrides = Math.Max(1, _reportsToOverrides);
            report.Append($"|WCO:{Coordinates(_parser.WorkOffset)}");
        }

        if (_reportsToOverrides > 0)
        {
            _reportsToOverrides--;
        }
        else
        {
            _reportsToOverrides = busy ? 19 : 9;
            report.Append($"|Ov:{_feedOverride},{_rapidOverride},{_spindleOverride}");
            var accessories = $"{(_spindleStopped ? "" : _parser.Modes.Spindle switch { 3 => "S", 4 => "C", _ => "" })}{(_parser.Modes.Flood ? "F" : "")}{(_parser.Modes.Mist ? "M" : "")}";
            if (accessories.Length > 0)
            {
                report.Append($"|A:{accessories}");
            }
        }

        Send(report.Append(">\r\n").ToString());
    }

    /// <summary>How fast the spindle turns; 0 if it stands.</summary>
    internal double SpindleRpm()
    {
        if (_parser.Modes.Spindle == 5 || _spindleStopped || _parser.SpindleSpeed <= 0)
        {
            return 0;
        }

        return Math.Clamp(_parser.SpindleSpeed * _spindleOverride / 100, _settings[31], _settings[30]);
    }

    private string Coordinates(Axes position)
    {
        var inches = _settings.IsOn(13);
        return string.Join(',', Format(position.X), Format(position.Y), Format(position.Z));

        string Format(double value) => inches ? $"{Clean(value / GrblParser.MmPerInch):0.0000}" : $"{Clean(value):0.000}";

        static double Clean(double value) => Math.Abs(value) < 0.00005 ? 0 : value;
    }

    private string Rate(double mmPerMin) => _settings.IsOn(13) ? $"{mmPerMin / GrblParser.MmPerInch:0.0}" : $"{mmPerMin:0}";
}
