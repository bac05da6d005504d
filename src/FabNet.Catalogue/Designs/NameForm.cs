// Names that look the same: told where a person could be fooled.

using System.Text;

namespace FabNet.Catalogue.Designs;

/// <summary>The form of names: each word in one script.</summary>
internal static class NameForm
{
    /// <summary>Letters of two scripts that look alike are only dangerous within a word. Each range: first, last, name.</summary>
    private static readonly (int First, int Last, string Script)[] Scripts =
    [
        ('A', 'Z', "Latin"), ('a', 'z', "Latin"), (0xC0, 0x24F, "Latin"), (0x250, 0x2AF, "phonetic"), (0x370, 0x3FF, "Greek"), (0x400, 0x52F, "Cyrillic"), (0x530, 0x58F, "Armenian"),
        (0x590, 0x5FF, "Hebrew"), (0x600, 0x6FF, "Arabic"), (0x10A0, 0x10FF, "Georgian"), (0x13A0, 0x13FF, "Cherokee"), (0x1E00, 0x1EFF, "Latin"), (0x1F00, 0x1FFF, "Greek"),
        (0x2C60, 0x2C7F, "Latin"), (0x2C80, 0x2CFF, "Coptic"), (0x2DE0, 0x2DFF, "Cyrillic"), (0xA640, 0xA69F, "Cyrillic"), (0xAB70, 0xABBF, "Cherokee"),
        (0xFF21, 0xFF5A, "full-width"), (0x1D400, 0x1D7FF, "mathematical"),
    ];

    /// <summary>Greek letters that stand for quantities and units, and look like no Latin letter.</summary>
    private const string GreekSymbols = "ΔΘΛΞΠΣΦΨΩδθλμπσφψω";

    /// <summary>What is unclear about a name, as the end of a sentence that begins with it; null if each of its words is in one script.</summary>
    public static string? FindMix(string name)
    {
        if (name.All(char.IsAscii))
        {
            return null;
        }

        string? script = null;
        foreach (var rune in name.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune))
            {
                // Marks belong to the letter before them.
                script = Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark ? script : null;
            }
            else if (ScriptOf(rune) is { } other)
            {
                if (script is not null && script != other)
                {
                    return $"mixes {script} and {other} letters within a word, so it may pass for another name. Write it in one script.";
                }

                script = other;
            }
        }

        return null;
    }

    private static string? ScriptOf(Rune rune) => rune.IsBmp && GreekSymbols.Contains((char)rune.Value, StringComparison.Ordinal)
        ? null
        : Array.Find(Scripts, s => rune.Value >= s.First && rune.Value <= s.Last).Script;
}
