// A heater with its sensor and its protection: temperatures in closed form, so that an idle machine needs no ticks.

namespace FabNet.FirmwareSimulator.Thermal;

/// <summary>What the firmware's protection found wrong with a heater (Marlin <c>module/temperature.cpp</c>).</summary>
internal enum HeaterFailure
{
    None,

    /// <summary>Full power for the watch period, and the reading did not rise.</summary>
    HeatingFailed,

    /// <summary>The reading fell below the target's hysteresis for longer than the protection period.</summary>
    ThermalRunaway,
}

/// <summary>
/// First-order heating: with full power the temperature nears its full-power value with a time constant, without power the ambient; a target in between is
/// reached at full power and then held. Temperatures in °C, times in seconds of machine time. Owned by its firmware.
/// </summary>
internal sealed class Heater
{
    /// <summary>Marlin's THERMAL_PROTECTION_HYSTERESIS (4 °C): how far below the target the reading may sink.</summary>
    private const double HysteresisC = 4;

    private readonly double _ambientC;
    private readonly double _ratedC;
    private readonly double _timeConstantS;
    private readonly double _watchPeriodS;
    private readonly double _protectionPeriodS;

    private double _fromC;
    private double _since;
    private double _fullPowerC;
    private double _failureDueAt = double.PositiveInfinity;
    private HeaterFailure _failureDue;

    public Heater(double ambientC, double fullPowerC, double timeConstantS, double watchPeriodS, double protectionPeriodS)
    {
        _ambientC = ambientC;
        _ratedC = fullPowerC;
        _timeConstantS = timeConstantS;
        _watchPeriodS = watchPeriodS;
        _protectionPeriodS = protectionPeriodS;
        _fromC = ambientC;
        _fullPowerC = fullPowerC;
    }

    /// <summary>The target; 0 is off.</summary>
    public double TargetC { get; private set; }

    /// <summary>When the protection will trip; positive infinity while all is well.</summary>
    public double FailureAt => _failureDueAt;

    /// <summary>What the protection will report at <see cref="FailureAt"/>.</summary>
    public HeaterFailure Failure => _failureDue;

    /// <summary>The sensor's reading.</summary>
    public double ReadingAt(double now)
    {
        var towards = Towards();
        var at = towards + ((_fromC - towards) * Math.Exp(-(now - _since) / _timeConstantS));
        if (TargetC <= 0 || _fullPowerC <= TargetC)
        {
            return at;
        }

        return _fromC <= TargetC ? Math.Min(at, TargetC) : Math.Max(at, TargetC);
    }

    /// <summary>The heater's duty, 0 to 1.</summary>
    public double DutyAt(double now)
    {
        if (TargetC <= _ambientC)
        {
            return 0;
        }

        var reading = ReadingAt(now);
        return reading < TargetC - 0.5 ? 1 : reading > TargetC + 0.5 ? 0 : Math.Clamp((TargetC - _ambientC) / (_ratedC - _ambientC), 0, 1);
    }

    /// <summary>Sets the target (0: off).</summary>
    public void SetTarget(double targetC, double now)
    {
        Rebase(now);
        TargetC = targetC;
        WatchFrom(now);
    }

    /// <summary>When the reading comes within <paramref name="windowC"/> of the target; now if it is there; positive infinity if it never will.</summary>
    public double ReachesTargetAt(double windowC, double now)
    {
        var reading = ReadingAt(now);
        if (Math.Abs(reading - TargetC) <= windowC)
        {
            return now;
        }

        return reading < TargetC ? ReachesAt(TargetC - windowC, now) : ReachesAt(TargetC + windowC, now);
    }

    /// <summary>When the temperature passes <paramref name="celsius"/>, from now on.</summary>
    public double ReachesAt(double celsius, double now)
    {
        var from = ReadingAt(now);
        var towards = TowardsAt(now);
        var ratio = (towards - celsius) / (towards - from);
        return ratio is > 0 and <= 1 ? now - (_timeConstantS * Math.Log(ratio)) : double.PositiveInfinity;
    }

    /// <summary>The cartridge or the thermistor slips out: from now on power heats nothing that is measured.</summary>
    public void ComeLoose(double now)
    {
        Rebase(now);
        _fullPowerC = _ambientC;
        WatchFrom(now);
    }

    /// <summary>Power-up or halt: no power; a repaired heater heats again.</summary>
    public void SwitchOff(double now, bool repair)
    {
        Rebase(now);
        TargetC = 0;
        _failureDueAt = double.PositiveInfinity;
        _failureDue = HeaterFailure.None;
        if (repair)
        {
            _fullPowerC = _ratedC;
        }
    }

    private double Towards() => TargetC > 0 && _fromC <= TargetC ? _fullPowerC : _ambientC;

    private double TowardsAt(double now) => TargetC > 0 && ReadingAt(now) <= TargetC ? _fullPowerC : _ambientC;

    private void Rebase(double now)
    {
        _fromC = ReadingAt(now);
        _since = now;
    }

    private void WatchFrom(double now)
    {
        _failureDueAt = double.PositiveInfinity;
        _failureDue = HeaterFailure.None;
        if (TargetC <= 0 || _fullPowerC > TargetC)
        {
            return;
        }

        // Power cannot hold the target. If it was reached, the reading sinks out of the hysteresis and stays out; if not, it does not rise.
        if (_fromC >= TargetC - HysteresisC)
        {
            _failureDue = HeaterFailure.ThermalRunaway;
            _failureDueAt = ReachesAt(TargetC - HysteresisC, now) + _protectionPeriodS;
        }
        else
        {
            _failureDue = HeaterFailure.HeatingFailed;
            _failureDueAt = now + _watchPeriodS;
        }
    }
}
