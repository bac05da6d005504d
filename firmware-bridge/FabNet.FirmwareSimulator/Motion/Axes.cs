// A position or a direction in the four axes that a simulated machine has.

using System.Globalization;

namespace FabNet.FirmwareSimulator.Motion;

/// <summary>X, Y, Z and the filament axis E, in mm (machine coordinates, unless said otherwise).</summary>
public readonly record struct Axes(double X, double Y, double Z, double E)
{
    /// <summary>The number of axes.</summary>
    internal const int Count = 4;

    /// <summary>The value of one axis: 0 X, 1 Y, 2 Z, 3 E.</summary>
    public double this[int axis] => axis switch
    {
        0 => X,
        1 => Y,
        2 => Z,
        3 => E,
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "An axis is 0 (X) to 3 (E)."),
    };

    /// <summary>The same with one axis changed.</summary>
    public Axes With(int axis, double value) => axis switch
    {
        0 => this with { X = value },
        1 => this with { Y = value },
        2 => this with { Z = value },
        3 => this with { E = value },
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "An axis is 0 (X) to 3 (E)."),
    };

    /// <summary>Sum.</summary>
    public static Axes operator +(Axes a, Axes b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.E + b.E);

    /// <summary>Difference.</summary>
    public static Axes operator -(Axes a, Axes b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z, a.E - b.E);

    /// <summary>Scaled by a number.</summary>
    public static Axes operator *(Axes a, double factor) => new(a.X * factor, a.Y * factor, a.Z * factor, a.E * factor);

    /// <summary>The length over X, Y and Z.</summary>
    internal double PathLength => Math.Sqrt((X * X) + (Y * Y) + (Z * Z));

    /// <summary>The scalar product over X, Y and Z.</summary>
    internal double PathDot(Axes other) => (X * other.X) + (Y * other.Y) + (Z * other.Z);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"X{X:0.###} Y{Y:0.###} Z{Z:0.###} E{E:0.#####}");
}
