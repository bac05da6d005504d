// Lengths, boxes and money: the quantities that more than one room speaks of.

namespace FabNet.Model;

/// <summary>A closed range along one axis. Unit: millimetres.</summary>
/// <param name="Min">The least value, in mm.</param>
/// <param name="Max">The greatest value, in mm; not below <paramref name="Min"/>.</param>
public readonly record struct AxisRange(double Min, double Max)
{
    /// <summary>The length of the range, in mm.</summary>
    public double Length => Max - Min;

    /// <summary>True if the value lies within, give or take a micrometre (what decimal G-code can't express).</summary>
    public bool Contains(double valueMm) => valueMm >= Min - 0.001 && valueMm <= Max + 0.001;
}

/// <summary>An axis-aligned box. Unit: millimetres.</summary>
/// <param name="X">Left to right.</param>
/// <param name="Y">Front to back.</param>
/// <param name="Z">Down to up.</param>
public readonly record struct Box3(AxisRange X, AxisRange Y, AxisRange Z)
{
    /// <summary>True if a part of these outer dimensions fits, as it stands or turned by 90° about Z.</summary>
    public bool Fits(Size3 part) =>
        part.Height <= Z.Length && ((part.Width <= X.Length && part.Depth <= Y.Length) || (part.Depth <= X.Length && part.Width <= Y.Length));
}

/// <summary>Outer dimensions as Open Know-How names them. Unit: millimetres.</summary>
/// <param name="Width">Along X.</param>
/// <param name="Depth">Along Y.</param>
/// <param name="Height">Along Z.</param>
public readonly record struct Size3(double Width, double Depth, double Height);

/// <summary>An amount in a currency. Amounts of different currencies are never added.</summary>
/// <param name="Amount">The amount; negative for a credit.</param>
/// <param name="Currency">ISO 4217 code, such as EUR, or a community's own three-letter code.</param>
public readonly record struct Money(decimal Amount, string Currency)
{
    /// <summary>The sum of two amounts of one currency.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    public static Money operator +(Money left, Money right) => left.Currency == right.Currency
        ? left with { Amount = left.Amount + right.Amount }
        : throw new InvalidOperationException($"{left} and {right} can't be added: FabNet converts no currency. Plan each currency apart.");

    /// <inheritdoc />
    public override string ToString() => $"{Amount:0.00} {Currency}";
}
