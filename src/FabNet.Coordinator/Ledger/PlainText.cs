// Texts of people and peers, as the ledger may hold them.

using System.Text;

namespace FabNet.Coordinator.Ledger;

/// <summary>Makes texts safe for canonical JSON and for a terminal.</summary>
internal static class PlainText
{
    private const int MostCharacters = 400;

    /// <summary>The text, cut to 400 characters, with a blank for each control character and U+FFFD for half of a surrogate pair.</summary>
    public static string Of(string text)
    {
        var plain = new StringBuilder();
        foreach (var rune in Clip.Reason(text, "", MostCharacters).EnumerateRunes())
        {
            plain.Append(Rune.IsControl(rune) ? ' ' : rune.ToString());
        }

        return plain.ToString();
    }
}
