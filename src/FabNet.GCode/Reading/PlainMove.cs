// The lines that nearly all of a program consists of, read in one go: G0 or G1 with plain numbers for X, Y, Z, E and F.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FabNet.GCode.Reading;

/// <summary>
/// Reads a straight move at the head of a text and writes it as it will be sent. Whatever is not plain (lower case, a sign +, superfluous zeros, other
/// words, long numbers, long lines, tabs, a repeated letter…) is left to <see cref="LineParser"/>; where both can read a line they agree to the bit.
/// </summary>
/// <remarks>
/// The whole line is looked at at once, for digits and points. Where each number ends then follows from shifts of what was seen, without loads that wait for
/// the number before it, and the processor reads several numbers, even lines, at the same time.
/// </remarks>
internal static class PlainMove
{
    /// <summary>How many bytes beyond a text's last line end must be readable; what they hold does not matter.</summary>
    public const int ReadSlack = Window + WordRoom;

    /// <summary>How many bytes the output must have room for.</summary>
    public const int OutputRoom = 192;

    /// <summary>The key of G0.</summary>
    public static readonly int Rapid = Command.Key('G', 0);

    /// <summary>The key of G1.</summary>
    public static readonly int Linear = Command.Key('G', 10);

    // How much of a line is looked at: words that end behind it are not plain.
    private const int Window = 64;

    // A letter, a sign, 8 digits, a point and 8 digits are 19 bytes: one copy of 32.
    private const int WordRoom = 32;
    private const int DigitsAtOnce = 8;
    private const int MaxDigits = 15;
    private const uint GrblLetters = (1u << ('X' - 'A')) | (1u << ('Y' - 'A')) | (1u << ('Z' - 'A')) | (1u << ('F' - 'A'));
    private const uint MarlinLetters = GrblLetters | (1u << ('E' - 'A'));
    private const ulong Zeros = 0x3030303030303030;

