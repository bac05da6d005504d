// Marlin's heaters: targets, waiting, protection (module/temperature.cpp, gcode/temp).

using FabNet.FirmwareSimulator.Thermal;

namespace FabNet.FirmwareSimulator.Marlin;

internal sealed partial class MarlinFirmware
{
    /// <summary>TEMP_RESIDENCY_TIME: the window must hold this long before M109 and M190 are done.</summary>
    private const double ResidencyS = 10;

    /// <summary>TEMP_WINDOW: how near the target counts as there.</summary>
    private const double WindowC = 1;

    private readonly Heater[] _heaters;
    private bool _hasBed;
    private bool _hasChamber;

    private double NextHeaterFailureAt
    {
        get
        {
            var next = double.PositiveInfinity;
            foreach (var heater in _heaters)
            {
                next = Math.Min(next, heater.FailureAt);
            }

            return next;
        }
    }

    private int HotEndCount => _profile.HotEnds.Count;

    private Heater? Bed => _hasBed ? _heaters[HotEndCount] : null;

    private Heater? Chamber => _hasChamber ? _heaters[^1] : null;

    /// <summary>Reading and target of the active hot end in °C; zeros without one.</summary>
    public (double ReadingC, double TargetC) HotEnd => HotEndCount > 0 ? (_heaters[_tool].ReadingAt(Now), _heaters[_tool].TargetC) : default;

    /// <summary>Reading and target of the bed in °C; zeros without one.</summary>
    public (double ReadingC, double TargetC) HeatedBed => Bed is { } bed ? (bed.ReadingAt(Now), bed.TargetC) : default;

    public override void BreakHeater()
    {
        if (HotEndCount > 0)
        {
            _heaters[_tool].ComeLoose(Now);
        }
    }

    private Heater[] NewHeaters()
    {
        var heaters = new List<Heater>();
        foreach (var hotEnd in _profile.HotEnds)
        {
            // 40 W into a usual block: about 4 °C each second from cold. Watch and protection periods are Marlin's defaults.
            heaters.Add(new Heater(_build.AmbientC, hotEnd.MaxTemperatureC + 110, 95, watchPeriodS: 40, protectionPeriodS: 40));
        }

        _hasBed = _profile.MaxBedTemperatureC > 0;
        if (_hasBed)
        {
            heaters.Add(new Heater(_build.AmbientC, _profile.MaxBedTemperatureC + 25, 190, watchPeriodS: 60, protectionPeriodS: 20));
        }

        _hasChamber = _profile.MaxChamberTemperatureC > 0;
        if (_hasChamber)
        {
            heaters.Add(new Heater(_build.AmbientC, _profile.MaxChamberTemperatureC + 10, 600, watchPeriodS: 600, protectionPeriodS: 600));
        }

        return [.. heaters];
    }

    private void ResetHeaters()
    {
        foreach (var heater in _heaters)
        {
            heater.SwitchOff(Now, repair: true);
        }
    }

    /// <summary>Every target to 0, at once.</summary>
    public void SwitchHeatersOff()
    {
        foreach (var heater in _heaters)
        {
            heater.SwitchOff(Now, repair: false);
        }
    }

    private bool IsTooColdToExtrude() => HotEndCount > 0 && _heaters[_tool].ReadingAt(Now) < _profile.HotEnds[_tool].MinExtrusionTemperatureC;

    private void CheckHeaters()
    {
        for (var i = 0; i < _heaters.Length; i++)
        {
            if (_heaters[i].FailureAt <= Now)
            {
                var what = _heaters[i].Failure == HeaterFailure.HeatingFailed ? "Heating failed" : "Thermal Runaway";
                var which = i < HotEndCount ? i.ToString() : i == HotEndCount && _hasBed ? "bed" : "chamber";
                Send($"Error:{what}, system stopped! Heater_ID: {which}\n");
                Kill(what == "Heating failed" ? "Heating Failed" : what);
                return;
            }
        }
    }

    private IEnumerator<Wait>? SetHotEnd(MarlinCommand command, bool wait)
    {
        var tool = (int)(command.Value('T') ?? _tool);
        if (tool < 0 || tool >= HotEndCount)
        {
            Send($"echo:M{command.Code} Invalid extruder {tool}\n");
            return null;
        }

        return SetHeater(command, _heaters[tool], _profile.HotEnds[tool].MaxTemperatureC, wait);
    }

    private IEnumerator<Wait>? SetHeater(MarlinCommand command, Heater heater, double maxC, bool wait)
    {
        if ((command.Value('S') ?? (wait ? command.Value('R') : null)) is not { } celsius)
        {
            return null;
        }

        heater.SetTarget(Math.Clamp(celsius, 0, maxC), Now);
        return wait ? WaitForHeater(heater, waitForCooling: command.Value('R') is not null) : null;
    }

    private IEnumerator<Wait> WaitForHeater(Heater heater, bool waitForCooling)
    {
        _waitForHeatUp = true;
        var reportAt = Now + 1;
        var insideSince = double.NaN;
        while (_waitForHeatUp)
        {
            var reading = heater.ReadingAt(Now);
            if (heater.TargetC <= 0 || (!waitForCooling && reading > heater.TargetC + WindowC))
            {
                break;
            }

            if (double.IsNaN(insideSince) && Math.Abs(reading - heater.TargetC) <= WindowC + 1e-6)
            {
                insideSince = Now;
            }

            if (Now >= insideSince + ResidencyS)
            {
                break;
            }

            if (Now >= reportAt)
            {
                var left = double.IsNaN(insideSince) ? "?" : ((int)Math.Ceiling(insideSince + ResidencyS - Now)).ToString();
                Send($"{HeaterStates()} W:{left}\n");
                reportAt += 1;
            }

            var next = double.IsNaN(insideSince) ? heater.ReachesTargetAt(WindowC, Now) : insideSince + ResidencyS;
            yield return new Wait(WaitKind.Heating, Math.Max(Now, Math.Min(reportAt, next)));
        }

        _waitForHeatUp = false;
    }

    /// <summary>The temperatures as M105 prints them, with a leading blank.</summary>
    private string HeaterStates()
    {
        var text = new System.Text.StringBuilder();
        if (HotEndCount > 0)
        {
            Append("T", _heaters[_tool]);
        }

        if (Bed is { } bed)
        {
            Append("B", bed);
        }

        if (Chamber is { } chamber)
        {
            Append("C", chamber);
        }

        if (HotEndCount > 1)
        {
            for (var i = 0; i < HotEndCount; i++)
            {
                Append($"T{i}", _heaters[i]);
            }
        }

        if (HotEndCount > 0)
        {
            text.Append($" @:{Duty(_heaters[_tool])}");
        }

        if (Bed is { } heatedBed)
        {
            text.Append($" B@:{Duty(heatedBed)}");
        }

        return text.ToString();

        void Append(string name, Heater heater) => text.Append($" {name}:{heater.ReadingAt(Now):0.00} /{heater.TargetC:0.00}");

        int Duty(Heater heater) => (int)Math.Round(heater.DutyAt(Now) * 127);
    }
}
