// GRBL's $ settings: numbers, checks, and how each is printed (settings.c).

using FabNet.FirmwareSimulator.Motion;
using FabNet.Model.Machines;

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>What the EEPROM holds as <c>$n=value</c>. Lengths in mm, rates in mm/min, accelerations in mm/s².</summary>
internal sealed class GrblSettings
{
    private readonly SortedDictionary<int, double> _values;
    private readonly Dictionary<int, double> _defaults;

    public GrblSettings(MachineProfile profile, GrblBuild build)
    {
        _values = new SortedDictionary<int, double>
        {
            [0] = 10,
            [1] = 25,
            [2] = 0,
            [3] = 0,
            [4] = 0,
            [5] = 0,
            [6] = 0,
            [10] = 1,
            [11] = profile.JunctionDeviationMm > 0 ? profile.JunctionDeviationMm : 0.01,
            [12] = 0.002,
            [13] = 0,
            [20] = build.SoftLimits && build.Homing ? 1 : 0,
            [21] = build.HardLimits ? 1 : 0,
            [22] = build.Homing ? 1 : 0,
            [23] = 0,
            [24] = 25,
            [25] = 500,
            [26] = 250,
            [27] = 1,
            [30] = profile.Spindle?.MaxRpm ?? 1000,
            [31] = profile.Spindle?.MinRpm ?? 0,
            [32] = profile.Spindle?.IsLaser == true ? 1 : 0,
        };
        AxisLimits[] axes = [profile.X, profile.Y, profile.Z];
        for (var axis = 0; axis < 3; axis++)
        {
            _values[100 + axis] = 250;
            _values[110 + axis] = axes[axis].MaxFeedMmPerMin;
            _values[120 + axis] = axes[axis].AccelerationMmPerS2;
            _values[130 + axis] = axes[axis].RangeMm?.Length ?? 200;
        }

        _defaults = new Dictionary<int, double>(_values);
    }

    public double this[int number] => _values[number];

    /// <summary>True if a yes-or-no setting is on.</summary>
    public bool IsOn(int number) => _values[number] != 0;

    /// <summary>Goes back to the machine's defaults (<c>$RST=$</c>).</summary>
    public void Restore()
    {
        foreach (var (number, value) in _defaults)
        {
            _values[number] = value;
        }
    }

    /// <summary>Stores a setting.</summary>
    /// <returns>0, or the error number.</returns>
    public int Store(int number, double value)
    {
        if (value < 0)
        {
            return GrblError.NegativeValue;
        }

        if (!_values.ContainsKey(number))
        {
            return GrblError.InvalidStatement;
        }

        switch (number)
        {
            case 0 when value < 3:
                return GrblError.StepPulseTooShort;
            case 20 when value != 0 && !IsOn(22):
                return GrblError.SoftLimitsNeedHoming;
            case 22 when value == 0:
                _values[20] = 0;
                break;
        }

        _values[number] = IsWhole(number) ? Math.Truncate(value) : value;
        return GrblError.None;
    }

    /// <summary>The limits that the planner obeys.</summary>
    public void ApplyTo(MotionLimits limits)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            limits.MaxSpeed[axis] = this[110 + axis] / 60;
            limits.MaxAcceleration[axis] = this[120 + axis];
        }

        limits.JunctionDeviationMm = this[11];
    }

    /// <summary>All settings as <c>$$</c> prints them.</summary>
    public IEnumerable<string> Lines()
    {
        foreach (var (number, value) in _values)
        {
            yield return IsWhole(number) || number is 30 or 31 ? $"${number}={value:0}" : $"${number}={value:0.000}";
        }
    }

    private static bool IsWhole(int number) => number is <= 10 or 13 or (>= 20 and <= 23) or 26 or 32;
}
