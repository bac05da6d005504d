// What energy costs when: the tariff of a workshop by the hour, summed up so that any span is two look-ups.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>A tariff from the problem's moment on.</summary>
internal sealed class EnergyTariff
{
    private readonly double _perMinute;
    private readonly double[]? _hours;
    private readonly double _offset;
    private readonly double _day;

    /// <summary>The same price at all times.</summary>
    /// <param name="perKwh">The price of a kWh.</param>
    public EnergyTariff(double perKwh) => _perMinute = perKwh / 60;

    /// <summary>A price for each hour of the day.</summary>
    /// <param name="byHour">24 prices of a kWh.</param>
    /// <param name="minuteOfDay">The minute of the local day at the problem's moment.</param>
    public EnergyTariff(IReadOnlyList<double> byHour, double minuteOfDay)
    {
        // Hour h of the day begins at sums[h].
        _hours = new double[25];
        for (var hour = 0; hour < 24; hour++)
        {
            _hours[hour + 1] = _hours[hour] + byHour[hour];
        }

        (_offset, _day) = (minuteOfDay, _hours[24]);
        Least = byHour.Min();
    }

    /// <summary>It is the same at all times.</summary>
    public bool IsFlat => _hours is null;

    /// <summary>The least price of a kWh.</summary>
    public double Least
    {
        get => _hours is null ? _perMinute * 60 : field;
    }

    /// <summary>What a kW costs from one minute to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double PerKw(double from, double to) => _hours is null ? (to - from) * _perMinute : Sum(to) - Sum(from);

    private double Sum(double minute)
    {
        var at = minute + _offset;
        var days = Math.Floor(at / 1440);
        var hour = (at - (days * 1440)) / 60;
        var whole = Math.Min(23, (int)hour);
        return (days * _day) + _hours![whole] + ((hour - whole) * (_hours[whole + 1] - _hours[whole]));
    }
}
