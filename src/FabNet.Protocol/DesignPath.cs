// The rule for paths within a design, which every reader applies before a path touches a disk.

using System.Globalization;

namespace FabNet.Protocol;

/// <summary>
/// Checks paths of files within a design. A good path can be joined to a folder on any system and stays within it: relative, forward
/// slashes, no <c>.</c> or <c>..</c>, no characters or names that Windows refuses, nothing that a person can't see.
/// </summary>
public static class DesignPath
{
    /// <summary>The most characters that a path may have.</summary>
    public const int MaxLength = 512;

    private static readonly string[] DeviceNames =
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"COM{n}", $"LPT{n}" })];

    /// <summary>What is wrong with a path, as the end of a sentence that begins with the path; null if it is good.</summary>
    public static string? FindFault(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "is empty";
        }

        if (path.Length > MaxLength)
        {
            return $"is longer than {MaxLength} characters";
        }

        if (FindBadCharacter(path) is { } fault)
        {
            return fault;
        }

        foreach (var name in path.Split('/'))
        {
            switch (name)
            {
                case "":
                    return "is absolute or has an empty name in it; write it relative to the design's folder";
                case "." or "..":
                    return $"has '{name}' in it; write it relative to the design's folder, and within it";
                case { Length: 4 } when name.Equals(".git", StringComparison.OrdinalIgnoreCase):
                    return "leads into git's own folder, where files can be programs";
                case [.., '.' or ' '] or [' ', ..]:
                    return $"has the name '{name}', which begins or ends with a blank or a dot";
            }

            var stem = name.Split('.')[0].TrimEnd();
            if (DeviceNames.Contains(stem, StringComparer.OrdinalIgnoreCase))
            {
                return $"has the name '{name}', which is a device on Windows";
            }
        }

        return null;
    }

    private static string? FindBadCharacter(string path)
    {
        foreach (var rune in path.EnumerateRunes())
        {
            if (rune.Value == '\\')
            {
                return "has a backslash in it; write forward slashes";
            }

            if (rune.Value is '<' or '>' or ':' or '"' or '|' or '?' or '*')
            {
                return $"has the character {rune} in it, which Windows refuses";
            }

            if (rune == System.Text.Rune.ReplacementChar || !IsVisible(rune))
            {
                return $"has the invisible or undefined character U+{rune.Value.ToString("X4", CultureInfo.InvariantCulture)} in it";
            }
        }

        return null;
    }

    private static bool IsVisible(System.Text.Rune rune) => System.Text.Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
