// The words of one line: which letters stand in it, their numbers, and its commands.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FabNet.GCode.Reading;

/// <summary>The words of one line. Reused from line to line: no allocation.</summary>
internal struct Words
{
    /// <summary>More commands than this in one line are refused.</summary>
    public const int MaxCommands = 12;

    private Numbers _numbers;
    private Keys _commands;

    /// <summary>One bit for each letter that stands in the line as a word (not as a command), A in bit 0.</summary>
    public uint Present { get; private set; }

    /// <summary>Of these, the letters followed by a number.</summary>
    public uint Valued { get; private set; }

    /// <summary>How many commands the line has.</summary>
    public int CommandCount { get; private set; }

    /// <summary>A command of the line, as <see cref="Command.Key"/> makes it.</summary>
    public readonly int CommandAt(int index) => _commands[index];

    /// <summary>True if the letter stands in the line with a number.</summary>
    public readonly bool Has(char letter) => (Valued & Bit(letter)) != 0;

    /// <summary>True if the letter stands in the line, with or without a number.</summary>
    public readonly bool Mentions(char letter) => (Present & Bit(letter)) != 0;

    /// <summary>The number of a letter; only meaningful if <see cref="Has"/>.</summary>
    public readonly double this[char letter] => _numbers[letter - 'A'];

    /// <summary>The numbers of X, Y and Z, each only meaningful if <see cref="Has"/>, and 0.</summary>
    /// <remarks>Each loaded by itself: one load of all would have to wait until they, stored one by one just before, have reached the cache.</remarks>
    public readonly Vector256<double> Xyz => Vector256.Create(_numbers['X' - 'A'], _numbers['Y' - 'A'], _numbers['Z' - 'A'], 0);

    /// <summary>Which of X, Y and Z stand in the line with a number: bits 0, 1 and 2.</summary>
    public readonly uint XyzValued => (Valued >> ('X' - 'A')) & 7;

    /// <summary>The number of a letter, or another value where it has none.</summary>
    public readonly double Or(char letter, double otherwise) => Has(letter) ? _numbers[letter - 'A'] : otherwise;

    /// <summary>The bit of a letter.</summary>
    public static uint Bit(char letter) => 1u << (letter - 'A');

    internal void Clear()
    {
        Present = 0;
        Valued = 0;
        CommandCount = 0;
    }

    internal void Add(int letter, double value, bool hasValue)
    {
        var bit = 1u << letter;
        Present |= bit;
        if (hasValue)
        {
            Valued |= bit;
            _numbers[letter] = value;
        }
    }

    /// <summary>Sets a number; <see cref="SetPlain"/> makes it count.</summary>
    internal void Set(int letter, double value) => _numbers[letter] = value;

    /// <summary>Makes this the words of a plain move: letters with numbers already set, and the command G0 or G1, or none if negative.</summary>
    internal void SetPlain(uint letters, int command)
    {
        Present = letters;
        Valued = letters;
        CommandCount = command < 0 ? 0 : 1;
        _commands[0] = Command.Key('G', command < 0 ? 0 : command * 10);
    }

    internal bool TryAddCommand(int key)
    {
        if (CommandCount == MaxCommands)
            return false;
        _commands[CommandCount++] = key;
        return true;
    }

    [InlineArray(26)]
    private struct Numbers
    {
        private double _first;
    }

    [InlineArray(MaxCommands)]
    private struct Keys
    {
        private int _first;
    }
}

/// <summary>A command's key: its letter and its number in tenths, so that G92.1 is G 921.</summary>
internal static class Command
{
    /// <summary>Numbers above this are no command anywhere; firmwares with 16-bit numbers would read them as another.</summary>
    public const int MaxNumber = 9999;

    /// <summary>The key of a command.</summary>
    public static int Key(char letter, int tenths) => ((letter - 'A') << 20) | tenths;

    /// <summary>The command's letter.</summary>
    public static char Letter(int key) => (char)('A' + (key >> 20));

    /// <summary>The command's number in tenths.</summary>
    public static int Tenths(int key) => key & 0xFFFFF;

    /// <summary>The command as people write it.</summary>
    public static string Name(int key)
    {
        var tenths = Tenths(key);
        return tenths % 10 == 0 ? $"{Letter(key)}{tenths / 10}" : $"{Letter(key)}{tenths / 10}.{tenths % 10}";
    }

    /// <summary>Reads a command such as M104 or G92.1.</summary>
    public static bool TryParse(string text, out int key)
    {
        key = 0;
        if (text.Length < 2 || !char.IsAsciiLetter(text[0]) || !decimal.TryParse(text.AsSpan(1), System.Globalization.NumberStyles.AllowDecimalPoint, null, out var number))
            return false;
        var tenths = number * 10;
        if (tenths != decimal.Truncate(tenths) || number > MaxNumber)
            return false;
        key = Key(char.ToUpperInvariant(text[0]), (int)tenths);
        return true;
    }
}
