// Letters and their marks in one form: what looks the same is the same.

using System.Collections.Frozen;
using System.Text;

namespace FabNet.Protocol;

/// <summary>Composes texts (Unicode's form NFC). The program runs without culture data, so it does not ask the platform.</summary>
public static class ComposedText
{
    private const int HangulFirst = 0xAC00, HangulLast = 0xD7A3, LeadFirst = 0x1100, VowelFirst = 0x1161, TailBefore = 0x11A7, Leads = 19, Vowels = 21, Tails = 28;

    private static readonly FrozenDictionary<(char Letter, char Mark), char> Composed = Compositions.ByMark
        .SelectMany(row => row[1].Chunk(2).Select(pair => KeyValuePair.Create((pair[0], row[0][0]), pair[1])))
        .ToFrozenDictionary();

    /// <summary>The text with letters and their marks composed (NFC for what is in canonical order, as file systems write it).</summary>
    public static string Of(string text)
    {
        if (text.All(char.IsAscii))
        {
            return text;
        }

        var composed = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (composed.Length > 0 && Pair(composed[^1], c) is { } one)
            {
                composed[^1] = one;
            }
            else
            {
                composed.Append(c);
            }
        }

        return composed.ToString();
    }

    private static char? Pair(char letter, char mark)
    {
        if (Composed.TryGetValue((letter, mark), out var one))
        {
            return one;
        }

        if (letter - LeadFirst is >= 0 and < Leads && mark - VowelFirst is >= 0 and < Vowels)
        {
            return (char)(HangulFirst + ((((letter - LeadFirst) * Vowels) + mark - VowelFirst) * Tails));
        }

        return letter is >= (char)HangulFirst and <= (char)HangulLast && (letter - HangulFirst) % Tails == 0 && mark - TailBefore is > 0 and < Tails
            ? (char)(letter + mark - TailBefore)
            : null;
    }
}
