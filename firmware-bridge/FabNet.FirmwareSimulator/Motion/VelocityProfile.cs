// The speed along one block: ramp from the entry speed, cruise, ramp to the exit speed.

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>Up to three phases of constant acceleration over a distance. Speeds in mm/s, times in s, distances in mm.</summary>
internal readonly struct VelocityProfile
{
    private readonly double _entry;
    private readonly double _cruise;
    private readonly double _exit;
    private readonly double _rampInS;
    private readonly double _cruiseS;
    private readonly double _rampOutS;

    private VelocityProfile(double entry, double cruise, double exit, double rampInS, double cruiseS, double rampOutS)
    {
        _entry = entry;
        _cruise = cruise;
        _exit = exit;
        _rampInS = rampInS;
        _cruiseS = cruiseS;
        _rampOutS = rampOutS;
    }

    /// <summary>The time it takes.</summary>
    public double DurationS => _rampInS + _cruiseS + _rampOutS;

    /// <summary>The speed at its end.</summary>
    public double ExitSpeed => _exit;

    /// <summary>
    /// Plans <paramref name="distance"/> with <paramref name="acceleration"/> both ways. An entry above <paramref name="nominal"/> (the override was lowered) first slows down to
    /// it. Where the distance is too short to reach <paramref name="exit"/>, the exit is what can be reached.
    /// </summary>
    public static VelocityProfile Plan(double distance, double entry, double nominal, double exit, double acceleration)
    {
        if (distance <= 0)
        {
            return new VelocityProfile(entry, entry, entry, 0, 0, 0);
        }

        var twoAd = 2 * acceleration * distance;
        exit = Math.Clamp(exit, Math.Sqrt(Math.Max(0, (entry * entry) - twoAd)), Math.Sqrt((entry * entry) + twoAd));
        var cruise = nominal;
        var rampIn = Math.Abs((cruise * cruise) - (entry * entry)) / (2 * acceleration);
        var rampOut = Math.Abs((cruise * cruise) - (exit * exit)) / (2 * acceleration);
        if (rampIn + rampOut > distance)
        {
            // No room to cruise: one peak between both ramps, or one ramp all the way.
            cruise = Math.Max(Math.Max(entry, exit), Math.Min(Math.Sqrt((twoAd + (entry * entry) + (exit * exit)) / 2), Math.Max(nominal, Math.Max(entry, exit))));
            rampIn = Math.Abs((cruise * cruise) - (entry * entry)) / (2 * acceleration);
            rampOut = Math.Abs((cruise * cruise) - (exit * exit)) / (2 * acceleration);
        }

        var left = Math.Max(0, distance - rampIn - rampOut);
        return new VelocityProfile(
            entry,
            cruise,
            exit,
            Math.Abs(cruise - entry) / acceleration,
            cruise > 0 ? left / cruise : 0,
            Math.Abs(cruise - exit) / acceleration);
    }

    /// <summary>Slows down as fast as it may: to rest, or over <paramref name="distance"/> if that is shorter.</summary>
    public static VelocityProfile Brake(double distance, double entry, double acceleration)
    {
        var toRest = entry * entry / (2 * acceleration);
        var exit = toRest <= distance ? 0 : Math.Sqrt((entry * entry) - (2 * acceleration * distance));
        return new VelocityProfile(entry, entry, exit, 0, 0, (entry - exit) / acceleration);
    }

    /// <summary>The speed <paramref name="t"/> seconds after its beginning.</summary>
    public double SpeedAt(double t)
    {
        if (t < _rampInS)
        {
            return _entry + ((_cruise - _entry) * (t / _rampInS));
        }

        t -= _rampInS + _cruiseS;
        return t <= 0 ? _cruise : t < _rampOutS ? _cruise + ((_exit - _cruise) * (t / _rampOutS)) : _exit;
    }

    /// <summary>The distance done <paramref name="t"/> seconds after its beginning.</summary>
    public double DistanceAt(double t)
    {
        if (t < _rampInS)
        {
            return (_entry + SpeedAt(t)) / 2 * t;
        }

        var done = (_entry + _cruise) / 2 * _rampInS;
        t -= _rampInS;
        if (t < _cruiseS)
        {
            return done + (_cruise * t);
        }

        done += _cruise * _cruiseS;
        t = Math.Min(t - _cruiseS, _rampOutS);
        return done + (_rampOutS > 0 ? (_cruise + _cruise + ((_exit - _cruise) * (t / _rampOutS))) / 2 * t : 0);
    }
}
