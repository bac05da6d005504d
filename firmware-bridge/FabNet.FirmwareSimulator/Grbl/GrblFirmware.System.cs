// The $ commands (system.c).

using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

internal sealed partial class GrblFirmware
{
    private readonly string[] _startupLines = ["", ""];
    private string _buildInfo = "";
    private Axes _probePosition;
    private bool _probeSucceeded;

    private IEnumerator<Wait> ExecuteSystem(string line)
    {
        _blockingResult = GrblError.None;
        switch (line)
        {
            case "$":
                Send("[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]\r\n");
                yield break;
            case "$$":
                _blockingResult = _state is GrblState.Run or GrblState.Hold ? GrblError.NotIdle : GrblError.None;
                if (_blockingResult == GrblError.None)
                {
                    SendSettings();
                }

                yield break;
            case "$G":
                SendModes();
                yield break;
            case "$C":
                ToggleCheckMode();
                yield break;
            case "$X":
                if (_state == GrblState.Alarm)
                {
                    Send("[MSG:Caution: Unlocked]\r\n");
                    _state = GrblState.Idle;
                }

                yield break;
        }

        if (line[1] == 'J')
        {
            using var jog = Jog(line);
            while (jog.MoveNext())
            {
                yield return jog.Current;
            }

            yield break;
        }

        if (line[1] is '$' or 'G' or 'C' or 'X')
        {
            _blockingResult = GrblError.InvalidStatement;
            yield break;
        }

        if (_state is not (GrblState.Idle or GrblState.Alarm) || !_motion.IsEmpty)
        {
            _blockingResult = GrblError.NotIdle;
            yield break;
        }

        switch (line)
        {
            case "$#":
                SendParameters();
                yield break;
            case "$I":
                Send($"[VER:1.1h.20190830:{_buildInfo}]\r\n[OPT:V{(_build.Mist ? "M" : "")},{_build.PlannerBlocks - 1},{_build.ReceiveBytes}]\r\n{(_build.Name == "GrblHAL" ? "[FIRMWARE:grblHAL]\r\n" : "")}");
                yield break;
            case "$N":
                for (var i = 0; i < _startupLines.Length; i++)
                {
                    Send($"$N{i}={_startupLines[i]}\r\n");
                }

                yield break;
            case "$SLP":
                Send("[MSG:Sleeping]\r\n");
                StopAccessories();
                _state = GrblState.Sleep;
                yield break;
            case "$H":
                if (!_settings.IsOn(22))
                {
                    _blockingResult = GrblError.HomingDisabled;
                    yield break;
                }

                using (var home = Home())
                {
                    while (home.MoveNext())
                    {
                        yield return home.Current;
                    }
                }

                yield break;
            case "$RST=$" or "$RST=#" or "$RST=*":
                yield return WriteEeprom();
                Restore(line[^1]);
                Send("[MSG:Restoring defaults]\r\n");
                _resetAfterLine = true;
                yield break;
        }

        if (line.StartsWith("$I=", StringComparison.Ordinal))
        {
            _buildInfo = line[3..];
            yield return WriteEeprom();
        }
        else if (line[1] == 'N')
        {
            using var store = StoreStartupLine(line);
            while (store.MoveNext())
            {
                yield return store.Current;
            }
        }
        else
        {
            StoreSetting(line);
            if (Now < _deafUntil)
            {
                yield return Wait.Until(_deafUntil);
            }
        }
    }

    private void StoreSetting(string line)
    {
        var at = 1;
        if (!GrblParser.TryReadNumber(line, ref at, out var number))
        {
            _blockingResult = GrblError.BadNumber;
        }
        else if (at >= line.Length || line[at++] != '=')
        {
            _blockingResult = GrblError.InvalidStatement;
        }
        else if (!GrblParser.TryReadNumber(line, ref at, out var value))
        {
            _blockingResult = GrblError.BadNumber;
        }
        else if (at < line.Length || number is < 0 or > 255)
        {
            _blockingResult = GrblError.InvalidStatement;
        }
        else
        {
            _blockingResult = _settings.Store((int)number, value);
            if (_blockingResult == GrblError.None)
            {
                _settings.ApplyTo(_limits);
                _reportsToOffset = 0;
                _ = WriteEeprom();
            }
        }
    }

