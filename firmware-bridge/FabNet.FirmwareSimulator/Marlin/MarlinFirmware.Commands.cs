// Which command does what (gcode/gcode.cpp).

using System.Collections.Frozen;

namespace FabNet.FirmwareSimulator.Marlin;

internal sealed partial class MarlinFirmware
{
    /// <summary>Commands that change nothing a host could see here: fans, displays, steppers, levelling data, EEPROM, sound.</summary>
    private static readonly FrozenSet<(char, int)> Silent = FrozenSet.Create(
        ('G', 21), ('G', 60), ('G', 61), ('G', 80),
        ('M', 17), ('M', 18), ('M', 42), ('M', 73), ('M', 75), ('M', 76), ('M', 77), ('M', 84), ('M', 85), ('M', 106), ('M', 107), ('M', 117), ('M', 120), ('M', 121),
        ('M', 145), ('M', 149), ('M', 150), ('M', 200), ('M', 206), ('M', 218), ('M', 280), ('M', 290), ('M', 300), ('M', 301), ('M', 304), ('M', 355), ('M', 401), ('M', 402),
        ('M', 412), ('M', 413), ('M', 420), ('M', 421), ('M', 425), ('M', 428), ('M', 500), ('M', 501), ('M', 502), ('M', 504), ('M', 851), ('M', 900), ('M', 906), ('M', 907),
        ('M', 913), ('M', 914));

    /// <summary>Starts a command.</summary>
    /// <returns>Null if it is done; otherwise its waits.</returns>
    private IEnumerator<Wait>? Execute(MarlinCommand command)
    {
        switch (command.Letter)
        {
            case 'G':
                return ExecuteG(command);
            case 'M':
                return ExecuteM(command);
            case 'T':
                SelectTool(command);
                return null;
            case 'D' when command.Code == 576 && _build.BufferMonitoring:
                BufferStatistics(command);
                return null;
            default:
                return Unknown(command);
        }
    }

    private IEnumerator<Wait>? ExecuteG(MarlinCommand command)
    {
        switch (command.Code)
        {
            case 0 or 1:
                return Move(command);
            case 2 or 3 when _build.Arcs:
                return Arc(command, clockwise: command.Code == 2);
            case 4:
                return Dwell(command);
            case 28:
                return Home(command);
            case 29 when _build.AutoLevel:
                if (!(_homed[0] && _homed[1] && _homed[2]))
                {
                    Send("echo:Home XYZ First\n");
                    return null;
                }

                return ProbeBed();
            case 90 or 91:
                _relative = command.Code == 91;
                _relativeE = _relative;
                return null;
            case 92:
                SetLogicalPosition(command);
                return null;
            default:
                return IsSilent(command) ? null : Unknown(command);
        }
    }

    private IEnumerator<Wait>? ExecuteM(MarlinCommand command)
    {
        switch (command.Code)
        {
            case 0 or 1:
                return WaitForUser(command);
            case 82 or 83:
                _relativeE = command.Code == 83;
                return null;
            case 92:
                SetPerAxis(command, _stepsPerMm);
                return null;
            case 104 or 109:
                return SetHotEnd(command, wait: command.Code == 109);
            case 105:
                Send($"ok{HeaterStates()}\n");
                _omitOk = true;
                return null;
            case 108:
                return null;
            case 110:
                _lastNumber = (long)(command.Value('N') ?? _lastNumber);
                return null;
            case 112:
                Record(_commandNumber, command.Text);
                Kill("M112 Shutdown");
                return null;
            case 113:
                SetKeepAlive(command);
                return null;
            case 114:
                SendPosition();
                return null;
            case 115:
                SendCapabilities();
                return null;
            case 118:
                Echo(command);
                return null;
            case 119:
                Send("Reporting endstop status\n");
                for (var axis = 0; axis < 3; axis++)
                {
                    Send($"{"xyz"[axis]}_min: {(_endstops[axis] ? "TRIGGERED" : "open")}\n");
                }

                return null;
            case 140 or 190 when Bed is { } bed:
                return SetHeater(command, bed, _profile.MaxBedTemperatureC, wait: command.Code == 190);
            case 141 or 191 when Chamber is { } chamber:
                return SetHeater(command, chamber, _profile.MaxChamberTemperatureC, wait: command.Code == 191);
            case 155 when _build.AutoReportTemperatures:
                SetTemperatureReports(command);
                return null;
            case 201:
                SetPerAxis(command, _limits.MaxAcceleration);
                return null;
            case 203:
                SetPerAxis(command, _limits.MaxSpeed);
                return null;
            case 204:
                SetAccelerations(command);
                return null;
            case 205:
                SetPerAxis(command, _limits.Jerk, least: 0);
                _limits.JunctionDeviationMm = command.Value('J') ?? _limits.JunctionDeviationMm;
                return null;
            case 211:
                SetSoftEndstops(command);
                return null;
            case 220:
                SetPercent(command, ref _feedPercent, "FR");
                return null;
            case 221:
                SetPercent(command, ref _flowPercent, $"E{_tool} Flow");
                return null;
            case 302:
                AllowColdExtrusion(command);
                return null;
            case 400:
                return FinishMoves();
            case 410:
                QuickStop();
                return null;
            case 503:
                SendSettings();
                return null;
            case 876 when _build.HostPrompts:
                _waitForUser = false;
                return null;
            default:
                return IsSilent(command) ? null : Unknown(command);
        }
    }

