// The value words of a block, and which of them something has used: a word that nothing uses is an error.

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>The value words of one block, and which of them something used.</summary>
internal sealed class GrblWords
{
    private readonly double[] _values = new double[26];
    private int _given;
    private int _left;

    public double this[char letter] => _values[letter - 'A'];

    public bool HasAxes => Has('X') || Has('Y') || Has('Z');

    public bool HasOnlyZ => Has('Z') && !Has('X') && !Has('Y');

    public bool AnyLeft => _left != 0;

    public bool Has(char letter) => (_given & (1 << (letter - 'A'))) != 0;

    public int Take(char letter, double value)
    {
        if (letter is not ('F' or 'I' or 'J' or 'K' or 'L' or 'N' or 'P' or 'R' or 'S' or 'T' or 'X' or 'Y' or 'Z'))
        {
            return GrblError.Unsupported;
        }

        if (Has(letter))
        {
            return GrblError.WordRepeated;
        }

        if (value < 0 && letter is 'F' or 'N' or 'P' or 'T' or 'S')
        {
            return GrblError.NegativeValue;
        }

        _values[letter - 'A'] = value;
        _given |= 1 << (letter - 'A');
        _left |= 1 << (letter - 'A');
        return GrblError.None;
    }

    public bool Use(char letter)
    {
        _left &= ~(1 << (letter - 'A'));
        return Has(letter);
    }

    public void UseAxes()
    {
        Use('X');
        Use('Y');
        Use('Z');
    }
}
