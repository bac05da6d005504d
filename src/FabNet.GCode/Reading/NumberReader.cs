// A decimal number at a place in a line: sign, digits, point, digits. No exponent: every firmware takes an E after a number as the next word.

namespace FabNet.GCode.Reading;

/// <summary>What reading a number led to.</summary>
internal enum NumberOutcome
{
    /// <summary>There is no number at this place.</summary>
    None,

    /// <summary>A number was read.</summary>
    Read,

    /// <summary>There is something like a number, which is broken.</summary>
    Malformed,

    /// <summary>It has more digits than a firmware keeps, or is beyond <see cref="NumberReader.Greatest"/>.</summary>
    OutOfRange,
}

/// <summary>Reads numbers, correctly rounded, without allocating.</summary>
internal static class NumberReader
{
    /// <summary>Greater numbers have no use on any machine.</summary>
    public const double Greatest = 1e9;

    private const int MaxDigits = 15;

    private static ReadOnlySpan<double> PowersOfTen => [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>Reads the number that starts at <paramref name="index"/>, which is moved past it.</summary>
    public static NumberOutcome Read(ReadOnlySpan<byte> text, ref int index, out double value)
    {
        value = 0;
        var i = index;
        var negative = false;
        var signed = false;
        if (i < text.Length && text[i] is (byte)'-' or (byte)'+')
        {
            negative = text[i] == (byte)'-';
            signed = true;
            i++;
        }

        var mantissa = 0L;
        var digits = 0;
        var significant = 0;
        var decimals = 0;
        var hasPoint = false;
        for (; i < text.Length; i++)
        {
            var digit = text[i] - '0';
            if (digit is >= 0 and <= 9)
            {
                digits++;
                if (mantissa != 0 || digit != 0)
                    significant++;
                if (significant > MaxDigits || (hasPoint && decimals == MaxDigits))
                {
                    index = i;
                    return NumberOutcome.OutOfRange;
                }

                mantissa = (mantissa * 10) + digit;
                if (hasPoint)
                    decimals++;
            }
            else if (text[i] == (byte)'.')
            {
                if (hasPoint)
                {
                    index = i;
                    return NumberOutcome.Malformed;
                }

                hasPoint = true;
            }
            else
            {
                break;
            }
        }

        index = i;
        if (digits == 0)
            return signed || hasPoint ? NumberOutcome.Malformed : NumberOutcome.None;
        value = decimals == 0 ? mantissa : mantissa / PowersOfTen[decimals];
        if (value > Greatest)
            return NumberOutcome.OutOfRange;
        if (negative)
            value = -value;
        return NumberOutcome.Read;
    }
}