    private bool IsSilent(MarlinCommand command) =>
        Silent.Contains((command.Letter, command.Code)) || _profile.ExtraCommands.Contains($"{command.Letter}{command.Code}", StringComparer.Ordinal);

    private IEnumerator<Wait>? Unknown(MarlinCommand command)
    {
        Send($"echo:Unknown command: \"{command.Text}\"\n");
        return null;
    }

    private void SelectTool(MarlinCommand command)
    {
        if (command.Code < HotEndCount)
        {
            _tool = command.Code;
            Send($"echo:Active Extruder: {_tool}\n");
        }
        else
        {
            Send($"echo:T{command.Code} Invalid extruder\n");
        }
    }

    private IEnumerator<Wait> WaitForUser(MarlinCommand command)
    {
        yield return Wait.ForStillness;
        var seconds = (command.Value('S') ?? 0) + ((command.Value('P') ?? 0) / 1000);
        if (_build.HostPrompts)
        {
            Send($"//action:prompt_end\n//action:prompt_begin M{command.Code} Stop\n//action:prompt_button Continue\n//action:prompt_show\n");
        }

        _waitForUser = true;
        yield return new Wait(WaitKind.User, seconds > 0 ? Now + seconds : double.PositiveInfinity);
        _waitForUser = false;
        if (_build.HostPrompts)
        {
            Send("//action:prompt_end\n");
        }
    }

    /// <summary>M118: <c>E1</c> puts <c>echo:</c> before the text, <c>A1</c> puts <c>//</c>.</summary>
    private void Echo(MarlinCommand command)
    {
        var text = command.Argument;
        var prefix = "";
        while (text.Length >= 2 && text[0] is 'A' or 'E' && text[1] is '0' or '1' && (text.Length == 2 || text[2] == ' '))
        {
            prefix = text[1] == '0' ? prefix : text[0] == 'E' ? "echo:" : "//";
            text = text[2..].TrimStart(' ');
        }

        Send($"{prefix}{text}\n");
    }

    private void SetPercent(MarlinCommand command, ref double percent, string name)
    {
        if (command.Value('S') is > 0 and var value)
        {
            percent = value;
        }
        else
        {
            Send($"echo:{name}: {percent:0}%\n");
        }
    }

    private void SetSoftEndstops(MarlinCommand command)
    {
        if (command.Value('S') is { } on)
        {
            _softEndstops = on != 0;
        }

        Send($"echo:Soft endstops: {(_softEndstops ? "ON" : "OFF")}  Min:  X{_profile.X.RangeMm?.Min ?? 0:0.00} Y{_profile.Y.RangeMm?.Min ?? 0:0.00} Z{_profile.Z.RangeMm?.Min ?? 0:0.00}  Max:  X{_profile.X.RangeMm?.Max ?? 0:0.00} Y{_profile.Y.RangeMm?.Max ?? 0:0.00} Z{_profile.Z.RangeMm?.Max ?? 0:0.00}\n");
    }

    private void AllowColdExtrusion(MarlinCommand command)
    {
        if (command.Value('S') is { } lowest)
        {
            _coldExtrusionAllowed = lowest <= 0;
        }

        if (command.Has('P'))
        {
            _coldExtrusionAllowed = (command.Value('P') ?? 1) != 0;
        }

        if (!command.Has('S') && !command.Has('P'))
        {
            Send($"echo:Cold extrudes are {(_coldExtrusionAllowed ? "en" : "dis")}abled (min temp {(HotEndCount > 0 ? _profile.HotEnds[_tool].MinExtrusionTemperatureC : 0):0}C)\n");
        }
    }
}
