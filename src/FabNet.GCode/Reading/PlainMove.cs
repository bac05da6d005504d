// The lines that nearly all of a program consists of, read in one go: G0 or G1 with plain numbers for X, Y, Z, E and F.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FabNet.GCode.Reading;

/// <summary>
/// Reads a straight move at the head of a text and writes it as it will be sent. Whatever is not plain (lower case, a sign +, superfluous zeros, other
/// words, long numbers, tabs, a repeated letter…) is left to <see cref="LineParser"/>; where both can read a line they agree to the bit.
/// Sixteen bytes are looked at at once.
/// </summary>
internal static class PlainMove
{
    /// <summary>How many bytes beyond a text's last line end must be readable; what they hold does not matter.</summary>
    public const int ReadSlack = 48;

    /// <summary>How many bytes the output must have room for.</summary>
    public const int OutputRoom = 192;

    /// <summary>The key of G0.</summary>
    public static readonly int Rapid = Command.Key('G', 0);

    /// <summary>The key of G1.</summary>
    public static readonly int Linear = Command.Key('G', 10);

    // A letter, a sign, 8 digits, a point and 8 digits are 19 bytes: one copy of 32, after a blank.
    private const int OutputSlack = 40;
    private const int DigitsAtOnce = 8;
    private const int MaxDigits = 15;
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
    public static int Read(ReadOnlySpan<byte> text, bool isGrbl, ref Words words, Span<byte> output, out int length)
    {
        length = 0;
        var i = 0;
        var command = -1;
        if (text[0] == (byte)'G')
        {
            command = text[1] - '0';
            if (command is not (0 or 1) || IsDigitOrPoint(text[2]))
                return 0;
            output[0] = (byte)'G';
            output[1] = text[1];
            length = 2;
            i = 2;
        }
        else if (!isGrbl)
        {
            return 0;
        }

        var allowed = isGrbl ? GrblLetters : MarlinLetters;
        var present = 0u;
        while (true)
        {
            if (text[i] == (byte)' ')
                i++;
            var letter = text[i] - 'A';
            if (letter is < 0 or >= 26)
                break;
            var bit = 1u << letter;
            if ((allowed & bit) == 0)
                return 0;

            // What makes the reads and the write below safe, which go without checks of their own: 40 ns a line instead of 70.
            if (i > text.Length - ReadSlack || length > output.Length - OutputSlack)
                return 0;
            allowed &= ~bit;

            var at = i + 1;
            var negative = false;
            if (text[at] == (byte)'-')
            {
                negative = true;
                at++;
            }

            // One look at 16 bytes tells where the number's point and end are.
            ref readonly var number = ref text[at];
            var bytes = Vector128.LoadUnsafe(in number);
            var points = Vector128.Equals(bytes, Vector128.Create((byte)'.')).ExtractMostSignificantBits();
            var digitsAndPoints = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)9)).ExtractMostSignificantBits() | points;
            var size = BitOperations.TrailingZeroCount(~digitsAndPoints);
            var whole = BitOperations.TrailingZeroCount(points | (1u << size));
            var decimals = size - whole - 1;
            decimals = decimals < 0 ? 0 : decimals;
            if (whole > DigitsAtOnce || decimals > DigitsAtOnce || whole + decimals is 0 or > MaxDigits || (points & ((1u << size) - 1) & ~(1u << whole)) != 0
                || (whole > 1 && number == (byte)'0'))
                return 0;
            var mantissa = (Digits(in number, whole) * PowersOfTen[decimals]) + Digits(in Unsafe.Add(ref Unsafe.AsRef(in number), whole + 1), decimals);
            var value = (double)(long)mantissa / Divisors[decimals];
            at += size;
            words.Set(letter, negative ? -value : value);
            present |= bit;

            if (!isGrbl)
                output[length++] = (byte)' ';
            Vector256.LoadUnsafe(in text[i]).StoreUnsafe(ref output[length]);
            length += at - i;
            i = at;
        }

        if (present == 0)
            return 0;
        var end = EndOfLine(text, i);
        if (end == 0 || end > LineSource.MaxLineBytes)
            return 0;
        words.SetPlain(present, command);
        return end;
    }

    private static uint MarlinLetters => Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('E') | Words.Bit('F');

    private static uint GrblLetters => Words.Bit('X') | Words.Bit('Y') | Words.Bit('Z') | Words.Bit('F');

    /// <summary>Where the next line begins, if nothing but blanks and a comment is left of this one; 0 otherwise.</summary>
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

    /// <summary>The number that the first digits of a text make, at most eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Digits(ref readonly byte first, int count)
    {
        var chunk = Unsafe.ReadUnaligned<ulong>(in first);

        // Moved up so that zeros lead; in two steps, because a shift by 64 is none.
        var digits = ((chunk ^ Zeros) << (32 - (4 * count))) << (32 - (4 * count));
        digits = unchecked((digits * 10) + (digits >> 8));
        return unchecked(((digits & 0x000000FF000000FF) * 0x000F424000000064) + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
    }
}