    private static ReadOnlySpan<ulong> PowersOfTen => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    private static ReadOnlySpan<double> Divisors => [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

    /// <summary>Reads the move.</summary>
    /// <param name="text">The rest of the text: whole lines ended by LF, and <see cref="ReadSlack"/> bytes more.</param>
    /// <param name="isGrbl">True for GRBL's form: no blanks, no E, and the command may be left out.</param>
    /// <param name="words">Gets the line's words; worth nothing if it is not a plain move.</param>
    /// <param name="output">Gets the line as it will be sent; at least <see cref="OutputRoom"/> bytes.</param>
    /// <param name="length">The length of what was written.</param>
    /// <returns>How many bytes the line has with its end; 0 if it is not a plain move.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)] // Compiled as a part of its callers too, it takes the compiler 1 MB more.
    public static int Read(ReadOnlySpan<byte> text, bool isGrbl, ref Words words, Span<byte> output, out int length)
    {
        length = 0;

        // What makes the reads and the writes below safe, of which some go without checks of their own.
        if (text.Length < ReadSlack || output.Length < OutputRoom)
            return 0;

        // Places are below 100 and numbers below 10^16: reading takes 8 % longer with checks for overflow.
        unchecked
        {
            var command = -1;
            var (i, written) = (0, 0);
            if (text[0] == (byte)'G')
            {
                command = text[1] - '0';
                if (command is not (0 or 1) || IsDigitOrPoint(text[2]))
                    return 0;
                output[0] = (byte)'G';
                output[1] = text[1];
                (i, written) = (2, 2);
            }
            else if (!isGrbl)
            {
                return 0;
            }

            var (lower, upper) = (Vector256.LoadUnsafe(in text[0]), Vector256.LoadUnsafe(in text[Window / 2]));
            var points = Bits(Vector256.Equals(lower, Vector256.Create((byte)'.')), Vector256.Equals(upper, Vector256.Create((byte)'.')));
            var numbers = points | Bits(
                Vector256.LessThanOrEqual(lower - Vector256.Create((byte)'0'), Vector256.Create((byte)9)), Vector256.LessThanOrEqual(upper - Vector256.Create((byte)'0'), Vector256.Create((byte)9)));

            var allowed = isGrbl ? GrblLetters : MarlinLetters;
            var present = 0u;
            while (true)
            {
                if (text[i] == (byte)' ')
                    i++;
                var letter = (uint)text[i] - 'A';
                if (letter >= 26)
                    break;
                var bit = 1u << (int)letter;
                var at = i + 1;
                var isNegative = text[at] == (byte)'-';
                if (isNegative)
                    at++;
                if ((allowed & bit) == 0 || at >= Window)
                    return 0;
                var size = BitOperations.TrailingZeroCount(~(numbers >> at));
                if (at + size >= Window || !TryReadNumber(in text[at], size, (points >> at) & ~(ulong.MaxValue << size), out var value))
                    return 0;
                words.Set((int)letter, isNegative ? -value : value);
                allowed &= ~bit;
                present |= bit;

                if (!isGrbl)
                    output[written++] = (byte)' ';
                Vector256.LoadUnsafe(in text[i]).StoreUnsafe(ref output[written]);
                size += at - i;
                written += size;
                i += size;
            }

            if (present == 0)
                return 0;
            var end = EndOfLine(text, i);
            if (end == 0 || end > LineSource.MaxLineBytes)
                return 0;
            words.SetPlain(present, command);
            length = written;
            return end;
        }
    }

    /// <summary>Where the next line begins, if nothing but blanks and a comment is left of this one; 0 otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfLine(ReadOnlySpan<byte> text, int i)
    {
        if (text[i] == (byte)'\n')
            return i + 1;
        if (text[i] == (byte)';')
        {
            var length = text[i..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
                return 0;
            i += length;
            if (text[i] == (byte)'\n')
                return i + 1;
        }

        return text[i] == (byte)'\r' && text[i + 1] == (byte)'\n' ? i + 2 : 0;
    }

    private static bool IsDigitOrPoint(byte c) => c is (byte)'.' or (>= (byte)'0' and <= (byte)'9');

    /// <summary>One bit for each byte that is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector256<byte> lower, Vector256<byte> upper) => lower.ExtractMostSignificantBits() | ((ulong)upper.ExtractMostSignificantBits() << (Window / 2));

    /// <summary>Reads a number of a size, of which one bit for each byte tells where points are.</summary>
    /// <returns>False if it is none, or not plain.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadNumber(ref readonly byte first, int size, ulong points, out double value)
    {
        unchecked
        {
            value = 0;
            var whole = BitOperations.TrailingZeroCount(points | (1UL << size));
            var pointCount = BitOperations.PopCount(points);
            var digits = size - pointCount;
            if (digits is 0 or > MaxDigits || pointCount > 1 || (whole > 1 && first == (byte)'0'))
                return false;
            var decimals = digits - whole;
            ulong mantissa;
            if (size <= DigitsAtOnce)
            {
                // Nearly all numbers: the bytes behind the point move down over it, and all digits are read as one number.
                var bytes = Unsafe.ReadUnaligned<ulong>(in first);
                var behindPoint = (ulong.MaxValue << (4 * whole)) << (4 * whole);
                mantissa = Digits((bytes & ~behindPoint) | ((bytes >> 8) & behindPoint), digits);
            }
            else if (whole <= DigitsAtOnce && decimals <= DigitsAtOnce)
            {
                mantissa = (Digits(Unsafe.ReadUnaligned<ulong>(in first), whole) * PowersOfTen[decimals])
                    + Digits(Unsafe.ReadUnaligned<ulong>(in Unsafe.Add(ref Unsafe.AsRef(in first), whole + 1)), decimals);
            }
            else
            {
                return false;
            }

            value = (long)mantissa / Divisors[decimals];
            return true;
        }
    }

    /// <summary>The number that the first digits of eight bytes make.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Digits(ulong bytes, int count)
    {
        unchecked
        {
            // Moved up so that zeros lead; in two steps, because a shift by 64 is none.
            var digits = ((bytes ^ Zeros) << (32 - (4 * count))) << (32 - (4 * count));
            digits = (digits * 10) + (digits >> 8);
            return (((digits & 0x000000FF000000FF) * 0x000F424000000064) + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
        }
    }
}
