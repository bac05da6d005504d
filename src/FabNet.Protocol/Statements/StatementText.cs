// The rules for texts in statements: what people and programs may be shown.

using System.Globalization;
using System.Text.RegularExpressions;
using FabNet.Model;

namespace FabNet.Protocol.Statements;

/// <summary>Checks texts of statements. Each check throws <see cref="FormatException"/> with the member's path, and what would be right.</summary>
internal static partial class StatementText
{
    /// <summary>The most characters of a name for people.</summary>
    public const int MaxName = 200;

    /// <summary>The most characters of a reason or a description.</summary>
    public const int MaxReason = 4_000;

    public static void Require(string text, string path, int max, bool isRequired = true)
    {
        if (isRequired && string.IsNullOrWhiteSpace(text))
        {
            throw new FormatException($"{path} is empty. Write something that helps whoever reads it.");
        }

        if (text.Length > max)
        {
            throw new FormatException($"{path} has {text.Length} characters; at most {max} are allowed.");
        }

        if (HasInvisible(text))
        {
            throw new FormatException($"{path} has characters in it that nobody sees.");
        }
    }

    /// <summary>A text that stands within a line that people are shown: more lines could pass for other facts.</summary>
    public static void RequireLine(string text, string path, int max)
    {
        Require(text, path, max);
        if (text.AsSpan().IndexOfAny('\n', '\t') >= 0)
        {
            throw new FormatException($"{path} is more than one line. Write it in one, without tabs.");
        }
    }

    public static void RequireName(string text, string path)
    {
        if (!Names.IsValid(text))
        {
            throw new FormatException($"{path} is '{Printable(text)}'. Use 1 to 63 lower-case letters, digits and dashes, such as lab-lisbon.");
        }
    }

    public static void RequireRange(long value, long least, long most, string path)
    {
        if (value < least || value > most)
        {
            throw new FormatException($"{path} is {value}; it must be from {least} to {most}.");
        }
    }

    public static void RequireCount(int count, int least, int most, string path)
    {
        if (count < least || count > most)
        {
            throw new FormatException($"{path} has {count} elements; it must have {least} to {most}.");
        }
    }

    public static void RequireMatch(string text, Regex pattern, string path, string example)
    {
        if (!pattern.IsMatch(text))
        {
            throw new FormatException($"{path} is '{Printable(text)}'. Write it as {example}.");
        }
    }

    /// <summary>A stranger's text for a message: short, and nothing in it steers a terminal.</summary>
    public static string Printable(string text) => string.Concat((text.Length > 300 ? text[..300] : text).Where(c => !IsInvisible(c)));

    /// <summary>True if a text has characters in it that could steer a terminal, or that nobody sees.</summary>
    public static bool HasInvisible(string text) => text.Any(c => c is not ('\n' or '\t') && IsInvisible(c));

    [GeneratedRegex(@"\A[0-9]{4}-(0[1-9]|1[0-2])\z", RegexOptions.CultureInvariant)]
    public static partial Regex Month();

    [GeneratedRegex(@"\A[A-Z]{3}\z", RegexOptions.CultureInvariant)]
    public static partial Regex Currency();

    [GeneratedRegex(@"\A[0-9a-f]{32}\z", RegexOptions.CultureInvariant)]
    public static partial Regex Nonce();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{0,63}\z", RegexOptions.CultureInvariant)]
    public static partial Regex Word();

    private static bool IsInvisible(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
