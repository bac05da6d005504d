// A growing box around positions, axis by axis.

using System.Runtime.Intrinsics;
using FabNet.Model;

namespace FabNet.GCode.Checking;

/// <summary>The least and greatest position on each axis; the fourth place of the vectors holds everything. Unit: mm.</summary>
internal sealed class Extent
{
    private Vector256<double> _min = Vector256.Create(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity);
    private Vector256<double> _max = Vector256.Create(double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>True if no position was added.</summary>
    public bool IsEmpty => !Has(0) && !Has(1) && !Has(2);

    /// <summary>True if the axis has a position.</summary>
    public bool Has(int axis) => _max[axis] >= _min[axis];

    /// <summary>The greatest less the least.</summary>
    public double Length(int axis) => Has(axis) ? _max[axis] - _min[axis] : 0;

    /// <summary>True if the position would not make it grow on the axis.</summary>
    public bool Holds(int axis, double value) => value >= _min[axis] && value <= _max[axis];

    /// <summary>True if the position would not make it grow on any axis.</summary>
    public bool Holds(Vector256<double> place) => Vector256.GreaterThanOrEqualAll(place, _min) && Vector256.LessThanOrEqualAll(place, _max);

    /// <summary>Adds a position on an axis.</summary>
    public void Add(int axis, double value)
    {
        if (value < _min[axis])
            _min = _min.WithElement(axis, value);
        if (value > _max[axis])
            _max = _max.WithElement(axis, value);
    }

    /// <summary>Adds a position.</summary>
    public void Add(Vector256<double> place)
    {
        if (Holds(place))
            return;
        for (var axis = 0; axis < 3; axis++)
            Add(axis, place[axis]);
    }

    /// <summary>Adds another extent, shifted by nothing.</summary>
    public void Add(Extent other)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if (!other.Has(axis))
                continue;
            Add(axis, other._min[axis]);
            Add(axis, other._max[axis]);
        }
    }

    /// <summary>The box; an axis without a position is given as 0. Null if empty.</summary>
    public Box3? ToBox() => IsEmpty ? null : new Box3(Range(0), Range(1), Range(2));

    private AxisRange Range(int axis) => Has(axis) ? new AxisRange(_min[axis], _max[axis]) : default;
}
