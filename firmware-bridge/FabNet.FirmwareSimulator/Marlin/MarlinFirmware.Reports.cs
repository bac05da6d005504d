// What Marlin tells: the banner, periodic reports, capabilities, settings.

namespace FabNet.FirmwareSimulator.Marlin;

internal sealed partial class MarlinFirmware
{
    private double _keepAliveS;
    private double _temperatureReportS;
    private double _nextTemperatureReportAt = double.PositiveInfinity;
    private double _bufferReportS;
    private double _nextBufferReportAt = double.PositiveInfinity;
    private long _plannerUnderrunsReported;
    private long _commandUnderruns;

    private void SendBanner()
    {
        _keepAliveS = _build.KeepAliveS > 0 ? _build.KeepAliveS : double.PositiveInfinity;
        _temperatureReportS = 0;
        _nextTemperatureReportAt = double.PositiveInfinity;
        _bufferReportS = 0;
        _nextBufferReportAt = double.PositiveInfinity;
        _plannerUnderrunsReported = 0;
        _commandUnderruns = 0;
        Send("start\n");
        Send($"echo: {(Boot == 1 ? "PowerUp" : "External Reset")}\n");
        Send($"{_build.FirmwareName}\n");
        Send($"echo: Free Memory: 3826  PlannerBufferBytes: {_build.PlannerBlocks * 78}\n");
        Send("echo:Hardcoded Default Settings Loaded\n");
    }

    private void SendPeriodicReports()
    {
        if (Now >= _nextTemperatureReportAt)
        {
            _nextTemperatureReportAt += _temperatureReportS;
            Send($"{HeaterStates()}\n");
        }

        if (Now >= _nextBufferReportAt)
        {
            _nextBufferReportAt += _bufferReportS;
            SendBufferStatistics();
        }

        if (_blocking is { } blocking)
        {
            if (Now >= _nextBusyAt)
            {
                _nextBusyAt += _keepAliveS;
                Send(blocking.Current.Kind == WaitKind.User ? "echo:busy: paused for user\n" : "echo:busy: processing\n");
            }
        }
        else if (_build.WaitMessageS > 0 && _commands.Count == 0 && Now >= _idleSince + _build.WaitMessageS)
        {
            _idleSince = Now;
            Send("wait\n");
        }
    }

    private void SetTemperatureReports(MarlinCommand command)
    {
        if (command.Value('S') is { } seconds)
        {
            _temperatureReportS = Math.Clamp(seconds, 0, 60);
            _nextTemperatureReportAt = _temperatureReportS > 0 ? Now + _temperatureReportS : double.PositiveInfinity;
        }
    }

    private void SetKeepAlive(MarlinCommand command)
    {
        if (command.Value('S') is { } seconds)
        {
            _keepAliveS = seconds > 0 ? Math.Min(seconds, 60) : double.PositiveInfinity;
        }
        else
        {
            Send($"echo:M113 S{(double.IsPositiveInfinity(_keepAliveS) ? 0 : _keepAliveS):0}\n");
        }
    }

    private void BufferStatistics(MarlinCommand command)
    {
        if (command.Value('S') is { } seconds)
        {
            _bufferReportS = Math.Clamp(seconds, 0, 60);
            _nextBufferReportAt = _bufferReportS > 0 ? Now + _bufferReportS : double.PositiveInfinity;
        }
        else
        {
            SendBufferStatistics();
        }
    }

    private void SendBufferStatistics()
    {
        var planner = _motion.Underruns - _plannerUnderrunsReported;
        _plannerUnderrunsReported = _motion.Underruns;
        Send($"D576 P:{_motion.Free} {planner} (0) B:{_build.CommandSlots - _commands.Count} {_commandUnderruns} (0)\n");
        _commandUnderruns = 0;
    }

    private void CountCommandUnderrun() => _commandUnderruns++;