    private IEnumerator<Wait> StoreStartupLine(string line)
    {
        if (_state != GrblState.Idle)
        {
            _blockingResult = GrblError.NotIdle;
            yield break;
        }

        if (line.Length < 4 || line[2] is not ('0' or '1') || line[3] != '=')
        {
            _blockingResult = line.Length > 2 && char.IsAsciiDigit(line[2]) ? GrblError.InvalidStatement : GrblError.BadNumber;
            yield break;
        }

        using var trial = ExecuteBlock(line[4..]);
        while (trial.MoveNext())
        {
            yield return trial.Current;
        }

        if (_blockingResult == GrblError.None)
        {
            yield return Wait.ForStillness;
            _startupLines[line[2] - '0'] = line[4..];
            yield return WriteEeprom();
        }
    }

    /// <summary>The processor is deaf while the EEPROM is written: interrupts are off, and what arrives is lost (<c>eeprom.c</c>). The line is answered behind it.</summary>
    private Wait WriteEeprom()
    {
        _deafUntil = Now + _build.EepromTimeS;
        return Wait.Until(_deafUntil);
    }

    private void Restore(char what)
    {
        if (what is '#' or '*')
        {
            Array.Clear(_parser.Coordinates);
            Array.Clear(_parser.Homes);
        }

        if (what == '*')
        {
            Array.Fill(_startupLines, "");
            _buildInfo = "";
        }

        if (what is '$' or '*')
        {
            _settings.Restore();
            _settings.ApplyTo(_limits);
        }
    }

    private void ToggleCheckMode()
    {
        if (_state == GrblState.Check)
        {
            Send("[MSG:Disabled]\r\n");
            _resetAfterLine = true;
        }
        else if (_state == GrblState.Idle && _motion.IsEmpty)
        {
            Send("[MSG:Enabled]\r\n");
            _state = GrblState.Check;
        }
        else
        {
            _blockingResult = GrblError.NotIdle;
        }
    }

    /// <summary>Runs what <c>$N</c> stored, after a start and after homing; its <c>&gt;…:ok</c> answers nobody.</summary>
    private IEnumerator<Wait> RunStartupLines()
    {
        foreach (var line in _startupLines)
        {
            if (line.Length == 0)
            {
                continue;
            }

            using var run = ExecuteBlock(line);
            while (run.MoveNext())
            {
                yield return run.Current;
            }

            Send(_blockingResult == GrblError.None ? $">{line}:ok\r\n" : $">{line}:error:{_blockingResult}\r\n");
        }
    }

    private void SendSettings()
    {
        foreach (var line in _settings.Lines())
        {
            Send($"{line}\r\n");
        }
    }

    private void SendModes()
    {
        var modes = _parser.Modes;
        var motion = modes.Motion >= GrblMotion.ProbeToward ? $"38.{modes.Motion - GrblMotion.ProbeToward + 2}" : $"{(int)modes.Motion}";
        var coolant = (modes.Mist ? " M7" : "") + (modes.Flood ? " M8" : "");
        Send($"[GC:G{motion} G{54 + modes.CoordinateSystem} G{17 + modes.Plane} G{(modes.Inches ? 20 : 21)} G{(modes.Relative ? 91 : 90)} G{(modes.InverseTime ? 93 : 94)} M{modes.Spindle}{(coolant.Length > 0 ? coolant : " M9")} T{_parser.Tool} F{Rate(_parser.Feed)} S{_parser.SpindleSpeed:0}]\r\n");
    }

    private void SendParameters()
    {
        for (var i = 0; i < _parser.Coordinates.Length; i++)
        {
            Send($"[G{54 + i}:{Coordinates(_parser.Coordinates[i])}]\r\n");
        }

        Send($"[G28:{Coordinates(_parser.Homes[0])}]\r\n");
        Send($"[G30:{Coordinates(_parser.Homes[1])}]\r\n");
        Send($"[G92:{Coordinates(_parser.Offset)}]\r\n");
        Send(_settings.IsOn(13) ? $"[TLO:{_parser.ToolLength / GrblParser.MmPerInch:0.0000}]\r\n" : $"[TLO:{_parser.ToolLength:0.000}]\r\n");
        SendProbe();
    }

    private void SendProbe() => Send($"[PRB:{Coordinates(_probePosition)}:{(_probeSucceeded ? 1 : 0)}]\r\n");
}