    private void SendCapabilities()
    {
        Send($"FIRMWARE_NAME:{_build.FirmwareName} (Jan  1 2025 12:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 MACHINE_TYPE:{_profile.Title} EXTRUDER_COUNT:{Math.Max(1, HotEndCount)} UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff\n");
        if (!_build.Capabilities)
        {
            return;
        }

        Cap("SERIAL_XON_XOFF", false);
        Cap("BINARY_FILE_TRANSFER", false);
        Cap("EEPROM", true);
        Cap("VOLUMETRIC", true);
        Cap("AUTOREPORT_POS", false);
        Cap("AUTOREPORT_TEMP", _build.AutoReportTemperatures);
        Cap("PROGRESS", false);
        Cap("PRINT_JOB", true);
        Cap("AUTOLEVEL", _build.AutoLevel);
        Cap("RUNOUT", false);
        Cap("Z_PROBE", _build.AutoLevel);
        Cap("LEVELING_DATA", _build.AutoLevel);
        Cap("BUILD_PERCENT", true);
        Cap("SOFTWARE_POWER", false);
        Cap("TOGGLE_LIGHTS", false);
        Cap("CASE_LIGHT_BRIGHTNESS", false);
        Cap("EMERGENCY_PARSER", _build.EmergencyParser);
        Cap("HOST_ACTION_COMMANDS", _build.HostPrompts);
        Cap("PROMPT_SUPPORT", _build.HostPrompts);
        Cap("SDCARD", false);
        Cap("REPEAT", false);
        Cap("SD_WRITE", false);
        Cap("AUTOREPORT_SD_STATUS", false);
        Cap("LONG_FILENAME", false);
        Cap("THERMAL_PROTECTION", true);
        Cap("MOTION_MODES", false);
        Cap("ARCS", _build.Arcs);
        Cap("BABYSTEPPING", false);
        Cap("CHAMBER_TEMPERATURE", _hasChamber);
        Cap("COOLER_TEMPERATURE", false);
        Cap("MEATPACK", false);
        Cap("CONFIG_EXPORT", false);
        if (_build.BufferMonitoring)
        {
            Cap("BUFFER_MONITORING", true);
        }

        void Cap(string name, bool offered) => Send($"Cap:{name}:{(offered ? 1 : 0)}\n");
    }

    private void SendPosition()
    {
        var now = _motion.PositionAt(Now);
        Send($"X:{_logical.X:0.00} Y:{_logical.Y:0.00} Z:{_logical.Z:0.00} E:{_logical.E:0.00} Count X:{Steps(0)} Y:{Steps(1)} Z:{Steps(2)}\n");

        long Steps(int axis) => (long)Math.Round(now[axis] * _stepsPerMm[axis]);
    }

    private void SendSettings()
    {
        Send("echo:; Linear Units:\n");
        Send("echo:  G21 ; (mm)\n");
        Send("echo:; Temperature Units:\n");
        Send("echo:  M149 C ; Units in Celsius\n");
        Send("echo:; Steps per unit:\n");
        Send($"echo:  M92 {PerAxis(_stepsPerMm)}\n");
        Send("echo:; Max feedrates (units/s):\n");
        Send($"echo:  M203 {PerAxis(_limits.MaxSpeed)}\n");
        Send("echo:; Max Acceleration (units/s2):\n");
        Send($"echo:  M201 {PerAxis(_limits.MaxAcceleration)}\n");
        Send("echo:; Acceleration (units/s2) (P<print-accel> R<retract-accel> T<travel-accel>):\n");
        Send($"echo:  M204 P{Finite(_limits.PrintAcceleration):0.00} R{Finite(_limits.RetractAcceleration):0.00} T{Finite(_limits.TravelAcceleration):0.00}\n");
        Send("echo:; Advanced (B<min_segment_time_us> S<min_feedrate> T<min_travel_feedrate> J<junc_dev>):\n");
        Send(_limits.JunctionDeviationMm > 0
            ? $"echo:  M205 B20000.00 S0.00 T0.00 J{_limits.JunctionDeviationMm:0.000}\n"
            : $"echo:  M205 B20000.00 S0.00 T0.00 {PerAxis(_limits.Jerk)}\n");

        static string PerAxis(double[] values) => $"X{values[0]:0.00} Y{values[1]:0.00} Z{values[2]:0.00} E{values[3]:0.00}";

        double Finite(double value) => double.IsPositiveInfinity(value) ? _limits.MaxAcceleration[0] : value;
    }
}
